"""Every path of a release on a cluster, against a real API server with a test that plays KServe's controller."""

import threading

import pytest

from lookalike_components.errors import LookalikeError, UserError


def test_a_new_service_gets_ready(shop, digest):
    applied = shop.deploy("a")
    assert shop.predictor["model"]["storageUri"] == "gs://bucket/releases/a"
    assert shop.predictor["annotations"]["lookalike/release"] == digest("a")
    assert applied.facts == {"mode": "Standard", "release": digest("a")[:12]}


def test_another_release_takes_the_place_of_the_first(shop, digest):
    shop.deploy("a")
    shop.deploy("b", cpu="500m")
    assert shop.predictor["annotations"]["lookalike/release"] == digest("b")
    assert shop.predictor["model"]["resources"]["limits"]["cpu"] == "500m"
    (deployment,) = shop.kserve.deployments("shoes").values()
    assert deployment.spec.template.metadata.annotations["lookalike/release"] == digest("b")


def test_the_same_release_again_changes_nothing(shop):
    shop.deploy("a")
    shop.deploy("b")
    before = shop.live
    shop.deploy("b")
    assert shop.live["metadata"]["generation"] == before["metadata"]["generation"]
    assert shop.live["metadata"]["managedFields"] == before["metadata"]["managedFields"]


def test_what_others_put_into_the_service_stays(shop):
    shop.deploy("a")
    shop.change(nodeSelector={"pool": "cpu"})
    shop.deploy("b")
    assert shop.predictor["nodeSelector"] == {"pool": "cpu"}


def test_rollback_goes_back_release_by_release(shop, digest):
    for name in "abc":
        shop.deploy(name)
    for name in "ba":
        shop.service.wait(shop.service.rollback(), 20)
        assert shop.predictor["annotations"]["lookalike/release"] == digest(name)
        assert shop.predictor["model"]["storageUri"] == f"gs://bucket/releases/{name}"
    with pytest.raises(UserError, match="has served no other release before this one"):
        shop.service.rollback()


def test_rollback_after_a_promotion_goes_back_to_the_release_before(shop, digest):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    shop.service.wait(shop.service.promote(), 20)
    shop.service.wait(shop.service.rollback(), 20)
    assert shop.predictor["annotations"]["lookalike/release"] == digest("a")


def test_a_deleted_service_is_gone(shop):
    shop.deploy("a")
    shop.service.delete()
    assert shop.live is None
    shop.service.wait_until_gone(5)
    for verb in (shop.service.delete, shop.service.promote, shop.service.rollback, shop.service.show):
        with pytest.raises(UserError, match=f"there is no InferenceService {shop.namespace}/shoes on https://"):
            verb()


def test_a_service_that_does_not_go_is_told(shop):
    shop.deploy("a")
    shop.kserve.api.kubectl(
        *["patch", "isvc", "shoes", "-n", shop.namespace, "--type=merge"],
        *["-p", '{"metadata": {"finalizers": ["example.com/holds-it"]}}'],
    )
    shop.service.delete()
    with pytest.raises(LookalikeError, match="is not ready after 1 s: it waits for KServe to take away what it made"):
        shop.service.wait_until_gone(1)


def test_nothing_is_deployed_to_a_service_that_is_being_deleted(shop):
    shop.deploy("a")
    shop.kserve.api.kubectl(
        *["patch", "isvc", "shoes", "-n", shop.namespace, "--type=merge"],
        *["-p", '{"metadata": {"finalizers": ["example.com/holds-it"]}}'],
    )
    shop.service.delete()
    for name in ("a", "b"):
        with pytest.raises(LookalikeError, match=r"/shoes is being deleted; try again when it is gone") as error:
            shop.deploy(name)
        assert error.value.exit_code == 1


def test_a_model_that_cannot_be_loaded_is_told_at_once(shop):
    shop.kserve.broken.add("gs://bucket/releases/a")
    with pytest.raises(LookalikeError) as error:
        shop.deploy("a", timeout=60)
    assert str(error.value) == (
        f"{shop.namespace}/shoes failed: ModelLoadFailed: manifest.json is missing; "
        "`lookalike rollback` brings back the release before"
    )


def test_a_failed_release_does_not_stand_in_the_way_of_the_next(shop):
    shop.kserve.broken.add("gs://bucket/releases/a")
    with pytest.raises(LookalikeError, match="ModelLoadFailed"):
        shop.deploy("a")
    shop.deploy("b")


