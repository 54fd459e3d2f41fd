import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kfp import dsl

from lookalike_components import containers, deploy
from lookalike_components.deploy.config import DeployConfig
from lookalike_components.deploy.deploy import deploy as render
from lookalike_components.deploy.render import RUNTIME, inference_service, predictor
from lookalike_components.deploy.served import Served
from lookalike_components.deploy.traffic import Traffic
from lookalike_components.errors import UserError
from lookalike_components.release.manifest import EncoderFacts, IndexFacts, Manifest
from lookalike_components.serve.__main__ import parser

SERVING_RUNTIME = Path(__file__).parents[3] / "manifests" / "base" / "serving-runtime.yaml"
STORE = "gs://bucket/releases/shoes"

# KServe's own models, in a process of their own: KServe and tritonclient cannot both be loaded into one.
THROUGH_KSERVES_MODEL = """
import json, sys, kserve, kubernetes.client
vars(kserve.models).update({**vars(kubernetes.client), **vars(kserve.models)})
response = type("Response", (), {"data": sys.stdin.read()})
client = kserve.ApiClient()
print(json.dumps(client.sanitize_for_serialization(client.deserialize(response, sys.argv[1]))))
"""


def through_kserve(document, model):
    command = [sys.executable, "-c", THROUGH_KSERVES_MODEL, model]
    run = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture
def manifest():
    encoder = EncoderFacts(
        model="resnet18", dimension=512, input_size=224, resize="exact", licence="BSD-3-Clause", digest="e" * 64
    )
    index, files = IndexFacts(images=12, labels=3), {"encoder.onnx": "f" * 64}
    return Manifest(
        name="shoes", created="2026-11-24T09:00:00+00:00", encoder=encoder, index=index, threshold=0.8, files=files
    ).sealed()


@pytest.fixture
def release(tmp_path, manifest):
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


@pytest.fixture
def rendered(tmp_path, release):
    def rendered(uri=STORE, **settings):
        render(release, uri, tmp_path / "service.yaml", DeployConfig(**settings))
        return yaml.safe_load((tmp_path / "service.yaml").read_text())

    return rendered


def test_kserve_reads_the_service_and_knows_every_field(rendered):
    service = rendered(name="shoes", namespace="shop")
    read = through_kserve(service, "V1beta1InferenceService")
    assert read["spec"]["predictor"]["model"].pop("name") == ""  # KServe's model always writes one
    assert read == service


def test_kserve_reads_the_serving_runtime_and_knows_every_field():
    runtime = yaml.safe_load(SERVING_RUNTIME.read_text())
    assert through_kserve(runtime, "V1alpha1ServingRuntime") == runtime


def test_the_service_asks_for_the_runtime_that_the_manifest_defines(rendered):
    runtime = yaml.safe_load(SERVING_RUNTIME.read_text())
    model = rendered()["spec"]["predictor"]["model"]
    assert model["runtime"] == runtime["metadata"]["name"] == RUNTIME
    assert model["modelFormat"]["name"] == runtime["spec"]["supportedModelFormats"][0]["name"]
    assert model["protocolVersion"] in runtime["spec"]["protocolVersions"]


def test_the_runtime_starts_the_server_as_its_command_line_wants_it():
    (container,) = yaml.safe_load(SERVING_RUNTIME.read_text())["spec"]["containers"]
    arguments = parser().parse_args(container["args"])
    ports = [port["containerPort"] for port in container["ports"]]
    assert container["image"] == containers.SERVE
    assert container["command"] == ["python", "-m", "lookalike_components.serve"]
    assert (arguments.release, arguments.host) == ("/mnt/models", "0.0.0.0")  # noqa: S104
    assert [arguments.http_port, arguments.grpc_port] == ports


def test_the_service_runs_in_standard_mode_and_its_pods_name_the_release(rendered, manifest):
    service = rendered()
    # KServe hands annotations of the service on to the pods too: what changes there would restart them.
    assert service["metadata"]["annotations"] == {"serving.kserve.io/deploymentMode": "Standard"}
    assert service["spec"]["predictor"]["annotations"] == {
        "lookalike/release": manifest.digest,
        "lookalike/encoder": "e" * 64,
        "lookalike/before": "[]",
    }


