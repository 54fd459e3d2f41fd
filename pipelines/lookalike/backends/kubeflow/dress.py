"""What a cluster has to know of each task: image, resources, secrets, and what its cache may take for the same."""

from pathlib import Path
from tempfile import TemporaryDirectory

from kfp import dsl, kubernetes

from lookalike.cluster import ClusterConfig, PodConfig
from lookalike.dag import Dress, compile_to
from lookalike_components import containers
from lookalike_components.notify.config import WEBHOOK

UNCACHED = {"plan", "ingest", "compare"}
LONGEST_PAUSE = 3600


def compiled(cluster: ClusterConfig) -> str:
    """The pipeline's YAML for a cluster."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "finetune.yaml"
        compile_to(path, dress=dress_for(cluster))
        return path.read_text(encoding="utf-8")


def dress_for(cluster: ClusterConfig) -> Dress:
    """Dresses every task of the pipeline as the cluster's settings say."""

    def dress(step: str, task: dsl.PipelineTask) -> None:
        pod = cluster.pod(step)
        _image(task, cluster)
        _resources(task, pod)
        _placement(task, pod)
        _endurance(task, pod)
        _secrets(task, pod, webhook=cluster.webhook if step == "notify" else "")
        if step in UNCACHED:
            # What a source holds now is in no argument, and a report is made anew.
            task.set_caching_options(False)

    return dress


def _image(task: dsl.PipelineTask, cluster: ClusterConfig) -> None:
    """KFP's cache compares image and command, by their text; so the code's version goes into the command."""
    image = cluster.images.reference(task.container_spec.image)
    task.set_container_image(image)
    task.set_env_variable(containers.IMAGE, image)
    *shell, source = task.container_spec.command
    task.container_spec.command = [*shell, f"{source.rstrip()}\n\n# lookalike {containers.code()}\n"]


def _resources(task: dsl.PipelineTask, pod: PodConfig) -> None:
    if pod.cpu:
        task.set_cpu_request(pod.cpu).set_cpu_limit(pod.cpu)
    if pod.memory:
        task.set_memory_request(pod.memory).set_memory_limit(pod.memory)
    if pod.accelerators:
        task.set_accelerator_type(pod.accelerator).set_accelerator_limit(pod.accelerators)
    if pod.shared_memory:
        kubernetes.empty_dir_mount(task, "shared-memory", "/dev/shm", "Memory", pod.shared_memory)  # noqa: S108


def _placement(task: dsl.PipelineTask, pod: PodConfig) -> None:
    for label, value in pod.node_selector.items():
        kubernetes.add_node_selector(task, label, value)
    for taint in pod.tolerations:
        given = {name: value or None for name, value in taint.model_dump().items()}
        kubernetes.add_toleration(task, **given)
    if pod.non_root:
        kubernetes.set_security_context(task, run_as_non_root=True)


def _endurance(task: dsl.PipelineTask, pod: PodConfig) -> None:
    if pod.retries:
        task.set_retry(pod.retries, f"{pod.backoff_seconds}s", 2.0, f"{LONGEST_PAUSE}s")
    if pod.timeout_seconds:
        kubernetes.set_timeout(task, pod.timeout_seconds)


def _secrets(task: dsl.PipelineTask, pod: PodConfig, webhook: str) -> None:
    """A secret that somebody names has to be there; the webhook's may be missing, and then nobody is told."""
    for variable, place in pod.secrets.items():
        secret, _, key = place.partition("/")
        kubernetes.use_secret_as_env(task, secret, {key: variable})
    if webhook:
        secret, _, key = webhook.partition("/")
        kubernetes.use_secret_as_env(task, secret, {key: WEBHOOK}, optional=True)
