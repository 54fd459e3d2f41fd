"""``lookalike deploy``, ``rollback`` and ``service``: releases on a cluster that has KServe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.options import AsJson, parsed_settings, print_json, say
from lookalike.cli.releases import Artifacts, Release, uri_of

if TYPE_CHECKING:
    from lookalike_components.deploy.config import DeployConfig
    from lookalike_components.deploy.service import Applied, Service

ServiceName = Annotated[
    str | None, typer.Option("--name", help="Name of the InferenceService; `lookalike` unless given.")
]
Namespace = Annotated[str | None, typer.Option(help="Kubernetes namespace of the service; `default` unless given.")]
Kubeconfig = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="By default $KUBECONFIG, the pod's ServiceAccount, or ~/.kube/config.", show_default=False
    ),
]
Context = Annotated[
    str, typer.Option(metavar="NAME", help="Context of that file; its current one unless given.", show_default=False)
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the service is ready.")]
Timeout = Annotated[int | None, typer.Option(metavar="SECONDS", help="How long to wait; 900 unless given.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what others changed in the service.")]

service_app = typer.Typer(help="Show, promote, roll back and delete what serves on a cluster.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="**Example**: `lookalike deploy champion --canary 10 --namespace shop`")(deploy)
    app.command(epilog="**Example**: `lookalike rollback --namespace shop`")(rollback)
    app.add_typer(service_app, name="service")
    service_app.command("rollback")(rollback)


def deploy(
    release: Release,
    canary: Annotated[
        int | None,
        typer.Option(
            metavar="PERCENT",
            min=1,  # 0 would be taken for no canary, which gives the release everything
            max=99,
            help="Share of the requests that the release gets at first; all of them unless given.",
        ),
    ] = None,
    name: ServiceName = None,
    namespace: Namespace = None,
    wait: Wait = True,
    timeout: Timeout = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="deploy.FIELD=VALUE", help="Any other setting of step deploy; repeatable."),
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="YAML file with settings, of which the section `deploy` counts.")
    ] = None,
    force: Force = False,
    artifacts: Artifacts = "",
    kubeconfig: Kubeconfig = "",
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Let a release serve on a cluster, for every request or for a share of them."""
    from lookalike_components.deploy.served import read_release

    flags = {"canary": canary, "name": name, "namespace": namespace, "timeout": timeout, "force": force or None}
    said = {flag: value for flag, value in flags.items() if value is not None}
    config = _config(**{**_of_file(config_file), **_of_deploy(settings or []), **said})
    service = _service(config, kubeconfig, context)
    served = read_release(uri_of(artifacts, release), config.storage_uri)
    _finish(service, service.deploy(served, config), config.timeout if wait else 0, as_json)


@service_app.command("promote")
def promote(
    name: ServiceName = None,
    namespace: Namespace = None,
    wait: Wait = True,
    timeout: Timeout = None,
    force: Force = False,
    kubeconfig: Kubeconfig = "",
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Let the canary serve every request."""
    config = _config(name=name, namespace=namespace, timeout=timeout)
    service = _service(config, kubeconfig, context)
    _finish(service, service.promote(force=force), config.timeout if wait else 0, as_json)


def rollback(
    name: ServiceName = None,
    namespace: Namespace = None,
    wait: Wait = True,
    timeout: Timeout = None,
    force: Force = False,
    kubeconfig: Kubeconfig = "",
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """Take the canary away; where there is none, let the release before serve again."""
    config = _config(name=name, namespace=namespace, timeout=timeout)
    service = _service(config, kubeconfig, context)
    _finish(service, service.rollback(force=force), config.timeout if wait else 0, as_json)


@service_app.command("show")
def show(
    name: ServiceName = None,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = "",
    context: Context = "",
    as_json: AsJson = False,
) -> None:
    """What serves, to which share of the requests, where, and what was served before."""
    _tell(_service(_config(name=name, namespace=namespace), kubeconfig, context), as_json)


@service_app.command("delete")
def delete(
    name: ServiceName = None,
    namespace: Namespace = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the service is gone.")] = True,
    timeout: Timeout = None,
    kubeconfig: Kubeconfig = "",
    context: Context = "",
) -> None:
    """Take the service off the cluster; releases stay where they are."""
    config = _config(name=name, namespace=namespace, timeout=timeout)
    service = _service(config, kubeconfig, context)
    if not yes:
        typer.confirm(f"Delete {service.where} with its servers?", abort=True, err=True)
    service.delete()
    if wait:
        service.wait_until_gone(config.timeout)


def _config(**given: Any) -> "DeployConfig":
    """The settings of step `deploy` with what was given; what was not has its default."""
    from lookalike_components.deploy.config import DeployConfig

    return DeployConfig.from_arguments({field: value for field, value in given.items() if value is not None})


def _of_file(path: Path | None) -> dict[str, Any]:
    """The section `deploy` of a settings file, as the pipeline would read it."""
    from lookalike.config import FinetuneConfig

    if path is None:
        return {}
    return FinetuneConfig.resolve(file=path, overrides={"source": "none, for a deployment"}).section("deploy")


def _of_deploy(settings: list[str]) -> dict[str, Any]:
    from lookalike_components.errors import UserError

    parsed = parsed_settings(settings)
    if other := [field for field in parsed if not field.startswith("deploy.")]:
        raise UserError(f"--set {other[0]} is no setting of step deploy; write --set deploy.FIELD=VALUE")
    return {field.removeprefix("deploy."): value for field, value in parsed.items()}


def _service(config: "DeployConfig", kubeconfig: str, context: str) -> "Service":
    from lookalike_components.deploy.cluster import connect
    from lookalike_components.deploy.service import Service

    return Service(connect(kubeconfig, context), config.namespace, config.name)


def _finish(service: "Service", applied: "Applied", timeout: int, as_json: bool) -> None:
    if timeout:
        service.wait(applied, timeout)
    _tell(service, as_json)


def _tell(service: "Service", as_json: bool) -> None:
    told = service.show()
    if as_json:
        print_json(told)
        return
    say(
        f"{service.where} serves release {told['stable']['release'][:12]} in {told['mode']} mode {told['url']}".rstrip()
    )
    if told["canary"]:
        say(f"canary: release {told['canary']['release'][:12]} gets {told['canary_percent']} % of the requests")
    for before in told["before"]:
        say(f"before: release {before['release'][:12]}")
    for awaited in told["waits_for"]:
        say(f"waits for: {awaited}")
