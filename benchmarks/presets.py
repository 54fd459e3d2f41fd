"""What a preset is worth against another after equal seconds of training, on labels that neither has seen.

    python benchmarks/presets.py ~/groceries --seconds 120 --seeds 5 \
        --set encoder.model=mobilenet_v2 --set encoder.input_size=128 --set split.leaks=drop

The source is split by label as a run would, once. Each preset is trained from its start for the whole time, half of it,
a quarter and so on, because a falling learning rate has to know its end; each is then given the length at which it does
best on the test, the same favour for both. A second comparison lets the second preset choose its length on the
validation labels instead, as a run would. Trainings are of equal seconds in steps, those of variants that are tried and
left included; "in all" counts decoding and looks at the validation labels too.

A rerun with the same output folder does what is missing. Intervals are of 95 %, paired by query, and draw labels.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from machine import machine

from lookalike.ablation import comparing
from lookalike.ablation.folds import contents_digest, prepare
from lookalike.ablation.results import Results
from lookalike.ablation.training import Measured, measured
from lookalike.cli.options import parsed_settings
from lookalike.config import FinetuneConfig
from lookalike_components.dataset import read_table
from lookalike_components.train.config import TrainConfig

STEPS_TO_CALIBRATE = 24
ROUNDS = 2

Trained = dict[tuple[int, int], Measured]
"""By number of the length, the shortest first, and by seed."""


@dataclass(frozen=True)
class Bench:
    """What all trainings of one comparison share."""

    table: Path
    contents: str
    results: Results
    log: Path

    def train(self, config: TrainConfig) -> Measured:
        """Trains and measures, unless that was done before."""
        settings = {**config.model_dump(), "trained": True}
        if found := self.results.find(self.contents, settings):
            return found
        self.results.add(self.contents, settings, outcome := measured(self.table, settings, self.log))
        return outcome


def main() -> None:
    """Reads the arguments, trains, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--presets", nargs=2, default=["walkthrough", "best"], metavar=("BEFORE", "AFTER"))
    parser.add_argument("--seconds", type=float, default=120, help="of training, at most")
    parser.add_argument("--lengths", type=int, default=4, help="each half of the next")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE", help="over both presets")
    parser.add_argument("--output", type=Path, default=Path("presets"))
    arguments = parser.parse_args()
    folder = arguments.output.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    shared = {"source": str(Path(arguments.source).absolute()), **parsed_settings(arguments.set)}
    configs = {name: FinetuneConfig.resolve(preset=name, overrides=shared) for name in arguments.presets}
    table, _ = prepare(next(iter(configs.values())), folder)
    bench = Bench(table, contents_digest(read_table(table)), Results(folder / "results.jsonl"), folder / "log.txt")
    recipes = {name: cast(TrainConfig, config.step("train")) for name, config in configs.items()}
    speeds = calibrated(bench, recipes, folder / "calibration.json")
    seconds = [arguments.seconds / 2**halved for halved in reversed(range(arguments.lengths))]
    trained: dict[str, Trained] = {name: {} for name in recipes}
    for seed in range(arguments.seeds):
        for length, given in enumerate(seconds):
            for name, recipe in recipes.items():
                steps = steps_in(given / speeds[name], recipe)
                outcome = bench.train(recipe.model_copy(update={"steps": steps, "seed": seed}))
                trained[name][length, seed] = outcome
                sys.stderr.write(f"{name}, seed {seed}, {steps} steps: {told(outcome)}\n")
    print("\n".join(report(trained, read_table(table), next(iter(recipes.values())))))


def calibrated(bench: Bench, recipes: Mapping[str, TrainConfig], file: Path) -> dict[str, float]:
    """Seconds of a step of each recipe, the best of some rounds in turns; kept, so that a rerun takes equal steps."""
    if not file.exists():
        taken: dict[str, list[float]] = {name: [] for name in recipes}
        for _ in range(ROUNDS):
            for name, recipe in recipes.items():
                brief = {"steps": STEPS_TO_CALIBRATE, "variants": []}
                outcome = measured(bench.table, {**recipe.model_dump(), **brief, "trained": True}, bench.log)
                taken[name].append(outcome.seconds / outcome.steps)
        file.write_text(json.dumps({name: min(rounds) for name, rounds in taken.items()}), encoding="utf-8")
    speeds: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return speeds


