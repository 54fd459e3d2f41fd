"""What `lookalike fit` shows of the steps, line by line."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from lookalike.cli.watch import _Board


def shown(*events, promoted, challenge):
    """The first words of the lines that a run with these finished steps leaves."""
    console = Console(file=io.StringIO(), width=80)
    with _Board.shown(console) as board:
        for step, facts in events:
            board.take({"step": step, "status": "started"})
            board.take({"step": step, "status": "finished", "seconds": 0.3, "facts": facts})
        board.close(promoted=promoted, challenge=challenge)
        assert board.bars == {}
    return [line.split()[:2] for line in console.file.getvalue().splitlines()]


def test_a_step_that_had_nothing_to_do_is_not_shown():
    steps = [("champion", {}), ("label", {"labels": 3}), ("promote", {}), ("notify", {})]
    assert shown(*steps, promoted=True, challenge=False) == [["label", "0.3"]]


def test_a_step_that_did_something_is_shown_whatever_it_is():
    steps = [("champion", {"champion": "4f1c22ab"}), ("notify", {"told": "the webhook"})]
    assert shown(*steps, promoted=True, challenge=True) == [["champion", "0.3"], ["notify", "0.3"]]


@pytest.mark.parametrize(
    ("challenge", "skipped"), [(False, ["export", "deploy"]), (True, ["export", "promote", "deploy"])]
)
def test_a_refused_encoder_skips_what_the_run_would_have_done(challenge, skipped):
    assert shown(promoted=False, challenge=challenge) == [[step, "skipped"] for step in skipped]


def test_a_step_tells_of_itself_while_it_works_within_eighty_columns():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    facts = {"trial": "2 of 4", "loss": 0.412, "MAP@R": 0.52, "images/s": 1280, "% waiting": 2}
    with _Board.shown(console) as board:
        event = {"done": 1_200, "total": 4_000, "what": "steps", "facts": facts}
        board.take({"step": "train", "status": "progress", **event})
        board.progress.refresh()
    lines = Text.from_ansi(console.file.getvalue()).plain.splitlines()
    assert max(map(len, lines)) <= 80
    words = " ".join(" ".join(lines).split())
    assert "1,200 of 4,000 steps" in words
    assert "loss 0.412, MAP@R 0.520, 1,280 images/s, 2 % waiting" in words.replace("  ", " ")
