import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.errors import UserError
from lookalike_components.retrieval import threshold_at

scores = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50).map(lambda s: np.array(s, dtype=np.float32))
rates = st.floats(0, 0.99)


@given(rates, scores)
def test_no_more_pairs_match_than_allowed(rate, non_matching):
    assert (non_matching >= threshold_at(rate, non_matching)).sum() <= rate * len(non_matching)


@given(rates, scores)
def test_a_threshold_one_step_lower_would_let_too_many_pass(rate, non_matching):
    lower = np.nextafter(np.float32(threshold_at(rate, non_matching)), np.float32(-np.inf))
    assert (non_matching >= lower).sum() > int(rate * len(non_matching))


def test_one_in_ten_may_pass():
    assert 0.8 < threshold_at(0.1, np.arange(10, dtype=np.float32) / 10) < 0.8001


def test_few_pairs_give_a_threshold_above_them_all():
    assert threshold_at(0.001, np.array([0.25, 0.5], dtype=np.float32)) == pytest.approx(0.5, abs=1e-6)


def test_no_pairs_are_refused():
    with pytest.raises(UserError) as error:
        threshold_at(0.001, np.array([], dtype=np.float32))
    assert (
        str(error.value)
        == "a threshold needs pairs of different labels, got none; put 2 labels or more into the validation"
    )


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(UserError) as error:
        threshold_at(rate, np.zeros(3, dtype=np.float32))
    assert f"false_match_rate is {rate}; it should be 0 or more and less than 1" == str(error.value)
