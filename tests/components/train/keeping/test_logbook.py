"""Each row goes into the history, the log and TensorBoard at once."""

import json
from pathlib import Path

import pytest

from lookalike_components.progress import LIVE
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.logbook import logbook
from lookalike_components.train.keeping.tensorboard import FILE

ROW = {"step": 80, "steps": 400, "loss": 0.5, "learning_rate": 1e-4, "images_per_second": 128.0, "waiting": 0.02}
ROW |= {"validation": {}}


def test_a_row_is_everywhere_before_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    (tmp_path / "live").mkdir()
    monkeypatch.setenv(LIVE, str(tmp_path / "live"))
    with logbook(tmp_path / "history.jsonl", tmp_path / "events", TrainConfig()) as tell:
        tell(ROW)
        for history in (tmp_path / "history.jsonl", tmp_path / "live" / "history.jsonl"):
            assert json.loads(history.read_text()) == ROW
        assert (tmp_path / "events" / FILE).stat().st_size > 0
        assert capsys.readouterr().err.endswith("step 80 of 400: loss 0.500, 128 images/s\n")


def test_what_an_earlier_attempt_left_is_replaced(tmp_path: Path):
    for _ in range(2):
        with logbook(tmp_path / "history.jsonl", "", TrainConfig()) as tell:
            tell(ROW)
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["history.jsonl"]
