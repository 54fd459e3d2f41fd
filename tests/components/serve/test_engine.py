"""From image files to embeddings: in batches, in bounds, in time, and for nobody who has left."""

import asyncio
import gc
import threading
import weakref
from dataclasses import dataclass, field

import numpy as np
import pytest

from lookalike_components.errors import UserError
from lookalike_components.release.manifest import Manifest
from lookalike_components.serve.config import Limits
from lookalike_components.serve.engine import Deadline, Engine
from lookalike_components.serve.engine.admission import Admission, room
from lookalike_components.serve.refusals import BadImage, Busy, TooLate, TooManyImages, TooManyPixels


@dataclass
class Gated:
    """A release whose encoder can be held, and which tells what went through it."""

    release: object
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    batches: list[int] = field(default_factory=list)

    @property
    def manifest(self) -> Manifest:
        return self.release.manifest

    def encode_pixels(self, pixels):
        self.batches.append(len(pixels))
        self.entered.set()
        assert self.gate.wait(timeout=30)
        return self.release.encode_pixels(pixels)

    async def is_entered(self):
        assert await asyncio.to_thread(self.entered.wait, 30)


@pytest.fixture
def gated(release):
    gated = Gated(release)
    yield gated
    gated.gate.set()


@pytest.fixture
def engine():
    engine = Engine(Limits(), threads=4)
    yield engine
    engine.close()


def limited(**limits):
    return Engine(Limits(**limits), threads=4)


async def waits_for(condition):
    while not condition():  # what threads do has no event to wait for
        await asyncio.sleep(0.001)


def test_files_are_embedded_as_the_release_does(engine, release, pictures):
    vectors = asyncio.run(engine.encode_files(release, pictures))
    np.testing.assert_allclose(vectors, release.encode(pictures), atol=1e-6)


def test_pixels_are_embedded_as_the_release_does(engine, release, pixels):
    vectors = asyncio.run(engine.encode_pixels(release, pixels))
    np.testing.assert_allclose(vectors, release.encode_pixels(pixels), atol=1e-6)


def test_many_requests_at_once_each_get_their_own(engine, release, pictures):
    async def ask():
        return await asyncio.gather(*(engine.encode_files(release, [picture]) for picture in pictures * 20))

    vectors = np.concatenate(asyncio.run(ask()))
    np.testing.assert_allclose(vectors, np.tile(release.encode(pictures), (20, 1)), atol=1e-6)


def test_nothing_is_embedded_as_nothing(engine, release):
    vectors = asyncio.run(asyncio.wait_for(engine.encode_files(release, []), timeout=10))
    assert vectors.shape == (0, 48)


def test_one_that_comes_alone_does_not_wait_and_those_behind_it_go_together(engine, gated, pixels):
    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        rest = [asyncio.create_task(engine.encode_pixels(gated, pixels[1:3])) for _ in range(2)]
        await waits_for(lambda: len(engine._batching._waiting) == 4)
        gated.gate.set()
        return await asyncio.gather(first, *rest)

    asyncio.run(ask())
    assert gated.batches == [1, 4]


def test_batches_are_powers_of_two_and_bounded(engine, gated, pixels):
    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        rest = asyncio.create_task(engine.encode_pixels(gated, np.repeat(pixels[:1], 15, axis=0)))
        await waits_for(lambda: len(engine._batching._waiting) == 15)
        gated.gate.set()
        await asyncio.gather(first, rest)

    asyncio.run(ask())
    assert gated.batches == [1, 8, 4, 2, 1]


def test_images_of_two_releases_never_share_a_batch(engine, gated, release, pixels):
    other = Gated(release)
    other.gate.set()

    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        rest = [engine.encode_pixels(served, pixels[:2]) for served in (gated, other)]
        tasks = [asyncio.create_task(request) for request in rest]
        await waits_for(lambda: len(engine._batching._waiting) == 4)
        gated.gate.set()
        await asyncio.gather(first, *tasks)

    asyncio.run(ask())
    assert sum(gated.batches) == 3
    assert sum(other.batches) == 2


