import pandas as pd
import pytest
from published import image_table

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.registry import (
    encoder_uri,
    find_release,
    freeze,
    frozen_uri,
    lineage,
    list_releases,
    promote_anyway,
    publish,
    read_manifest,
    read_test_set,
    release_uri,
)
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.sealing import seal
from lookalike_components.storage import download_folder, list_files, upload


def test_a_published_release_is_the_release(artifacts, make, tmp_path):
    made = make("first")
    assert made.published(artifacts) == made.digest
    download_folder(release_uri(artifacts, made.digest), tmp_path / "back")
    Manifest.read(tmp_path / "back").verify(tmp_path / "back")


def test_its_encoder_and_its_test_set_lie_beside_it(artifacts, make, tmp_path):
    made = make("first")
    digest = made.published(artifacts)
    download_folder(
        encoder_uri(artifacts, read_manifest(release_uri(artifacts, digest)).encoder.digest), tmp_path / "e"
    )
    assert (tmp_path / "e" / "encoder.safetensors").read_bytes() == b"first"
    rows = read_test_set(frozen_uri(artifacts, freeze(image_table())[0]))
    assert set(rows["label"]) == {"thing-2", "thing-3"}


def test_publishing_again_changes_no_file(artifacts, make):
    made = make("first")
    made.published(artifacts)
    before = list(list_files(artifacts))
    made.published(artifacts)
    assert list(list_files(artifacts)) == before


def test_a_release_that_changed_since_it_was_sealed_is_not_published(artifacts, make):
    made = make("first")
    (made.release / "index.parquet").write_bytes(b"something else")
    with pytest.raises(LookalikeError, match=r"index\.parquet in the release .* is not what was sealed"):
        made.published(artifacts)
    assert list_releases(artifacts) == []


def test_a_release_whose_manifest_never_arrived_is_none(artifacts, make, tmp_path):
    made = make("first")
    (made.release / "manifest.json").rename(tmp_path / "manifest.json")
    with pytest.raises(UserError, match="is not a release"):
        made.published(artifacts)
    assert list_releases(artifacts) == []


def test_a_card_that_an_attempt_without_an_end_left_behind_gives_way(artifacts, make, tmp_path):
    """Two exports of one encoder are one release, and their cards tell of other speeds."""
    made = make("first")
    sealed = Manifest.read(made.release)
    (made.release / "manifest.json").unlink()
    (made.release / "model_card.md").write_text("9 images/s")
    again = seal(made.release, tmp_path / "again", sealed.name, sealed.encoder, sealed.threshold)
    assert again.digest == sealed.digest
    (tmp_path / "8").write_text("8 images/s")
    upload(tmp_path / "8", f"{release_uri(artifacts, again.digest)}/model_card.md")
    publish(artifacts, tmp_path / "again", made.encoder, made.table)
    download_folder(release_uri(artifacts, again.digest), tmp_path / "back")
    Manifest.read(tmp_path / "back").verify(tmp_path / "back")


def test_releases_are_listed_oldest_first(artifacts, make):
    digests = [make(name).published(artifacts) for name in ("first", "second")]
    assert sorted(one.digest for one in list_releases(artifacts)) == sorted(digests)
    times = [one.manifest.created for one in list_releases(artifacts)]
    assert times == sorted(times)


def test_a_store_without_releases_has_none(artifacts):
    assert list_releases(artifacts) == []


def test_the_beginning_of_a_digest_finds_a_release_and_champion_finds_the_champion(artifacts, make):
    first, second = (make(name).published(artifacts) for name in ("first", "second"))
    promote_anyway(artifacts, second, by="me", reason="")
    assert find_release(artifacts, first[:8]) == first
    assert find_release(artifacts, "champion") == second


@pytest.mark.parametrize("name", ["ffffffff", "", "not-hex", "fff"])
def test_a_name_that_no_release_has_is_told(artifacts, make, name):
    make("first").published(artifacts)
    with pytest.raises(UserError, match=f"has no release {name}; `lookalike releases list"):
        find_release(artifacts, name)


def test_a_store_without_a_champion_says_so(artifacts):
    with pytest.raises(UserError, match="has no champion"):
        find_release(artifacts, "champion")


def test_the_lineage_goes_back_to_the_first_champion(artifacts, make):
    first = make("first").published(artifacts)
    second = make("second", parent=first).published(artifacts)
    third = make("third", parent=second).published(artifacts)
    found = lineage(artifacts, release_uri(artifacts, third))
    assert [digest for digest, _ in found] == [third, second, first]
    assert [made_of.parent_release for _, made_of in found] == [second, first, ""]


def test_a_folder_that_was_never_published_tells_its_lineage_too(artifacts, make):
    first = make("first").published(artifacts)
    refused = make("refused", parent=first)
    assert [digest for digest, _ in lineage(artifacts, str(refused.release))] == [refused.digest, first]


def test_a_test_set_is_the_same_whatever_else_is_in_the_table():
    table = image_table()
    more = table.iloc[:6].assign(image_id=lambda rows: "9" + rows["image_id"].str[1:])
    mixed = pd.concat([more, table.sample(frac=1, random_state=0)], ignore_index=True).assign(weather="rain")
    assert freeze(mixed) == freeze(table)


def test_another_query_makes_another_test_set():
    table = image_table()
    other = table.assign(subset=table["subset"].replace({"query": "index", "index": "query"}))
    assert freeze(other)[0] != freeze(table)[0]


def test_a_table_without_a_query_is_no_test_set(tmp_path):
    _, data = freeze(image_table().assign(subset="index"))
    (tmp_path / "rows.parquet").write_bytes(data)
    with pytest.raises(UserError, match="has no row with subset `query`"):
        read_test_set(str(tmp_path / "rows.parquet"))
