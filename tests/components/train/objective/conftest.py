"""A toy set that a linear encoder can learn: the first half of the numbers tells labels apart, the rest misleads."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.sampler import Sampler

HALF = 8


@dataclass
class Lesson:
    """MAP@R on the right labels, before and after; whether all gradients were finite."""

    before: float
    after: float
    finite: bool


@pytest.fixture
def learn() -> Callable[..., Lesson]:
    """Learns a toy set with labels of ``counts`` images, of which a share ``wrong`` have another's."""

    def learned(counts: list[int], steps: int = 40, wrong: float = 0.0, seed: int = 0, **settings: object) -> Lesson:
        random = np.random.default_rng(seed)
        right = np.repeat(np.arange(len(counts)), counts)
        points = _points(right, len(counts), random)
        labels = _mislabelled(right, wrong, random)
        config = TrainConfig(classes_per_batch=8, images_per_class=4, seed=seed, **settings)
        pictures = Pictures(np.empty((len(labels), 1, 1, 3), np.uint8), labels, labels % 2)
        sampler = Sampler(pictures, config)
        objective = Objective(config, (sampler.classes, 2 * HALF))
        encoder = nn.Linear(2 * HALF, 2 * HALF, bias=False)
        nn.init.eye_(encoder.weight)
        parameters = [*encoder.parameters(), *objective.parameters()]
        optimizer = torch.optim.Adam(parameters, 0.05)
        before, finite = _map_at_r(encoder(points), right), True
        for step in range(steps):
            torch.manual_seed(step)
            batch = sampler.batch(step)
            optimizer.zero_grad()
            embeddings = functional.normalize(encoder(points[batch]), dim=1)
            objective(embeddings, torch.from_numpy(sampler.labels[batch])).backward()
            finite &= all(bool(torch.isfinite(part.grad).all()) for part in parameters if part.grad is not None)
            optimizer.step()
        return Lesson(before, _map_at_r(encoder(points), right), finite)

    return learned


def _points(labels: np.ndarray, classes: int, random: np.random.Generator) -> Tensor:
    telling = random.normal(size=(classes, HALF))[labels] + 0.2 * random.normal(size=(len(labels), HALF))
    return torch.from_numpy(np.hstack([telling, random.normal(size=(len(labels), HALF))])).float()


def _mislabelled(labels: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    return np.where(random.random(len(labels)) < share, random.permutation(labels), labels)


def _map_at_r(embeddings: Tensor, labels: np.ndarray) -> float:
    unit = functional.normalize(embeddings.detach(), dim=1).numpy()
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    same = labels[np.argsort(-cosines, axis=1)] == labels[:, None]
    relevant = np.bincount(labels)[labels] - 1
    ranks = np.arange(1, len(labels) + 1)
    counted = same & (ranks <= relevant[:, None])
    return float(((counted * counted.cumsum(axis=1) / ranks).sum(axis=1) / relevant).mean())
