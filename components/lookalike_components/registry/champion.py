"""Which release is the champion: ``champion.json``, replaced only by who has read its present version."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.registry.places import champion_uri, release_uri
from lookalike_components.registry.releases import read_lineage, read_manifest
from lookalike_components.release.part import Part
from lookalike_components.step_config import explain
from lookalike_components.storage import exists, facts, read_bytes, replace_bytes

ATTEMPTS = 5  # of a person's command; a pipeline that has lost has to challenge the new champion instead


class Term(Part):
    """A time during which one release was the champion."""

    release: str = Field(description="Digest of the release.")
    since: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$", description="When it began: ISO 8601, UTC.")
    by: str = Field(description="The run or the person that brought it about.")
    reason: str = Field(description="Why.")
    before: int = Field(
        ge=-1, description="Place in the history, from 0 on, that a rollback leads back to; -1 for none."
    )


class Champion(Part):
    """The content of ``champion.json``."""

    schema_version: Literal[1] = 1
    release: str = Field(description="Digest of the release that is the champion.")
    encoder: str = Field(description="Digest of its encoder.")
    test_set: str = Field(description="sha256 of the test set that it was judged on.")
    history: list[Term] = Field(min_length=1, description="Every term, the present one last.")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.term.release != self.release:
            raise ValueError("release is not that of the last term in history")
        if any(term.before >= place for place, term in enumerate(self.history)):
            raise ValueError("a term in history does not lead back to one before it")
        return self

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Reads the content of ``champion.json``.

        Raises:
            LookalikeError: It is damaged or of another version.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            if newer := _newer_version(data):
                raise LookalikeError(
                    f"{where} was written by a newer version of lookalike (schema_version {newer}); upgrade lookalike"
                ) from error
            raise LookalikeError(
                f"{explain(error, where=where)}; restore an older version of the file, or remove it to begin anew"
            ) from error

    @property
    def term(self) -> Term:
        """The present term."""
        return self.history[-1]


def _newer_version(data: bytes) -> int:
    """The version of the schema where it is one that only later code knows, else 0."""
    try:
        version = json.loads(data)["schema_version"]
    except (ValueError, KeyError, TypeError):
        return 0
    return version if isinstance(version, int) and version > 1 else 0


def read_champion(artifacts: str) -> tuple[Champion | None, str]:
    """Reads which release is the champion.

    Args:
        artifacts: Folder or gs:// prefix.

    Returns:
        The champion and the version of its file; None and "" where there is none.

    Raises:
        LookalikeError: The file is damaged, or the store cannot be reached.
    """
    uri = champion_uri(artifacts)
    if not exists(uri):
        return None, ""
    # The version first: where the file is replaced in between, it is one that no write will succeed with.
    version = facts(uri).version
    return Champion.parse(read_bytes(uri), uri), version


def promote(artifacts: str, release: str, version: str, by: str, reason: str) -> Champion:
    """Makes a published release the champion in place of the one that was read at ``version``.

    Nothing happens where it is the champion already.

    Args:
        artifacts: Folder or gs:// prefix.
        release: Digest of the release.
        version: Of ``champion.json``, as `read_champion` gave it; "" for none.
        by: The run or the person that brings it about.
        reason: Why.

    Raises:
        UserError: The release is not in the registry.
        LookalikeError: There is another champion meanwhile, or the store cannot be reached.
    """
    present, _ = read_champion(artifacts)
    following = _followed(artifacts, present, release, by, reason)
    if following is not present and not _replace(artifacts, following, version):
        raise LookalikeError(
            f"the champion of {artifacts} changed while this run challenged the one before; run again, or go on with "
            "--resume (a local run only), to challenge the new one"
        )
    return following


def promote_anyway(artifacts: str, release: str, by: str, reason: str) -> Champion:
    """Makes a published release the champion, whichever is it now.

    Raises:
        UserError: The release is not in the registry.
        LookalikeError: Others keep changing the champion, or the store cannot be reached.
    """
    return _moved(artifacts, lambda present: _followed(artifacts, present, release, by, reason))


def rollback(artifacts: str, by: str, reason: str = "rolled back") -> Champion:
    """Makes the release the champion again that was it before the present one; a second time, the one before that.

    Raises:
        UserError: There is no champion, or none before it.
        LookalikeError: Others keep changing the champion, or the store cannot be reached.
    """

    def following(present: Champion | None) -> Champion:
        if present is None:
            raise UserError(f"{artifacts} has no champion; run `lookalike fit --challenge` to get one")
        earlier = predecessor(artifacts, present)
        if earlier is None:
            raise UserError(f"no release was the champion of {artifacts} before {present.release[:12]}")
        term = earlier.term.model_copy(update={"since": _now(), "by": by, "reason": reason})
        return _at_the_end_of(artifacts, [*present.history, term])

    return _moved(artifacts, following)


def predecessor(artifacts: str, champion: Champion) -> Champion | None:
    """The champion that a rollback brings back; None where there was none before.

    Raises:
        UserError: Its release is not in the registry any more.
    """
    earlier = champion.history[: champion.term.before + 1]
    return _at_the_end_of(artifacts, earlier) if earlier else None


def _followed(artifacts: str, present: Champion | None, release: str, by: str, reason: str) -> Champion:
    """The champion after a promotion: the same object where that changes nothing."""
    if present and present.release == release:
        return present
    history = present.history if present else []
    term = Term(release=release, since=_now(), by=by, reason=reason, before=len(history) - 1)
    return _at_the_end_of(artifacts, [*history, term])


def _at_the_end_of(artifacts: str, history: list[Term]) -> Champion:
    uri = release_uri(artifacts, history[-1].release)
    return Champion(
        release=history[-1].release,
        encoder=read_manifest(uri).encoder.digest,
        test_set=read_lineage(uri).test_set,
        history=history,
    )


def _moved(artifacts: str, following: Callable[[Champion | None], Champion]) -> Champion:
    for _ in range(ATTEMPTS):
        present, version = read_champion(artifacts)
        wanted = following(present)
        if wanted is present or _replace(artifacts, wanted, version):
            return wanted
    raise LookalikeError(f"the champion of {artifacts} keeps changing; see `lookalike releases list`, and try again")


def _replace(artifacts: str, champion: Champion, version: str) -> bool:
    data = (champion.model_dump_json(indent=2) + "\n").encode()
    return replace_bytes(champion_uri(artifacts), data, version)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
