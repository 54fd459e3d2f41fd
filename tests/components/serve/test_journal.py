"""What a journal was told is there again, whatever happened to the process or to the end of the file."""

import errno
import gc
import json
import os
import resource
import struct
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import google_crc32c
import numpy as np
import pytest
from circles import DIMENSION, at, opened
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_release import ENCODER

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.serve.collection import Collection, Journal
from lookalike_components.serve.collection.changes import Addition, Entry, Forgetting, Removal
from lookalike_components.serve.collection.journal import NAME
from lookalike_components.serve.collection.journal_file import decoded, encoded
from lookalike_components.serve.collection.refusals import JournalFull, NotStored
from lookalike_components.serve.refusals import Busy

OURS, OTHERS = ENCODER.digest, "f" * 64


def addition(encoder=OURS, **angles):
    return Addition(encoder, tuple(Entry(name) for name in angles), at(*angles.values()))


def pictured(encoder=OURS, angle=80, **thumbnails):
    """Entries with thumbnails; the journal does not care that these are no pictures."""
    entries = tuple(Entry(name) for name in thumbnails)
    return Addition(encoder, entries, at(*[angle] * len(entries)), tuple(thumbnails.values()))


def do(journal, *changes):
    return [journal.commit(change).result(timeout=30) for change in changes]


def names(collection, k=20):
    found = collection.search(at(0), k)
    return found.ids[0, : found.counts[0]].tolist()


@contextmanager
def journal_in(folder, collection=None, **settings):
    journal = Journal.open(folder, **settings)
    try:
        if collection:
            journal.attach(collection)
        yield journal
    finally:
        journal.close()


