"""Whoever looks at the addresses of a training sees what it has written."""

from pathlib import Path

from lookalike_components import storage
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.dispatch import dispatch
from lookalike_components.train.keeping.tensorboard import FILE
from lookalike_components.train.keeping.written import Written


def test_history_and_events_are_at_their_addresses(bucket: str, table: Path, weights: Path, tmp_path: Path):
    paths = (tmp_path / name for name in ("encoder", "history.jsonl", "events"))
    addresses = [storage.join(bucket, name) for name in ("encoder", "history", "events")]
    written = Written(*paths, *addresses)
    config = TrainConfig(model="resnet18", input_size=32, weights=str(weights), classes_per_batch=4, steps=1)
    assert dispatch(table, written, config)["steps"] == 1
    assert storage.read_bytes(addresses[1]) == (tmp_path / "history.jsonl").read_bytes()
    assert storage.read_bytes(storage.join(addresses[2], FILE)) == (tmp_path / "events" / FILE).read_bytes()
