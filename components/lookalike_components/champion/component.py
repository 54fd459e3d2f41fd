"""Step `champion`: which release is to be beaten, and on which test set."""

from typing import NamedTuple

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def champion(
    challenge: bool = False,
    artifacts: str = "",
    train_from: str = "pretrained",
    test_set: str = "frozen",
) -> NamedTuple("Outputs", release=str, version=str, encoder=str, start_from=str, test_set=str):  # type: ignore[valid-type]
    """Look up the release that a new encoder has to beat; every output is empty where there is none.

    Args:
        challenge: Whether the champion of artifacts is the encoder to beat.
        artifacts: Folder or gs:// prefix whose champion it is.
        train_from: Where a challenger's training starts, pretrained or champion.
        test_set: What a challenger is judged on: frozen (the test set of its champion) or new (a new split).

    Returns:
        release: Digest of the champion's release.
        version: Version of champion.json, which promote is to replace and no other.
        encoder: URI of the champion's encoder.
        start_from: URI of the encoder that training goes on from.
        test_set: URI of the frozen test set.
    """
    from lookalike_components.progress import step

    with step("champion") as facts:
        from lookalike_components.champion.champion import look_up
        from lookalike_components.champion.config import ChampionConfig

        standing = look_up(ChampionConfig.from_arguments(locals()))
        facts.update(standing.facts())
    return standing
