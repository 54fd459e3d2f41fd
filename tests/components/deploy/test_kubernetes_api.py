"""The fixture itself: what other tests take for granted of the API server."""

import pytest
from kubernetes import client


def test_the_administrator_may_and_a_stranger_may_not(kubernetes_api):
    namespace = kubernetes_api.new_namespace()
    client.CoreV1Api(kubernetes_api.client()).create_namespaced_service_account(
        namespace, {"metadata": {"name": "someone"}}
    )
    tokens = [kubernetes_api.tokens["stranger"], kubernetes_api.service_account_token(namespace, "someone")]
    for token in tokens:
        with pytest.raises(client.ApiException) as error:
            client.CoreV1Api(kubernetes_api.client(token)).list_namespaced_pod(namespace)
        assert error.value.status == 403


def test_kubectl_knows_the_definitions_of_kserve(kubernetes_api):
    namespace = kubernetes_api.new_namespace()
    answer = kubernetes_api.kubectl("get", "inferenceservices,servingruntimes", "-n", namespace)
    assert "No resources found" in answer.stderr
