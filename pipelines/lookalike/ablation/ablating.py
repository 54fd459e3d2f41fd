"""Trains with a recipe, and with each of its parts switched, and says what each part is worth."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from lookalike.ablation import comparing
from lookalike.ablation.comparing import Place
from lookalike.ablation.folds import Fold, folds, prepare
from lookalike.ablation.parts import Part, chosen, read_parts, switched
from lookalike.ablation.results import Results
from lookalike.ablation.training import Measured, measured
from lookalike.config import FinetuneConfig
from lookalike_components import storage
from lookalike_components.encoder.backbones import AUTO
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.retrieval import Interval
from lookalike_components.split.config import SplitConfig
from lookalike_components.train.config import TrainConfig

RECIPE = Part(name="recipe", group="", switches="nothing", settings={})
PRETRAINED = Part(name="pretrained", group="", switches="no training at all", settings={})

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Row:
    """What one part is worth.

    Attributes:
        part: What was switched.
        measured: The trainings, by fold and seed.
        difference: From the recipe, by metric.
    """

    part: Part
    measured: dict[Place, Measured]
    difference: dict[str, Interval]

    def facts(self) -> dict[str, Any]:
        """Everything as plain data, but for the values of single queries."""
        return {
            **self.part.model_dump(),
            **comparing.means(self.measured),
            "difference": {name: asdict(interval) for name, interval in self.difference.items()},
            "seconds_a_step": comparing.seconds_a_step(self.measured),
            "trainings": len(self.measured),
        }


@dataclass(frozen=True, slots=True)
class Ablation:
    """What became of an ablation.

    Attributes:
        recipe: The trainings with the recipe as it is; its difference is empty.
        rows: One for each part, and for the pretrained encoder.
        left_out: Why a part is in no row, by its name.
        labels: Labels that were measured on, all folds together.
        folds: How many.
        seeds: How many.
    """

    recipe: Row
    rows: list[Row]
    left_out: dict[str, str]
    labels: int
    folds: int
    seeds: int

    def facts(self) -> dict[str, Any]:
        """Everything as plain data."""
        rows = {"recipe": self.recipe.facts(), "parts": [row.facts() for row in self.rows]}
        return {"labels": self.labels, "folds": self.folds, "seeds": self.seeds, **rows, "left_out": self.left_out}


def ablate(
    source: str | Path,
    *,
    output: str | Path = "ablation",
    parts: Sequence[str] = (),
    parts_from: Path | None = None,
    number_of_folds: int = 3,
    seeds: int = 1,
    preset: str = "",
    config: str | Path | None = None,
    say: Say = lambda _: None,
    **settings: Any,
) -> Ablation:
    """Measures what each part of a recipe is worth on a source, on labels that the training never saw.

    The test labels that a run would hold out stay closed. The others are divided into folds; for each fold, each seed
    and each part, an encoder is trained on the other folds and measured on this one.

    Args:
        source: What `fit` takes.
        output: Folder for shards, tables, logs and results; a rerun does what is missing there.
        parts: Names of parts or of groups of them; all unless given.
        parts_from: A table of parts of one's own.
        number_of_folds: How many.
        seeds: Trainings of each kind on each fold.
        preset: A packaged preset, such as ``walkthrough``: the recipe.
        config: A YAML file with settings: the recipe.
        say: Is told how far the work has come.
        settings: Single settings, as for `fit`.

    Raises:
        UserError: A setting, a part or the source is not what it should be, or nothing can be trained.
    """
    wanted = chosen(read_parts(parts_from), parts)
    overrides = {"source": _absolute(source), **settings}
    resolved = FinetuneConfig.resolve(preset=preset, file=Path(config) if config else None, overrides=overrides)
    _refuse_an_open_choice(resolved)
    folder = Path(output).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        table, _ = prepare(resolved, folder)
        parted = folds(table, number_of_folds, cast(SplitConfig, resolved.step("split")))
        work = _Work(cast(TrainConfig, resolved.step("train")), wanted, parted, seeds, folder, say)
        work.do()
        return work.ablation()


@dataclass(slots=True)
class _Work:
    """The trainings of an ablation, and those of them that are done."""

    recipe: TrainConfig
    wanted: Sequence[Part]
    folds: Sequence[Fold]
    seeds: int
    folder: Path
    say: Say
    left_out: dict[str, str] = field(default_factory=dict)
    done: dict[str, dict[Place, Measured]] = field(default_factory=dict)

    def do(self) -> None:
        recipes, self.left_out = self._recipes()
        results = Results(self.folder / "results.jsonl")
        orders = list(self._orders(recipes))
        missing = [order for order in orders if not results.find(*order.key)]
        self.say(f"{len(orders):,} trainings, {len(missing):,} of them still to do")
        started = time.monotonic()
        for number, order in enumerate(missing, 1):
            if order.part.name not in self.left_out:
                self._train(order, results)
                rest = len(missing) - number
                self.say(f"{order.name}: {self._told(order, results)}; {_left(started, number, rest)}")
        for order in orders:
            if found := results.find(*order.key):
                self.done.setdefault(order.part.name, {})[order.place] = found

    def ablation(self) -> Ablation:
        """The outcome.

        Raises:
            UserError: The recipe itself could not be trained.
        """
        if problem := self.left_out.get(RECIPE.name):
            raise UserError(f"the recipe cannot be trained as it is: {problem}")
        base = self.done[RECIPE.name]
        rows = [
            Row(part, self.done[part.name], comparing.differences(base, self.done[part.name]))
            for part in (PRETRAINED, *self.wanted)
            if part.name in self.done and part.name not in self.left_out
        ]
        labels = {label for one in base.values() for label in one.labels}
        return Ablation(Row(RECIPE, base, {}), rows, self.left_out, len(labels), len(self.folds), self.seeds)

    def _recipes(self) -> tuple[list[tuple[Part, TrainConfig]], dict[str, str]]:
        """The recipe and each change of it; and of each that changes nothing, or cannot be, the reason by its name."""
        recipes, left_out = [(RECIPE, self.recipe), (PRETRAINED, self.recipe)], {}
        for part in self.wanted:
            try:
                changed = switched(self.recipe, part)
            except UserError as error:
                left_out[part.name] = str(error)
                continue
            if changed == self.recipe:
                left_out[part.name] = "so it is in the recipe"
            else:
                recipes.append((part, changed))
        return recipes, left_out

    def _orders(self, recipes: Sequence[tuple[Part, TrainConfig]]) -> "Iterator[_Order]":
        """Every part on the first fold comes before any on the second, so that a table can be had early."""
        for seed in range(self.recipe.seed, self.recipe.seed + self.seeds):
            for fold in self.folds:
                for part, config in recipes:
                    own = {"trained": False} if part is PRETRAINED else {"trained": True, "seed": seed}
                    yield _Order(part, fold, seed, {**config.model_dump(), **own})

    def _train(self, order: "_Order", results: Results) -> None:
        try:
            outcome = measured(order.fold.table, order.settings, self.folder / "trainings.log")
        except LookalikeError as error:
            self.left_out[order.part.name] = str(error)
            if order.part is RECIPE:
                raise
        else:
            results.add(*order.key, outcome)

    def _told(self, order: "_Order", results: Results) -> str:
        found = results.find(*order.key)
        if not found:
            return f"left out: {self.left_out[order.part.name]}"
        mean = comparing.means({order.place: found})
        return f"MAP@R {mean['map_at_r']:.3f}, R@1 {mean['recall_at_1']:.3f}, {found.wall:.0f} s"


@dataclass(frozen=True, slots=True)
class _Order:
    """One training to be done."""

    part: Part
    fold: Fold
    seed: int
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.part.name}, fold {self.fold.number}, seed {self.seed}"

    @property
    def place(self) -> Place:
        return self.fold.number, self.seed

    @property
    def key(self) -> tuple[str, dict[str, Any]]:
        return self.fold.digest, self.settings


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two ablations in one folder would take each other's time and write into each other's lines.

    Raises:
        UserError: Another one works there.
    """
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"another ablation works in {folder}; wait for it, or pass another --output") from None
    try:
        yield
    finally:
        lock.release()


def _left(started: float, done: int, rest: int) -> str:
    minutes = (time.monotonic() - started) / done * rest / 60
    return f"about {minutes:,.0f} min for the other {rest:,}" if rest else "all done"


def _refuse_an_open_choice(config: FinetuneConfig) -> None:
    if config.step("train").model_dump()["model"] == AUTO:
        raise UserError(
            f"an ablation needs a model by its name, and encoder.model is {AUTO}; pass --model NAME "
            "(`lookalike models` lists them)"
        )


def _absolute(source: str | Path) -> str:
    path = storage.local_path(str(source))
    return str(source) if path is None else str(path.absolute())
