import pytest

from lookalike.client.service import ServiceError
from lookalike.client.service.halving import halved


def refusing(wrong, status=400):
    """Answers with the sum of the numbers, unless there are wrong ones among them."""

    def ask(numbers):
        ask.requests.append(len(numbers))
        if wrong & set(numbers):
            raise ServiceError("http://server refused: image 1 is not an image; send another", status)
        return sum(numbers)

    ask.requests = []
    return ask


def test_what_is_answered_is_asked_once():
    ask = refusing(set())
    assert list(halved(ask, [1, 2, 3])) == [([1, 2, 3], 6)]
    assert ask.requests == [3]


@pytest.mark.parametrize("wrong", [{1}, {8}, {2, 3}, {1, 2, 3, 4, 5, 6, 7, 8}])
def test_those_that_are_refused_stand_alone(wrong):
    found = list(halved(refusing(wrong), [1, 2, 3, 4, 5, 6, 7, 8]))
    refused = {items[0] for items, answer in found if isinstance(answer, ServiceError) and len(items) == 1}
    answered = [number for items, answer in found if not isinstance(answer, ServiceError) for number in items]
    assert refused == wrong
    assert answered == sorted({1, 2, 3, 4, 5, 6, 7, 8} - wrong)
    assert sum(answer for _, answer in found if not isinstance(answer, ServiceError)) == sum(answered)


def test_one_of_many_costs_few_requests():
    ask = refusing({5})
    list(halved(ask, list(range(32))))
    assert len(ask.requests) == 11


@pytest.mark.parametrize("status", [0, 401, 403, 409, 500, 503])
def test_what_is_about_no_image_ends_it(status):
    with pytest.raises(ServiceError):
        list(halved(refusing({1}, status), [1, 2]))


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("image 1 is not an image; send another", "is not an image"),
        ("the request is malformed: entries.0.label: too long", "is refused: label: too long"),
        ("the request is malformed: entries.0: needs more", "is refused: needs more"),
        ("the request is larger than 64 MiB", "is refused: the request is larger than 64 MiB"),
    ],
)
def test_a_refusal_of_one_image_is_said_after_its_name(sentence, reason):
    assert ServiceError(f"http://server refused: {sentence}", 400).of_the_image == reason
