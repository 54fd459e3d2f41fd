"""`lookalike models` shows what an encoder can start from."""

import json

import pytest
from typer.testing import CliRunner

from lookalike.cli.app import app
from lookalike_components.encoder.backbones import BACKBONES


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """What the command prints where the weights of one model are in the cache: ``shown(*flags)``."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "cache" / "weights").mkdir(parents=True)
    (tmp_path / "cache" / "weights" / "convnext_atto.d2_in1k.safetensors").touch()
    return lambda *flags: CliRunner().invoke(app, ["models", *flags])


def test_the_table_has_a_line_for_every_backbone_in_80_columns(shown):
    lines = shown().stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert set(BACKBONES) <= {line.split(" ")[0] for line in lines}
    (kept,) = [line for line in lines if line.endswith("yes") or "yes " in line]
    assert kept.split() == ["convnext_atto.d2_in1k", "320", "224", "Apache-2.0", "timm", "yes"]


def test_licences_that_do_not_permit_every_use_are_named(shown):
    assert "the licences of resnet50.fb_swsl_ig1b_ft_in1k, convnext_tiny.dinov3_lvd1689m do not" in shown().stderr


def test_as_json_it_says_where_the_weights_come_from(shown):
    rows = {row["name"]: row for row in json.loads(shown("--json").stdout)}
    assert set(rows) == set(BACKBONES)
    assert rows["resnet18"]["address"] == "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert [name for name, row in rows.items() if row["here"]] == ["convnext_atto.d2_in1k"]
    assert rows["vit_b_16"]["poolings"] == ["cls", "cls_mean", "avg"]