def steps_in(steps: float, recipe: TrainConfig) -> int:
    """Steps of the whole training that take as long as so many, where some go into trials that are left."""
    losers = max(len(recipe.variants) - 1, 0)
    going_on = steps - losers * recipe.trial_steps
    return max(round(going_on if going_on >= recipe.trial_steps else steps / (losers + 1)), 1)


def told(outcome: Measured) -> str:
    """One training in words."""
    mean = comparing.means({(0, 0): outcome})
    return f"MAP@R {mean['map_at_r']:.3f}, R@1 {mean['recall_at_1']:.3f}, {outcome.seconds:.0f} s in steps"


def report(trained: Mapping[str, Trained], table: Any, recipe: TrainConfig) -> Iterator[str]:
    """The lines of the tables, in Markdown."""
    labels = {name: table[table["subset"].isin(subsets)]["label"].nunique() for name, subsets in SIDES.items()}
    seeds = {seed for trainings in trained.values() for _, seed in trainings}
    known = f"{labels['seen']} labels seen and {labels['unseen']} unseen"
    yield f"{recipe.model} at {recipe.input_size or 'its own size'}, {known}, {len(seeds)} seeds; {machine()}."
    yield ""
    yield "| Preset | Steps | Seconds in steps | In all | MAP@R | R@1 |\n|---|--:|--:|--:|--:|--:|"
    best = {name: best_length(trainings) for name, trainings in trained.items()}
    for name, trainings in trained.items():
        for length in lengths(trainings):
            yield line(name, at(trainings, length), length == best[name])
    before, after = trained
    yield ""
    yield "| Each at its best length | Difference | 95 % interval |\n|---|--:|--:|"
    own = at(trained[before], best[before])
    yield from differences(f"{after} - {before}", own, at(trained[after], best[after]))
    yield from differences(f"the same, {after}'s length chosen on validation", own, by_validation(trained[after]))


SIDES = {"seen": ["train", "validation"], "unseen": ["query", "index"]}


def lengths(trainings: Trained) -> list[int]:
    """The numbers of the lengths, the shortest first."""
    return sorted({length for length, _ in trainings})


def at(trainings: Trained, length: int) -> Trained:
    """The trainings of one length, as places of which only the seed tells."""
    return {(0, seed): outcome for (own, seed), outcome in trainings.items() if own == length}


def best_length(trainings: Trained) -> int:
    """The length with the highest MAP@R on the test."""
    return max(lengths(trainings), key=lambda length: comparing.means(at(trainings, length))["map_at_r"])


def by_validation(trainings: Trained) -> Trained:
    """Of each seed the training that does best on the validation labels, the longest of equals."""
    chosen: Trained = {}
    for (_, seed), outcome in sorted(trainings.items()):
        known = chosen.get((0, seed))
        if known is None or (outcome.validation or 0.0) >= (known.validation or 0.0):
            chosen[0, seed] = outcome
    return chosen


def line(name: str, trainings: Trained, is_best: bool) -> str:
    """A row: one preset at one length."""
    found, mark = comparing.means(trainings), "**" if is_best else ""
    outcomes: Sequence[Measured] = list(trainings.values())
    seconds, wall = (
        sum(values) / len(outcomes) for values in zip(*((o.seconds, o.wall) for o in outcomes), strict=True)
    )
    cells = [name, f"{outcomes[0].steps:,}", f"{seconds:.0f}", f"{wall:.0f}"]
    return f"| {' | '.join(cells)} | {mark}{found['map_at_r']:.3f}{mark} | {mark}{found['recall_at_1']:.3f}{mark} |"


def differences(words: str, before: Trained, after: Trained) -> Iterator[str]:
    """Two rows: MAP@R and R@1."""
    for metric, gain in comparing.differences(before, after).items():
        name = {"map_at_r": "MAP@R", "recall_at_1": "R@1"}[metric]
        yield f"| {words}: {name} | {gain.mean:+.3f} | {gain.low:+.3f} to {gain.high:+.3f} |"


if __name__ == "__main__":
    main()
