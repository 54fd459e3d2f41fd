"""The course of a training: variants are tried, the best one goes on, and the best weights are kept.

    start -> trial of variant 1 -> ... -> trial of variant n -> the best one goes on -> mixture with the start

A stretch between two looks at the validation labels ends with a row of history. A checkpoint holds the whole course, so
that one that was stopped anywhere ends with the weights of one that never stopped.
"""

import statistics
import time
from collections.abc import Iterator
from copy import deepcopy

from lookalike_components.encoder.model import Encoder
from lookalike_components.progress import Facts, say, track
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import World
from lookalike_components.train.keeping.checkpoint import Checkpoints, State
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.loader import Loader
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.resolution import size_at
from lookalike_components.train.pictures.sampler import Sampler
from lookalike_components.train.selection.best import METRIC, Best
from lookalike_components.train.selection.interpolation import best_share, mixed
from lookalike_components.train.selection.validation import validate
from lookalike_components.train.training import Training, check_shares


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
        self._variants = config.each_variant() if len(validation) else [config]
        self._rows: list[Facts] = []
        self._trials: list[float] = []
        self._leader: State | None = None
        self._losses: list[float] = []
        self._best = Best()

    def rows(self) -> Iterator[Facts]:
        """Trains; each row of history is made when it is asked for, those before a checkpoint all at once."""
        state = self._checkpoints.load()
        if state:
            yield from self._taken_up(state)
        else:
            yield self._kept(self._untrained())
        for number in range(len(self._trials), len(self._variants) if len(self._variants) > 1 else 0):
            yield self._kept(self._tried(number, state))
            state = None
        yield from self._trained(state)

    def encoder(self) -> tuple[Encoder, Facts]:
        """What came of it: the kept weights, mixed with those of the start, and a row of history about them."""
        before = {name: tensor.clone() for name, tensor in self._start.state_dict().items()}
        encoder = deepcopy(self._start)

        def score(share: float) -> dict[str, float]:
            encoder.load_state_dict(mixed(before, self._best.weights, share))
            return self._validated(encoder)

        share, validation = best_share(self._config.interpolations, score)
        encoder.load_state_dict(mixed(before, self._best.weights, share))
        row = {**self._rows[-1], "step": self._best.step, "validation": validation, "share": share}
        return encoder, row

    def _tried(self, number: int, state: State | None) -> Facts:
        """Takes the first steps of a variant."""
        training, loader = self._training(self._variants[number], state)
        row = self._stretch(training, loader, min(self._config.trial_steps, training.steps))
        self._trials.append(row["validation"][METRIC])
        if self._trials[-1] == max(self._trials):
            self._leader = {"training": training.state(), "row": row}
        return {**row, "trial": number}

    def _trained(self, state: State | None) -> Iterator[Facts]:
        """Takes the steps of the variant that did best, from its trial on."""
        config = self._variants[self._trials.index(max(self._trials)) if self._trials else 0]
        if self._leader and not state:
            training, loader = self._training(config, self._leader)
            yield self._looked_at(training, self._leader["row"])
        else:
            training, loader = self._training(config, state)
        every = config.validate_every or self._sampler(config).steps_per_epoch
        while training.taken < training.steps and not self._is_patient_no_more():
            stop = min(training.steps, (training.taken // every + 1) * every)
            yield self._looked_at(training, self._stretch(training, loader, stop))

    def _stretch(self, training: Training, loader: Loader, stop: int) -> Facts:
        """Takes the steps up to the next look at the validation labels; gives the row about them."""
        rate, first, started, waited = training.learning_rate, training.taken, time.monotonic(), 0.0
        batches = loader.batches(training.taken, stop)
        for batch in track(batches, stop - first, "steps") if self._world.leads else batches:
            self._losses.append(training.step(batch))
            waited += batch.waited
            self._keep_now_and_then(training)
        seconds = time.monotonic() - started
        row = {
            **self._place(training.taken, training.steps),
            "loss": statistics.fmean(self._losses),
            "learning_rate": rate,
            "seconds": seconds,
            "images_per_second": (stop - first) * loader.batch_size / seconds,
            "waiting": waited / seconds,
            "validation": self._validated(training.encoder_now()),
        }
        self._losses = []
        return row

    def _looked_at(self, training: Training, row: Facts) -> Facts:
        self._best.look(row["validation"], training.taken, training.weights(), self._config.keep)
        return self._kept(row)

    def _kept(self, row: Facts) -> Facts:
        self._rows.append(row)
        return row

    def _untrained(self) -> Facts:
        steps = self._steps(self._variants[0])
        nothing = {"loss": None, "learning_rate": 0.0, "seconds": 0.0, "images_per_second": 0.0, "waiting": 0.0}
        return {**self._place(0, steps), **nothing, "validation": self._validated(self._start)}

    def _place(self, step: int, steps: int) -> Facts:
        return {"epoch": round(step / self._sampler(self._config).steps_per_epoch, 2), "step": step, "steps": steps}

    def _is_patient_no_more(self) -> bool:
        return 0 < self._config.patience <= self._best.looks_since

    def _validated(self, encoder: Encoder) -> dict[str, float]:
        return validate(encoder, self._validation, self._config.k, self._world)

    def _training(self, config: TrainConfig, state: State | None) -> tuple[Training, Loader]:
        """A training of its own with the batches for it, at its beginning or as a checkpoint has it."""
        sampler = self._sampler(config)
        check_shares(sampler.batch_size, self._world)
        steps = self._steps(config)
        shape = self._pictures.classes, self._start.config.dimension
        training = Training(deepcopy(self._start), Objective(config, shape), steps, config, self._world)
        if state:
            training.restore(state["training"])
        size = self._start.config.input_size
        sizes = [size_at(step, steps, size, config.resolutions) for step in range(steps)]
        loader = Loader(self._pictures, sampler, Augmentation(config), sizes.__getitem__, config.seed, self._world)
        return training, loader

    def _sampler(self, config: TrainConfig) -> Sampler:
        return Sampler(self._pictures, config)

    def _steps(self, config: TrainConfig) -> int:
        return config.steps or config.epochs * self._sampler(config).steps_per_epoch

    def _keep_now_and_then(self, training: Training) -> None:
        if self._config.checkpoint_every and training.taken % self._config.checkpoint_every == 0 and self._world.leads:
            self._checkpoints.save(self._state(training))

    def _state(self, training: Training) -> State:
        return {
            "rows": self._rows,
            "trials": self._trials,
            "leader": self._leader,
            "losses": self._losses,
            "best": self._best.state(),
            "training": training.state(),
        }

    def _taken_up(self, state: State) -> Iterator[Facts]:
        self._rows, self._trials, self._leader = state["rows"], state["trials"], state["leader"]
        self._losses, self._best = state["losses"], Best(**state["best"])
        say(f"going on from the checkpoint after step {state['training']['taken']:,}")
        yield from self._rows
