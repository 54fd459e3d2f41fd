from pathlib import Path

import pandas as pd
import pyarrow as pa

from lookalike_components.dataset import Entry, latest, read_ledger, remember
from lookalike_components.dataset.ledger import RULES, SCHEMA, as_table

URIS = pd.Index(["b.jpg", "a.jpg", "c.jpg"], dtype=object)


def accepted(uri: str, version: str, examined: int, **more: object) -> Entry:
    facts = {"image_id": version * 64, "format": "JPEG", "width": 640, "height": 480, "nbytes": 1000, **more}
    return Entry(uri, version, examined=examined, **facts)


def test_what_is_remembered_is_known_in_the_order_asked_for(tmp_path: Path) -> None:
    entries = [accepted("a.jpg", "1", 5), Entry("b.jpg", "2", nbytes=3, reason="is not an image", examined=6)]
    remember(str(tmp_path), entries)
    known = read_ledger(str(tmp_path), URIS)
    assert known.to_pylist() == [entries[1]._asdict(), entries[0]._asdict(), dict.fromkeys(SCHEMA.names)]


def test_of_two_entries_the_later_one_counts_whatever_file_it_is_in(tmp_path: Path) -> None:
    remember(str(tmp_path), [accepted("a.jpg", "2", 20), accepted("b.jpg", "1", 10)])
    remember(str(tmp_path), [accepted("a.jpg", "1", 10), accepted("b.jpg", "2", 20)])
    assert read_ledger(str(tmp_path), URIS)["version"].to_pylist() == ["2", "2", None]


def test_of_two_entries_of_one_time_the_last_counts() -> None:
    entries = as_table([accepted("a.jpg", "1", 10), accepted("a.jpg", "2", 10)])
    assert latest([entries], URIS)["version"].to_pylist() == [None, "2", None]


def test_a_ledger_is_only_added_to(tmp_path: Path) -> None:
    remember(str(tmp_path), [accepted("a.jpg", "1", 10)])
    before = {path: path.read_bytes() for path in (tmp_path / "ledger").iterdir()}
    remember(str(tmp_path), [accepted("a.jpg", "2", 20)])
    assert before.items() < {path: path.read_bytes() for path in (tmp_path / "ledger").iterdir()}.items()


def test_an_entry_that_names_no_version_is_not_kept(tmp_path: Path) -> None:
    remember(str(tmp_path), [accepted("a.jpg", "", 10)])
    assert not (tmp_path / "ledger").exists()


def test_what_was_examined_by_other_rules_is_not_known(tmp_path: Path) -> None:
    remember(str(tmp_path), [accepted("a.jpg", "1", 10, rules=RULES - 1)])
    assert read_ledger(str(tmp_path), URIS)["version"].to_pylist() == [None] * 3


def test_a_new_store_remembers_nothing(tmp_path: Path) -> None:
    assert read_ledger(str(tmp_path / "store"), URIS).equals(
        pa.table([pa.nulls(3, field.type) for field in SCHEMA], SCHEMA)
    )


def test_a_ledger_in_a_bucket_is_like_one_in_a_folder(bucket: str) -> None:
    remember(f"{bucket}/store", [accepted("a.jpg", "1", 10)])
    assert read_ledger(f"{bucket}/store", URIS)["version"].to_pylist() == [None, "1", None]
