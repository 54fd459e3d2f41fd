import json

import numpy as np
import pandas as pd
import pytest
import torch
from torchvision.models import resnet18

from lookalike_components.encoder.folder import digest, save
from lookalike_components.encoder.model import build
from lookalike_components.errors import UserError
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.retrieval import means


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights of an untrained ResNet-18: colours alone are enough for it to tell these pictures apart."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(resnet18().state_dict(), path)
    return str(path)


@pytest.fixture
def small(weights):
    """Settings of a pretrained reference that is quick to measure."""
    off = {"robustness_queries": 0, "forgetting": False}
    return EvaluateConfig(role="reference", model="resnet18", weights=weights, input_size=32, k=3, **off)


def test_a_pretrained_backbone_is_measured_on_queries_and_index(first_of_each_asks, small, tmp_path):
    facts = evaluate(first_of_each_asks, tmp_path / "evaluation", small)
    assert facts.pop("images_per_second") > 0
    assert facts == {"queries": 3, "index_images": 9, "precision_at_k": 1.0, "recall_at_1": 1.0, "map_at_r": 1.0}


def test_the_folder_says_what_was_measured(first_of_each_asks, small, tmp_path):
    evaluate(first_of_each_asks, tmp_path / "evaluation", small)
    facts = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert facts.items() >= {"role": "reference", "k": 3, "queries": 3, "index": 9, "left_out": False}.items()
    assert facts["encoder"].items() >= {"model": "resnet18", "input_size": 32, "digest": ""}.items()


def test_the_means_are_those_of_the_queries(first_of_each_asks, small, tmp_path):
    evaluate(first_of_each_asks, tmp_path / "evaluation", small)
    mean = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["metrics"]
    queries = pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")
    assert mean == means({name: queries[name].to_numpy() for name in mean})


def test_neighbours_point_into_the_index_best_first(first_of_each_asks, small, tmp_path):
    evaluate(first_of_each_asks, tmp_path / "evaluation", small)
    queries, index = (pd.read_parquet(tmp_path / "evaluation" / f"{name}.parquet") for name in ("queries", "index"))
    found = index["label"].to_numpy()[np.stack(queries["neighbours"])[:, :3]]
    assert found.tolist() == [[label] * 3 for label in ("green", "blue", "white")]
    assert (np.diff(np.stack(queries["scores"])) <= 0).all()


def test_without_an_index_every_query_is_searched_among_the_others(make_table, small, tmp_path):
    table = make_table(lambda label, number: "query" if label in ("green", "blue") else "train")
    assert evaluate(table, tmp_path / "evaluation", small)["index_images"] == 8
    queries = pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")
    assert not any(row in neighbours for row, neighbours in enumerate(queries["neighbours"]))


def test_an_encoder_that_is_handed_over_is_measured_instead_of_the_backbone(
    first_of_each_asks, weights, small, tmp_path
):
    encoder = tmp_path / "encoder"
    save(build("resnet18", weights, input_size=48), encoder)
    evaluate(first_of_each_asks, tmp_path / "evaluation", small, encoder)
    facts = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["encoder"]
    assert (facts["input_size"], facts["digest"]) == (48, digest(encoder))


def test_a_k_larger_than_the_index_is_refused_before_anything_is_encoded(first_of_each_asks, tmp_path):
    with pytest.raises(UserError) as error:
        evaluate(first_of_each_asks, tmp_path / "evaluation", EvaluateConfig(weights="no such file", k=10))
    assert str(error.value) == "k is 10 but the index holds 9 images; pass a k of 9 or less"


def test_a_table_without_queries_is_refused(make_table, small, tmp_path):
    with pytest.raises(UserError) as error:
        evaluate(make_table(lambda label, number: "train"), tmp_path / "evaluation", small)
    assert str(error.value) == (
        "the image table holds no row with subset `query`; run split first, with test labels above 0"
    )


def test_nothing_is_left_behind_when_it_fails(make_table, small, tmp_path):
    table = make_table(lambda label, number: "index" if label == "red" else "query")
    with pytest.raises(UserError):
        evaluate(table, tmp_path / "evaluation", small)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store", "table.parquet"]
