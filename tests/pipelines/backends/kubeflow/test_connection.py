"""The way to the API, and every way in which it can be barred."""

import base64
import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import yaml

from lookalike.backends.kubeflow import is_kubeflow
from lookalike.backends.kubeflow.backend import KubeflowBackend
from lookalike.backends.kubeflow.connection import Connection
from lookalike_components.errors import LookalikeError, UserError


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """Nothing of the machine's own configuration leads anywhere."""
    for variable in ("LOOKALIKE_TOKEN_FILE", "LOOKALIKE_NAMESPACE", "KF_PIPELINES_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "nowhere"))


@pytest.fixture
def token(tmp_path, monkeypatch):
    """A file with a token that says whose it is, as those of Kubernetes do."""
    claims = {"sub": "system:serviceaccount:team:pipelines"}
    value = f"head.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.signature"
    (tmp_path / "token").write_text(value + "\n")
    monkeypatch.setenv("LOOKALIKE_TOKEN_FILE", str(tmp_path / "token"))
    return value


def refusal(call):
    with pytest.raises(LookalikeError) as error:
        call()
    return error.value


@pytest.mark.parametrize(
    ("place", "cluster"),
    [("kubeflow", True), ("https://host/pipeline", True), ("./runs", False), ("kubeflow-runs", False), ("", False)],
)
def test_a_place_of_runs_is_a_cluster_or_a_folder(place, cluster):
    assert is_kubeflow(place) is cluster


def test_the_token_is_shown_as_it_is_in_its_file_at_each_use(kubeflow_api, token, tmp_path):
    kubeflow_api.tokens = {token, "the-next-one"}
    backend = KubeflowBackend(Connection(kubeflow_api.url))
    assert backend.names() == []
    kubeflow_api.tokens = {"the-next-one"}
    (tmp_path / "token").write_text("the-next-one")
    assert backend.names() == []


def test_an_unknown_token_is_refused_without_being_repeated(kubeflow_api, token):
    kubeflow_api.tokens = {"another"}
    error = refusal(lambda: Connection(kubeflow_api.url))
    assert isinstance(error, UserError)
    assert str(error) == (
        f"Kubeflow at {kubeflow_api.url} does not know who asks (401); pass a valid token with --token-file"
    )
    assert token not in repr(error.__cause__)


def test_a_right_that_is_missing_is_named_with_who_lacks_it(kubeflow_api, token):
    kubeflow_api.forbidden = {"GET /apis/v2beta1/runs": "User 'x' is not authorized to list runs"}
    error = refusal(KubeflowBackend(Connection(kubeflow_api.url)).names)
    assert isinstance(error, UserError)
    assert str(error) == (
        f"system:serviceaccount:team:pipelines may not list runs at {kubeflow_api.url}: "
        "User 'x' is not authorized to list runs; ask for that right in the namespace"
    )


def test_who_asks_without_a_token_is_nobody(kubeflow_api):
    kubeflow_api.forbidden = {"GET /apis/v2beta1/runs": "anonymous"}
    assert str(refusal(KubeflowBackend(Connection(kubeflow_api.url)).names)).startswith("an identity without a token")


def test_a_token_file_that_is_not_there_is_named(kubeflow_api, monkeypatch, tmp_path):
    monkeypatch.setenv("LOOKALIKE_TOKEN_FILE", str(tmp_path / "missing"))
    error = refusal(lambda: Connection(kubeflow_api.url))
    assert str(error) == f"the token file {tmp_path / 'missing'} cannot be read: No such file or directory"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"one\ntwo\n", b"\xff\xfe"])
def test_a_token_file_without_a_token_is_named_and_not_repeated(kubeflow_api, monkeypatch, tmp_path, content):
    (tmp_path / "spoilt").write_bytes(content)
    monkeypatch.setenv("LOOKALIKE_TOKEN_FILE", str(tmp_path / "spoilt"))
    error = refusal(lambda: Connection(kubeflow_api.url))
    assert str(error) == (f"the token file {tmp_path / 'spoilt'} holds no token, which is a single word; write it anew")
    assert kubeflow_api.requests == []


def test_a_question_is_asked_again_where_the_way_is_barred_for_a_moment(kubeflow_api):
    backend = KubeflowBackend(Connection(kubeflow_api.url))
    kubeflow_api.failing = {"GET": [503, 503]}
    assert backend.names() == []


def test_an_api_that_stays_away_is_no_fault_of_the_user(kubeflow_api):
    backend = KubeflowBackend(Connection(kubeflow_api.url))
    kubeflow_api.failing = {"GET": [503] * 9}
    error = refusal(backend.names)
    assert not isinstance(error, UserError)
    assert "could not list runs (503): upstream connect error; try again later" in str(error)


def test_a_host_that_does_not_listen_is_named_soon(capfd):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    error = refusal(lambda: Connection(url))
    assert str(error).startswith(f"no answer from Kubeflow at {url}: ")
    assert "refused" in str(error)
    assert capfd.readouterr().out == ""


def test_a_login_page_in_front_of_the_api_is_recognised():
    class Login(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Log in</html>")

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Login) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        error = refusal(lambda: Connection(f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    assert "answers with a page, not as the API of Kubeflow Pipelines" in str(error)


def test_kubeconfig_leads_through_the_proxy_of_the_cluster(kubeflow_api, token, tmp_path, monkeypatch):
    monkeypatch.delenv("LOOKALIKE_TOKEN_FILE")
    file = tmp_path / "kubeconfig"
    cluster = {"name": "here", "cluster": {"server": kubeflow_api.url}}
    user = {"name": "me", "user": {"token": token}}
    context = {"name": "mine", "context": {"cluster": "here", "user": "me"}}
    kinds = {"apiVersion": "v1", "kind": "Config", "current-context": "mine"}
    file.write_text(yaml.safe_dump({**kinds, "clusters": [cluster], "users": [user], "contexts": [context]}))
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    kubeflow_api.tokens = {token}
    backend = KubeflowBackend(Connection("kubeflow"))
    assert backend.names() == []
    kubeflow_api.forbidden = {"GET /apis/v2beta1/runs": "no role"}
    assert str(refusal(backend.names)).startswith("system:serviceaccount:team:pipelines may not list runs at kubeflow")


def test_without_a_pod_and_without_kubeconfig_there_is_no_way():
    error = refusal(lambda: Connection("kubeflow"))
    assert isinstance(error, UserError)
    assert str(error).startswith("--runs kubeflow needs a pod of the cluster or a kubeconfig, and there is neither")


def test_a_namespace_goes_with_every_list_where_there_are_several_users(kubeflow_api, monkeypatch):
    kubeflow_api.multi_user = True
    assert "a namespace is required" in str(refusal(KubeflowBackend(Connection(kubeflow_api.url)).names))
    assert KubeflowBackend(Connection(kubeflow_api.url, "of-the-settings")).names() == []
    monkeypatch.setenv("LOOKALIKE_NAMESPACE", "team")
    assert Connection(kubeflow_api.url, "of-the-settings").namespace == "team"
