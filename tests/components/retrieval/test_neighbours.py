import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.retrieval import leave_one_out, neighbours


def on_circle(*degrees):
    """Unit vectors whose neighbours can be read off by eye."""
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], dtype=np.float32)


def test_the_nearest_come_first_with_their_cosines():
    scores, positions = neighbours(on_circle(0), on_circle(90, 10, 60), k=3)
    assert positions.tolist() == [[1, 2, 0]]
    assert np.cos(np.radians([[10, 60, 90]])) == pytest.approx(scores, abs=1e-6)


def test_scores_are_float32_and_positions_int64():
    scores, positions = neighbours(on_circle(0), on_circle(1, 2), k=1)
    assert (np.float32, np.int64) == (scores.dtype, positions.dtype)


def test_equal_pictures_come_in_the_order_of_the_index():
    assert neighbours(on_circle(0), on_circle(*[40] * 50), k=3)[1].tolist() == [[0, 1, 2]]


def test_an_encoder_that_makes_all_pictures_equal_still_gives_an_order():
    positions = leave_one_out(on_circle(*[40] * 300), k=2)[1]
    assert positions[:3].tolist() == [[1, 2], [0, 2], [0, 1]]
    assert positions[3:].tolist() == [[0, 1]] * 297


def test_an_image_is_left_out_of_its_own_results():
    assert leave_one_out(on_circle(0, 10, 30), k=2)[1].tolist() == [[1, 2], [0, 2], [1, 0]]


def test_identical_pictures_score_alike_wherever_they_stand():
    generator = np.random.default_rng(0)
    different = generator.normal(size=(3, 100)).astype(np.float32)
    positions = neighbours(generator.normal(size=(40, 100)).astype(np.float32), np.tile(different, (300, 1)), 300)[1]
    assert (np.diff(positions) == 3).all()


@given(st.permutations(range(8)))
def test_the_order_of_the_index_does_not_change_what_is_found(order):
    index = on_circle(*range(0, 160, 20))
    straight, shuffled = neighbours(on_circle(7), index, 4)[1], neighbours(on_circle(7), index[order], 4)[1]
    assert straight.tolist() == np.array(order)[shuffled].tolist()


def test_a_k_larger_than_the_index_names_both():
    with pytest.raises(UserError) as error:
        neighbours(on_circle(0), on_circle(1, 2, 3), k=10)
    assert str(error.value) == "k is 10 but the index holds 3 images; pass a k of 3 or less"


def test_a_k_larger_than_the_other_images_names_both():
    with pytest.raises(UserError) as error:
        leave_one_out(on_circle(1, 2, 3), k=3)
    assert str(error.value) == "k is 3 but each query has 2 other images to be found; pass a k of 2 or less"


def test_a_k_of_zero_is_refused():
    with pytest.raises(UserError) as error:
        neighbours(on_circle(0), on_circle(1), k=0)
    assert str(error.value) == "k is 0; pass a k of 1 or more"


def test_a_vector_that_is_not_finite_is_refused():
    with pytest.raises(LookalikeError) as error:
        neighbours(np.array([[1, 0], [np.nan, 0]], dtype=np.float32), on_circle(1), k=1)
    assert str(error.value) == (
        "query vector 1 holds a value that is not a finite number; "
        "the encoder is broken: train again with a lower learning rate"
    )
