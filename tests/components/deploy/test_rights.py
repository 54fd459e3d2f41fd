"""The Role of the manifests is enough for every verb, and says what happens with less."""

from pathlib import Path

import pytest
import yaml
from kubernetes.config import incluster_config

from lookalike_components.deploy.cluster import connect
from lookalike_components.deploy.service import Service
from lookalike_components.errors import UserError

ROLES = Path(__file__).parents[3] / "manifests" / "base" / "roles.yaml"


@pytest.fixture
def token(shop):
    """Of a ServiceAccount that has the Role for deploying, less the resources that a test takes away."""

    def token(*without):
        (role,) = [
            role for role in yaml.safe_load_all(ROLES.read_text()) if role["metadata"]["name"] == "lookalike-deploy"
        ]
        role["rules"] = [rule for rule in role["rules"] if not {*rule["resources"]} & {*without}]
        account = ["--namespace", shop.namespace]
        api = shop.kserve.api
        api.kubectl("apply", "-f", "-", *account, stdin=yaml.safe_dump(role))
        api.kubectl("create", "serviceaccount", "pipeline", *account)
        subject = f"--serviceaccount={shop.namespace}:pipeline"
        api.kubectl("create", "rolebinding", "pipeline", "--role=lookalike-deploy", subject, *account)
        return api.service_account_token(shop.namespace, "pipeline")

    return token


def service_of(shop, token):
    return Service(connect(str(shop.kserve.api.kubeconfig_for(token))), shop.namespace, "shoes")


def test_the_role_is_enough_for_a_release_from_its_first_day_to_its_last(shop, token, served):
    service = service_of(shop, token())
    service.wait(service.deploy(served("a"), shop.config()), 20)
    service.wait(service.deploy(served("b"), shop.config(canary=10)), 20)
    service.wait(service.promote(), 20)
    service.wait(service.rollback(), 20)
    assert service.show()["stable"] == served("a").model_dump()
    service.delete()


def test_where_pods_may_not_be_seen_kserves_word_is_taken(shop, token, served, capsys):
    service = service_of(shop, token("deployments"))
    service.wait(service.deploy(served("a"), shop.config()), 20)
    assert "the pods' state may not be read here" in capsys.readouterr().err


def test_in_a_pod_its_service_account_is_who_asks(shop, token, served, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(token())
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", shop.kserve.api.url.rpartition(":")[2])
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(shop.kserve.api.certificate))
    service = Service(connect(), shop.namespace, "shoes")
    service.wait(service.deploy(served("a"), shop.config()), 20)
    elsewhere = Service(connect(), "default", "shoes")
    with pytest.raises(UserError, match=f'"system:serviceaccount:{shop.namespace}:pipeline" cannot get resource'):
        elsewhere.show()
