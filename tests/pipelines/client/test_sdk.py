from pathlib import Path

import pytest

import lookalike
from lookalike.client import sdk
from lookalike_components.errors import UserError


def test_every_promised_name_is_there():
    assert [name for name in lookalike.__all__ if not hasattr(lookalike, name)] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'lookalike' has no attribute 'finetune'"):
        lookalike.finetune  # noqa: B018


@pytest.mark.parametrize(
    ("argument", "variable", "folder"), [("here", "there", "here"), (None, "there", "there"), (None, None, "runs")]
)
def test_the_runs_folder_is_the_argument_or_the_variable_or_runs(monkeypatch, argument, variable, folder):
    monkeypatch.delenv(sdk.RUNS, raising=False)
    if variable:
        monkeypatch.setenv(sdk.RUNS, variable)
    assert sdk.runs_folder(argument) == Path(folder)


def test_a_local_source_is_made_independent_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sdk.absolute("photos") == str(tmp_path / "photos")
    assert sdk.absolute("gs://bucket/photos") == "gs://bucket/photos"
    assert sdk.absolute("") == ""


def test_something_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "notes.jpg").write_text("not a picture")
    with pytest.raises(UserError, match=r"notes\.jpg .*"):
        sdk.picture_bytes(tmp_path / "notes.jpg")


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(UserError) as error:
        lookalike.get_model(tmp_path)
    assert str(error.value) == (f"{tmp_path} holds neither a release (manifest.json) nor an encoder (encoder.json)")


def test_build_model_gives_the_encoder_as_it_was_before_any_training(weights, photos):
    picture = photos / "thing-00" / "0.png"
    model = lookalike.build_model("resnet18", str(weights), input_size=32)
    by_path, by_bytes = lookalike.encode(model, [picture, picture.read_bytes()])
    assert by_path.shape == (512,)
    assert by_path @ by_bytes == pytest.approx(1.0, abs=1e-6)
