"""Every weight that learns is in one group, at the step size of its stage."""

from pathlib import Path

import pytest
import torch
from torch import nn

from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.parameters import freeze, groups, learning

STAGES = 5


def encoder(weights: Path, dimension: int = 0) -> Encoder:
    return build("resnet18", str(weights), 32, dimension=dimension)


def rate_of(parts: list[dict[str, object]]) -> dict[int, float]:
    """The step size of each weight, by its identity."""
    return {id(weight): part["lr"] for part in parts for weight in part["params"]}


def test_every_weight_is_in_one_group(weights: Path):
    model, objective = encoder(weights, 16), nn.Linear(2, 2)
    parts = groups(model, objective, TrainConfig(layer_decay=0.5, weight_decay=0.1))
    grouped = [id(weight) for part in parts for weight in part["params"]]
    assert sorted(grouped) == sorted(id(weight) for weight in (*model.parameters(), *objective.parameters()))


def test_each_stage_learns_slower_than_the_one_above(weights: Path):
    model = encoder(weights, 16)
    config = TrainConfig(learning_rate=0.1, head_learning_rate=3.0, layer_decay=0.5)
    rates = rate_of(groups(model, nn.Identity(), config))
    seen = [{rates[id(weight)] for weight in stage.parameters()} for stage in model.stages]
    assert seen == [{0.1 * 0.5**below} for below in reversed(range(STAGES))]
    assert {rates[id(weight)] for weight in model.head.parameters()} == {3.0}


def test_the_head_of_an_encoder_to_start_from_is_not_new(weights: Path):
    model = encoder(weights, 16)
    model.config = model.config.model_copy(update={"parent": "0" * 64})
    rates = rate_of(groups(model, nn.Identity(), TrainConfig(learning_rate=0.1, head_learning_rate=3.0)))
    assert {rates[id(weight)] for weight in model.head.parameters()} == {0.1}


def test_without_decay_of_layers_the_backbone_is_one_group(weights: Path):
    assert len(groups(encoder(weights), nn.Identity(), TrainConfig(layer_decay=1.0, weight_decay=0))) == 1


def test_the_vectors_of_a_loss_have_a_rate_of_their_own(weights: Path):
    config = TrainConfig(loss="ProxyAnchorLoss", miner="", loss_learning_rate=7.0)
    objective = Objective(config, (4, 512))
    rates = rate_of(groups(encoder(weights), objective, config))
    assert {rates[id(weight)] for weight in objective.parameters()} == {7.0}


def test_biases_and_normalisations_are_not_decayed(weights: Path):
    model = encoder(weights, 16)
    parts = groups(model, nn.Identity(), TrainConfig(weight_decay=0.1))
    kept = {id(weight) for part in parts if part["weight_decay"] == 0 for weight in part["params"]}
    vectors = {id(weight) for weight in model.parameters() if weight.ndim == 1}
    assert kept == vectors
    assert id(model.head.bias) in kept


def test_a_frozen_stage_is_in_no_group_and_in_no_graph(weights: Path):
    model, config = encoder(weights), TrainConfig(freeze=0.8)
    freeze(model, config)
    learning(model, config)
    grouped = {id(weight) for part in groups(model, nn.Identity(), config) for weight in part["params"]}
    assert grouped == {id(weight) for weight in model.stages[4].parameters()}
    outputs = []
    for stage in model.stages[1:]:
        stage.register_forward_hook(lambda _stage, _inputs, output: outputs.append(output.requires_grad))
    model(torch.zeros(2, 32, 32, 3, dtype=torch.uint8))
    assert outputs == [False, False, False, True]


def test_what_is_frozen_is_in_evaluation_mode(weights: Path):
    model, config = encoder(weights), TrainConfig(freeze=0.4, freeze_batch_norm=False)
    learning(model, config)
    norms = [[part for part in stage.modules() if isinstance(part, nn.BatchNorm2d)] for stage in model.stages]
    assert [{norm.training for norm in stage} for stage in norms] == [{False}, {False}, {True}, {True}, {True}]


def test_frozen_batch_normalisation_is_in_evaluation_mode_everywhere(weights: Path):
    model = encoder(weights)
    learning(model, TrainConfig(freeze_batch_norm=True))
    assert {module.training for module in model.modules() if isinstance(module, nn.BatchNorm2d)} == {False}
    assert model.stages[0].training


def test_something_has_to_be_left_to_learn(weights: Path):
    config = TrainConfig(model="resnet18", freeze=1.0)
    with pytest.raises(UserError) as error:
        freeze(encoder(weights), config)
    assert str(error.value) == (
        "train.freeze is 1, which leaves nothing of the encoder to learn; set it lower, "
        "or give the encoder a head with train.dimension"
    )
    freeze(encoder(weights, 16), config)
