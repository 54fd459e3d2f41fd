import pytest

from lookalike_components.errors import UserError
from lookalike_components.storage.folders import new_folder


def test_a_folder_appears_once_it_is_filled(tmp_path):
    with new_folder(tmp_path / "deep" / "folder") as draft:
        (draft / "file").write_text("content")
        assert not (tmp_path / "deep" / "folder").exists()
    assert (tmp_path / "deep" / "folder" / "file").read_text() == "content"


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "folder").mkdir()
    with new_folder(tmp_path / "folder") as draft:
        (draft / "file").write_text("content")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError), new_folder(tmp_path / "folder") as draft:
        (draft / "file").write_bytes("no bytes")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_replaced(tmp_path):
    (tmp_path / "file").write_text("content")
    with pytest.raises(UserError) as error, new_folder(tmp_path):
        pass
    assert str(error.value) == f"{tmp_path} is there already; pass the name of a new folder"
