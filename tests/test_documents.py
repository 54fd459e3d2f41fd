"""Documents promise commands, files and settings; each promise is looked up."""

import ast
import re
from pathlib import Path

import pytest
import typer

from lookalike.cli.app import app
from lookalike.config import FinetuneConfig

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("components/**/README.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:^|`)lookalike ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
names = [page.relative_to(ROOT).as_posix() for page in PAGES]


def commands_of(page):
    return set(COMMAND.findall(page.read_text()))


def known(words):
    """Whether the command line knows a command, and its subcommand where it has some."""
    tree = typer.main.get_command(app)
    command = tree.commands.get(words[0])
    return command is not None and (not hasattr(command, "commands") or words[1] in command.commands)


def test_the_readme_is_short_and_starts_with_a_command():
    lines = README.read_text().splitlines()
    assert len(lines) < 120
    assert "make demo" in lines[:15]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_somewhere(page):
    targets = [target for target in LINK.findall(page.read_text()) if not target.startswith("http")]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [README, *ROOT.glob("docs/moving-from-finetuner.md"), *ROOT.glob("docs/ukbench.md")])
def test_commands_exist(page):
    assert [words for words in commands_of(page) if not known(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_python_in_a_page_is_python(page):
    for block in PYTHON.findall(page.read_text()):
        ast.parse(block)


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.yaml")), ids=lambda path: path.name)
def test_examples_are_valid_settings(example):
    assert FinetuneConfig.resolve(file=example, overrides={"source": "photos"})


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.yaml")), ids=lambda path: path.name)
def test_examples_open_with_their_command(example):
    assert re.match(r"#.*\n(#.*\n)*# *(\$ )?.*lookalike fit", example.read_text())
