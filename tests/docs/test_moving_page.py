import re
from pathlib import Path

import lookalike
from lookalike.client.service import Client
from lookalike.config import SECTIONS
from lookalike.runs import Run

PAGE = (Path(__file__).parents[2] / "docs" / "moving-from-finetuner.md").read_text(encoding="utf-8")
OURS = "\n".join(row.split(" | ", 1)[1] for row in PAGE.splitlines() if row.startswith("| "))


def named(pattern):
    return set(re.findall(pattern, OURS))


def test_the_functions_that_the_page_promises_are_there():
    assert named(r"\blookalike\.(\w+)") <= set(lookalike.__all__)
    assert named(r"\brun\.(\w+)") <= {*dir(Run), "name"}
    assert named(r"\bclient\.(\w+)\(") <= set(dir(Client))


def test_the_settings_that_the_page_promises_are_there():
    settings = {f"{section}.{field}" for section, model in SECTIONS.items() for field in model.model_fields}
    a_file = {"encoder.onnx"}
    assert named(rf"`((?:{'|'.join(SECTIONS)})\.\w+)") - a_file <= settings


def test_the_names_of_the_walkthrough_are_all_kept():
    theirs = {"fit", "get_run", "list_runs", "delete_run", "get_model", "build_model", "encode", "Client"}
    assert theirs <= set(lookalike.__all__)
