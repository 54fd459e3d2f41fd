"""How often the gate takes noise for a gain, and refuses a real gain: simulated encoders of known difference.

    python benchmarks/gate.py [--simulations 1000] [--labels 10 20 50 200]

What is simulated is what the gate reads: for every query the metric that decides before and after, its slices, and its
false matches. A label has 1 to 9 queries, which it moves together. The labels' differences spread by 0.25, about as
those in MAP@R do after a training on the example pictures, and the queries of a label spread as widely around it. Two
columns make five slices. Every simulation goes through the gate as a run does.

Thresholds are set as `evaluate` sets them, on as many validation labels as a split leaves by default, seven for every
thirty of the test; fewer than six decide nothing. Of 1,000 pictures of other things, some reach a cosine, fewer a
higher one, and how many differs by label, for both encoders alike and for each by itself. The false matches that a
candidate has more than the reference are those that its validation labels did not tell of.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from lookalike_components.compare.comparison import paired, resampling_of
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.false_matches import FalseMatches, compare_false_matches
from lookalike_components.compare.suspects import Leaks
from lookalike_components.compare.verdict import Verdict, decide
from lookalike_components.retrieval import Resampling, intervals, labels_needed, set_on
from lookalike_components.retrieval.bootstrap import draws

Numbers = NDArray[np.float64]

METRIC = "map_at_r"
SPREAD = 0.25
QUERIES = (1, 10)
OTHER_THINGS = 1_000
CONFUSED, BY_ITSELF = 0.7, 0.5
"""How widely the logarithms of the labels' confusions spread, for both encoders alike and for each by itself."""
RATE = 0.05
VALIDATION = 0.7 * 0.1 / 0.3
"""Validation labels for each test label, by the defaults of the step split."""
LABELS = (10, 20, 50, 200)
VALIDATION_LABELS = (12, 50)
GROWTHS = (1, 2, 4, 9)


@dataclass(frozen=True)
class Encoder:
    """A candidate whose true difference from the reference is known.

    Attributes:
        gain: The mean difference in the metric that decides.
        lopsided: Whether a few labels lose much and the others gain a little, about this mean; otherwise labels lie
            around it evenly.
        torn: How far the gain on one slice, about a third of the queries, falls behind that on the others.
        false_matches: How many times as many false matches it has among the test labels as among others.
    """

    gain: float = 0.0
    lopsided: bool = False
    torn: float = 0.0
    false_matches: float = 1.0


ENCODERS = {
    "no gain": Encoder(),
    "no gain, lopsided": Encoder(lopsided=True),
    "small gain, 0.05": Encoder(gain=0.05),
    "large gain, 0.2": Encoder(gain=0.2),
    "large gain, but a third loses 0.3": Encoder(gain=0.2, torn=0.75),
    "large gain, but twice the false matches": Encoder(gain=0.2, false_matches=2),
    "large gain, but four times the false matches": Encoder(gain=0.2, false_matches=4),
}


def evaluations(
    random: np.random.Generator, labels: int, encoder: Encoder, validation: int | None = None
) -> tuple[Evaluation, Evaluation]:
    """What `evaluate` would have left behind of the reference and of such a candidate.

    Args:
        random: Makes the labels and what the encoders see.
        labels: Labels of the test.
        encoder: The candidate.
        validation: Labels that set the thresholds; None for as many as a split leaves by default.
    """
    label = np.repeat(np.arange(labels), random.integers(*QUERIES, labels))
    queries = len(label)
    effects = SPREAD * (1 - random.exponential(size=labels) if encoder.lopsided else random.normal(size=labels))
    shelf, light = random.integers(3, size=labels)[label], random.integers(2, size=queries)
    difference = encoder.gain + effects[label] + random.normal(0, SPREAD, queries)
    difference += encoder.torn * (1 / 3 - (shelf == 0))
    before = random.normal(0.5, SPREAD, queries)
    shared = {"label": label.astype(str), "slice_shelf": shelf.astype(str), "slice_light": light.astype(str)}
    setting = np.repeat(
        np.arange(setters := validation or round(VALIDATION * labels)), random.integers(*QUERIES, setters)
    )
    seen = [random.normal(0, CONFUSED, number) for number in (setters, labels)]
    return tuple(
        _evaluation({**shared, METRIC: values}, random, setting, label, seen, growth)
        for values, growth in ((before, 1), (before + difference, encoder.false_matches))
    )


def _evaluation(
    columns: dict[str, NDArray],
    random: np.random.Generator,
    setting: NDArray[np.int64],
    label: NDArray[np.int64],
    seen: list[Numbers],
    growth: float,
) -> Evaluation:
    """One encoder: its threshold, and what of the test reaches it.

    How many pictures of other things reach a cosine falls exponentially as it rises, so that the best of them follows
    Gumbel's law about the logarithm of the label's confusion. Cosines are on a scale of their own.
    """
    of_setting, of_test = (values + random.normal(0, BY_ITSELF, len(values)) for values in seen)
    best = (of_setting[setting] + random.gumbel(size=len(setting))).astype(np.float32)
    threshold, redrawn = set_on(best, setting, RATE, Resampling())
    lowest = min(threshold, redrawn.min())
    reach = random.poisson(growth * np.exp(of_test[label] - lowest))
    cosines = lowest + random.exponential(size=reach.sum())
    matched = np.bincount(np.repeat(np.arange(len(label)), reach)[cosines >= threshold], minlength=len(label))
    above = len(cosines) - np.searchsorted(np.sort(cosines), redrawn)
    supported = RATE * len(best) >= 1 and len(np.unique(setting)) >= labels_needed(Resampling().confidence)
    facts = {"k": 3, "metrics": {METRIC: float(columns[METRIC].mean())}, "threshold": {"supported": supported}}
    return Evaluation(
        facts,
        pd.DataFrame({**columns, "false_matches": matched / OTHER_THINGS}),
        index=pd.DataFrame(index=range(OTHER_THINGS)),
        thresholds=pd.DataFrame({"threshold": redrawn, "false_matches": above / OTHER_THINGS / len(label)}),
    )


