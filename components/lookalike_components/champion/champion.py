"""Looks up the release that a new encoder has to beat."""

from typing import NamedTuple

from lookalike_components.champion.config import ChampionConfig
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts, say, this_run
from lookalike_components.registry import Champion, encoder_uri, frozen_uri, predecessor, read_champion
from lookalike_components.storage import exists, join


class Standing(NamedTuple):
    """What the later steps need to know of the champion; all empty where the pretrained encoder is to be beaten."""

    release: str = ""
    version: str = ""
    encoder: str = ""
    start_from: str = ""
    test_set: str = ""

    def facts(self) -> Facts:
        """For people."""
        return {"champion": self.release[:12]} if self.release else {}


def look_up(config: ChampionConfig) -> Standing:
    """Reads ``champion.json`` of the artifact store.

    Raises:
        UserError: There is a challenge without an artifact store, or what it needs of the champion is gone.
        LookalikeError: ``champion.json`` is damaged, or the store cannot be reached.
    """
    if not config.challenge:
        return Standing()
    if not config.artifacts:
        raise UserError("a challenge needs the place where the champion is kept; pass --artifacts")
    champion, version = read_champion(config.artifacts)
    champion = _not_of_this_run(champion, config.artifacts)
    if champion is None:
        say(f"{config.artifacts} has no champion; the pretrained encoder is the one to beat")
        return Standing(version=version)
    encoder = encoder_uri(config.artifacts, champion.encoder)
    test_set = frozen_uri(config.artifacts, champion.test_set) if config.test_set == "frozen" else ""
    _refuse_what_is_gone(champion, encoder, test_set)
    return Standing(
        release=champion.release,
        version=version,
        encoder=encoder,
        start_from=encoder if config.train_from == "champion" else "",
        test_set=test_set,
    )


def _refuse_what_is_gone(champion: Champion, encoder: str, test_set: str) -> None:
    """Before the training, not after it."""
    what = {join(encoder, "encoder.safetensors"): "", test_set: ", or pass --set champion.test_set=new"}
    for uri, instead in what.items():
        if uri and not exists(uri):
            raise UserError(
                f"the champion {champion.release[:12]} cannot be challenged: {uri} is gone; restore it{instead}, or "
                "make another release the champion with `lookalike releases promote`"
            )


def _not_of_this_run(champion: Champion | None, artifacts: str) -> Champion | None:
    """A run that failed after it had promoted its release, and goes on, is not to challenge itself."""
    ours = champion is not None and this_run() != "" and champion.term.by == this_run()
    return predecessor(artifacts, champion) if champion and ours else champion
