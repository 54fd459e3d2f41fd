"""Pictures of a source into the index of a server; stopped at any moment, the same again goes on from there.

A picture is known by the sha256 of its file, as it is in a release. So it is there once, however often it is added.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lookalike.client.index.pictures import Listed
from lookalike.client.index.presence import Presence
from lookalike.client.service import Change, Client, Entry, ServiceError
from lookalike.client.service.halving import halved
from lookalike.client.service.pictures import gathered
from lookalike.client.service.windows import in_order
from lookalike.client.source_pictures import read
from lookalike_components.ingest.sources import Source

LOOKED_UP = 500
"""Pictures that are looked up at once: few look-ups, as a server counts them among its searches."""
LOOKED_UP_BYTES = 64 * 2**20
Answers = list[tuple[Sequence[Entry], list[Change] | ServiceError]]


@dataclass(slots=True)
class Outcome:
    """What became of the pictures."""

    added: int = 0
    """New in the index."""
    replaced: int = 0
    """They took the place of an entry of the same id, which had another uri, label or columns."""
    there: int = 0
    """Found in the index as they are, and not sent."""
    copies: int = 0
    """The same file as another one of the source, with the same label and columns."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Pictures that were not added: uri, and the reason as it is said after it."""
    ids: dict[str, str] = field(default_factory=dict)
    """The ids of those that can be found, by their uri."""

    @property
    def kept(self) -> int:
        """Pictures that can be found."""
        return self.added + self.replaced + self.there + self.copies


class Adding:
    """Reads, looks up what is there, sends the rest, and remembers what could not be added."""

    def __init__(
        self,
        client: Client,
        source: Source,
        presence: Presence,
        refusal: Callable[[str, str], object] = lambda _uri, _reason: None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> None:
        """Nothing is read yet.

        Args:
            client: Of the server.
            source: Where the pictures are.
            presence: Looks up what the index has already.
            refusal: Called with the uri of each picture that is not added, and with the reason.
            progress: Called with the number of further pictures that are done.
        """
        self.outcome = Outcome()
        """What was done so far."""
        self._client = client
        self._source = source
        self._presence = presence
        self._refusal = refusal
        self._progress = progress
        self._first: dict[str, Listed] = {}
        """The first picture of each id."""
        self._again: list[tuple[Listed, str]] = []
        """The others with their id, whose first has to be settled before them."""
        self._reasons: dict[str, str] = {}
        """Why the server refused, by id."""

    def add(self, pictures: Sequence[Listed]) -> Outcome:
        """Adds pictures that can be found once this returns, several requests at a time.

        Raises:
            ServiceError: The server does not answer, or its index cannot be changed. What was added stays.
        """
        for answers in in_order(self._sent, self._batches(pictures), self._client.connections):
            for entries, answer in answers:
                self._count(entries, answer)
        for picture, id_ in self._again:
            self._count_again(picture, id_)
        return self.outcome

    def _batches(self, pictures: Sequence[Listed]) -> Iterator[list[Entry]]:
        for entries in gathered(self._read(pictures), _bytes_in_a_request, LOOKED_UP, LOOKED_UP_BYTES):
            there = self._presence.of(entries)
            self.outcome.there += len(there)
            self._keep([entry for entry in entries if entry.id in there])
            yield from gathered((entry for entry in entries if entry.id not in there), _bytes_in_a_request)

    def _read(self, pictures: Sequence[Listed]) -> Iterator[Entry]:
        uris = [picture.uri for picture in pictures]
        contents = in_order(lambda uri: read(self._source, uri), uris, self._source.reads_at_once)
        for picture, content in zip(pictures, contents, strict=True):
            if isinstance(content, str):
                self._refuse(picture.uri, content)
            elif self._first.setdefault(id_ := hashlib.sha256(content).hexdigest(), picture) is not picture:
                self._again.append((picture, id_))
            else:
                yield Entry(image=content, id=id_, uri=picture.uri, label=picture.label, columns=picture.columns)

    def _sent(self, entries: Sequence[Entry]) -> Answers:
        return list(halved(self._client.add, entries))

    def _count(self, entries: Sequence[Entry], answer: list[Change] | ServiceError) -> None:
        if isinstance(answer, ServiceError):
            self._reasons[entries[0].id] = answer.of_the_image
            self._refuse(entries[0].uri, answer.of_the_image)
            return
        self.outcome.added += sum(change.added for change in answer)
        self.outcome.replaced += sum(change.replaced for change in answer)
        self._keep(entries)

    def _count_again(self, picture: Listed, id_: str) -> None:
        first = self._first[id_]
        if id_ in self._reasons:
            self._refuse(picture.uri, self._reasons[id_])
        elif not first.says_the_same_as(picture):
            reason = f"is the same picture as {first.uri} with another label or other columns; keep one of the two"
            self._refuse(picture.uri, reason)
        else:
            self.outcome.copies += 1
            self.outcome.ids[picture.uri] = id_
            self._progress(1)

    def _keep(self, entries: Sequence[Entry]) -> None:
        self.outcome.ids |= {entry.uri: entry.id for entry in entries}
        self._progress(len(entries))

    def _refuse(self, uri: str, reason: str) -> None:
        self.outcome.refused.append((uri, reason))
        self._refusal(uri, reason)
        self._progress(1)


def _bytes_in_a_request(entry: Entry) -> int:
    """What the image takes as base64."""
    assert isinstance(entry.image, bytes)  # noqa: S101 (they are made above)
    return 4 * -(-len(entry.image) // 3)