def test_of_several_broken_images_the_first_is_named(engine, release, pictures):
    images = [*pictures, b"no image", *pictures, b"", pictures[0]]
    with pytest.raises(BadImage) as error:
        asyncio.run(engine.encode_files(release, images))
    assert str(error.value) == "image 7 is not an image; send another"


def test_an_image_with_too_many_pixels_is_not_decoded(release, pictures):
    with pytest.raises(TooManyPixels) as error:
        asyncio.run(limited(pixels=500).encode_files(release, pictures[:1]))
    assert str(error.value) == "image 1 has too many pixels (no more than 500); send a smaller one"


def test_pixels_of_another_size_are_refused(engine, release):
    with pytest.raises(UserError) as error:
        asyncio.run(engine.encode_pixels(release, np.zeros((3, 2, 2, 3), np.uint8)))
    assert str(error.value).startswith("the pixels are uint8 3 x 2 x 2 x 3 but the encoder takes uint8 n x 16 x 16 x 3")


def test_a_request_with_too_many_images_is_refused(release, pictures):
    with pytest.raises(TooManyImages) as error:
        asyncio.run(limited(images=5).encode_files(release, pictures))
    assert str(error.value) == "the request holds 6 images; send no more than 5 in one"


def test_what_the_queue_could_never_hold_is_not_called_busy(release, pictures):
    with pytest.raises(TooManyImages):
        asyncio.run(limited(queue_images=5).encode_files(release, pictures))


def test_past_the_bound_the_server_is_busy_and_afterwards_it_is_not(gated, pixels):
    engine = limited(queue_images=4)

    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:3]))
        await gated.is_entered()
        with pytest.raises(Busy) as error:
            await engine.encode_pixels(gated, pixels[:2])
        gated.gate.set()
        await first
        return error.value, await engine.encode_pixels(gated, pixels[:2])

    busy, vectors = asyncio.run(ask())
    assert str(busy) == "the server is working on 3 images and takes on no more than 4; try again in 1 s"
    assert busy.retry_after == 1
    assert len(vectors) == 2


def test_what_is_late_is_told_in_time_and_not_worked_for(engine, gated, pixels):
    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        with pytest.raises(TooLate) as error, Deadline.after(0.05).held():
            await engine.encode_pixels(gated, pixels)
        gated.gate.set()
        await first
        return error.value

    late = asyncio.run(ask())
    assert str(late) == "the request was not answered within 0.05 s; send fewer images or grant more time"
    assert gated.batches == [1]


def test_nothing_begins_behind_its_deadline(engine, gated, pixels):
    with pytest.raises(TooLate), Deadline.after(-1).held():
        asyncio.run(engine.encode_pixels(gated, pixels))
    assert gated.batches == []


def test_a_client_that_left_is_not_worked_for(engine, gated, pixels):
    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        second = asyncio.create_task(engine.encode_pixels(gated, pixels))
        await waits_for(lambda: len(engine._batching._waiting) == len(pixels))
        second.cancel()
        await asyncio.wait([second])
        gated.gate.set()
        await first
        await waits_for(lambda: engine._admission.in_flight == 0)

    asyncio.run(ask())
    assert gated.batches == [1]


def test_the_files_of_a_client_that_left_are_let_go_though_no_thread_came_to_them(release, pictures):
    engine, gate = Engine(Limits(), threads=1), threading.Event()

    async def ask():
        first = asyncio.create_task(slow(engine, release, gate))
        file = memoryview(pictures[0])  # unlike bytes, it can be told whether anybody still has it
        second, is_there = asyncio.create_task(engine.encode_files(release, [file])), weakref.ref(file)
        del file
        await waits_for(lambda: engine._admission.in_flight == 2)
        second.cancel()
        await asyncio.wait([second])
        del second
        gc.collect()  # a task and its frames hold each other
        found = is_there()
        gate.set()
        await first
        return found

    found = asyncio.run(ask())
    engine.close()
    assert found is None