def verdicts(labels: int, encoder: Encoder, simulations: int, config: CompareConfig) -> Iterator[Verdict]:
    """What the gate says about so many such candidates, each with labels of its own."""
    for number in range(simulations):
        sides = evaluations(np.random.default_rng([labels, number]), labels, encoder)
        yield decide(paired(*sides, config), Leaks(), config)


def between(count: int, of: int) -> str:
    """A share in percent with its exact 95 % interval (Clopper and Pearson 1934)."""
    low, high = binomtest(count, of).proportion_ci(0.95)
    return f"{100 * count / of:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _print_verdicts(labels: Sequence[int], simulations: int, config: CompareConfig) -> None:
    print(f"Accepted, in percent of {simulations:,} encoders each, and which rules refused how many percent\n")
    print("| Labels | True difference | Accepted (95 % interval) | by gain | by slices | by false matches |")
    print("|--:|---|--:|--:|--:|--:|")
    for number in labels:
        for name, encoder in ENCODERS.items():
            given = list(verdicts(number, encoder, simulations, config))
            accepted = sum(verdict.promoted for verdict in given)
            refused = {
                rule: sum(found.name == rule and found.passed is False for verdict in given for found in verdict.rules)
                for rule in ("gain", "slices", "false_matches")
            }
            cells = [f"{100 * count / simulations:.1f}" for count in refused.values()]
            print(f"| {number} | {name} | {between(accepted, simulations)} | {' | '.join(cells)} |", flush=True)


def refusals(labels: int, validation: int, growth: float, simulations: int, config: CompareConfig) -> int:
    """How many of so many candidates, whose false matches grew so many times, are refused for them."""
    refused = 0
    for number in range(simulations):
        random = np.random.default_rng([labels, validation, number])
        before, after = evaluations(random, labels, Encoder(false_matches=growth), validation)
        found = compare_false_matches(before, after, before.queries["label"].tolist(), resampling_of(config))
        refused += isinstance(found, FalseMatches) and found.growth.low > 1
    return refused


def _print_refusals(simulations: int, config: CompareConfig) -> None:
    print("\nRefused for their false matches, in percent, by how many times as many they are\n")
    print(f"| Test labels | Validation labels | {' | '.join(f'{growth:g} times' for growth in GROWTHS)} |")
    print(f"|--:|--:|{'--:|' * len(GROWTHS)}")
    for labels in LABELS[-2:]:
        for validation in VALIDATION_LABELS:
            counts = [refusals(labels, validation, growth, simulations, config) for growth in GROWTHS]
            cells = [f"{100 * count / simulations:.1f}" for count in counts]
            print(f"| {labels} | {validation} | {' | '.join(cells)} |", flush=True)


def _print_intervals(labels: Sequence[int], simulations: int, config: CompareConfig) -> None:
    """What the gate would accept of noise if labels were drawn with replacement, beside what it does accept."""
    print("\nNoise whose interval lies above 0, in percent, by how labels are drawn\n")
    print("| Labels | True difference | by a coin | with replacement |\n|--:|---|--:|--:|")
    for number in labels:
        for name in ("no gain", "no gain, lopsided"):
            above = np.zeros(2, dtype=int)
            for simulation in range(simulations):
                sides = evaluations(np.random.default_rng([number, simulation]), number, ENCODERS[name])
                before, after = (side.queries[METRIC].to_numpy() for side in sides)
                names = sides[0].queries["label"].tolist()
                above += [lowest(after - before, names, config) > 0 for lowest in (_by_a_coin, _with_replacement)]
            print(f"| {number} | {name} | {' | '.join(between(count, simulations) for count in above)} |", flush=True)


def _by_a_coin(difference: Numbers, labels: list[str], config: CompareConfig) -> float:
    return intervals({METRIC: difference}, labels, resampling_of(config))[METRIC].low


def _with_replacement(difference: Numbers, labels: list[str], config: CompareConfig) -> float:
    _, codes = np.unique(labels, return_inverse=True)
    sums, sizes = np.bincount(codes, difference), np.bincount(codes)
    means = np.concatenate([(drawn @ sums) / (drawn @ sizes) for drawn in draws(len(sizes), resampling_of(config))])
    return float(np.quantile(means, (1 - config.confidence) / 2))


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=1_000)
    parser.add_argument("--labels", type=int, nargs="+", default=LABELS)
    given = parser.parse_args()
    _print_verdicts(given.labels, given.simulations, CompareConfig())
    _print_refusals(given.simulations, CompareConfig())
    _print_intervals(given.labels, given.simulations, CompareConfig())


if __name__ == "__main__":
    main()
