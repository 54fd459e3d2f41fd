import json

import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.retrieval import means


@pytest.fixture(scope="module")
def result(drawings, tmp_path_factory):
    """The verdict, the numbers and the paths of one comparison: blind to colour, then not."""
    return drawings.compare(tmp_path_factory.mktemp("result"))


def test_an_encoder_that_learned_to_see_colour_is_promoted(result):
    verdict, numbers, _ = result
    assert verdict.promoted
    assert numbers["fixed"] > numbers["broken"]
    assert 0 < numbers["gain_low"] < numbers["map_at_r_gain"] < numbers["gain_high"]


def test_the_other_way_round_it_is_refused(drawings, tmp_path):
    verdict, numbers, _ = drawings.compare(tmp_path, "colour", "grey")
    assert (verdict.promoted, verdict.headline) == (False, "Worse than before.")
    assert numbers["gain_high"] < 0


def test_an_encoder_compared_with_itself_is_refused(drawings, tmp_path):
    verdict, numbers, _ = drawings.compare(tmp_path, "grey", "grey")
    assert (verdict.promoted, verdict.headline) == (False, "No difference.")
    assert (numbers["map_at_r_gain"], numbers["fixed"], numbers["broken"]) == (0.0, 0, 0)


def test_every_query_has_exactly_one_outcome(result):
    _, numbers, _ = result
    assert sum(numbers[outcome] for outcome in ("stayed_right", "fixed", "broken", "still_wrong")) == 48


def test_the_metrics_file_has_the_promised_fields(result):
    metrics = json.loads((result[2].comparison / "metrics.json").read_text())
    assert {"k", "queries", "labels", "before", "after", "difference", "macro", "slices", "false_matches"} < set(
        metrics
    )
    assert (metrics["k"], metrics["queries"], metrics["wins"] + metrics["ties"] + metrics["losses"]) == (3, 48, 48)
    assert list(metrics["difference"]["map_at_r"]) == ["mean", "low", "high"]
    assert set(metrics["before"]) == set(metrics["after"]) == set(metrics["difference"])
    assert "ns_score" in metrics["before"]


def test_the_difference_is_that_of_the_means(drawings, result):
    metrics = json.loads((result[2].comparison / "metrics.json").read_text())
    sides = [pd.read_parquet(drawings.folder / name / "queries.parquet") for name in ("grey", "colour")]
    before, after = (means({name: side[name].to_numpy() for name in metrics["before"]}) for side in sides)
    assert (before, after) == (metrics["before"], metrics["after"])
    assert {name: after[name] - before[name] for name in before} == pytest.approx(
        {name: interval["mean"] for name, interval in metrics["difference"].items()}
    )


def test_the_verdict_file_says_what_was_decided_and_why(result):
    verdict = json.loads((result[2].comparison / "verdict.json").read_text())
    assert (verdict["promoted"], verdict["metric"]) == (True, "map_at_r")
    assert verdict["reasons"][0].startswith("MAP@R went from 0.")
    assert verdict["reasons"][0].endswith(", lies above 0")
    outcomes = {rule["name"]: rule["passed"] for rule in verdict["rules"]}
    assert list(outcomes) == ["gain", "effect", "slices", "leaks", "false_matches"]
    assert (outcomes["gain"], outcomes["effect"], outcomes["leaks"]) == (True, None, True)


def test_the_examples_name_the_pictures_that_were_found(drawings, result):
    examples = pd.read_parquet(result[2].comparison / "examples.parquet")
    index = pd.read_parquet(drawings.folder / "colour" / "index.parquet")
    first = examples.iloc[0]
    right = index["label"].to_numpy()[first["found_after"]] == first["label"]
    assert right.tolist() == first["right_after"].tolist()


def test_the_markdown_opens_with_the_decision(result):
    lines = result[2].verdict.read_text().splitlines()
    assert lines[0] == "# Better, and not by chance."
    assert lines[2].startswith("**Promoted**, over 48 queries of 12 labels; by MAP@R, ")


def test_the_log_gives_the_reason_in_one_line(drawings, tmp_path, capsys):
    verdict, *_ = drawings.compare(tmp_path)
    assert f"promoted: {'; '.join(verdict.reasons)}\n" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_bytes(drawings, tmp_path):
    *_, once = drawings.compare(tmp_path / "once")
    *_, twice = drawings.compare(tmp_path / "twice")
    assert once.report.read_bytes() == twice.report.read_bytes()
    assert (once.comparison / "metrics.json").read_bytes() == (twice.comparison / "metrics.json").read_bytes()


def test_the_minimum_effect_can_be_out_of_reach(drawings, tmp_path):
    verdict, *_ = drawings.compare(tmp_path, minimum_effect=0.99)
    assert (verdict.promoted, verdict.headline) == (False, "Better, but not by enough.")


def test_another_metric_can_decide(drawings, tmp_path):
    verdict, numbers, _ = drawings.compare(tmp_path, metric="ns_score")
    assert verdict.metric == "ns_score"
    assert "ns_score_gain" in numbers


def test_evaluations_of_different_queries_are_refused(drawings, noisy_pictures, tmp_path):
    with pytest.raises(UserError) as error:
        drawings.compare(tmp_path, "grey", noisy_pictures.folder / "colour")
    assert str(error.value) == "the two evaluations differ in their queries; evaluate both encoders on one table"


def test_evaluations_at_different_k_are_refused(drawings, tmp_path):
    drawings.evaluate("deeper", lambda pixels: pixels.reshape(len(pixels), -1), k=5)
    with pytest.raises(UserError) as error:
        drawings.compare(tmp_path, "grey", "deeper")
    assert str(error.value) == "the reference was evaluated at k 3 and the candidate at k 5; use one k for both"


def test_a_folder_that_is_no_evaluation_is_refused(drawings, tmp_path):
    with pytest.raises(UserError) as error:
        drawings.compare(tmp_path, "store")
    assert str(error.value) == (
        f"{drawings.folder / 'store'} is no evaluation (it has no evaluation.json); pass a folder that evaluate wrote"
    )


def test_a_history_that_is_not_json_is_refused_and_nothing_is_written(drawings, tmp_path):
    history = tmp_path / "history.jsonl"
    history.write_text("epoch 1\n")
    with pytest.raises(UserError) as error:
        drawings.compare(tmp_path, history=history)
    assert str(error.value) == (f"{history} is no training history: Expecting value; pass the one that train wrote")
    assert list(tmp_path.iterdir()) == [history]


def test_results_are_never_written_over_others(drawings, tmp_path):
    drawings.compare(tmp_path)
    with pytest.raises(UserError) as error:
        drawings.compare(tmp_path)
    assert str(error.value) == f"{tmp_path / 'comparison'} is there already; pass the name of a new folder"
