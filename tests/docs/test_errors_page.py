"""The sentences on the page are looked up in the code, where each is written with its values left open."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SOURCES = [*ROOT.glob("components/**/*.py"), *ROOT.glob("pipelines/**/*.py")]
NODES = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
ROWS = PAGE.split("\n## ", 1)[1].splitlines()
QUOTED = [quote for row in ROWS if row.startswith("| `") for quote in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def text(part):
    return part.value if isinstance(part, ast.Constant) else "…"


TEXTS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}
SENTENCES = TEXTS | {"".join(map(text, node.values)) for node in NODES if isinstance(node, ast.JoinedStr)}


@pytest.mark.parametrize("quote", QUOTED)
def test_a_sentence_on_the_page_begins_as_one_in_the_code(quote):
    assert any(sentence.startswith(quote) for sentence in SENTENCES)


def test_every_class_of_errors_is_on_the_page():
    classes = [node for node in NODES if isinstance(node, ast.ClassDef)]
    bases = {node.name: {base.id for base in node.bases if isinstance(base, ast.Name)} for node in classes}
    ours = {name for name, parents in bases.items() if parents & {"LookalikeError", "UserError"} and name[0] != "_"}
    assert {name for name in ours if f"`{name}`" not in PAGE} == set()
