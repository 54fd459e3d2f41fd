from threading import Event, Thread

import faiss
import numpy as np
import pandas as pd
import pytest
from circles import ANGLES, DIMENSION, at, opened, table

from lookalike_components.errors import UserError
from lookalike_components.release.sealing import BuiltIndex
from lookalike_components.serve.collection import Collection, Wanted
from lookalike_components.serve.collection.added import Added
from lookalike_components.serve.collection.changes import Entry
from lookalike_components.serve.refusals import TooManyNeighbours

NOBODY = frozenset()


def ids(found):
    return found.ids.tolist()


def wanted(**parameters):
    return Wanted.read(parameters)


@pytest.fixture
def collection(tmp_path):
    return Collection(opened(tmp_path, rows=table(shop=[1, 1, 2, 2, None], price=[1.5, 3.0, 3.0, 9.0, 1.5])))


@pytest.fixture
def added():
    return Added(DIMENSION)


def put(collection, added, **angles):
    entries = [Entry(name, f"{name}.jpg", "mug", {"shop": 7}) for name in angles]
    added.put(entries, at(*angles.values()))
    collection.update(set(angles), added, NOBODY)


def test_a_collection_finds_what_its_release_finds(collection):
    found = collection.search(at(1), 3)
    assert ids(found) == [["a", "b", "c"]]
    assert found.uris.tolist() == [["a.png", "b.png", "c.png"]]
    assert found.labels.tolist() == [["mug", "mug", "lamp"]]
    np.testing.assert_allclose(found.scores[0], np.cos(np.radians([1, 9, 24])), atol=1e-6)
    assert found.counts.tolist() == [3]


def test_an_entry_without_a_label_has_an_empty_one(collection):
    assert collection.search(at(70), 1).labels.tolist() == [[""]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"label": "lamp"}, ["c", "d"]),
        ({"label": ["lamp", "mug"]}, ["a", "b", "c", "d"]),
        ({"label": None}, ["e"]),
        ({"label": ""}, ["e"]),
        ({"label": ["mug", None]}, ["a", "b", "e"]),
        ({"label": "bowl"}, []),
        ({"shop": 2}, ["c", "d"]),
        ({"shop": 2.0}, ["c", "d"]),
        ({"shop": "2"}, []),
        ({"shop": True}, []),
        ({"shop": None}, ["e"]),
        ({"price": [3, 9]}, ["b", "c", "d"]),
        ({"shop": 1, "price": 3}, ["b"]),
        ({"image_id": ["a", "e"]}, ["a", "e"]),
        ({"subset": "index", "label": "mug"}, ["a", "b"]),
    ],
)
def test_a_filter_leaves_the_entries_that_have_one_of_the_values_in_every_column(collection, asked, expected):
    found = collection.search(at(0), 5, wanted(filter=asked))
    assert found.ids[0, : found.counts[0]].tolist() == expected


def test_places_that_a_filter_leaves_empty_are_filled_up(collection):
    found = collection.search(at(0, 90), 3, wanted(filter={"shop": 2}))
    assert ids(found) == [["c", "d", ""], ["d", "c", ""]]
    assert found.labels[:, 2].tolist() == ["", ""]
    assert found.scores[:, 2].tolist() == [-1, -1]
    assert found.counts.tolist() == [2, 2]


def test_excluded_ids_are_not_found_and_unknown_ones_do_no_harm(collection):
    assert ids(collection.search(at(0), 2, wanted(exclude=["a", "c", "nobody"]))) == [["b", "d"]]


def test_a_filter_on_a_column_that_is_not_there_names_those_that_are(collection):
    with pytest.raises(UserError) as error:
        collection.search(at(0), 1, wanted(filter={"colour": "red"}))
    columns = "image_id, uri, label, subset, shop, price"
    assert str(error.value) == f"the index has no column 'colour' to filter by; it has {columns}"


def test_a_column_of_lists_is_none_to_filter_by(tmp_path):
    rows = table().assign(tags=[["x"], ["y"], [], ["x", "y"], []])
    assert "tags" not in Collection(opened(tmp_path, rows=rows)).columns


@pytest.mark.parametrize(
    ("column", "value"),
    [(pd.Categorical(list("xyxyx")), "y"), ([True, False, True, False, True], False), (pd.array([1, 2, 1, 2, 1]), 2)],
    ids=["categories", "booleans", "nullable integers"],
)
def test_columns_of_any_type_can_be_filtered(tmp_path, column, value):
    collection = Collection(opened(tmp_path, rows=table().assign(kind=column)))
    assert ids(collection.search(at(0), 2, wanted(filter={"kind": value}))) == [["b", "d"]]


def test_added_entries_are_found_among_the_others(collection, added):
    put(collection, added, x=5, y=100)
    found = collection.search(at(0), 4)
    assert ids(found) == [["a", "x", "b", "c"]]
    assert (found.uris[0, 1], found.labels[0, 1]) == ("x.jpg", "mug")
    assert (collection.images, collection.sealed, collection.added, collection.hidden) == (7, 5, 2, 0)


def test_added_entries_are_filtered_and_excluded_like_the_others(collection, added):
    put(collection, added, x=5, y=100)
    assert ids(collection.search(at(0), 4, wanted(filter={"label": "mug"}))) == [["a", "x", "b", "y"]]
    assert ids(collection.search(at(0), 2, wanted(filter={"shop": 7}))) == [["x", "y"]]
    assert ids(collection.search(at(0), 2, wanted(exclude=["a", "x"]))) == [["b", "c"]]


