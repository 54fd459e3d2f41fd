"""How one look at a service is judged, in the cases that a well-behaved cluster does not bring about."""

import pytest

from lookalike_components.deploy.detection import mode_of_service
from lookalike_components.deploy.refusals import UnreachableError
from lookalike_components.deploy.rollout import Look, Rollout, unmet, wait
from lookalike_components.errors import LookalikeError, UserError

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
STUCK = {
    **READY,
    "modelStatus": {"transitionStatus": "InvalidSpec", "lastFailureInfo": {"reason": "NoSupportingRuntime"}},
}


def deployment(release, generation=2, **status):
    counts = {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, **status}
    template = {"metadata": {"annotations": {"lookalike/release": release}}}
    spec = {"replicas": 1, "template": template}
    return {"metadata": {"generation": generation}, "spec": spec, "status": counts}


def look(status, workloads, before=None, changed=True):
    return Rollout("Standard", ("b",), before or {}, changed).look({"status": status}, workloads)


def test_ready_is_what_pods_and_conditions_say_alike():
    assert look(READY, [deployment("b")]) == Look()


@pytest.mark.parametrize(
    ("workload", "awaited"),
    [
        (deployment("a"), "pods of release b"),
        (deployment("b", generation=3), "pods of release b"),
        (deployment("b", updatedReplicas=0), "pods of release b"),
        (deployment("b", availableReplicas=0), "pods of release b"),
        (deployment("b", replicas=2), "pods of release b"),
    ],
    ids=["another release", "unseen generation", "none updated", "none available", "old pods left"],
)
def test_the_word_of_a_former_release_is_not_taken(workload, awaited):
    assert look(READY, [workload]) == Look(waits_for=awaited)


def test_deployments_of_former_releases_are_waited_for_to_go():
    assert look(READY, [deployment("a"), deployment("b")]) == Look(waits_for="pods of release a to go")


def test_a_deployment_that_has_given_up_is_a_failure():
    told = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    found = look(READY, [deployment("b", availableReplicas=0, conditions=[told])])
    assert found.failure == "Progressing is False (ProgressDeadlineExceeded: timed out)"


def test_a_failure_from_before_the_change_is_not_its_failure():
    assert look(STUCK, [deployment("a")], before=STUCK).failure == ""
    assert look(STUCK, [deployment("a")], before=READY).failure == "NoSupportingRuntime"
    assert look(STUCK, [deployment("a")], before=STUCK, changed=False).failure == "NoSupportingRuntime"


def test_kserves_asides_are_no_conditions_but_for_canaries():
    aside = {"status": "False", "severity": "Info"}
    status = {
        "conditions": [{"type": "Stopped", **aside}, {"type": "CanaryPredictorReady", **aside}, *READY["conditions"]]
    }
    assert unmet(status) == ["CanaryPredictorReady is False"]


def test_a_server_that_is_away_for_a_while_is_waited_for():
    answers = [UnreachableError("away"), UnreachableError("away"), Look()]

    def looking():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    wait(looking, "shop/shoes", 20)
    assert answers == []


def test_a_server_that_stays_away_is_told():
    def looking():
        raise UnreachableError("it is away")

    with pytest.raises(LookalikeError, match="it is away"):
        wait(looking, "shop/shoes", 0.3)


@pytest.mark.parametrize(
    ("written", "mode"),
    [("Standard", "Standard"), ("RawDeployment", "Standard"), ("Knative", "Knative"), ("Serverless", "Knative")],
)
def test_the_names_of_old_kserve_are_understood(written, mode):
    service = {"metadata": {"annotations": {}}, "status": {"deploymentMode": written}}
    assert mode_of_service(service) == mode


def test_a_mode_in_which_nothing_can_be_deployed_is_refused():
    with pytest.raises(UserError, match="the service has deployment mode ModelMesh, in which no release can be served"):
        mode_of_service({"metadata": {"annotations": {"serving.kserve.io/deploymentMode": "ModelMesh"}}})
