import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GROUPS = {"Always": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n")[0].removeprefix("Extra ").strip("`"): part for part in PAGE.split("\n## ")[1:]}


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "all"])
def test_every_dependency_has_its_reason_on_the_page(group):
    required = {re.match(r"[\w.-]+", requirement)[0] for requirement in GROUPS[group]}
    explained = set(re.findall(r"^\| ([\w.-]+) \| .+ \| \S", SECTIONS[group], re.MULTILINE)) - {"Package", "---"}
    assert explained == required