def test_the_pod_asks_for_nothing_that_the_restricted_standard_forbids(rendered):
    predictor = rendered(service_account="lookalike-serve")["spec"]["predictor"]
    assert predictor["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert predictor["automountServiceAccountToken"] is False
    assert predictor["serviceAccountName"] == "lookalike-serve"


def test_on_knative_a_service_may_have_no_server_at_all(rendered):
    service = rendered(mode="Knative", min_replicas=0)
    assert service["metadata"]["annotations"] == {"serving.kserve.io/deploymentMode": "Knative"}
    assert service["spec"]["predictor"]["minReplicas"] == 0


def test_kserve_knows_every_field_of_a_service_with_a_canary(manifest):
    served, config = Served(release="a", encoder="b", storage_uri=STORE), DeployConfig()
    stable = predictor(served, config, "Standard")
    traffic = Traffic(stable).tried(served.model_copy(update={"release": "c"}), stable, 10)
    service = inference_service("shoes", "shop", "Standard", traffic)
    read = through_kserve(service, "V1beta1InferenceService")
    assert read["spec"]["predictor"]["model"].pop("name") == ""
    assert read == service


def test_size_and_scale_are_the_settings(rendered):
    predictor = rendered(min_replicas=2, max_replicas=5, cpu="500m", memory="1Gi")["spec"]["predictor"]
    size = {"cpu": "500m", "memory": "1Gi"}
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (2, 5)
    assert predictor["model"]["resources"] == {"requests": size, "limits": size}


def test_the_release_is_read_from_where_it_is_stored(rendered):
    assert rendered()["spec"]["predictor"]["model"]["storageUri"] == STORE


def test_another_storage_may_be_named(rendered):
    model = rendered("minio://mlpipeline/release", storage_uri="s3://bucket/release")["spec"]["predictor"]["model"]
    assert model["storageUri"] == "s3://bucket/release"


def test_a_slash_at_the_end_is_no_other_place(rendered):
    for settings in ({"uri": f"{STORE}/"}, {"storage_uri": f"{STORE}/"}):
        assert rendered(**settings)["spec"]["predictor"]["model"]["storageUri"] == STORE


def test_a_release_on_this_machine_is_written_with_a_warning(rendered, release, capsys):
    assert rendered(str(release))["spec"]["predictor"]["model"]["storageUri"] == f"file://{release}"
    warning = f"file://{release} is on this machine; a cluster needs the release in a bucket: pass its storage_uri"
    assert warning in capsys.readouterr().err


def test_the_facts_name_service_storage_and_release(tmp_path, release, manifest):
    facts = render(release, STORE, tmp_path / "service.yaml", DeployConfig())
    assert facts == {"service": "default/lookalike", "release": manifest.digest[:12]}


def test_a_store_that_kserve_does_not_read_is_refused(rendered, tmp_path):
    with pytest.raises(UserError) as error:
        rendered("minio://mlpipeline/release")
    assert str(error.value) == (
        "the release is stored at minio://mlpipeline/release but only gs://, s3://, pvc://, https://, http://, "
        "hdfs://, webhdfs://, hf://, oci://, file:// are read by KServe; pass the release's folder there as storage_uri"
    )
    assert not (tmp_path / "service.yaml").exists()


def test_a_folder_without_a_release_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"is no release with a manifest\.json"):
        render(tmp_path, STORE, tmp_path / "service.yaml", DeployConfig())
    assert list(tmp_path.iterdir()) == []


NAME_RULE = "use at most 53 lower-case letters, digits and hyphens, a letter first and no hyphen last"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"name": "My_Shop"}, f"name is 'My_Shop': {NAME_RULE}"),
        ({"name": "1st"}, f"name is '1st': {NAME_RULE}"),
        ({"name": "shop-"}, f"name is 'shop-': {NAME_RULE}"),
        ({"name": "s" * 54}, f"name is '{'s' * 54}': {NAME_RULE}"),
        (
            {"namespace": "a.b"},
            "namespace is 'a.b': use at most 63 lower-case letters, digits and hyphens, and no hyphen at either end",
        ),
        (
            {"storage_uri": "bucket/release"},
            "storage_uri is 'bucket/release': only gs://, s3://, pvc://, https://, http://, hdfs://, webhdfs://, "
            "hf://, oci://, file:// are read by KServe; pass the release's folder there",
        ),
        (
            {"mode": "Standard", "min_replicas": 0},
            "min_replicas is 0: in Standard mode nothing starts a server when a request comes; "
            "use 1 or more, or Knative",
        ),
        ({"mode": "ModelMesh"}, "mode is 'ModelMesh': it should be 'auto', 'Standard' or 'Knative'"),
        ({"canary": 100}, "canary is 100: it should be less than or equal to 99"),
        ({"canary": -1}, "canary is -1: it should be greater than or equal to 0"),
        (
            {"canary": 10, "name": "s" * 44},
            "canary is 10: a service with a canary has a name of at most 43 letters",
        ),
        (
            {"service_account": "Serve"},
            "service_account is 'Serve': use at most 63 lower-case letters, digits and hyphens, "
            "and no hyphen at either end",
        ),
        ({"min_replicas": 4}, "max_replicas is 3: it should be min_replicas (4) or more"),
        ({"cpu": "two"}, "cpu is 'two': use cores or thousandths of a core, such as 2, 0.5 or 500m"),
        ({"memory": "2 GB"}, "memory is '2 GB': use a whole number with a unit, such as 512Mi or 2Gi"),
    ],
)
def test_what_kubernetes_would_refuse_is_refused_here(settings, sentence):
    with pytest.raises(UserError) as error:
        DeployConfig.from_arguments(settings)
    assert str(error.value) == sentence


def test_the_component_writes_the_service(tmp_path, release):
    output = dsl.Artifact(uri=str(tmp_path / "service.yaml"))
    deploy.python_func(dsl.Model(uri=str(release)), output, name="shoes", storage_uri=STORE)
    assert yaml.safe_load(Path(output.path).read_text())["metadata"]["name"] == "shoes"


def test_the_component_puts_the_release_on_the_cluster(tmp_path, release, kserve, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(kserve.api.kubeconfig))
    output = dsl.Artifact(uri=str(tmp_path / "service.yaml"))
    deploy.python_func(
        dsl.Model(uri=str(release)), output, name="shoes", namespace=kserve.namespace, storage_uri=STORE, apply=True
    )
    written = yaml.safe_load(Path(output.path).read_text())
    live = yaml.safe_load(kserve.api.kubectl("get", "isvc", "shoes", "-n", kserve.namespace, "-o", "yaml").stdout)
    assert live["spec"] == written["spec"]
    assert live["status"]["conditions"][2] == {"type": "Ready", "status": "True"}


def test_what_the_component_writes_can_be_applied_by_hand_and_deployed_over(tmp_path, rendered, release, shop):
    rendered(name="shoes", namespace=shop.namespace)
    shop.kserve.api.kubectl("apply", "--server-side", "-f", tmp_path / "service.yaml")
    shop.deploy("b", force=True)
    assert shop.service.show()["before"][0]["storage_uri"] == STORE
