"""The optimizers of torch by name, with their options checked where torch is not loaded."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from lookalike_components.step_config import StepConfig, explain

Below1 = Annotated[float, Field(ge=0, lt=1)]
AtLeast0 = Annotated[float, Field(ge=0)]


class _Options(StepConfig):
    """Options of an optimizer, apart from the step size and the weight decay, which have settings of their own.

    Those are left out that say how torch computes, such as ``foreach``, or that would go uphill.
    """


class _Adam(_Options):
    betas: tuple[Below1, Below1] = (0.9, 0.999)
    eps: AtLeast0 = 1e-8
    amsgrad: bool = False
    decoupled_weight_decay: bool = False


class _AdamW(_Options):
    betas: tuple[Below1, Below1] = (0.9, 0.999)
    eps: AtLeast0 = 1e-8
    amsgrad: bool = False


class _NAdam(_Options):
    betas: tuple[Below1, Below1] = (0.9, 0.999)
    eps: AtLeast0 = 1e-8
    momentum_decay: AtLeast0 = 4e-3
    decoupled_weight_decay: bool = False


class _RAdam(_Options):
    betas: tuple[Below1, Below1] = (0.9, 0.999)
    eps: AtLeast0 = 1e-8
    decoupled_weight_decay: bool = False


class _RMSprop(_Options):
    alpha: Below1 = 0.99
    eps: AtLeast0 = 1e-8
    momentum: AtLeast0 = 0.0
    centered: bool = False


class _SGD(_Options):
    momentum: AtLeast0 = 0.0
    dampening: float = 0.0
    nesterov: bool = False


OPTIMIZERS: dict[str, type[StepConfig]] = {
    "Adam": _Adam,
    "AdamW": _AdamW,
    "NAdam": _NAdam,
    "RAdam": _RAdam,
    "RMSprop": _RMSprop,
    "SGD": _SGD,
}
ELSEWHERE = {"lr": "learning_rate", "weight_decay": "weight_decay"}


def checked_options(optimizer: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as torch takes them; those that were not given are left out.

    Args:
        optimizer: Name of an optimizer.
        options: Names and values.

    Raises:
        ValueError: The optimizer has no such option, or does not take its value.
    """
    known = OPTIMIZERS[optimizer]
    for option in options:
        if option in ELSEWHERE:
            raise ValueError(f"optimizer_options sets {option}; set train.{ELSEWHERE[option]} instead")
        if option not in known.model_fields:
            raise ValueError(f"the optimizer {optimizer} has no option {option!r}; it has {_offer(known)}")
    try:
        given = known.model_validate(options).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise ValueError(explain(error, f"the optimizer {optimizer} does not take its options")) from error
    if given.get("nesterov") and (not given.get("momentum") or given.get("dampening")):
        raise ValueError("the optimizer SGD takes nesterov with a momentum above 0 and without dampening only")
    return given


def _offer(known: type[StepConfig]) -> str:
    return ", ".join(f"{name} (default {field.default!r})" for name, field in known.model_fields.items())
