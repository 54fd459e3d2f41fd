"""Settings of a cluster: what holds for one step, and what none could mean."""

import pytest

from lookalike.config import FinetuneConfig
from lookalike_components.errors import UserError

PINNED = f"registry.example/lookalike/cpu@sha256:{'a' * 64}"


def cluster(**settings):
    return FinetuneConfig.resolve(overrides={"source": "gs://bucket/photos", "cluster": settings}).cluster


def test_a_step_says_only_what_differs():
    settings = cluster(defaults={"cpu": "2", "accelerators": 1}, steps={"label": {"accelerators": 0}})
    assert (settings.pod("label").cpu, settings.pod("label").accelerators) == ("2", 0)
    assert settings.pod("train") == settings.defaults


def test_a_pinned_image_goes_before_registry_and_tag():
    images = cluster(images={"registry": "europe.example/team", "tag": "2", "cpu": PINNED}).images
    assert images.reference("lookalike/cpu:0.1.0") == PINNED
    assert images.reference("lookalike/gpu:0.1.0") == "europe.example/team/gpu:2"
    assert images.unpinned() == ["europe.example/team/gpu:2"]


def test_no_step_is_told_of_the_cluster():
    settings = FinetuneConfig.resolve(overrides={"source": "x", "cluster.images.tag": "2"})
    assert settings.parameters() == FinetuneConfig(source="x").parameters()


def test_parameters_lead_back_to_the_settings():
    settings = FinetuneConfig.resolve(overrides={"source": "x", "epochs": 7})
    expected = settings.model_dump(exclude={"cluster"})
    assert FinetuneConfig.by_section({**settings.parameters(), "of_another_version": 1}) == expected


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"steps": {"trian": {}}}, "there is no such step; choose one of champion, plan"),
        ({"defaults": {"memory": "4 GB"}}, "cluster.defaults.memory is '4 GB'"),
        ({"steps": {"train": {"secrets": {"TOKEN": "models"}}}}, "name of the secret and its key"),
        ({"steps": {"train": {"retries": -1}}}, "cluster.steps.train.retries is -1"),
    ],
)
def test_a_setting_that_no_cluster_could_mean_is_refused(settings, sentence):
    with pytest.raises(UserError) as error:
        cluster(**settings)
    assert sentence in str(error.value)


def test_a_step_keeps_its_own_words_after_a_round_through_a_file():
    settings = FinetuneConfig.resolve(
        overrides={"source": "x", "cluster.defaults.cpu": "2", "cluster.steps.train.accelerators": 0}
    )
    again = FinetuneConfig.model_validate(settings.model_dump(exclude_unset=True))
    assert again.cluster.pod("train") == settings.cluster.pod("train")
    assert again.cluster.pod("train").cpu == "2"
