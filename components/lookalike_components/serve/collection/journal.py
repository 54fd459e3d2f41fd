"""Changes that outlive the process: on the disk before anyone is told that they are done, and searched from then on."""

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Self
from weakref import WeakSet

from filelock import FileLock, Timeout

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.serve.collection.changes import Change
from lookalike_components.serve.collection.collection import Collection
from lookalike_components.serve.collection.journal_file import JournalFile
from lookalike_components.serve.collection.refusals import JournalFull, NotStored
from lookalike_components.serve.collection.state import State, lines, touched
from lookalike_components.serve.config import Limits
from lookalike_components.serve.observability.logs import life
from lookalike_components.serve.refusals import Busy
from lookalike_components.storage.local import explained

NAME = "entries.journal"
MOST_ENTRIES = Limits().entries
MOST_WAITING = 256
WASTE = 1_000
"""Entries and ids that may stand in the file out of use, besides as many as are in use."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    change: Change
    done: "Future[Change | None]" = field(default_factory=Future)


class Journal:
    """What was added and taken out, over every restart and every release.

    One thread writes. What waits while it does goes to the disk together, with one fsync.
    """

    def __init__(self, file: JournalFile, lock: FileLock, most_entries: int) -> None:
        self.most_entries = most_entries
        self._file = file
        self._folder_lock = lock
        self._state = State()
        self._lock = Lock()
        self._collections: WeakSet[Collection] = WeakSet()
        self._waiting: deque[_Waiting] = deque()
        self._has_news = Condition()
        self._is_closed = False
        self._written = self._replay()
        self._rewrite_at = 2 * len(self._state) + WASTE
        self._rewrite_where_wasteful()
        self._thread = Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, folder: str | Path, most_entries: int = MOST_ENTRIES) -> Self:
        """Opens the journal in ``folder``, or begins one.

        Args:
            folder: Is made where it is not there.
            most_entries: Entries and hidden ids that it may hold.

        Raises:
            UserError: Another server uses the folder, or it cannot be written.
            LookalikeError: The journal is damaged.
        """
        path = Path(folder, NAME)
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _locked(path.parent)
            try:
                return cls(JournalFile(path), lock, most_entries)
            except BaseException:
                lock.release()
                raise

    def commit(self, change: Change) -> "Future[Change | None]":
        """Has a change written and carried out.

        Returns:
            What it came to once that is on the disk and searched: the change without ids that were not there; None
            where nothing was left. May raise `JournalFull` or `NotStored`, and then nothing is changed.

        Raises:
            Busy: Too many changes wait.
        """
        waiting = _Waiting(change)
        with self._has_news:
            if len(self._waiting) >= MOST_WAITING or self._is_closed:
                raise Busy(
                    f"{len(self._waiting)} changes of the index wait to be written; try again in a second",
                    retry_after=1,
                )
            self._waiting.append(waiting)
            self._has_news.notify()
        return waiting.done

    def attach(self, collection: Collection) -> None:
        """Keeps a collection up to date, from now until nobody uses it any more."""
        with self._lock:
            self._refresh(collection, ids=None)
            self._collections.add(collection)
        others = self.of_other_encoders(collection.encoder)
        if others:
            life.info(
                "the journal keeps %s entries of other encoders than this release's; they are not searched",
                f"{sum(others.values()):,}",
            )

    def of_other_encoders(self, encoder: str) -> dict[str, int]:
        """Entries kept for other encoders than this one, by their digest."""
        return {other: count for other, count in self._state.counts().items() if other != encoder}

    def overrides(self, encoder: str, id_: str) -> bool:
        """Whether an id was added for an encoder or taken out, so that what a release holds under it does not count."""
        return self._state.overrides(encoder, id_)

    def thumbnail(self, encoder: str, id_: str) -> bytes | None:
        """A small WebP of an entry that was added for an encoder, from the disk; None where there is none of it."""
        return self._file.thumbnail(encoder, id_)

    def close(self) -> None:
        """Carries out what waits, and lets another server have the folder."""
        with self._has_news:
            self._is_closed = True
            self._has_news.notify()
        self._thread.join()
        self._file.close()
        self._folder_lock.release()

    def _replay(self) -> int:
        written = 0
        for changes in self._file.records():
            for change in changes:
                self._state.apply(change)
                written += lines(change)
        return written

    def _write(self) -> None:
        while group := self._next_group():
            try:
                self._carry_out(group)
            except Exception as error:  # the next client's change must still be written
                _log.exception("a change of the index failed")
                for waiting in group:
                    if not waiting.done.done():
                        waiting.done.set_exception(error)

    def _next_group(self) -> list[_Waiting]:
        """What waits and can go to the disk together; nothing where the journal was closed."""
        with self._has_news:
            self._has_news.wait_for(lambda: self._waiting or self._is_closed)
            group = [self._waiting.popleft()] if self._waiting else []
            room = self.most_entries - len(self._state) - sum(self._state.growth(first.change) for first in group)
            while self._waiting and type(self._waiting[0].change) is type(group[0].change):
                # Of one kind, so that none depends on another; and no more than there is room for together.
                room -= self._state.growth(self._waiting[0].change)
                if room < 0:
                    break
                group.append(self._waiting.popleft())
        return group

    def _carry_out(self, group: Sequence[_Waiting]) -> None:
        admitted = [(waiting, change) for waiting in group if (change := self._admitted(waiting)) is not None]
        changes = [change for _, change in admitted]
        try:
            self._store(changes)
        except (OSError, LookalikeError) as error:
            self._tell_of(error, [waiting for waiting, _ in admitted])
            return
        with self._lock:
            for change in changes:
                self._state.apply(change)
            for collection in self._collections:
                self._refresh(collection, touched(changes))
        for waiting, change in admitted:
            waiting.done.set_result(change)
        self._rewrite_where_wasteful()

    def _admitted(self, waiting: _Waiting) -> Change | None:
        """What is to be done for a change; None where nothing is, which its future is told at once."""
        if not (waiting.done.running() or waiting.done.set_running_or_notify_cancel()):
            return None
        change = self._state.effective(waiting.change)
        if change is None:
            waiting.done.set_result(None)
        elif (growth := self._state.growth(change)) > 0 and len(self._state) + growth > self.most_entries:
            waiting.done.set_exception(self._full())
            return None
        return change

    def _full(self) -> JournalFull:
        return JournalFull(
            f"the journal holds {len(self._state):,} of {self.most_entries:,} entries and has no room for these; "
            "remove some, start the server with a larger --most-entries, or serve a release that has them in its index"
        )

    def _store(self, changes: Sequence[Change]) -> None:
        if self._file.is_doubtful:
            self._rewrite()
        if changes:
            self._file.append(changes)
            self._written += sum(map(lines, changes))

    def _tell_of(self, error: Exception, group: Sequence[_Waiting]) -> None:
        """Refuses a change that could not be written; of several, each is tried alone: a smaller one may fit."""
        if len(group) > 1:
            for waiting in group:
                self._carry_out([waiting])
            return
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _log.warning("a change of the index could not be written: %s", reason)
        for waiting in group:
            waiting.done.set_exception(
                NotStored(f"the change could not be written to the disk ({reason}), and nothing was changed; try later")
            )

    def _refresh(self, collection: Collection, ids: set[str] | None) -> None:
        added = self._state.added(collection.encoder, collection.dimension)
        collection.update(ids, added, self._state.hidden)

    def _rewrite_where_wasteful(self) -> None:
        """Rewrites the file where most of it is out of use; what cannot be rewritten now grows on."""
        if self._written <= self._rewrite_at:
            return
        try:
            self._rewrite()
        except (OSError, LookalikeError) as error:
            _log.warning("the journal could not be rewritten: %s", error)
            self._rewrite_at = 2 * self._written

    def _rewrite(self) -> None:
        self._file.rewrite(self._state.records())
        self._written = len(self._state)
        self._rewrite_at = 2 * len(self._state) + WASTE


def _locked(folder: Path) -> FileLock:
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"the journal {folder} is in use by another server; stop it or pass another --journal"
        ) from None
    return lock
