import pytest

from lookalike.config import FinetuneConfig, merged, path_of, preset_names
from lookalike_components.errors import UserError


def resolve(**overrides):
    return FinetuneConfig.resolve(overrides={"source": "photos", **overrides})


def test_a_bare_name_finds_the_only_section_that_has_it():
    assert path_of("epochs") == ("train", "epochs")
    assert path_of("model") == ("encoder", "model")
    assert path_of("seed") == ("seed",)


def test_a_section_can_be_given_as_a_whole():
    train = resolve(train={"epochs": 8, "loss": "SupConLoss"}, epochs=9).step("train")
    assert (train.epochs, train.loss) == (9, "SupConLoss")


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UserError, match=r"there is no setting called epoch; known are .*epochs"):
        path_of("epoch")


def test_settings_reach_the_step_that_needs_them():
    config = resolve(epochs=8, model="mobilenet_v2", k=4, seed=7)
    train = config.step("train")
    assert (train.epochs, train.model, train.k, train.seed) == (8, "mobilenet_v2", 4, 7)
    assert config.step("evaluate").model == "mobilenet_v2"


def test_parameters_carry_their_section_in_their_name():
    parameters = resolve(epochs=8).parameters()
    assert (parameters["train_epochs"], parameters["source"], parameters["seed"]) == (8, "photos", 0)


def test_a_file_overrides_a_preset_and_a_flag_overrides_both(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("train: {epochs: 2, loss: SupConLoss}\n")
    config = FinetuneConfig.resolve(preset="walkthrough", file=file, overrides={"source": "photos", "epochs": 3})
    assert (config.train.epochs, config.train.loss, config.train.classes_per_batch) == (3, "SupConLoss", 32)


def test_a_misspelt_field_in_a_file_is_refused_and_named(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("train: {epoch: 2}\n")
    with pytest.raises(UserError) as error:
        FinetuneConfig.resolve(file=file, overrides={"source": "photos"})
    assert str(error.value) == f"{file}: train.epoch: extra inputs are not permitted"


def test_a_value_out_of_range_is_refused_before_anything_runs():
    with pytest.raises(UserError, match=r"train\.epochs is 0: it should be greater than or equal to 1"):
        resolve(epochs=0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("train: [", " is not valid YAML: "), ("- 1", " should hold settings by name")],
)
def test_a_file_that_holds_no_settings_is_refused(tmp_path, text, sentence):
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=sentence):
        FinetuneConfig.resolve(file=file, overrides={"source": "photos"})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.yaml cannot be read: No such file"):
        FinetuneConfig.resolve(file=tmp_path / "nothing.yaml")


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(UserError, match=r"there is no preset called wlakthrough; known are .*walkthrough"):
        FinetuneConfig.resolve(preset="wlakthrough")


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid(name):
    assert FinetuneConfig.resolve(preset=name, overrides={"source": "photos"})


def test_the_walkthroughs_preset_is_the_walkthroughs_protocol():
    train = FinetuneConfig.resolve(preset="walkthrough", overrides={"source": "photos"}).step("train")
    assert (train.model, train.input_size, train.resize, train.dimension) == ("resnet50", 224, "exact", 0)
    assert (train.loss, train.loss_options, train.miner) == ("TripletMarginLoss", {}, "")
    assert (train.classes_per_batch, train.images_per_class, train.epochs) == (32, 4, 5)
    assert (train.optimizer, train.learning_rate, train.k) == ("Adam", 1e-4, 3)


def test_merging_keeps_what_the_upper_layer_does_not_mention():
    assert merged({"a": {"x": 1, "y": 2}, "b": 1}, {"a": {"y": 3}}) == {"a": {"x": 1, "y": 3}, "b": 1}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("gs://bucket/runs/", "gs://bucket/runs"), ("gs://bucket/runs", "gs://bucket/runs"), ("/", "/"), ("", "")],
)
def test_a_slash_at_the_end_of_artifacts_makes_no_other_place(given, kept):
    config = FinetuneConfig.resolve(overrides={"source": "photos", "artifacts": given})
    assert config.parameters()["artifacts"] == kept


def test_what_one_says_of_the_training_holds_for_every_variant():
    config = FinetuneConfig.resolve(overrides={"source": "photos", "learning_rate": 1e-3, "train.steps": 7})
    assert [each.learning_rate for each in config.step("train").each_variant()] == [1e-3, 1e-3]


def test_a_loss_of_ones_own_is_never_joined_by_the_miner_of_a_variant():
    config = FinetuneConfig.resolve(overrides={"source": "photos", "train.loss": "SupConLoss"}).step("train")
    assert {(each.loss, each.miner) for each in config.each_variant()} == {("SupConLoss", "")}


@pytest.mark.parametrize("preset", ["", "best"])
def test_variants_that_differ_in_nothing_any_more_are_not_tried(preset):
    (_, variant) = FinetuneConfig.resolve(preset=preset, overrides={"source": "photos"}).step("train").variants
    own = {"source": "photos", **{f"train.{name}": value for name, value in variant.items()}}
    assert FinetuneConfig.resolve(preset=preset, overrides=own).step("train").variants == []


def test_variants_of_ones_own_stay_as_they_are():
    own = {"source": "photos", "learning_rate": 1e-3, "train.variants": [{}, {"learning_rate": 1e-4}]}
    rates = [each.learning_rate for each in FinetuneConfig.resolve(overrides=own).step("train").each_variant()]
    assert rates == [1e-3, 1e-4]


def test_a_shape_that_no_candidate_can_have_is_refused_before_anything_runs():
    with pytest.raises(
        UserError, match=r"^model is auto, but no candidate can be trained so \(dimension is 4000, but "
    ):
        resolve(model="auto", dimension=4000)
    assert resolve(model="auto", dimension=2000, pooling="gem").step("choose").dimension == 2000


@pytest.mark.parametrize("seed", [2**53 + 1, 2**64])
def test_a_seed_that_does_not_pass_through_the_pipeline_is_refused(seed):
    with pytest.raises(UserError, match=rf"^seed is {seed}: it should be less than or equal to 9007199254740992$"):
        resolve(seed=seed)