@contextmanager
def largest_file(nbytes):
    """Files cannot grow past so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("release"))


@pytest.fixture
def collection(release):
    return Collection(release)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def after_restart(folder, release, **settings):
    collection = Collection(release)
    with journal_in(folder, collection, **settings):
        return names(collection)


def test_a_change_is_searched_when_it_is_done(folder, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5, y=80))
        assert names(collection) == ["a", "x", "b", "c", "d", "e", "y"]
        do(journal, Removal(("a", "x"), hidden=("a",)))
        assert names(collection) == ["b", "c", "d", "e", "y"]


def test_changes_are_there_after_a_restart(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5, y=80), Removal(("a", "y"), hidden=("a",)), addition(b=85))
    assert after_restart(folder, release) == ["x", "c", "d", "e", "b"]


def test_everything_of_an_entry_comes_back(folder, release):
    entry = Entry("ä \n 7", "s3://bucket/ü.jpg", "mug", {"shop": 3, "new": True, "price": 2.5, "note": None})
    with journal_in(folder) as journal:
        do(journal, Addition(OURS, (entry,), at(12.5)))
    collection = Collection(release)
    with journal_in(folder, collection):
        found = collection.search(at(12.5), 1)
        assert (found.ids[0, 0], found.uris[0, 0], found.labels[0, 0]) == (entry.id, entry.uri, entry.label)
        assert found.scores[0, 0] == pytest.approx(1)
        assert {"shop", "new", "price", "note"} <= set(collection.columns)


def test_what_was_taken_out_comes_back_when_it_is_added_again(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, Removal(("a",), hidden=("a",)), addition(a=50))
        assert names(collection) == ["b", "c", "d", "a", "e"]
    assert after_restart(folder, release) == ["b", "c", "d", "a", "e"]


def test_a_removal_tells_which_ids_were_there(folder, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        size = (folder / NAME).stat().st_size
        assert do(journal, Removal(("x", "nobody"))) == [Removal(("x",))]
        assert do(journal, Removal(("x",)), Removal(("a",), ("a",)), Removal(("a",), ("a",))) == [
            None,
            Removal(("a",), ("a",)),
            None,
        ]
        written = (folder / NAME).stat().st_size - size
        assert written == len(encoded([Removal(("x",))])) + len(encoded([Removal(("a",), ("a",))]))


def test_entries_of_another_encoder_are_kept_but_not_searched(folder, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(OTHERS, x=5), addition(y=6))
        assert names(collection) == ["a", "y", "b", "c", "d", "e"]
        assert journal.of_other_encoders(OURS) == {OTHERS: 1}
        assert journal.of_other_encoders(OTHERS) == {OURS: 1}


def test_a_release_with_the_other_encoder_finds_them(folder, tmp_path, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(OTHERS, x=5))
        other = Collection(opened(tmp_path, encoder=ENCODER.model_copy(update={"digest": OTHERS})))
        journal.attach(other)
        assert names(other)[:2] == ["a", "x"]


def test_entries_of_another_encoder_can_be_forgotten(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(OTHERS, x=5), addition(y=6), Forgetting(OTHERS))
        assert do(journal, Forgetting(OTHERS)) == [None]
        assert journal.of_other_encoders(OURS) == {}
    assert "y" in after_restart(folder, release)


def test_ids_stay_out_of_a_release_that_comes_later(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, Removal(("b",), hidden=("b",)))
        later = Collection(release)
        journal.attach(later)
        assert names(later) == ["a", "c", "d", "e"]


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(1, 60), noise=st.binary(max_size=40))
def test_a_torn_last_record_costs_nothing_that_was_acknowledged(tmp_path_factory, release, cut, noise):
    folder = tmp_path_factory.mktemp("journal")
    with journal_in(folder) as journal:
        do(journal, addition(x=5), addition(y=80))
    path = folder / NAME
    whole = path.read_bytes()
    torn = encoded([addition(z=85)])
    path.write_bytes(whole + torn[: len(torn) - cut] + noise[: cut - 1])
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "y"]
    assert path.read_bytes() == whole


def test_a_journal_goes_on_after_a_torn_record(folder, release):
    with journal_in(folder) as journal:
        do(journal, addition(x=5))
    with (folder / NAME).open("ab") as file:
        file.write(encoded([addition(y=6)])[:-1])
    with journal_in(folder) as journal:
        do(journal, addition(z=80))
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "z"]


def test_damage_before_whole_records_is_not_passed_over(folder):
    with journal_in(folder) as journal:
        do(journal, addition(x=5))
        first = (folder / NAME).stat().st_size
        do(journal, addition(y=6), addition(z=7))
    path = folder / NAME
    damaged = bytearray(path.read_bytes())
    damaged[first + 40] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(LookalikeError) as error:
        Journal.open(folder)
    assert str(error.value) == (
        f"the journal {path} is damaged at byte {first:,} and has whole records after it; "
        "restore it from a backup, or move it away to begin anew"
    )
    assert path.read_bytes() == damaged


@given(st.lists(st.tuples(st.text(), st.text(), st.floats(-1, 1, width=32)), min_size=1, max_size=5))
def test_a_record_says_what_was_written(rows):
    vectors = np.array([[number] * DIMENSION for _, _, number in rows], np.float32)
    entries = tuple(Entry(id_, label=label, columns={label: id_}) for id_, label, _ in rows)
    webps = tuple(label.encode() for _, label, _ in rows)
    changes = [Removal(("a", "b"), ("b",)), Addition(OURS, entries, vectors, webps), Forgetting(OTHERS)]
    removed, added, forgotten = decoded(encoded(changes)[12:])
    assert [removed, forgotten] == [changes[0], changes[2]]
    assert (added.encoder, added.entries, added.thumbnails) == (OURS, entries, webps if any(webps) else ())
    np.testing.assert_array_equal(added.vectors, vectors)


def thumbnails(journal, *ids, encoder=OURS):
    return [journal.thumbnail(encoder, id_) for id_ in ids]


def test_thumbnails_are_there_after_a_restart(folder):
    with journal_in(folder) as journal:
        do(journal, pictured(x=b"one", y=b"", z=b"three"), addition(v=5))
        assert thumbnails(journal, "x", "y", "z", "v", "w") == [b"one", None, b"three", None, None]
        assert thumbnails(journal, "x", encoder=OTHERS) == [None]
    with journal_in(folder) as journal:
        assert thumbnails(journal, "x", "y", "z", "v", "w") == [b"one", None, b"three", None, None]


def test_a_thumbnail_goes_with_its_entry(folder):
    with journal_in(folder) as journal:
        do(journal, pictured(x=b"one", y=b"two", z=b"three"), pictured(OTHERS, x=b"other", w=b"four"))
        do(journal, Removal(("x",)), addition(y=5), pictured(z=b"new"), Forgetting(OTHERS))
        assert thumbnails(journal, "x", "y", "z") == [None, None, b"new"]
        assert thumbnails(journal, "x", "w", encoder=OTHERS) == [None, None]
    with journal_in(folder) as journal:
        assert thumbnails(journal, "x", "y", "z") == [None, None, b"new"]
        assert thumbnails(journal, "x", "w", encoder=OTHERS) == [None, None]


def test_of_entries_with_one_id_the_last_ones_thumbnail_counts(folder):
    twice = Addition(OURS, (Entry("x"), Entry("x")), at(1, 2), (b"one", b"two"))
    with journal_in(folder) as journal:
        do(journal, twice)
        assert thumbnails(journal, "x") == [b"two"]


def test_a_rewritten_journal_keeps_the_thumbnails_of_what_is_in_it(folder):
    with journal_in(folder) as journal:
        do(journal, pictured(x=b"one", y=b"two", z=b""), pictured(OTHERS, x=b"other"), Removal(("y",)))
        journal._rewrite()
        assert thumbnails(journal, "x", "y", "z") == [b"one", None, None]
        do(journal, pictured(w=b"four"))
        assert b"two" not in (folder / NAME).read_bytes()
    with journal_in(folder) as journal:
        assert thumbnails(journal, "x", "y", "z", "w") == [b"one", None, None, b"four"]
        assert thumbnails(journal, "x", encoder=OTHERS) == [b"other"]


def test_thumbnails_can_be_read_while_the_journal_is_rewritten(folder):
    webps = {f"x{number}": str(number).encode() * 1_000 for number in range(50)}
    with journal_in(folder) as journal, ThreadPoolExecutor(2) as threads:
        do(journal, pictured(**webps))
        rewriting = threads.submit(lambda: [journal._rewrite() for _ in range(30)])
        while not rewriting.done():
            assert thumbnails(journal, *webps) == list(webps.values())
        rewriting.result()


def test_an_entry_takes_less_than_a_kibibyte_of_memory_besides_its_vector(folder):
    names_, webp = [f"{number:064x}" for number in range(2_000)], b"x" * 2_500
    entries = [Entry(name, f"https://shop.example/{name}.jpg", "mug", {"shop": 3}) for name in names_]
    with journal_in(folder) as journal:
        for start in range(0, len(entries), 100):
            some = tuple(entries[start : start + 100])
            do(journal, Addition(OURS, some, at(*[5] * 100), (webp,) * 100))
    tracemalloc.start()
    try:
        with journal_in(folder) as journal:
            gc.collect()
            taken, _ = tracemalloc.get_traced_memory()
            vectors = journal._state.added(OURS, DIMENSION).view().rows.vectors.nbytes
            assert thumbnails(journal, names_[-1]) == [webp]
    finally:
        tracemalloc.stop()
    assert vectors <= len(entries) * DIMENSION * 6
    assert (taken - vectors) / len(entries) < 1_024


def test_a_change_that_cannot_be_written_leaves_no_thumbnail(folder):
    with journal_in(folder) as journal:
        do(journal, pictured(x=b"one"))
        with largest_file((folder / NAME).stat().st_size + 100):
            assert journal.commit(pictured(x=b"new", y=b"two")).exception(timeout=30)
        assert thumbnails(journal, "x", "y") == [b"one", None]


def test_a_journal_from_before_there_were_thumbnails_opens(folder, release):
    rows = [["x", "x.jpg", "mug", {"shop": 3}], ["y", "", "", {}]]
    text = json.dumps([{"do": "add", "encoder": OURS, "dimension": DIMENSION, "entries": rows}]).encode()
    content = struct.pack(">I", len(text)) + text + at(5, 80).tobytes()
    folder.mkdir()
    head = struct.pack(">4sII", b"LkJ1", len(content), google_crc32c.value(content))
    (folder / NAME).write_bytes(head + content)
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "y"]
    with journal_in(folder) as journal:
        assert thumbnails(journal, "x") == [None]
        do(journal, pictured(y=b"two"))
        journal._rewrite()
        assert thumbnails(journal, "x", "y") == [None, b"two"]


def test_what_was_added_or_taken_out_overrides_the_release(folder):
    with journal_in(folder) as journal:
        do(journal, addition(x=5), addition(OTHERS, y=6), Removal(("a",), hidden=("a",)))
        assert [journal.overrides(OURS, id_) for id_ in ("x", "y", "a", "b")] == [True, False, True, False]


def test_a_full_disk_refuses_the_one_change_and_loses_nothing(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        size = (folder / NAME).stat().st_size
        with largest_file(size + 100):
            refused = journal.commit(addition(y=6)).exception(timeout=30)
            assert names(collection) == ["a", "x", "b", "c", "d", "e"]
            assert do(journal, Removal(("c",), hidden=("c",))) == [Removal(("c",), ("c",))]
        do(journal, addition(z=80))
    assert type(refused) is NotStored
    assert str(refused) == (
        "the change could not be written to the disk (File too large), and nothing was changed; try later"
    )
    assert after_restart(folder, release) == ["a", "x", "b", "d", "e", "z"]


def test_of_changes_that_are_written_together_those_that_fit_are_kept(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        size = (folder / NAME).stat().st_size
        room = len(encoded([addition(y0=80)]))
        with largest_file(size + 3 * room + 10):
            waiting = [journal.commit(addition(**{f"y{number}": 80})) for number in range(6)]
            wait(waiting, timeout=30)
        kept = [f"y{number}" for number, one in enumerate(waiting) if one.exception() is None]
    assert len(kept) == 3
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", *kept]


def test_a_journal_holds_so_many_entries_and_no_more(folder, collection):
    with journal_in(folder, collection, most_entries=3) as journal:
        do(journal, addition(x=5, y=6), Removal(("a",), hidden=("a",)))
        refused = journal.commit(addition(z=7)).exception(timeout=30)
        assert type(refused) is JournalFull
        assert str(refused) == (
            "the journal holds 3 of 3 entries and has no room for these; "
            "remove some, start the server with a larger --most-entries, or serve a release that has them in its index"
        )
        do(journal, addition(x=50), Removal(("y",)), addition(z=7))


def test_a_journal_does_not_grow_with_what_is_out_of_use(folder, release, collection):
    with journal_in(folder, collection) as journal:
        for round_ in range(120):
            do(journal, addition(**{f"x{number}": 80 + round_ / 100 for number in range(50)}))
        size = (folder / NAME).stat().st_size
    assert size < 1_200 * len(encoded([addition(x=1)]))
    collection = Collection(release)
    with journal_in(folder, collection):
        assert collection.added == 50
        assert collection.search(at(81.19), 1).scores[0, 0] == pytest.approx(1)


def test_a_rewritten_journal_says_the_same(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5, y=80), addition(OTHERS, z=1), Removal(("a", "y"), hidden=("a",)))
        before = names(collection)
        journal._rewrite()
        do(journal, addition(w=85))
    assert after_restart(folder, release) == [*before, "w"]
    with journal_in(folder) as journal:
        assert journal.of_other_encoders(OURS) == {OTHERS: 1}


def test_a_rewrite_that_fails_leaves_the_journal_as_it_was(folder, release, collection):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        with largest_file(10), pytest.raises(LookalikeError):
            journal._rewrite()
        do(journal, addition(y=80))
        assert [path.name for path in folder.iterdir() if path.suffix == ".part"] == []
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "y"]


def test_after_an_fsync_that_failed_the_file_is_written_anew(folder, release, collection, monkeypatch):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", _fail)
            refused = journal.commit(addition(y=6)).exception(timeout=30)
        assert type(refused) is NotStored
        do(journal, addition(z=80))
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "z"]


def _fail(_):
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize("place", [".", NAME])
def test_a_rewrite_that_fails_at_its_very_end_loses_nothing_of_what_comes_later(
    folder, release, collection, monkeypatch, place
):
    with journal_in(folder, collection) as journal:
        do(journal, addition(x=5))
        with monkeypatch.context() as patch:
            patch.setattr("os.open", _no_descriptor_for(folder / place))
            with pytest.raises(OSError, match="Too many open files"):
                journal._rewrite()
            refused = journal.commit(addition(y=6)).exception(timeout=30)
        assert type(refused) is NotStored
        do(journal, addition(z=80))
    assert after_restart(folder, release) == ["a", "x", "b", "c", "d", "e", "z"]


def _no_descriptor_for(unlucky):
    really = os.open

    def opened(path, *arguments, **named):
        if path == unlucky:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return really(path, *arguments, **named)

    return opened


def test_a_change_of_a_later_version_is_not_taken_for_another_one(folder):
    with journal_in(folder) as journal:
        do(journal, Forgetting(OTHERS))
        text = json.dumps([{"do": "rename", "encoder": OURS}]).encode()
        content = struct.pack(">I", len(text)) + text
        record = struct.pack(">4sII", b"LkJ1", len(content), google_crc32c.value(content)) + content
        (folder / NAME).write_bytes(record)
    with pytest.raises(LookalikeError) as error:
        Journal.open(folder)
    assert str(error.value) == (
        "the journal holds a change of a kind that this version does not know ('rename'); "
        "start the version that wrote it, or a later one"
    )


def test_a_second_server_may_not_use_the_folder(folder):
    with journal_in(folder), pytest.raises(UserError) as error:
        Journal.open(folder)
    assert str(error.value) == f"the journal {folder} is in use by another server; stop it or pass another --journal"


def test_a_folder_that_cannot_be_made_is_the_users_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError):
        Journal.open(tmp_path / "file" / "journal")


def test_too_many_waiting_changes_are_put_off(folder):
    waiting = []

    def commit_many():
        for _ in range(10_000):
            waiting.append(journal.commit(addition(x=5)))  # noqa: PERF401 - what came before the refusal counts

    with journal_in(folder) as journal:
        with journal._lock, pytest.raises(Busy) as error:  # the writer waits for it, and the changes for the writer
            commit_many()
        assert error.value.retry_after == 1
        wait(waiting, timeout=60)
    assert [one for one in waiting if one.exception()] == []


WRITER = """
import sys
from circles import at
from lookalike_components.serve.collection import Journal
from lookalike_components.serve.collection.changes import Addition, Entry

journal = Journal.open(sys.argv[1])
number = 0
while True:
    futures = [journal.commit(Addition("e" * 64, (Entry(f"{number + more}"),), at(100))) for more in range(8)]
    for future in futures:
        future.result()
        print(number, flush=True)
        number += 1
"""


def test_what_was_acknowledged_survives_kill_9(folder, release):
    command = [sys.executable, "-c", WRITER, str(folder)]
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": paths}) as process:
        assert process.stdout is not None
        acknowledged = "0"
        while int(acknowledged) < 200:
            acknowledged = process.stdout.readline()
        process.kill()
        acknowledged = [acknowledged, *process.stdout.read().split()][-1]
    collection = Collection(release)
    with journal_in(folder, collection):
        kept = {str(number) for number in range(int(acknowledged) + 1)}
        assert collection.found_among(kept) == kept