def test_a_column_that_only_added_entries_have_can_be_filtered(collection, added):
    added.put([Entry("x", columns={"seen": "today"})], at(50))
    collection.update({"x"}, added, NOBODY)
    assert "seen" in collection.columns
    assert collection.search(at(0), 2, wanted(filter={"seen": "today"})).ids[0].tolist() == ["x", ""]
    assert collection.search(at(0), 6, wanted(filter={"seen": None})).counts.tolist() == [5]


def test_an_added_entry_takes_the_place_of_the_one_with_its_id(collection, added):
    put(collection, added, a=90)
    assert ids(collection.search(at(90), 1)) == [["a"]]
    assert ids(collection.search(at(0), 1)) == [["b"]]
    assert (collection.images, collection.hidden) == (5, 1)
    put(collection, added, a=180)
    assert ids(collection.search(at(90), 1)) == [["e"]]


def test_of_entries_added_at_once_under_one_id_the_last_counts(collection, added):
    added.put([Entry("x", label="old"), Entry("x", label="new")], at(90, 91))
    collection.update({"x"}, added, NOBODY)
    assert collection.search(at(90), 1).labels.tolist() == [["new"]]
    assert collection.images == 6


def test_hidden_entries_are_not_found(collection, added):
    collection.update({"a", "c"}, added, {"a", "c"})
    assert ids(collection.search(at(0), 3)) == [["b", "d", "e"]]
    assert collection.images == 3
    assert collection.found_among({"a", "b", "nobody"}) == {"b"}
    assert collection.sealed_among({"a", "nobody"}) == {"a"}


def test_an_index_with_nothing_left_says_so(collection, added):
    collection.update(None, added, set(ANGLES))
    with pytest.raises(TooManyNeighbours) as error:
        collection.check_k(1)
    assert str(error.value) == "the index holds no images; add some, or serve a release that has some"


def test_labels_are_counted_where_they_can_be_found(collection, added):
    put(collection, added, x=5, a=6)
    collection.update({"d"}, added, {"d"})
    assert collection.labels() == {"mug": 3, "lamp": 1}


def test_a_search_goes_on_with_what_was_there_when_it_began(collection, added):
    put(collection, added, x=5)
    before = collection._view
    put(collection, added, y=6)
    added.drop(["x"])
    collection.update({"x"}, added, NOBODY)
    scores, positions = before.added.search(at(5), 2)
    assert positions.tolist() == [[0, -1]]
    assert scores[0, 0] == pytest.approx(1)


def test_rows_out_of_use_are_cleared_away(collection, added):
    for _ in range(40):
        put(collection, added, **{f"x{number}": number for number in range(60)})
    assert len(added.view().rows.entries) < 2_000
    assert ids(collection.search(at(33), 1)) == [["x33"]]
    assert len(added) == 60


def test_what_was_dropped_is_told(added):
    added.put([Entry("x")], at(1))
    assert added.drop(["x", "y"]) == ["x"]
    assert added.drop(["x"]) == []


def in_lists(vectors):
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIMENSION), DIMENSION, 20, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    return BuiltIndex(index, recall=0.9, recall_at=10)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """2,000 entries in an approximate index, and their vectors."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(2_000, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = pd.DataFrame({"image_id": [f"{number}" for number in range(2_000)], "uri": "", "subset": "index"})
    rows["label"] = [f"label {number % 100}" for number in range(2_000)]
    return Collection(opened(tmp_path_factory.mktemp("many"), vectors=vectors, rows=rows, built=in_lists)), vectors


def test_a_filter_finds_all_of_a_few_in_an_approximate_index(many):
    collection, vectors = many
    found = collection.search(vectors[:5], 20, wanted(filter={"label": "label 7"}))
    exact = np.argsort(-(vectors[:5] @ vectors[7::100].T), axis=1) * 100 + 7
    assert ids(found) == [[str(number) for number in row] for row in exact]


def test_places_that_an_approximate_index_left_empty_are_filled(many):
    collection, vectors = many
    assert collection.search(vectors[:2], 1_500).counts.tolist() == [1_500, 1_500]


def test_added_entries_agree_with_the_slow_definition(many):
    _, vectors = many
    added = Added(DIMENSION)
    added.put([Entry(str(number)) for number in range(2_000)], vectors)
    added.drop([str(number) for number in range(0, 2_000, 3)])
    alive = np.array([number % 3 != 0 for number in range(2_000)])
    scores = np.where(alive, vectors[:4] @ vectors.T, -np.inf)
    found, positions = added.view().search(vectors[:4], 10)
    np.testing.assert_array_equal(positions, np.argsort(-scores, axis=1)[:, :10])
    np.testing.assert_allclose(found, -np.sort(-scores, axis=1)[:, :10], rtol=1e-5)


def test_searches_and_changes_at_once_do_not_disturb_each_other(collection, added):
    stop, failures = Event(), []

    def search():
        while not stop.is_set():
            (found,) = ids(collection.search(at(4), 3))
            failures.extend([] if found in (["x", "a", "b"], ["a", "b", "c"]) else [found])

    searching = [Thread(target=search) for _ in range(2)]
    for thread in searching:
        thread.start()
    for round_ in range(300):
        put(collection, added, x=5, **{f"far{round_}": 120 + round_ / 10})
        added.drop(["x"])
        collection.update({"x"}, added, NOBODY)
        put(collection, added, x=5)
    stop.set()
    for thread in searching:
        thread.join()
    assert failures == []
