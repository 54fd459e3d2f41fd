"""Step `notify`: tell people how a run ended."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def notify(
    status: dsl.PipelineTaskFinalStatus,
    run: str = "",
    run_id: str = "",
    when: str = "failure",
    payload: str = "slack",
) -> str:
    """Post how a run ended to the webhook of LOOKALIKE_WEBHOOK, a secret; the exit task of a `dsl.ExitHandler`.

    Args:
        status: How the tasks of the exit handler ended; KFP gives it.
        run: Name of the run, for the notice.
        run_id: What tells this run from others of the same name.
        when: Which ends are told: failure, always or never.
        payload: What the webhook understands: slack (a JSON object with "text") or cloudevents (1.0, structured).

    Returns:
        Output: Who was told; empty for nobody.
    """
    from lookalike_components.progress import step

    with step("notify") as facts:
        from lookalike_components.notify.config import NotifyConfig
        from lookalike_components.notify.notify import notify

        config = NotifyConfig.from_arguments(locals())
        told, known = notify(status.state, status.error_message, config)
        facts.update(known)
    return told
