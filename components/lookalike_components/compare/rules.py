"""The rules of the gate: what each one asks of a new encoder, and what came of it, in words and in figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import floor
from typing import Any

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.suspects import Leaks
from lookalike_components.compare.wording import counted, figure, of_a_million, percent, signed, times
from lookalike_components.retrieval import Interval, Slice, labels_needed, significantly_worse, titles

NO_LEAK = (
    "no test image is among the training images under its label, byte for byte or, as far as split looked, nearly the "
    "same, nor byte for byte under a label that shares two pictures with its own"
)
NAMED = 3
"""Slices that a sentence names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule of the gate found.

    Attributes:
        name: ``gain``, ``effect``, ``slices``, ``leaks`` or ``false_matches``.
        passed: Whether the encoder keeps it; None where that could not be judged or was not asked.
        sentence: What was found, for people: without a capital, without a full stop.
        figures: What was found, for machines.
    """

    name: str
    passed: bool | None
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)


def rules(comparison: Comparison, leaks: Leaks, config: CompareConfig) -> list[Rule]:
    """Asks every rule, each without regard to the others.

    Args:
        comparison: Both encoders over the same queries.
        leaks: Test images that are also in the training or validation data.
        config: The metric that decides, the minimum effect, the confidence, and which slices count.
    """
    return [
        gain(comparison, config),
        effect(comparison, config),
        no_worse_slice(comparison, config),
        no_leak(leaks),
        no_more_false_matches(comparison, config),
    ]


def gain(comparison: Comparison, config: CompareConfig) -> Rule:
    """The interval of the difference lies above 0."""
    found = comparison.difference[config.metric]
    before, after = comparison.before[config.metric], comparison.after[config.metric]
    counts = {name: getattr(comparison, name) for name in ("queries", "labels", "wins", "ties", "losses")}
    figures = {"before": before, "after": after, **asdict(found), "confidence": config.confidence, **counts}
    needed = labels_needed(config.confidence)
    if comparison.labels < needed:
        return Rule("gain", None, _too_few(comparison.labels, needed, config.confidence), figures)
    title = titles(comparison.k)[config.metric].name
    if comparison.queries == comparison.ties:
        same = f"no difference: {title} is {figure(before)} before and after, and the same in every single query"
        return Rule("gain", False, same, figures)
    change = f"{title} went from {figure(before)} to {figure(after)} ({signed(found.mean)})"
    shown = "no difference was shown: " if found.low <= 0 <= found.high else ""
    return Rule("gain", found.low > 0, f"{change}; {shown}{_interval(found, config.confidence)}", figures)


def effect(comparison: Comparison, config: CompareConfig) -> Rule:
    """The difference is large enough to be worth a new release."""
    found, least = comparison.difference[config.metric].mean, config.minimum_effect
    if not least:
        return Rule("effect", None, "no minimum effect is set")
    passed = found >= least
    verb = "reaches" if passed else "falls short of"
    sentence = f"the gain of {signed(found)} {verb} the minimum effect of {figure(least)}"
    return Rule("effect", passed, sentence, {"mean": found, "minimum_effect": least})


def no_worse_slice(comparison: Comparison, config: CompareConfig) -> Rule:
    """No slice of the queries got surely worse, with a correction for how many were looked at."""
    if not config.slices:
        return Rule("slices", None, "slices were not asked for")
    looked_at = comparison.slices
    if not looked_at:
        fewest = counted(config.fewest_queries, "query", "queries")
        return Rule("slices", None, f"there is no slice of at least {fewest} and 2 labels")
    worse = significantly_worse(looked_at, 1 - config.confidence)
    figures = {"looked_at": len(looked_at), "worse": [asdict(one) for one in worse]}
    slices = counted(len(looked_at), "slice")
    if worse:
        return Rule("slices", False, f"of {slices}, {len(worse)} got surely worse: {_named(worse)}", figures)
    return Rule("slices", True, f"none of {slices} got surely worse; {_lowest(looked_at)}", figures)


def no_leak(leaks: Leaks) -> Rule:
    """No test picture was trained on, and none that is nearly the same."""
    images, near = leaks.images, leaks.near
    figures = {"images": images, "near": near, "doubts": leaks.doubts}
    if not images:
        return Rule("leaks", True, f"{NO_LEAK}{_doubted(leaks.doubts)}", figures)
    found = f"{counted(images, 'test image is', 'test images are')} also among the training images"
    nearly = (
        f", {'all' if near == images else f'{near:,}'} of them nearly the same" if images > 1 else ", nearly the same"
    )
    advice = f"split again without {'it' if images == 1 else 'them'} (split.leaks=drop)"
    return Rule("leaks", False, f"{found}{nearly if near else ''}; {advice}", figures)


def _doubted(doubts: int) -> str:
    return f"; {counted(doubts, 'is', 'are')} there under another label, which is a doubt and no leak" if doubts else ""


def no_more_false_matches(comparison: Comparison, config: CompareConfig) -> Rule:
    """At its own threshold, the new encoder does not surely take more different things for the same.

    How sure the thresholds themselves are counts too, see `compare_false_matches`.
    """
    found = comparison.false_matches
    if isinstance(found, str):
        return Rule("false_matches", None, found)
    passed = found.growth.low <= 1
    sentence = (
        f"at each encoder's own threshold, {of_a_million(found.before)} of a million pairs of different things matched "
        f"before and {of_a_million(found.after)} do now, {'not surely' if passed else 'surely'} more: "
        f"{times(found.growth.mean)} times as many, or with {percent(config.confidence)} confidence "
        f"{times(found.growth.low)} to {times(found.growth.high)} times"
    )
    return Rule("false_matches", passed, sentence, asdict(found) | {"confidence": config.confidence})


def _too_few(labels: int, needed: int, confidence: float) -> str:
    most = floor(100 * (1 - 2 ** (1 - labels))) / 100
    return (
        f"{counted(labels, 'test label')} cannot show a gain with {percent(confidence)} confidence: put {needed} or "
        f"more into the test, or ask for {percent(most)} (compare.confidence={most})"
    )


def _interval(found: Interval, confidence: float) -> str:
    side = "above 0" if found.low > 0 else "below 0" if found.high < 0 else "on both sides of 0"
    ends = f"{signed(found.low)} to {signed(found.high)}"
    return f"the {percent(confidence)} interval of the difference, {ends}, lies {side}"


def _named(slices: Sequence[Slice]) -> str:
    first = ", ".join(f"{one.column} = {one.value} ({signed(one.difference.mean)})" for one in slices[:NAMED])
    others = len(slices) - NAMED
    return f"{first} and {counted(others, 'other')}" if others > 0 else first


def _lowest(slices: Sequence[Slice]) -> str:
    return f"the least gain is {_named([min(slices, key=lambda one: one.difference.mean)])}"
