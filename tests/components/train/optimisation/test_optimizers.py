"""The table of optimizers is torch's own, and options are checked where torch is not loaded."""

import inspect

import pytest
import torch

from lookalike_components.train.optimisation.optimizers import ELSEWHERE, OPTIMIZERS, checked_options

HOW_TORCH_COMPUTES = {"foreach", "fused", "capturable", "differentiable"}
UPHILL = {"maximize"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_options_and_their_defaults_are_those_of_torch(name: str):
    parameters = inspect.signature(getattr(torch.optim, name)).parameters.values()
    left_out = {"params", *ELSEWHERE} | HOW_TORCH_COMPUTES | UPHILL
    torchs = {parameter.name: parameter.default for parameter in parameters if parameter.name not in left_out}
    assert {option: field.default for option, field in OPTIMIZERS[name].model_fields.items()} == torchs


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Adam", {"betas": (0.8, 0.9), "eps": 1e-6, "amsgrad": True}),
        ("NAdam", {"momentum_decay": 0.01}),
        ("RMSprop", {"alpha": 0.9, "centered": True}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_torch_takes_what_passed(name: str, options: dict[str, object]):
    checked = checked_options(name, options)
    assert checked == options
    optimizer = getattr(torch.optim, name)([torch.nn.Parameter(torch.zeros(1))], **checked)
    assert options.items() <= optimizer.defaults.items()


def test_lists_and_whole_numbers_from_yaml_and_kfp_are_taken():
    assert checked_options("AdamW", {"betas": [0.5, 0.0], "eps": 0.0}) == {"betas": (0.5, 0), "eps": 0}


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "SGD",
            {"betas": [0.9, 0.99]},
            "the optimizer SGD has no option 'betas'; "
            "it has momentum (default 0.0), dampening (default 0.0), nesterov (default False)",
        ),
        ("Adam", {"lr": 1e-3}, "optimizer_options sets lr; set train.learning_rate instead"),
        ("Adam", {"weight_decay": 0.1}, "optimizer_options sets weight_decay; set train.weight_decay instead"),
        (
            "RMSprop",
            {"alpha": 1.5},
            "the optimizer RMSprop does not take its options: alpha is 1.5: it should be less than 1",
        ),
        (
            "SGD",
            {"nesterov": True},
            "the optimizer SGD takes nesterov with a momentum above 0 and without dampening only",
        ),
    ],
)
def test_what_torch_would_refuse_is_refused_with_the_reason(name: str, options: dict[str, object], sentence: str):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        checked_options(name, options)
    assert str(error.value) == sentence
