"""The packaged presets: visible, whole, and what they say they are."""

from importlib.resources import files

import pytest
import yaml

from lookalike.config import SECTIONS, FinetuneConfig, preset_names

NO_PART_OF_A_RECIPE = {
    "repetition",  # the same training, with other chance
    *("embed_at_once", "compile"),  # the same training, in less memory or time
    *("cache_megabytes", "checkpoint_every", "processes", "nodes", "runtime", "node_resources"),
}


def read(name):
    return yaml.safe_load(files("lookalike").joinpath("presets", f"{name}.yaml").read_text())


def resolved(preset=""):
    return FinetuneConfig.resolve(preset=preset, overrides={"source": "photos"})


def test_there_are_three():
    assert preset_names() == ["best", "quick", "walkthrough"]


def test_best_is_what_is_used_where_nothing_is_said():
    assert resolved("best") == resolved()


@pytest.mark.parametrize("name", ["best", "walkthrough"])
def test_a_recipe_names_every_part_so_that_no_default_slips_in(name):
    assert set(SECTIONS["train"].model_fields) - set(read(name)["train"]) == NO_PART_OF_A_RECIPE
    assert set(SECTIONS["encoder"].model_fields) - set(read(name)["encoder"]) == {"weights", "weights_sha256"}


def test_quick_is_best_on_a_small_network_for_a_short_time():
    quick, best = (resolved(name).section("train") for name in ("quick", "best"))
    assert {name for name in quick if quick[name] != best[name]} == {"steps", "validate_every"}


def test_the_help_of_fit_lists_them():
    import typer

    from lookalike.cli.app import app

    (option,) = [one for one in typer.main.get_command(app).commands["fit"].params if one.name == "preset"]
    assert all(name in option.help for name in preset_names())
