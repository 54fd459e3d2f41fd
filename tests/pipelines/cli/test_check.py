"""`lookalike check` as it is typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lookalike", "check", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def with_a_broken_one(photos: Path, tmp_path: Path) -> Path:
    for label in ("thing-00", "thing-01"):
        (tmp_path / "things" / label).mkdir(parents=True)
        for number in range(2):
            data = (photos / label / f"{number}.png").read_bytes()
            (tmp_path / "things" / label / f"{number}.png").write_bytes(data)
    (tmp_path / "things" / "thing-00" / "empty.png").write_bytes(b"")
    return tmp_path / "things"


def test_the_table_is_the_result_and_the_rest_goes_to_stderr(with_a_broken_one: Path) -> None:
    done = check(with_a_broken_one)
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert "is empty 1 thing-00/empty.png" in told
    assert "labelled 4 2 labels by the rule auto, 2 images each" in told
    assert done.stderr == "see the pictures with --page check.html\n"
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_json_is_one_document(with_a_broken_one: Path) -> None:
    facts = json.loads(check(with_a_broken_one, "--json").stdout)
    assert (facts["accepted"], facts["refused"], facts["labels"]["labels"]) == (4, 1, 2)


def test_the_page_is_written_where_it_was_asked_for(with_a_broken_one: Path, tmp_path: Path) -> None:
    done = check(with_a_broken_one, "--page", tmp_path / "page.html")
    assert done.stderr == f"pictures of it are in {tmp_path / 'page.html'}\n"
    assert "4 of 5 images can be used." in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_source_of_which_nothing_can_be_used_ends_with_2_and_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    done = check(tmp_path)
    assert done.returncode == 2
    assert "is empty" in done.stdout
    assert "fit would stop: no image can be used" in done.stdout


def test_a_source_that_cannot_be_read_ends_with_2_and_one_sentence(tmp_path: Path) -> None:
    done = check(tmp_path / "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {tmp_path / 'nothing'} does not exist; ")


def test_settings_are_taken_as_fit_takes_them(with_a_broken_one: Path) -> None:
    arguments = ("--label-rule", "position", "--set", "label.images_per_label=3", "--singletons", "keep", "--json")
    facts = json.loads(check(with_a_broken_one, *arguments).stdout)
    assert facts["labels"]["images_each"] == {"least": 2, "median": 2.0, "most": 2}
    assert facts["stops"] == []


def test_a_setting_that_there_is_not_is_the_users_error(with_a_broken_one: Path) -> None:
    done = check(with_a_broken_one, "--set", "label.colour=1")
    assert done.returncode == 2
    assert "label.colour" in done.stderr


def test_its_help_fits_80_columns() -> None:
    done = check("--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "--page check.html" in done.stdout


def test_its_modules_load_no_torch_and_no_kfp() -> None:
    code = "import sys, lookalike; lookalike.check; print(sorted({'torch', 'kfp', 'kserve'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
