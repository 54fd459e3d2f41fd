"""Rows of history read as lines, as numbers, and as the facts of a step."""

from lookalike_components.train.keeping.history import facts_of, line_of, numbers_of

FOUND = {"recall_at_1": 0.5, "map_at_r": 0.25}
START = {"epoch": 0.0, "step": 0, "steps": 400, "loss": None, "learning_rate": 0.0, "seconds": 0.0}
START |= {"images_per_second": 0.0, "waiting": 0.0, "validation": FOUND}
ROW = START | {"step": 80, "loss": 0.4123, "learning_rate": 1e-4, "images_per_second": 128.4, "waiting": 0.02}
KEPT = ROW | {"kept": 40, "share": 0.7}


def test_a_row_reads_as_a_line():
    assert line_of(ROW) == "step 80 of 400: loss 0.412, validation R@1 0.500, MAP@R 0.250, 128 images/s"


def test_a_row_of_a_trial_says_so():
    assert line_of(ROW | {"trial": 1}).startswith("trial 2, step 80 of 400: loss 0.412, ")


def test_a_trial_that_diverged_says_why_it_loses():
    lost = ROW | {"trial": 1, "step": 2, "validation": {}, "diverged": "the loss became inf in step 3, lower it"}
    assert line_of(lost) == "trial 2 is given up after step 2 and loses: the loss became inf in step 3, lower it"


def test_before_training_there_is_no_loss():
    assert line_of(START) == "step 0 of 400: validation R@1 0.500, MAP@R 0.250"
    assert line_of(START | {"validation": {}}) == "step 0 of 400: no validation labels"


def test_the_last_row_says_what_was_kept():
    assert line_of(KEPT) == (
        "kept step 40, 70% of it mixed with the weights before training: validation R@1 0.500, MAP@R 0.250"
    )
    assert line_of(KEPT | {"share": 1.0, "validation": {}}) == "kept step 40"


def test_numbers_have_names_that_tell_them_apart():
    assert numbers_of(START)["validation/map_at_r"] == 0.25
    assert "loss" not in numbers_of(START)
    assert numbers_of(ROW)["loss"] == 0.4123
    assert numbers_of(KEPT) == {
        "kept/kept": 40.0,
        "kept/share": 0.7,
        "kept/validation/recall_at_1": 0.5,
        "kept/validation/map_at_r": 0.25,
    }


def test_the_facts_tell_the_way_from_before_to_after():
    better = KEPT | {"validation": {"recall_at_1": 0.75, "map_at_r": 0.5}}
    assert facts_of([START, ROW, better]) == {
        "steps": 80,
        "loss": 0.4123,
        "best_step": 40,
        "share_of_trained": 0.7,
        "recall_at_1_before": 0.5,
        "recall_at_1_after": 0.75,
        "map_at_r_before": 0.25,
        "map_at_r_after": 0.5,
    }


def test_what_is_not_known_is_no_fact():
    unknown = KEPT | {"share": 1.0, "validation": {}}
    assert facts_of([START, unknown]) == {"steps": 80, "loss": 0.4123, "best_step": 40}
