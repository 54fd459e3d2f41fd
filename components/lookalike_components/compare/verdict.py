"""Promoted or refused, and why, in words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.rules import Rule, rules
from lookalike_components.compare.suspects import Leaks

FEW_LABELS = 20
BETTER = "Better, and not by chance."
REFUSALS = {
    "effect": "Better, but not by enough.",
    "slices": "Better on the whole, but worse in part.",
    "false_matches": "Better at finding, but worse at telling apart.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision over the candidate.

    Attributes:
        promoted: Whether it takes the reference's place.
        metric: The metric that decided.
        headline: The decision in a few words.
        reasons: Why, one sentence each.
        cautions: What to keep in mind when reading the figures.
        rules: What each rule of the gate found.
    """

    promoted: bool
    metric: str
    headline: str
    reasons: list[str]
    cautions: list[str]
    rules: list[Rule] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What ``verdict.json`` holds."""
        return asdict(self)


def decide(comparison: Comparison, leaks: Leaks, config: CompareConfig, champion: str = "") -> Verdict:
    """Promotes the candidate when it shows a gain and breaks no rule.

    Args:
        comparison: Both encoders over the same queries.
        leaks: Test images that are also in the training or validation data.
        config: The metric that decides, and what the gate asks.
        champion: Digest of the encoder to beat; empty for the pretrained one.
    """
    found = rules(comparison, leaks, config)
    headline = _headline(comparison, {rule.name: rule.passed for rule in found}, config)
    return Verdict(
        promoted=headline == BETTER,
        metric=config.metric,
        headline=headline,
        reasons=[*_reasons(found), *_about_the_champion(champion)],
        cautions=_cautions(comparison),
        rules=found,
    )


def _headline(comparison: Comparison, passed: dict[str, bool | None], config: CompareConfig) -> str:
    """The first thing to know; a rule that could not be judged stops nothing, but for the gain itself."""
    if passed["leaks"] is False:
        return "No verdict: the test leaks."
    if passed["gain"] is None:
        return "No verdict: too few labels."
    if not passed["gain"]:
        return _no_gain(comparison, config)
    return next((words for name, words in REFUSALS.items() if passed[name] is False), BETTER)


def _no_gain(comparison: Comparison, config: CompareConfig) -> str:
    if comparison.difference[config.metric].high < 0:
        return "Worse than before."
    return "No difference." if comparison.ties == comparison.queries else "No difference shown."


def _reasons(found: Sequence[Rule]) -> list[str]:
    """About the gain, about the effect where one is asked, and about every rule that was broken."""
    return [
        rule.sentence
        for rule in found
        if rule.name == "gain" or rule.passed is False or (rule.name == "effect" and rule.passed)
    ]


def _about_the_champion(digest: str) -> list[str]:
    return [f"the encoder to beat was the champion's, {digest[:12]}"] if digest else []


def _cautions(comparison: Comparison) -> list[str]:
    few = f"only {comparison.labels} labels were tested: one that is unlike the others sways every figure"
    views = (
        "the pictures have no labels: each was asked for by a part of it, turned, in another light; how well different "
        "pictures of one thing find each other was not measured"
    )
    return [*([few] if comparison.labels < FEW_LABELS else []), *([views] if comparison.by_views else [])]
