"""Which pictures make a batch: a pure function of the seed and the number of the step, so that training can go on."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from math import ceil
from threading import Lock

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.names import LOSSES
from lookalike_components.train.pictures.pictures import Pictures

Positions = npt.NDArray[np.int64]

KEPT = 64
"""Latest batches that are kept, for threads that ask for them in another order."""


class Sampler:
    """Draws the batches of a training; one sampler may be asked by several threads.

    - balanced: up to ``images_per_class`` images of each of as many labels as fill the batch. Labels take turns, and so
      do the images of a label; an image is never twice in a batch, so that more labels come where they have few images.
    - random: images take turns, whatever their labels.
    - category: balanced, and all labels of a batch are of one category; where it has too few, of the next as well
      (as trained on Stanford Online Products by Open Metric Learning). A label's category is that of its first image.

    Where views belong together rather than labels, each image is a label of its own, drawn ``images_per_class`` times.

    Attributes:
        labels: int64 ``[n]``, what belongs together, from 0 up to ``classes``.
        classes: Number of distinct labels.
        batch_size: Images in a batch: ``classes_per_batch`` times ``images_per_class``, or all that can be in one.
        steps_per_epoch: Steps after which as many images were drawn as there are.

    Raises:
        UserError: No label has two images to be compared, or the sampler category has no categories.
    """

    def __init__(self, pictures: Pictures, config: TrainConfig) -> None:
        self._views = config.supervision == "views"
        self.labels: Positions = np.arange(len(pictures), dtype=np.int64) if self._views else pictures.labels
        self.classes = int(self.labels.max()) + 1
        self._images = _grouped(self.labels, self.classes)
        self._turns = [_turn(len(images), config) for images in self._images]
        self._categories = _categories(pictures, self._images) if config.sampler == "category" else None
        self._config = config
        if LOSSES[config.loss].compares != "classes" and max(self._turns) < 2:
            raise UserError("no label has two images to train on; set train.supervision to views, or label otherwise")
        most = len(pictures) if config.sampler == "random" else sum(self._turns)
        self.batch_size = min(config.classes_per_batch * config.images_per_class, most)
        self.steps_per_epoch = ceil(len(pictures) / self.batch_size)
        self._lock = Lock()
        self._begin()

    def batch(self, step: int) -> Positions:
        """Positions int64 ``[batch_size]`` of the pictures of one step, from 0 up."""
        with self._lock:
            if step < self._drawn_steps and step not in self._recent:
                self._begin()
            while self._drawn_steps <= step:
                self._recent[self._drawn_steps] = next(self._batches)
                self._drawn_steps += 1
                self._recent.pop(self._drawn_steps - 1 - KEPT, None)
            return self._recent[step]

    def _begin(self) -> None:
        """Goes back to before the first step; a later one is reached by drawing all before it, 2,000 a second."""
        self._drawn_steps = 0
        self._recent: dict[int, Positions] = {}
        self._batches = self._drawn()

    def _drawn(self) -> Iterator[Positions]:
        """The batches of all steps from 0 on."""
        random = np.random.default_rng(self._config.chance)
        if self._config.sampler == "random":
            deck = Deck(range(len(self.labels)), random)
            while True:
                yield np.array([*islice(deck.dealt(), self.batch_size)], np.int64)
        images = [] if self._views else [Deck(of_label, random) for of_label in self._images]
        for labels in self._labels_in_turn(random):
            yield np.array(self._filled(labels, images), np.int64)

    def _filled(self, labels: Iterator[int], images: "list[Deck]") -> list[int]:
        """A batch of the images of these labels, until it is full."""
        batch: list[int] = []
        while len(batch) < self.batch_size:
            label = next(labels)
            turn = min(self._turns[label], self.batch_size - len(batch))
            if self._views:
                batch += turn * [label]
            else:
                batch += islice(images[label].dealt(), turn)
        return batch

    def _labels_in_turn(self, random: np.random.Generator) -> Iterator[Iterator[int]]:
        """For each batch, its labels one after the other, none twice."""
        if self._categories is None:
            deck = Deck(range(self.classes), random)
            while True:
                yield deck.dealt()
        decks = [Deck(labels, random) for labels in self._categories]
        categories = Deck(range(len(decks)), random, [self._batches_of(labels) for labels in self._categories])
        while True:
            yield (label for category in categories.dealt() for label in decks[category].dealt())

    def _batches_of(self, labels: Positions) -> int:
        """How often the category of these labels has its turn: as often as they fill a batch, once at least."""
        images: int = sum(self._turns[label] for label in labels)
        return max(1, round(images / self.batch_size))


class Deck:
    """Cards that are dealt in random order, each as often as all others; a deck that runs out is shuffled anew.

    Args:
        cards: What is dealt.
        random: Shuffles.
        copies: How often each card is in the deck; once without.
    """

    def __init__(self, cards: Positions | range, random: np.random.Generator, copies: Sequence[int] = ()) -> None:
        self._cards = np.repeat(np.asarray(cards, np.int64), copies or 1)
        self._distinct = len(cards)
        self._random = random
        self._left: list[int] = []

    def dealt(self) -> Iterator[int]:
        """Distinct cards, one after the other, as many as are asked for; all of them at most."""
        hand: set[int] = set()
        while len(hand) < self._distinct:
            card = self._card(hand)
            hand.add(card)
            yield card

    def _card(self, but_not: Collection[int]) -> int:
        if all(card in but_not for card in self._left):
            self._left = [*self._random.permutation(self._cards).tolist(), *self._left]
        place = next(place for place in reversed(range(len(self._left))) if self._left[place] not in but_not)
        return self._left.pop(place)


def _turn(images: int, config: TrainConfig) -> int:
    """How many images a label gives to a batch."""
    return config.images_per_class if config.supervision == "views" else min(images, config.images_per_class)


def _grouped(labels: Positions, classes: int) -> list[Positions]:
    """The positions of each label's images."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.bincount(labels, minlength=classes).cumsum()[:-1])


def _categories(pictures: Pictures, images: list[Positions]) -> list[Positions]:
    """The labels of each category."""
    if pictures.categories is None:
        raise UserError("the sampler category needs a column of categories; set train.category to one of the table's")
    of_label = pictures.categories[[positions[0] for positions in images]]
    return [np.flatnonzero(of_label == category) for category in np.unique(of_label)]
