"""What all changes together come to."""

from collections.abc import Iterable, Iterator

from lookalike_components.serve.collection.added import Added
from lookalike_components.serve.collection.changes import Addition, Change, Forgetting, Removal

ENTRIES_IN_A_RECORD = 1_000


class State:
    """Entries added for each encoder, and ids taken out of releases. Only one thread may change it.

    An id is never both: to add it brings it back, and to take it out drops it for every encoder.
    """

    def __init__(self) -> None:
        self._added: dict[str, Added] = {}
        self.hidden: set[str] = set()
        """Ids that are not to be found even where a release holds them."""

    def __len__(self) -> int:
        """Entries and hidden ids."""
        return sum(len(added) for added in self._added.values()) + len(self.hidden)

    def added(self, encoder: str, dimension: int) -> Added:
        """What was added for one encoder, whose vectors have ``dimension`` numbers."""
        return self._added.setdefault(encoder, Added(dimension))

    def counts(self) -> dict[str, int]:
        """Entries of each encoder that has some."""
        return {encoder: len(added) for encoder, added in self._added.copy().items() if len(added)}

    def overrides(self, encoder: str, id_: str) -> bool:
        """Whether an id was added for an encoder or taken out, so that what a release holds under it does not count.

        Any thread may ask.
        """
        return id_ in self.hidden or id_ in self._added.get(encoder, ())

    def growth(self, change: Change) -> int:
        """By how much a change makes the state longer, at the most."""
        match change:
            case Addition(encoder, entries, _):
                there = self._added.get(encoder, ())
                return len({entry.id for entry in entries if entry.id not in there})
            case Removal(ids, hidden):
                freed = sum(id_ in added for added in self._added.values() for id_ in set(ids))
                return len(set(hidden) - self.hidden) - freed
            case Forgetting():
                return 0

    def effective(self, change: Change) -> Change | None:
        """A change without what it would not change; None where nothing is left of it."""
        match change:
            case Removal(ids, hidden):
                hidden = tuple(dict.fromkeys(id_ for id_ in hidden if id_ not in self.hidden))
                known = [id_ for id_ in dict.fromkeys(ids) if id_ in hidden or self._has(id_)]
                return Removal(tuple(known), hidden) if known else None
            case Forgetting(encoder):
                return change if self.counts().get(encoder) else None
            case _:
                return change

    def apply(self, change: Change) -> None:
        """Carries one change out."""
        match change:
            case Addition(encoder, entries, vectors):
                self.added(encoder, vectors.shape[1]).put(entries, vectors)
                self.hidden.difference_update(entry.id for entry in entries)
            case Removal(ids, hidden):
                for added in self._added.values():
                    added.drop(ids)
                self.hidden.update(hidden)
            case Forgetting(encoder):
                self._added.pop(encoder, None)

    def records(self) -> Iterator[list[Change]]:
        """The fewest changes that lead to this state."""
        for encoder, added in self._added.items():
            for entries, vectors in added.batches(ENTRIES_IN_A_RECORD):
                yield [Addition(encoder, entries, vectors)]
        if self.hidden:
            hidden = tuple(sorted(self.hidden))
            yield [Removal(hidden, hidden)]

    def _has(self, id_: str) -> bool:
        return any(id_ in added for added in self._added.values())


def touched(changes: Iterable[Change]) -> set[str] | None:
    """Ids that may appear or disappear by changes; None where that can be any."""
    ids: set[str] = set()
    for change in changes:
        match change:
            case Addition(_, entries, _):
                ids.update(entry.id for entry in entries)
            case Removal(removed, hidden):
                ids.update(removed, hidden)
            case Forgetting():
                return None
    return ids


def lines(change: Change) -> int:
    """How much of a journal a change takes up, in entries and ids."""
    match change:
        case Addition(_, entries, _):
            return len(entries)
        case Removal(ids, _):
            return len(ids)
        case Forgetting():
            return 1
