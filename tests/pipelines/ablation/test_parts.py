import pytest

from lookalike.ablation.parts import Part, chosen, read_parts, switched
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.names import LOSSES

PARTS = read_parts()


def part(**settings):
    return Part(name="part", group="group", switches="something", settings=settings)


@pytest.mark.parametrize("one", PARTS, ids=lambda one: one.name)
def test_every_part_goes_with_the_recipe(one):
    assert switched(TrainConfig(), one)


@pytest.mark.parametrize("one", PARTS, ids=lambda one: one.name)
def test_every_part_goes_with_a_recipe_that_chooses_between_variants(one):
    variants = [{"augmentation": "none", "augmentation_options": {}}, {"learning_rate": 2e-4}]
    for variant in switched(TrainConfig(variants=variants), one).each_variant():
        wanted = {name: value for name, value in one.settings.items() if name != "variants"}
        assert {name: getattr(variant, name) for name in wanted} == wanted


def test_every_loss_is_a_part():
    assert {one.settings["loss"] for one in PARTS if one.group == "loss"} == set(LOSSES)


def test_no_name_is_given_twice():
    names = [one.name for one in PARTS]
    assert len({*names, *(one.group for one in PARTS)}) == len(names) + len({one.group for one in PARTS})


def test_a_part_may_be_asked_for_by_its_name_or_by_its_groups():
    assert [one.name for one in chosen(PARTS, ["gem"])] == ["gem"]
    assert {one.group for one in chosen(PARTS, ["miner", "normalisation"])} == {"miner", "normalisation"}
    assert chosen(PARTS, ["all"]) == PARTS
    assert chosen(PARTS, []) == [one for one in PARTS if one.usual]
    assert chosen(PARTS[:1], []) == PARTS[:1]


def test_an_unknown_part_is_answered_with_the_groups():
    with pytest.raises(UserError, match=r"^there is no part or group called loses; the groups are choices, .*loss"):
        chosen(PARTS, ["loses"])


def test_a_part_takes_the_place_of_what_variants_say():
    recipe = TrainConfig(variants=[{"augmentation": "none"}, {"augmentation": "strong"}, {"learning_rate": 1e-3}])
    assert switched(recipe, part(augmentation="crop")).variants == [{"augmentation": "crop"}, {"learning_rate": 1e-3}]


def test_variants_that_differ_in_nothing_else_are_tried_no_more():
    recipe = TrainConfig(variants=[{"augmentation": "none"}, {"augmentation": "strong"}])
    changed = switched(recipe, part(augmentation="crop"))
    assert (changed.variants, changed.augmentation) == ([], "crop")


def test_the_only_variant_that_is_left_keeps_its_say():
    both = {"learning_rate": 1e-3}
    recipe = TrainConfig(variants=[{"augmentation": "none", **both}, {"augmentation": "strong", **both}])
    changed = switched(recipe, part(augmentation="crop"))
    assert (changed.variants, changed.augmentation, changed.learning_rate) == ([], "crop", 1e-3)


def test_a_part_that_does_not_go_with_the_recipe_is_refused_with_the_reason():
    with pytest.raises(UserError, match="takes no miner"):
        switched(TrainConfig(), part(loss="PNPLoss"))


def test_a_setting_that_there_is_not_is_named():
    with pytest.raises(UserError, match=r"^the part part sets los, which is no setting of train or encoder$"):
        switched(TrainConfig(), part(los="PNPLoss"))


def test_a_table_of_ones_own(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("rate:\n  fast: {switches: ten times the rate, settings: {learning_rate: 0.001}}\n")
    (fast,) = read_parts(file)
    assert switched(TrainConfig(), fast).learning_rate == 1e-3


def test_a_table_that_is_none_is_refused(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("rate:\n  fast: {learning_rate: 0.001}\n")
    with pytest.raises(UserError, match=r"mine\.yaml: rate\.fast\.switches"):
        read_parts(file)
