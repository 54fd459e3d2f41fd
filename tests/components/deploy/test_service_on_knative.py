"""The same paths in the other deployment mode, where one predictor carries the canary too."""

import pytest

from lookalike_components.errors import LookalikeError, UserError

pytestmark = pytest.mark.usefixtures("knative")
KNATIVE = {"mode": "Knative", "min_replicas": 0}


@pytest.fixture
def serving(shop):
    shop.deploy("a", **KNATIVE)
    return shop


def test_a_service_may_scale_to_zero(serving):
    assert serving.live["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"
    assert serving.predictor["minReplicas"] == 0


def test_knative_is_spared_the_fields_that_it_refuses(serving):
    assert not serving.predictor.keys() & {"name", "securityContext", "automountServiceAccountToken"}


def test_a_canary_is_a_percentage_of_the_newest_revision(serving, served):
    serving.deploy("b", canary=10, **KNATIVE)
    assert serving.predictor["canaryTrafficPercent"] == 10
    assert serving.predictor["model"]["storageUri"] == "gs://bucket/releases/b"
    told = serving.service.show()
    assert (told["stable"], told["canary"]) == (served("a").model_dump(), served("b").model_dump())


def test_a_share_that_somebody_gave_the_only_release_is_no_canary(serving, served):
    serving.change(canaryTrafficPercent=50)
    told = serving.service.show()
    assert (told["stable"], told["canary"]) == (served("a").model_dump(), None)
    with pytest.raises(UserError, match="has no canary to promote"):
        serving.service.promote()


def test_promoting_changes_nothing_but_the_share(serving):
    serving.deploy("b", canary=10, **KNATIVE)
    before = serving.predictor
    serving.service.wait(serving.service.promote(), 20)
    assert {**serving.predictor, "canaryTrafficPercent": 10} == before


def test_rollback_of_a_canary_goes_back_to_the_stable_release(serving, served):
    stable = serving.predictor
    serving.deploy("b", canary=10, **KNATIVE)
    serving.service.wait(serving.service.rollback(), 20)
    assert serving.predictor == stable


def test_a_second_canary_stands_beside_the_stable_release(serving, served):
    serving.deploy("b", canary=10, **KNATIVE)
    serving.deploy("c", canary=20, **KNATIVE)
    told = serving.service.show()
    assert (told["stable"], told["canary"]) == (served("a").model_dump(), served("c").model_dump())
    assert told["canary_percent"] == 20


def test_the_same_canary_again_changes_nothing(serving):
    serving.deploy("b", canary=10, **KNATIVE)
    before = serving.live["metadata"]["generation"]
    serving.deploy("b", canary=10, **KNATIVE)
    assert serving.live["metadata"]["generation"] == before


def test_auto_keeps_the_mode_of_the_service(serving):
    serving.deploy("b", min_replicas=0)
    assert serving.live["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"


def test_the_mode_of_a_service_cannot_be_changed(serving, served):
    with pytest.raises(UserError) as error:
        serving.service.deploy(served("b"), serving.config(mode="Standard"))
    assert str(error.value) == (
        f"{serving.namespace}/shoes runs in Knative mode, which KServe lets nobody change; delete it first, "
        "or leave deploy.mode at auto"
    )


def test_a_revision_that_does_not_start_is_told(serving, digest):
    serving.kserve.starting.add("gs://bucket/releases/b")
    with pytest.raises(
        LookalikeError, match=f"is not ready after 1 s: it waits for pods of release {digest('b')[:12]}"
    ):
        serving.deploy("b", timeout=1, **KNATIVE)
