"""Two thousand files that went wrong on their way: whatever happens to a file, there is a picture or a reason."""

from collections import Counter

import pytest
from spoilt_files import MUTATIONS, REASONS, Mutation, spoilt

from lookalike_components.pixels import BrokenImage, inspect, inspect_closely, thumbnail, to_pixels


def outcome(data: bytes) -> str:
    """The reason for a refusal, or that the file was accepted; what is accepted has to work everywhere."""
    try:
        facts = inspect(data)
    except BrokenImage as refusal:
        return str(refusal)
    assert facts == inspect_closely(data)[0]
    for policy in ("exact", "fast"):
        assert to_pixels(data, 4, policy).shape == (4, 4, 3)
    assert thumbnail(data, 4)
    return "accepted"


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_file_is_accepted_for_good_or_refused_with_a_reason(mutation: Mutation) -> None:
    outcomes = Counter(map(outcome, spoilt(mutation, 500)))
    assert set(outcomes) <= REASONS | {"accepted"}
    assert min(outcomes["accepted"], outcomes["is truncated"]) > 10
