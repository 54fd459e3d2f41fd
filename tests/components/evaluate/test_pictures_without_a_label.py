"""From a folder to an evaluation: what lies beside the labelled folders is kept, and put into the index to distract."""

import json
import shutil

import pytest

from lookalike_components.dataset import read_table
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.split import Outputs, split


@pytest.fixture
def heap(photos, photographer, tmp_path):
    """Six things of four pictures; above their folders two other pictures and a copy of one of each thing."""
    folder = tmp_path / "pictures"
    for name in (f"thing-{number:02d}" for number in range(6)):
        (folder / name).mkdir(parents=True)
        for number in range(4):
            shutil.copy(photos / name / f"{number}.png", folder / name)
        shutil.copy(folder / name / "0.png", folder / f"copy-of-{name}.png")
    for number in range(2):
        photographer(50 + number, 0).save(folder / f"other-{number}.png")
    return folder


def test_they_train_nothing_and_distract_unless_they_are_copies_of_what_is_tested(heap, weights, tmp_path):
    images, labelled, table = (tmp_path / f"{name}.parquet" for name in ("images", "labelled", "table"))
    ingest(IngestConfig(source=str(heap), store=str(tmp_path / "store")), images, tmp_path / "quarantine.parquet")
    assert label(images, labelled, LabelConfig(unlabelled="keep")) == {"labels": 6, "images": 32, "unlabelled": 8}
    outputs = Outputs(table, *(tmp_path / name for name in ("leaks.parquet", "leaks.html", "doubts.csv")))
    facts = split(labelled, outputs, SplitConfig(test=2, validation=2, near_duplicates="off"))
    assert facts == {"train": 8, "validation": 8, "query": 8, "index": 0, "leaks": 0, "unlabelled": 8}
    rows = read_table(table)
    assert rows["uri"][rows["subset"].isna()].map(lambda uri: uri.rpartition("/")[0]).eq(str(heap)).all()

    config = EvaluateConfig(
        model="resnet18", weights=str(weights), input_size=32, robustness_queries=0, forgetting=False
    )
    evaluate(table, tmp_path / "evaluation", config)
    found = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert (found["queries"], found["index"], found["threshold"]["index_size"]) == (8, 8, 32)
    assert [point["size"] for point in found["distractors"]] == [0, 1, 3, 6]