def test_a_service_that_does_not_get_ready_is_told_with_its_conditions(shop, digest, capsys):
    shop.deploy("a")
    shop.kserve.starting.add("gs://bucket/releases/b")
    with pytest.raises(LookalikeError) as error:
        shop.deploy("b", timeout=2)
    why = "MinimumReplicasUnavailable: Deployment has no replica available"
    awaited = f"pods of release {digest('b')[:12]}; PredictorReady is False ({why}); Ready is False ({why})"
    assert str(error.value) == (
        f"{shop.namespace}/shoes is not ready after 2 s: it waits for {awaited}; "
        "`lookalike service show` tells how it goes on, `lookalike rollback` brings back what was before"
    )
    assert f"{shop.namespace}/shoes waits for {awaited}" in capsys.readouterr().err


def test_a_canary_that_does_not_get_ready_is_told(shop, digest):
    shop.deploy("a")
    shop.kserve.starting.add("gs://bucket/releases/b")
    with pytest.raises(LookalikeError, match=f"pods of release {digest('b')[:12]}; CanaryPredictorReady is False"):
        shop.deploy("b", canary=10, timeout=2)


@pytest.mark.usefixtures("knative")
def test_kserve_that_takes_another_mode_is_told(shop):
    shop.kserve.runs_in = "Knative"
    with pytest.raises(LookalikeError, match="KServe runs it in Knative mode, not in Standard mode as asked"):
        shop.deploy("a")


def test_settings_of_others_are_not_overwritten_unless_that_is_asked_for(shop):
    shop.deploy("a")
    shop.change(maxReplicas=7)
    with pytest.raises(UserError) as error:
        shop.deploy("b")
    assert str(error.value).startswith("others have changed what this would overwrite: .spec.predictor.maxReplicas (")
    assert 'conflict with "kubectl-patch"' in str(error.value)
    shop.deploy("b", force=True)
    assert shop.predictor["maxReplicas"] == 3


def test_promoting_takes_the_settings_that_others_changed_as_they_are(shop):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    shop.change(maxReplicas=7)
    shop.service.wait(shop.service.promote(), 20)
    assert shop.predictor["maxReplicas"] == 7


def test_of_many_at_once_none_is_lost(shop, served, digest):
    shop.deploy("0")
    names = [str(number) for number in range(1, 5)]
    at_once = [threading.Thread(target=shop.service.deploy, args=(served(name), shop.config())) for name in names]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    told = shop.service.show()
    releases = [told["stable"]["release"], *(before["release"] for before in told["before"])]
    assert sorted(releases) == sorted(digest(name) for name in ["0", *names])
    assert releases[-1] == digest("0")


def test_a_service_of_somebody_else_is_left_alone(shop, served):
    service = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": "shoes",
            "namespace": shop.namespace,
            "annotations": {"serving.kserve.io/deploymentMode": "Knative"},
        },
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://bucket/other"}}},
    }
    shop.cluster.apply(service, force=False)
    for act in (lambda: shop.service.deploy(served("a"), shop.config()), shop.service.rollback, shop.service.delete):
        with pytest.raises(UserError, match=f"{shop.namespace}/shoes was not made by lookalike"):
            act()


def test_a_release_on_this_machine_is_not_deployed(shop, served):
    with pytest.raises(UserError, match=r"file:///tmp/a is on this machine, where no cluster can read it"):
        shop.service.deploy(served("a", storage="file:///tmp"), shop.config())
    assert shop.live is None


def test_a_service_tells_what_it_serves(shop, served):
    shop.deploy("a")
    shop.deploy("b")
    shop.deploy("c", canary=25)
    assert shop.service.show() == {
        "name": "shoes",
        "namespace": shop.namespace,
        "mode": "Standard",
        "url": "http://shoes.example.com",
        "ready": True,
        "waits_for": [],
        "stable": served("b").model_dump(),
        "canary": served("c").model_dump(),
        "canary_percent": 25,
        "before": [served("a").model_dump()],
    }


def test_settings_of_kserve_that_are_empty_decide_nothing(shop):
    kubectl = shop.kserve.api.kubectl
    kubectl("create", "namespace", "kserve", check=False)
    kubectl("create", "configmap", "inferenceservice-config", "-n", "kserve", check=False)
    assert shop.cluster.kserve_settings() == {}
