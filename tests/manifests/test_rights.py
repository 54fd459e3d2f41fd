"""What the ServiceAccounts may do, asked of a real API server with their own tokens.

Authorization comes before everything else: a request for a kind that this server does not know is answered with 403
where it is forbidden, and with 404 where it is not.
"""

import pytest
from kubernetes import client

SERVICE = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "shoes"},
    "spec": {"predictor": {"minReplicas": 1}},
}
KSERVE, KNATIVE = "/apis/serving.kserve.io/v1beta1", "/apis/serving.knative.dev/v1"
TRAINER, ARGO = "/apis/trainer.kubeflow.org/v1alpha1", "/apis/argoproj.io/v1alpha1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
OBJECT = {"metadata": {"name": "x"}}


@pytest.fixture(scope="module")
def ask(api, installation):
    """Sends a request with a ServiceAccount's token, and gives the status of the answer."""
    tokens = {
        account: api.service_account_token(installation.namespace, account)
        for account in ("lookalike-pipeline", "lookalike-serve")
    }

    def ask(verb, path, body=None, account="lookalike-pipeline", elsewhere=False):
        group, _, resource = path.rpartition("//")
        namespace = installation.elsewhere if elsewhere else installation.namespace
        place = f"{group}/namespaces/{namespace}/{resource}" if group else resource
        kind = "application/merge-patch+json" if verb == "PATCH" else "application/json"
        try:
            _, status, _ = api.client(tokens[account]).call_api(
                place,
                verb,
                body=body,
                header_params={"Content-Type": kind},
                auth_settings=["BearerToken"],
                response_type="object",
            )
        except client.ApiException as error:
            return error.status
        return status

    return ask


ALLOWED = [
    ("GET", f"{KNATIVE}//services", None),
    ("GET", "/apis/apps/v1//deployments", None),
    ("POST", f"{TRAINER}//trainjobs", OBJECT),
    ("GET", f"{TRAINER}//trainjobs/x", None),
    ("DELETE", f"{TRAINER}//trainjobs/x", None),
    ("POST", f"{ARGO}//workflowtaskresults", OBJECT),
    ("PATCH", f"{ARGO}//workflowtaskresults/x", OBJECT),
    ("GET", "/api/v1//configmaps/kfp-launcher", None),
    ("GET", "/api/v1//pods", None),
    ("GET", "/api/v1//pods/x", None),
]
DENIED = [
    ("GET", "/api/v1//secrets", None),
    ("GET", "/api/v1//secrets/lookalike-webhook", None),
    ("POST", "/api/v1//secrets", OBJECT),
    ("POST", "/api/v1//serviceaccounts/lookalike-serve/token", {"spec": {}}),
    ("DELETE", "/api/v1//pods/x", None),
    ("POST", "/api/v1//pods", OBJECT),
    ("POST", "/api/v1//pods/x/exec", None),
    ("GET", "/api/v1//pods/x/log", None),
    ("GET", "/api/v1//configmaps", None),
    ("GET", "/api/v1//configmaps/another", None),
    ("GET", f"{KSERVE}//inferenceservices", None),
    ("PUT", f"{KSERVE}//inferenceservices/x", OBJECT),
    ("DELETE", f"{KSERVE}//inferenceservices", None),  # all of them at once
    ("PATCH", f"{KSERVE}//inferenceservices/x/status", OBJECT),
    ("PATCH", "/apis/serving.kserve.io/v1alpha1//servingruntimes/lookalike", OBJECT),
    ("PATCH", "/apis/apps/v1//deployments/x", OBJECT),
    ("DELETE", "/apis/apps/v1//deployments/x", None),
    ("PATCH", f"{KNATIVE}//services/x", OBJECT),
    ("PATCH", f"{TRAINER}//trainjobs/x", OBJECT),
    ("GET", f"{ARGO}//workflows", None),
    ("POST", f"{RBAC}//rolebindings", OBJECT),
    ("PATCH", f"{RBAC}//roles/lookalike-deploy", OBJECT),
    ("PATCH", "/api/v1//serviceaccounts/lookalike-pipeline", OBJECT),
    ("DELETE", "/apis/networking.k8s.io/v1//networkpolicies/lookalike-predictor", None),
    ("GET", "/api/v1/namespaces", None),
    ("GET", "/api/v1/nodes", None),
    ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", None),
]


def words(request):
    verb, path, _ = request
    return f"{verb} {path.rpartition('/v1')[2]}"


def test_a_service_is_created_changed_read_and_deleted(ask):
    place = f"{KSERVE}//inferenceservices"
    assert ask("POST", place, SERVICE) == 201
    assert ask("PATCH", f"{place}/shoes", {"spec": {"predictor": {"minReplicas": 2}}}) == 200
    assert ask("GET", f"{place}/shoes") == 200
    assert ask("DELETE", f"{place}/shoes") == 200


@pytest.mark.parametrize("request_", ALLOWED, ids=words)
def test_what_the_steps_call_is_allowed(ask, request_):
    assert ask(*request_) != 403


@pytest.mark.parametrize("request_", DENIED, ids=words)
def test_the_rest_is_denied(ask, request_):
    assert ask(*request_) == 403


@pytest.mark.parametrize("request_", ALLOWED, ids=words)
def test_nothing_is_allowed_in_another_namespace(ask, request_):
    assert ask(*request_, elsewhere=True) == 403
    assert ask("POST", f"{KSERVE}//inferenceservices", SERVICE, elsewhere=True) == 403


@pytest.mark.parametrize("request_", ALLOWED, ids=words)
def test_a_server_may_do_nothing(ask, request_):
    assert ask(*request_, account="lookalike-serve") == 403
    assert ask("GET", f"{KSERVE}//inferenceservices/shoes", account="lookalike-serve") == 403
