"""Each fault of the input: one sentence, the right exit code, no traceback, nothing half-written."""

import shutil

import pytest
from PIL import Image

from lookalike.backends import Status

pytestmark = pytest.mark.slow


def sentence(done):
    """The one line that a failed command leaves for a person."""
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def test_a_missing_folder(command, tmp_path, quick, runs):
    done = command("fit", tmp_path / "nowhere", "--name", "missing", *quick)
    assert done.returncode == 2
    assert not (runs / "missing").exists()
    assert f"{tmp_path / 'nowhere'} does not exist" in sentence(done)


def test_an_empty_folder(command, tmp_path, quick):
    done = command("fit", tmp_path, "--name", "empty", *quick)
    assert done.returncode == 2
    assert str(tmp_path) in sentence(done)


def test_one_label_only(command, tmp_path, photos, quick):
    shutil.copytree(photos / "thing-00", tmp_path / "photos" / "thing-00")
    done = command("fit", tmp_path / "photos", "--name", "one-label", *quick)
    assert done.returncode == 2
    assert "thing-00" in sentence(done)


def test_labels_with_one_image(command, tmp_path, photos, quick):
    shutil.copytree(photos, tmp_path / "photos")
    for path in (tmp_path / "photos" / "thing-03").glob("[1-9].png"):
        path.unlink()
    done = command("fit", tmp_path / "photos", "--name", "singleton", *quick)
    assert done.returncode == 2
    assert "thing-03" in sentence(done)


def test_a_broken_image_and_a_text_called_jpg_are_set_aside_and_the_run_goes_on(command, tmp_path, photos, quick, runs):
    shutil.copytree(photos, tmp_path / "photos")
    (tmp_path / "photos" / "thing-01" / "notes.jpg").write_text("not a picture")
    broken = tmp_path / "photos" / "thing-02" / "0.png"
    broken.write_bytes(broken.read_bytes()[:200])
    done = command("fit", tmp_path / "photos", "--name", "broken", *quick)
    assert done.returncode == 0, done.stderr
    assert "2 refused" in done.stderr
    assert (runs / "broken" / "quarantine.parquet").exists()


def test_an_unknown_model_is_answered_with_the_known_ones(command, photos, runs):
    done = command("fit", photos, "--name", "model", "--model", "resnet51")
    assert done.returncode == 2
    assert "resnet51" in sentence(done)
    assert "mobilenet_v2" in sentence(done)
    assert not (runs / "model").exists()


def test_an_unknown_loss_is_answered_with_the_known_ones(command, photos, runs):
    done = command("fit", photos, "--name", "loss", "--loss", "TripletLoss")
    assert done.returncode == 2
    assert "TripletMarginLoss" in sentence(done)
    assert not (runs / "loss").exists()


def test_a_k_larger_than_the_index(command, photos, quick, runs):
    done = command("fit", photos, "--name", "k", *quick, "-k", 500)
    assert done.returncode == 2
    assert "500" in sentence(done)


def test_weights_that_are_not_there(command, photos, tmp_path, runs):
    done = command("fit", photos, "--name", "weights", "--model", "resnet18", "--weights", tmp_path / "resnet18.pth")
    assert done.returncode == 2
    assert f"the weights file {tmp_path / 'resnet18.pth'} does not exist" in sentence(done)
    assert not (runs / "weights").exists()


def test_a_setting_with_a_place_of_its_own(command, photos):
    done = command("fit", photos, "--set", "source=elsewhere")
    assert done.returncode == 2
    assert sentence(done) == "error: --set source has a place of its own: give it as the argument SOURCE"


def test_encoding_something_that_is_no_picture(command, run, tmp_path):
    (tmp_path / "notes.jpg").write_text("not a picture")
    done = command("encode", "things", tmp_path / "notes.jpg")
    assert done.returncode == 2
    assert "notes.jpg" in sentence(done)


def test_an_unknown_run(command):
    done = command("metrics", "nothing")
    assert done.returncode == 2
    assert "there is no run called nothing" in sentence(done)


def test_a_failed_run_keeps_its_sentence(command, tmp_path, quick, runs):
    import lookalike

    command("fit", tmp_path, "--name", "empty-2", *quick)
    record = lookalike.get_run("empty-2", runs).record()
    assert (record.status, record.exit_code) == (Status.FAILED, 2)
    assert record.error.startswith("ingest: ")


def test_a_picture_one_pixel_wide_is_a_picture(command, run, tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    assert command("encode", "things", tmp_path / "dot.png").returncode == 0
