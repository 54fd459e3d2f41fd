"""The table of losses and miners says what the installed library says."""

import inspect
from typing import Any

import pytest
from pydantic import TypeAdapter
from pytorch_metric_learning import losses, miners

from lookalike_components.train.objective.names import LOSSES, MINERS, REMEMBERING

SHAPE = {"num_classes", "embedding_size", "descriptors_dim"}
OF_THE_LIBRARY = {"embedding_regularizer", "embedding_reg_weight", "weight_regularizer", "weight_reg_weight"}
MADE_BY_A_FUNCTION = {"distance", "reducer", "weight_init_func", "collect_stats"}
SAID_OTHERWISE = {("HistogramLoss", "delta")}
OWN_DEFAULTS = {("RankedListLoss", "margin"): 0.4, ("RankedListLoss", "Tn"): 5, ("HistogramLoss", "n_bins"): 100}
LEFT_OUT = {
    "BaseLossWrapper",
    "BaseMetricLossFunction",
    "CrossBatchMemory",
    "DynamicSoftMarginLoss",
    "EmbeddingRegularizerMixin",
    "GenericPairLoss",
    "InstanceLoss",
    "ManifoldLoss",
    "MultipleLosses",
    "SelfSupervisedLoss",
    "VICRegLoss",
    "WeightRegularizerMixin",
}
OPTIONS = {name: loss.options for name, loss in LOSSES.items()} | dict(MINERS)


def options_of(kind: type) -> dict[str, Any]:
    """The options of a class and, where it hands on what it does not know, of those that it is made from."""
    found: dict[str, Any] = {}
    for part in kind.__mro__:
        if not part.__module__.startswith("pytorch_metric_learning.") or "__init__" not in vars(part):
            continue
        for parameter in list(inspect.signature(part.__init__).parameters.values())[1:]:
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                found.setdefault(parameter.name, parameter.default)
    return {name: found[name] for name in found if name not in SHAPE | OF_THE_LIBRARY | MADE_BY_A_FUNCTION}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_and_defaults_are_the_librarys(name: str):
    theirs = options_of(getattr(losses, name, None) or getattr(miners, name))
    fixed = {"mat_based_loss"} | {option for kind, option in SAID_OTHERWISE if kind == name}
    fixed |= (
        {"pos_strategy", "neg_strategy", "allowed_pos_range", "allowed_neg_range"}
        if name == "BatchHardMiner"
        else set()
    )
    expected = {
        option: OWN_DEFAULTS.get((name, option), default) for option, default in theirs.items() if option not in fixed
    }
    assert {option: row.default for option, row in OPTIONS[name].items()} == expected


@pytest.mark.parametrize("name", OPTIONS)
def test_every_default_is_allowed(name: str):
    for row in OPTIONS[name].values():
        assert TypeAdapter(row.kind).validate_python(row.default) == row.default


def test_every_loss_of_the_library_is_in_the_table_or_left_out_for_a_reason():
    theirs = {name for name, kind in vars(losses).items() if inspect.isclass(kind)}
    assert theirs == set(LOSSES) | LEFT_OUT


def test_every_miner_of_the_library_is_in_the_table():
    theirs = {name for name, kind in vars(miners).items() if inspect.isclass(kind)}
    assert theirs == set(MINERS) | {"BaseMiner", "EmbeddingsAlreadyPackagedAsTriplets"}


def test_those_that_remember_are_the_librarys_but_for_two():
    assert set(losses.CrossBatchMemory.supported_losses()) == {*REMEMBERING, "NCALoss", "LiftedStructureLoss"}
