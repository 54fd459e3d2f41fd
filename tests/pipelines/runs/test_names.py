import pytest

from lookalike.backends.local import LocalBackend
from lookalike.runs import free_name
from lookalike_components.errors import UserError


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("./photos", "photos-1"),
        ("products.csv", "products-1"),
        ("gs://bucket/My Photos/", "my-photos-1"),
        ("фото", "run-1"),
    ],
)
def test_a_run_is_named_after_its_source(source, name):
    assert free_name(source, taken=set()) == name


def test_the_next_number_is_taken():
    assert free_name("photos", taken={"photos-1", "photos-2", "things-3"}) == "photos-3"


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a", "a" * 64, "shards", "releases"])
def test_a_name_that_would_not_do_as_a_folder_is_refused(tmp_path, name):
    with pytest.raises(UserError, match="cannot name a run: use letters, digits"):
        LocalBackend(tmp_path).folder(name)
