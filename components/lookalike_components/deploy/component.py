"""Step `deploy`: put a release on a cluster, or write the InferenceService that would."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def deploy(
    release: dsl.Input[dsl.Model],
    inference_service: dsl.Output[dsl.Artifact],
    name: str = "lookalike",
    namespace: str = "default",
    storage_uri: str = "",
    mode: str = "auto",
    min_replicas: int = 1,
    max_replicas: int = 3,
    cpu: str = "2",
    memory: str = "2Gi",
    service_account: str = "",
    apply: bool = False,
    canary: int = 0,
    timeout: int = 900,
    force: bool = False,
) -> None:
    """Write the KServe InferenceService that serves a release, and put it on the cluster where that is asked for.

    Args:
        release: The sealed release folder from step `export`.
        name: Name of the InferenceService.
        namespace: Kubernetes namespace that it lives in.
        storage_uri: Where the cluster reads the release, such as gs://bucket/release (empty: the artifact's URI).
        mode: Deployment mode of KServe, Standard or Knative; auto keeps that of the service, or takes the default.
        min_replicas: Servers that are always there; 0 on Knative only.
        max_replicas: Servers under full load, min_replicas or more.
        cpu: CPU cores that one server asks for and may use, such as 2 or 500m.
        memory: Memory that one server asks for and may use, such as 2Gi.
        service_account: ServiceAccount of the servers; empty for the namespace's default.
        apply: Whether the service is put on the cluster that this runs in; if not, its YAML is written.
        canary: Percent of the requests that the new release gets at first, 0 to 99; 0 for all of them.
        timeout: Seconds to wait until the service is ready; 0 does not wait.
        force: Whether settings that others changed in the service are overwritten.

    Returns:
        inference_service: The InferenceService as YAML, ready for `kubectl apply -f`.
    """
    from lookalike_components.progress import step

    with step("deploy", inference_service=inference_service.path) as facts:
        from lookalike_components.deploy.config import DeployConfig
        from lookalike_components.deploy.deploy import deploy

        config = DeployConfig.from_arguments(locals())
        facts.update(deploy(release.path, release.uri, inference_service.path, config))
