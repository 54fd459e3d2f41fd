"""The course of a training: variants are tried, the best one goes on, and the best weights are kept.

    start -> trial of variant 1 -> ... -> trial of variant n -> the best one goes on -> mixture with the start

Of what the validation labels do not surely tell apart, the first variant, the last weights and the purest mixture win.
A variant that diverges in its trial loses it; where all do, the training has failed.
A stretch between two looks at the validation labels ends with a row of history. A checkpoint holds the whole course, so
that one that was stopped anywhere ends with the weights of one that never stopped.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import partial

from lookalike_components.encoder.backbones import backbone
from lookalike_components.encoder.model import Encoder
from lookalike_components.progress import Facts, say, track
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.stopping import STOPPED, stop_put_off
from lookalike_components.train.distributed.world import World
from lookalike_components.train.keeping.checkpoint import Checkpoints, State
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.health import DivergenceError
from lookalike_components.train.optimisation.schedule import factor
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.loader import Loader
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.resolution import size_at, usual_share
from lookalike_components.train.pictures.sampler import Sampler
from lookalike_components.train.selection.best import Best, copied
from lookalike_components.train.selection.interpolation import best_share, mixed
from lookalike_components.train.selection.sureness import falls_behind
from lookalike_components.train.selection.validation import METRIC, Judgement, can_judge, validate
from lookalike_components.train.training import Training, check_shares

LOSSES_SHOWN = 20


@dataclass(slots=True)
class Stretch:
    """The steps since the last look at the validation labels.

    Attributes:
        losses: Of each step.
        seconds: That they took.
        waited: Of these, how many they waited for their batches.
    """

    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    waited: float = 0.0


class Course:
    """Trains one encoder from its start to the weights that are kept.

    Args:
        start: The encoder before training; it is left as it is.
        pictures: What is trained on.
        validation: What the choices are made on; may be empty.
        config: How.
        world: The processes that share the work.
        checkpoints: Where the course can be taken up again.
    """

    def __init__(
        self,
        start: Encoder,
        pictures: Pictures,
        validation: Pictures,
        config: TrainConfig,
        world: World,
        checkpoints: Checkpoints,
    ) -> None:
        self._start = start
        self._pictures = pictures
        self._validation = validation
        self._config = config
        self._world = world
        self._checkpoints = checkpoints
        self._sampler = Sampler(pictures, config)  # of every variant: they may not differ in it
        self._variants = config.each_variant()[: None if can_judge(validation) else 1]
        self._rows: list[Facts] = []
        self._tried_so_far = 0
        self._chosen = 0
        self._leader: State | None = None
        self._stretch = Stretch()
        self._best = Best()
        self._resting: State | None = None

    @contextmanager
    def kept_when_stopped(self) -> Iterator[None]:
        """Leaves a checkpoint when this process is asked to stop; a step under way is finished first.

        Raises:
            SystemExit: It was asked to.
        """
        try:
            yield
        except SystemExit:
            if self._resting and self._config.checkpoint_every and self._world.leads:
                self._checkpoints.save(self._resting)
                self._checkpoints.wait()
                taken = self._resting["training"]["taken"]
                say(f"stopped after step {taken:,}; the same training, started again, goes on from there")
            raise

    def rows(self) -> Iterator[Facts]:
        """Trains; each row of history is made when it is asked for, those before a checkpoint all at once."""
        state = self._checkpoints.load()
        if state:
            yield from self._taken_up(state)
        else:
            yield self._kept(self._untrained())
        for number in range(self._tried_so_far, len(self._variants) if len(self._variants) > 1 else 0):
            yield self._kept(self._tried(number, state))
            state = None
        yield from self._trained(state)

    def encoder(self) -> tuple[Encoder, Facts]:
        """What came of it: the kept weights, mixed with those of the start, and a row of history about them."""
        before = {name: copied(tensor) for name, tensor in self._start.state_dict().items()}
        encoder = deepcopy(self._start)

        def score(share: float) -> Judgement:
            if share == 1:
                return self._best.validation
            encoder.load_state_dict(mixed(before, self._best.weights, share))
            return self._validated(encoder)

        share, validation = best_share(self._config.interpolations, score)
        encoder.load_state_dict(mixed(before, self._best.weights, share))
        chosen = {"kept": self._best.step, "share": share}
        return encoder, {**self._rows[-1], "validation": validation.means, **chosen}

    def _tried(self, number: int, state: State | None) -> Facts:
        """Takes the first steps of a variant."""
        training, loader = self._training(self._variants[number], state)
        told = {"trial": number, "variant": self._config.variants[number]}
        try:
            row, validation = self._walked(training, loader, min(self._config.trial_steps, training.steps), told)
        except DivergenceError as error:
            row = {**self._row(training, loader, Judgement()), "diverged": str(error)}
        else:
            self._compare(number, training, row, validation)
        self._stretch = Stretch()
        self._tried_so_far += 1
        return {**row, **told}

    def _compare(self, number: int, training: Training, row: Facts, validation: Judgement) -> None:
        """Lets a variant lead that is the first, or surely better than the one that leads."""
        if self._leader is None or falls_behind(self._leader["validation"]["by_label"], validation.by_label):
            leader = {"number": number, "row": row, "validation": asdict(validation)}
            self._leader = {**leader, "training": training.state()}

    def _trained(self, state: State | None) -> Iterator[Facts]:
        """Takes the steps of the variant that was chosen, from its trial on.

        Raises:
            DivergenceError: Every variant did in its trial; the sentence is the first one's.
        """
        leader, self._leader = self._leader, None  # from here on no checkpoint has to hold it
        if leader:
            self._chosen = leader["number"]
        elif not state and len(self._variants) > 1:
            raise DivergenceError(next(row["diverged"] for row in self._rows if "diverged" in row))
        training, loader = self._training(self._variants[self._chosen], state or leader)
        if leader and not state:
            yield self._looked_at(training, leader["row"], Judgement(**leader["validation"]))
        every = self._config.validate_every or self._sampler.steps_per_epoch
        while self._next_look(training, every) > training.taken or self._stretch.losses:
            if self._is_patient_no_more():
                break
            yield self._looked_at(training, *self._walked(training, loader, self._next_look(training, every), {}))

    def _next_look(self, training: Training, every: int) -> int:
        """The step after which the validation labels are looked at next; that may be due right now."""
        looked_at = training.taken - bool(self._stretch.losses)
        return min(training.steps, (looked_at // every + 1) * every)

    def _walked(self, training: Training, loader: Loader, stop: int, told: Facts) -> tuple[Facts, Judgement]:
        """Takes the steps up to the next look at the validation labels; gives the row about them, and what they say.

        Raises:
            DivergenceError: The training did.
            SystemExit: This process was asked to stop.
        """
        if training.taken < stop:
            self._take_steps(training, loader, stop, told)
        validation = self._validated(training.encoder_now())
        row = self._row(training, loader, validation)
        self._stretch = Stretch()
        return row, validation

    def _row(self, training: Training, loader: Loader, validation: Judgement) -> Facts:
        """The row of history about the steps since the last one; a training that diverges may have taken none."""
        stretch = self._stretch
        seconds = stretch.seconds or math.inf
        return {
            **self._place(training.taken, training.steps),
            "loss": statistics.fmean(stretch.losses) if stretch.losses else None,
            "learning_rate": _learning_rate(training, training.taken - len(stretch.losses)),
            "seconds": stretch.seconds,
            "images_per_second": len(stretch.losses) * loader.batch_size / seconds,
            "waiting": stretch.waited / seconds,
            "validation": validation.means,
        }

    def _take_steps(self, training: Training, loader: Loader, stop: int, told: Facts) -> None:
        last = self._rows[-1]["validation"]
        batches = loader.batches(training.taken, stop)
        if self._world.leads:
            total, pace = stop if told else training.steps, partial(self._pace, loader, told, last)
            batches = track(batches, total, "steps", start=training.taken, facts=pace)
        with stop_put_off() as asked_to_stop, self._stopped_rather_than_diverged(asked_to_stop):
            self._resting = None  # its tensors are about to change
            started = time.monotonic()
            for batch in batches:
                self._stretch.losses.append(training.step(batch))
                self._stretch.waited += batch.waited
                self._stretch.seconds += time.monotonic() - started
                started = time.monotonic()
                if self._world.anywhere(asked_to_stop()):
                    self._resting = self._state(training)
                    raise SystemExit(STOPPED)
                self._keep_now_and_then(training)
            self._resting = self._state(training)

    @contextmanager
    def _stopped_rather_than_diverged(self, asked_to_stop: Callable[[], bool]) -> Iterator[None]:
        """Lets a request to stop that came in the step in which a training diverges end the course all the same."""
        try:
            yield
        except DivergenceError:
            if self._world.anywhere(asked_to_stop()):
                raise SystemExit(STOPPED) from None
            raise

    def _pace(self, loader: Loader, told: Facts, validation: dict[str, float]) -> Facts:
        """What people want to see of the steps under way."""
        stretch = self._stretch
        trial = {"trial": f"{told['trial'] + 1} of {len(self._variants)}"} if told else {}
        found = {"MAP@R": validation[METRIC]} if METRIC in validation else {}
        return {
            **trial,
            "loss": statistics.fmean(stretch.losses[-LOSSES_SHOWN:]),
            **found,
            "images/s": round(len(stretch.losses) * loader.batch_size / stretch.seconds),
            "% waiting": round(100 * stretch.waited / stretch.seconds),
        }

    def _looked_at(self, training: Training, row: Facts, validation: Judgement) -> Facts:
        self._best.look(validation, training.taken, training.weights(), self._config.keep)
        return self._kept(row)

    def _kept(self, row: Facts) -> Facts:
        self._rows.append(row)
        return row

    def _untrained(self) -> Facts:
        steps = self._steps(self._variants[0])
        nothing = {"loss": None, "learning_rate": 0.0, "seconds": 0.0, "images_per_second": 0.0, "waiting": 0.0}
        return {**self._place(0, steps), **nothing, "validation": self._validated(self._start).means}

    def _place(self, step: int, steps: int) -> Facts:
        return {"epoch": round(step / self._sampler.steps_per_epoch, 2), "step": step, "steps": steps}

    def _is_patient_no_more(self) -> bool:
        return 0 < self._config.patience <= self._best.looks_since

    def _validated(self, encoder: Encoder) -> Judgement:
        return validate(encoder, self._validation, self._config.k, self._world)

    def _training(self, config: TrainConfig, state: State | None) -> tuple[Training, Loader]:
        """A training of its own with the batches for it, at its beginning or as a checkpoint has it."""
        check_shares(self._sampler.batch_size, self._world)
        steps = self._steps(config)
        shape = self._sampler.classes, self._start.config.dimension
        training = Training(deepcopy(self._start), Objective(config, shape), steps, config, self._world)
        if state:
            training.restore(state["training"])
        size = self._start.config.input_size
        network = backbone(self._start.config.model)
        resolutions = config.resolutions or [usual_share(size) if network.any_size else 1.0]
        sizes = [size_at(step, steps, size, resolutions, network.multiple) for step in range(steps)]
        augmentation = Augmentation(config)
        loader = Loader(self._pictures, self._sampler, augmentation, sizes.__getitem__, config.chance, self._world)
        return training, loader

    def _steps(self, config: TrainConfig) -> int:
        return config.steps or config.epochs * self._sampler.steps_per_epoch

    def _keep_now_and_then(self, training: Training) -> None:
        if self._config.checkpoint_every and training.taken % self._config.checkpoint_every == 0 and self._world.leads:
            self._checkpoints.save(self._state(training))

    def _state(self, training: Training) -> State:
        return {
            # A head from a PCA may turn out mirrored on another machine; all else is as it was in a file.
            "start": self._start.state_dict() if self._config.dimension else {},
            "rows": list(self._rows),
            "tried": self._tried_so_far,
            "chosen": self._chosen,
            "leader": self._leader,
            "stretch": asdict(self._stretch),
            "best": self._best.state(),
            "training": training.state(),
        }

    def _taken_up(self, state: State) -> Iterator[Facts]:
        self._start.load_state_dict(state["start"], strict=bool(state["start"]))
        self._rows, self._leader = state["rows"], state["leader"]
        self._tried_so_far, self._chosen = state["tried"], state["chosen"]
        self._stretch, self._best = Stretch(**state["stretch"]), Best.restored(state["best"])
        self._resting = state
        if self._world.leads:
            say(f"going on from the checkpoint after step {state['training']['taken']:,}")
        yield from list(self._rows)


def _learning_rate(training: Training, step: int) -> float:
    return training.config.learning_rate * factor(training.config, step, training.steps)
