"""Step `promote`: put a release into the registry, in the place of the champion."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def promote(
    release: dsl.Input[dsl.Model],
    encoder: dsl.Input[dsl.Model],
    table: dsl.Input[dsl.Dataset],
    challenge: bool = False,
    artifacts: str = "",
    run: str = "",
    version: str = "",
    storage_uri: str = "",
) -> str:
    """Keep a release that won as the champion of its artifacts; without a challenge nothing is kept.

    Args:
        release: The sealed release folder from step `export`.
        encoder: Folder of its encoder from step `train`.
        table: Image table from step `split`; its test rows are frozen for the next challengers.
        challenge: Whether the release becomes the champion of artifacts.
        artifacts: Folder or gs:// prefix that keeps the release.
        run: Name of this run, for the champion's history.
        version: Version of champion.json that is replaced; empty where there is none.
        storage_uri: Where the cluster reads the release, if the release is put elsewhere.

    Returns:
        Output: Where the cluster reads the release; empty for the artifact's own URI.
    """
    from lookalike_components.progress import step

    with step("promote") as facts:
        from lookalike_components.promote.config import PromoteConfig
        from lookalike_components.promote.promote import promote

        config = PromoteConfig.from_arguments(locals())
        uri, told = promote(release.path, encoder.path, table.path, config)
        facts.update(told)
    return uri
