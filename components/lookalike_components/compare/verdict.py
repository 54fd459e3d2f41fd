"""Promoted or refused, and why, in words."""

from dataclasses import asdict, dataclass
from typing import Any

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.wording import figure, percent, signed
from lookalike_components.errors import UserError
from lookalike_components.retrieval import Interval, titles

FEW_LABELS = 10
BETTER = "Better, and not by chance."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision over the candidate.

    Attributes:
        promoted: Whether it takes the reference's place.
        metric: The metric that decided.
        headline: The decision in a few words.
        reasons: Why, one sentence each.
        cautions: What to keep in mind when reading the figures.
    """

    promoted: bool
    metric: str
    headline: str
    reasons: list[str]
    cautions: list[str]

    def as_json(self) -> dict[str, Any]:
        """What ``verdict.json`` holds."""
        return asdict(self)


def decide(comparison: Comparison, leaks: int, config: CompareConfig, champion: str = "") -> Verdict:
    """Promotes the candidate when its gain is surely above 0, large enough, and measured without a leak.

    Args:
        comparison: Both encoders over the same queries.
        leaks: Test images that are also in the training or validation data, under the same label.
        config: The metric that decides, the minimum effect, the confidence.
        champion: Digest of the encoder to beat; empty for the pretrained one.

    Raises:
        UserError: The metric was not measured (the N-S score needs four images of every label).
    """
    if config.metric not in comparison.difference:
        measured = ", ".join(comparison.difference)
        raise UserError(f"{config.metric} was not measured on these labels; decide by one of {measured}")
    gain = comparison.difference[config.metric]
    headline = _headline(gain, leaks, config)
    return Verdict(
        promoted=headline == BETTER,
        metric=config.metric,
        headline=headline,
        reasons=[*_reasons(comparison, leaks, config), *_about_the_champion(champion)],
        cautions=_cautions(comparison),
    )


def _headline(gain: Interval, leaks: int, config: CompareConfig) -> str:
    if leaks:
        return "No verdict: the test leaks."
    if gain.high < 0:
        return "Worse than before."
    if gain.low <= 0:
        return "Not shown to be better."
    if gain.mean < config.minimum_effect:
        return "Better, but not by enough."
    return BETTER


def _reasons(comparison: Comparison, leaks: int, config: CompareConfig) -> list[str]:
    gain = comparison.difference[config.metric]
    leaked = f"{leaks:,} test images are also among the training images; split again without them"
    return [
        _about_chance(comparison, gain, config),
        *([_about_size(gain, config)] if config.minimum_effect else []),
        *([leaked] if leaks else []),
    ]


def _about_chance(comparison: Comparison, gain: Interval, config: CompareConfig) -> str:
    title = titles(comparison.k)[config.metric].name
    before, after = comparison.before[config.metric], comparison.after[config.metric]
    side = "above 0" if gain.low > 0 else "below 0" if gain.high < 0 else "on both sides of 0"
    return (
        f"{title} went from {figure(before)} to {figure(after)} ({signed(gain.mean)}); "
        f"the {percent(config.confidence)} interval of the difference, {signed(gain.low)} to {signed(gain.high)}, "
        f"lies {side}"
    )


def _about_size(gain: Interval, config: CompareConfig) -> str:
    reach = "reaches" if gain.mean >= config.minimum_effect else "falls short of"
    return f"the gain of {signed(gain.mean)} {reach} the minimum effect of {figure(config.minimum_effect)}"


def _about_the_champion(digest: str) -> list[str]:
    return [f"the encoder to beat was the champion's, {digest[:12]}"] if digest else []


def _cautions(comparison: Comparison) -> list[str]:
    few = f"only {comparison.labels} labels were tested: intervals from fewer than {FEW_LABELS} tend to be too narrow"
    views = (
        "the pictures have no labels: each was asked for by a part of it, turned, in another light; how well different "
        "pictures of one thing find each other was not measured"
    )
    return [*([few] if comparison.labels < FEW_LABELS else []), *([views] if comparison.by_views else [])]
