"""A release that gets a share of the requests beside the stable one, in Standard mode, and its promotion."""

import pytest

from lookalike_components.errors import LookalikeError, UserError


def test_a_canary_gets_its_share_beside_the_stable_release(shop, digest):
    shop.deploy("a")
    applied = shop.deploy("b", canary=10)
    (canary,) = shop.live["spec"]["canary"]
    assert canary["trafficPercent"] == 10
    assert canary["predictor"]["model"]["storageUri"] == "gs://bucket/releases/b"
    assert not canary["predictor"].keys() & {"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "autoScaling"}
    assert shop.predictor["model"]["storageUri"] == "gs://bucket/releases/a"
    assert applied.facts["canary"] == digest("b")[:12]
    assert set(shop.kserve.deployments("shoes")) == {"shoes-predictor", f"shoes-r{digest('b')[:8]}-predictor"}


def test_a_canary_gets_a_larger_share_without_a_restart(shop, digest):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    templates = [deployment.spec.template for deployment in shop.kserve.deployments("shoes").values()]
    shop.deploy("b", canary=50)
    assert shop.live["spec"]["canary"][0]["trafficPercent"] == 50
    assert [deployment.spec.template for deployment in shop.kserve.deployments("shoes").values()] == templates


def test_promoting_a_canary_restarts_none_of_its_pods(shop, digest):
    shop.deploy("a", min_replicas=2)
    shop.deploy("b", canary=10)
    name = f"shoes-r{digest('b')[:8]}-predictor"
    template = shop.kserve.deployments("shoes")[name].spec.template
    shop.service.wait(shop.service.promote(), 20)
    assert "canary" not in shop.live["spec"]
    assert shop.predictor["minReplicas"] == 2
    (promoted,) = shop.kserve.deployments("shoes").values()
    assert promoted.metadata.name == name
    assert promoted.spec.template == template


def test_the_stable_pods_stay_when_a_canary_comes_and_goes(shop):
    shop.deploy("a")
    template = shop.kserve.deployments("shoes")["shoes-predictor"].spec.template
    shop.deploy("b", canary=10)
    assert shop.kserve.deployments("shoes")["shoes-predictor"].spec.template == template
    shop.service.wait(shop.service.rollback(), 20)
    assert "canary" not in shop.live["spec"]
    assert shop.kserve.deployments("shoes")["shoes-predictor"].spec.template == template


def test_after_a_promotion_the_next_release_keeps_the_deployment(shop, digest):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    shop.service.wait(shop.service.promote(), 20)
    shop.deploy("c")
    assert list(shop.kserve.deployments("shoes")) == [f"shoes-r{digest('b')[:8]}-predictor"]
    assert shop.predictor["annotations"]["lookalike/release"] == digest("c")


def test_a_release_can_be_a_canary_beside_a_deployment_of_its_name(shop, digest):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    shop.service.wait(shop.service.promote(), 20)
    shop.deploy("c")
    shop.deploy("b", canary=10)
    assert shop.live["spec"]["canary"][0]["predictor"]["name"] == f"s{digest('b')[:8]}"


def test_another_canary_takes_the_place_of_the_first(shop, digest):
    shop.deploy("a")
    shop.deploy("b", canary=10)
    shop.deploy("c", canary=20)
    (canary,) = shop.live["spec"]["canary"]
    assert (canary["trafficPercent"], canary["predictor"]["annotations"]["lookalike/release"]) == (20, digest("c"))
    assert len(shop.kserve.deployments("shoes")) == 2


def test_the_first_release_is_no_canary(shop, capsys):
    shop.deploy("a", canary=10)
    assert "canary" not in shop.live["spec"]
    assert f"{shop.namespace}/shoes is new: the release gets every request" in capsys.readouterr().err


def test_a_release_is_no_canary_beside_itself(shop, digest):
    shop.deploy("a")
    with pytest.raises(UserError, match=f"release {digest('a')[:12]} serves already"):
        shop.deploy("a", canary=10)


def test_without_a_canary_there_is_nothing_to_promote(shop):
    shop.deploy("a")
    with pytest.raises(UserError, match=f"{shop.namespace}/shoes has no canary to promote"):
        shop.service.promote()


def test_a_canary_that_is_not_ready_is_not_promoted(shop):
    shop.deploy("a")
    shop.kserve.starting.add("gs://bucket/releases/b")
    with pytest.raises(LookalikeError, match="is not ready after 1 s"):
        shop.deploy("b", canary=10, timeout=1)
    before = shop.live["metadata"]["generation"]
    with pytest.raises(UserError, match=f"the canary of {shop.namespace}/shoes is not ready: pods of release"):
        shop.service.promote()
    assert shop.live["metadata"]["generation"] == before
