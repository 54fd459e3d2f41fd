"""``python -m lookalike_components.serve``: serve one release."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from lookalike_components.errors import LookalikeError
from lookalike_components.serve.alone import without_cluster_client
from lookalike_components.serve.command_line import config_of, parser
from lookalike_components.serve.config import ServeConfig
from lookalike_components.serve.process import prepare


def main(argv: Sequence[str] | None = None) -> int:
    """Serves a release until told to stop; returns the exit code."""
    config = config_of(parser().parse_args(argv))
    prepare()
    # Everything below takes long to load, and --help and mistyped options need not wait for it.
    from lookalike_components.serve.observability import logs, traces

    logs.set_up(config.log_level, config.log_form)
    try:
        traces.set_up()
        _serve(config)
    except LookalikeError as error:
        logs.life.error("error: %s", error)
        return error.exit_code
    finally:
        traces.shut_down()
    return 0


def _serve(config: ServeConfig) -> None:
    from lookalike_components.serve.opening import open_current

    with ThreadPoolExecutor(1) as threads:
        opening = threads.submit(open_current, config)  # while KServe is imported, which takes as long
        with without_cluster_client():
            from lookalike_components.serve.server import serve
        serve(config, opening.result)


if __name__ == "__main__":
    raise SystemExit(main())
