import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch

from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.loader import AHEAD, Batch, Loader
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.sampler import Sampler

CONFIG = TrainConfig(classes_per_batch=3, images_per_class=2, augmentation="strong")
SIZE = 24


@pytest.fixture(scope="module")
def pictures(photographer: Callable[..., object]) -> Pictures:
    """Four labels, three pictures each."""
    shown = [np.asarray(photographer(label, view, size=30)) for label in range(4) for view in range(3)]
    return Pictures(np.stack(shown), np.repeat(np.arange(4), 3))


def loader(pictures: Pictures, world: World = ALONE, size_of: Callable[[int], int] = lambda _: SIZE) -> Loader:
    return Loader(pictures, Sampler(pictures, CONFIG), Augmentation(CONFIG), size_of, CONFIG.seed, world)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def same(one: Batch, other: Batch) -> bool:
    return torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)


def test_batches_are_those_that_are_made_when_they_are_asked_for(pictures: Pictures) -> None:
    sampler, vary = Sampler(pictures, CONFIG), Augmentation(CONFIG)
    for step, batch in enumerate(loader(pictures).batches(0, 7)):
        positions = sampler.batch(step)
        randoms = [np.random.default_rng([CONFIG.seed, step, place]) for place in range(len(positions))]
        images = vary(torch.from_numpy(pictures.pixels[positions]), SIZE, randoms)
        assert same(batch, Batch(images, torch.from_numpy(pictures.labels[positions])))


def test_a_training_that_goes_on_gets_the_batches_that_it_would_have_got(pictures: Pictures) -> None:
    whole = list(loader(pictures).batches(0, 8))
    parts = [*loader(pictures).batches(0, 3), *loader(pictures).batches(3, 8)]
    assert len(whole) == 8
    assert all(map(same, whole, parts))


def test_processes_get_the_parts_of_one_batch(pictures: Pictures) -> None:
    whole = next(loader(pictures).batches(4, 5))
    parts = [next(loader(pictures, World(rank=rank, size=4)).batches(4, 5)) for rank in range(4)]
    assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
    assert all(torch.equal(part.labels, whole.labels) for part in parts)


def test_pictures_are_of_the_size_of_their_step(pictures: Pictures) -> None:
    sizes = [16, 16, 24, 30]
    assert sizes == [batch.images.shape[1] for batch in loader(pictures, size_of=sizes.__getitem__).batches(0, 4)]


def test_views_of_one_picture_are_told_apart_by_their_places(pictures: Pictures) -> None:
    config = CONFIG.model_copy(update={"supervision": "views"})
    sampler = Sampler(pictures, config)
    batch = next(Loader(pictures, sampler, Augmentation(config), lambda _: SIZE, 0).batches(0, 1))
    assert sorted(batch.labels.bincount()[batch.labels.unique()].tolist()) == [2, 2, 2]
    assert len({image.numpy().tobytes() for image in batch.images}) == 6


def test_what_fails_ahead_fails_at_its_own_step(pictures: Pictures) -> None:
    def size_of(step: int) -> int:
        if step == 2:
            raise LookalikeError("the shard is gone")
        return SIZE

    batches = loader(pictures, size_of=size_of).batches(0, 5)
    assert [len(next(batches).labels) for _ in range(2)] == [6, 6]
    with pytest.raises(LookalikeError, match="the shard is gone"):
        next(batches)
    assert threads() == []


def test_threads_end_with_the_last_batch_and_where_the_rest_is_not_wanted(pictures: Pictures) -> None:
    list(loader(pictures).batches(0, 3))
    assert threads() == []
    batches = loader(pictures).batches(0, 1000)
    next(batches)
    assert threads()
    batches.close()
    assert threads() == []


def test_no_more_is_made_ahead_than_a_few_batches(pictures: Pictures) -> None:
    asked: list[int] = []

    def size_of(step: int) -> int:
        asked.append(step)
        return SIZE

    batches = loader(pictures, size_of=size_of).batches(0, 1000)
    next(batches)
    most = 1 + AHEAD * len(threads())
    batches.close()
    assert max(asked) < most


def test_no_steps_make_no_batches(pictures: Pictures) -> None:
    assert list(loader(pictures).batches(3, 3)) == []


def test_torch_keeps_its_threads_for_the_step(pictures: Pictures) -> None:
    before = torch.get_num_threads()
    batches = loader(pictures).batches(0, 3)
    next(batches)
    assert torch.get_num_threads() == before
    batches.close()


def test_the_seconds_that_the_step_waited_are_told(pictures: Pictures) -> None:
    assert all(0 < batch.waited < 60 for batch in loader(pictures).batches(0, 3))
