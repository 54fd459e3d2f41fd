"""Step `deploy`: write the InferenceService that serves a release."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def deploy(
    release: dsl.Input[dsl.Model],
    inference_service: dsl.Output[dsl.Artifact],
    name: str = "lookalike",
    namespace: str = "default",
    storage_uri: str = "",
    min_replicas: int = 1,
    max_replicas: int = 3,
    cpu: str = "2",
    memory: str = "2Gi",
) -> None:
    """Write the KServe InferenceService that puts a release on a cluster; nothing is applied.

    Args:
        release: The sealed release folder from step `export`.
        name: Name of the InferenceService.
        namespace: Kubernetes namespace that it lives in.
        storage_uri: Where the cluster reads the release, such as gs://bucket/release (empty: the artifact's URI).
        min_replicas: Servers that are always there, 1 or more.
        max_replicas: Servers under full load, min_replicas or more.
        cpu: CPU cores that one server asks for and may use, such as 2 or 500m.
        memory: Memory that one server asks for and may use, such as 2Gi.

    Returns:
        inference_service: The InferenceService as YAML, ready for `kubectl apply -f`.
    """
    from lookalike_components.progress import step

    with step("deploy", inference_service=inference_service.path) as facts:
        from lookalike_components.deploy.config import DeployConfig
        from lookalike_components.deploy.render import deploy

        config = DeployConfig.from_arguments(locals())
        facts.update(deploy(release.path, release.uri, inference_service.path, config))