def test_what_a_client_that_left_brought_counts_until_its_turn_is_over(gated, pixels):
    engine = limited(queue_images=4)

    async def ask():
        first = asyncio.create_task(engine.encode_pixels(gated, pixels[:1]))
        await gated.is_entered()
        second = asyncio.create_task(engine.encode_pixels(gated, pixels[:3]))
        await waits_for(lambda: len(engine._batching._waiting) == 3)
        second.cancel()
        await asyncio.wait([second])
        with pytest.raises(Busy):
            await asyncio.wait_for(engine.encode_pixels(gated, pixels[:1]), timeout=10)
        gated.gate.set()
        await first
        await waits_for(lambda: engine._admission.in_flight == 0)
        return await engine.encode_pixels(gated, pixels[:4])

    assert len(asyncio.run(ask())) == 4
    engine.close()


def test_a_decoded_image_does_not_wait_for_those_that_take_long_to_decode(release, pixels):
    engine, gates = Engine(Limits(), threads=1), [threading.Event(), threading.Event()]

    async def ask():
        first = asyncio.create_task(slow(engine, release, gates[0]))
        await waits_for(lambda: engine._admission.in_flight == 1)
        quick = asyncio.create_task(engine.encode_pixels(release, pixels[:1]))
        last = asyncio.create_task(slow(engine, release, gates[1], images=3))
        await waits_for(lambda: engine._admission.in_flight == 5)
        gates[0].set()
        try:
            await asyncio.wait_for(quick, timeout=10)
            return last.done()
        finally:
            gates[1].set()
            await asyncio.gather(first, last)

    is_over = asyncio.run(ask())
    engine.close()
    assert not is_over


def slow(engine, release, gate, images=1):
    """Has so many images embedded that take until the gate is open to decode."""
    size = release.manifest.encoder.input_size

    def pixels(_, position):
        assert gate.wait(timeout=30)
        return np.zeros((size, size, 3), np.uint8)

    return engine._encode(release, [b"large"] * images, pixels)


def test_a_fault_of_the_encoder_reaches_each_request_and_the_engine_goes_on(engine, gated, release, pixels):
    def fail(_):
        raise MemoryError("no room")

    async def ask():
        gated.encode_pixels = fail
        answers = await asyncio.gather(*(engine.encode_pixels(gated, pixels) for _ in range(3)), return_exceptions=True)
        return answers, await engine.encode_pixels(release, pixels)

    answers, vectors = asyncio.run(ask())
    assert [type(answer) for answer in answers] == [MemoryError] * 3
    assert len(vectors) == len(pixels)


def test_the_wait_is_guessed_from_what_images_took():
    admission = Admission(10)
    admission.learn(in_flight=3, seconds=3 * 5 * 2.0)  # of ten seconds an image, a fifth is believed at once
    admission.take(10)
    with pytest.raises(Busy) as error:
        admission.take(1)
    assert error.value.retry_after == 20


@pytest.mark.parametrize(("told", "cores", "images"), [(0, 1, 256), (0, 8, 1024), (7, 8, 7)])
def test_the_queue_is_sized_to_the_cores_unless_told_otherwise(told, cores, images):
    assert room(told, cores) == images


def test_a_single_thread_decodes_a_few_images_before_the_encoder_runs(gated, pixels):
    gated.gate.set()
    engine = Engine(Limits(), threads=1)
    asyncio.run(engine.encode_pixels(gated, np.repeat(pixels[:1], 10, axis=0)))
    engine.close()
    assert gated.batches == [4, 4, 2]


def test_decoded_images_do_not_wait_for_one_that_is_broken(release, pictures):
    engine = Engine(Limits(), threads=1)

    async def ask():
        good = [asyncio.create_task(engine.encode_files(release, [picture])) for picture in pictures[:2]]
        with pytest.raises(BadImage):
            await engine.encode_files(release, [b"no image"])
        return await asyncio.gather(*good)

    vectors = np.concatenate(asyncio.run(asyncio.wait_for(ask(), timeout=10)))
    engine.close()
    np.testing.assert_allclose(vectors, release.encode(pictures[:2]), atol=1e-6)
