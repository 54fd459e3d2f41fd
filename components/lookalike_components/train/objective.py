"""The losses and miners of pytorch-metric-learning, by name, with their options checked before anything runs."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

from pytorch_metric_learning import losses, miners
from torch import Tensor, nn

from lookalike_components.errors import UserError

Options = Mapping[str, Any]


def _by_name(*kinds: Any) -> dict[str, Any]:
    return {kind.__name__: kind for kind in kinds}


PAIR_LOSSES = _by_name(
    losses.AngularLoss,
    losses.CircleLoss,
    losses.ContrastiveLoss,
    losses.FastAPLoss,
    losses.GeneralizedLiftedStructureLoss,
    losses.IntraPairVarianceLoss,
    losses.LiftedStructureLoss,
    losses.MarginLoss,
    losses.MultiSimilarityLoss,
    losses.NCALoss,
    losses.NPairsLoss,
    losses.NTXentLoss,
    losses.PNPLoss,
    losses.SignalToNoiseRatioContrastiveLoss,
    losses.SmoothAPLoss,
    losses.SupConLoss,
    losses.TripletMarginLoss,
    losses.TupletMarginLoss,
)
PROXY_LOSSES = _by_name(
    losses.ArcFaceLoss,
    losses.CosFaceLoss,
    losses.NormalizedSoftmaxLoss,
    losses.ProxyAnchorLoss,
    losses.ProxyNCALoss,
    losses.SoftTripleLoss,
    losses.SubCenterArcFaceLoss,
)
LOSSES = PAIR_LOSSES | PROXY_LOSSES
MINERS = _by_name(
    miners.AngularMiner,
    miners.BatchEasyHardMiner,
    miners.BatchHardMiner,
    miners.DistanceWeightedMiner,
    miners.HDCMiner,
    miners.MultiSimilarityMiner,
    miners.PairMarginMiner,
    miners.TripletMarginMiner,
    miners.UniformHistogramMiner,
)
WITHOUT_MINER = {"PNPLoss"}
SHAPE = ("num_classes", "embedding_size")


class Objective(nn.Module):
    """What training lowers: a loss, over the pairs or triplets that a miner picks where there is one.

    Proxy losses learn one or more vectors for each class; these are parameters of this module.

    Args:
        loss: Name of the loss.
        loss_options: Its options.
        miner: Name of the miner; empty for none.
        miner_options: Its options.
        shape: Number of classes and length of an embedding, which proxy losses are made for.

    Raises:
        UserError: There is no such loss, miner or option, or an option's value is refused.
    """

    def __init__(
        self, loss: str, loss_options: Options, miner: str, miner_options: Options, shape: tuple[int, int]
    ) -> None:
        super().__init__()
        proxies = dict(zip(SHAPE, shape, strict=True)) if loss in PROXY_LOSSES else {}
        self.loss = _make("loss", loss, LOSSES, loss_options, proxies)
        self.miner = _make("miner", miner, MINERS, miner_options) if miner else None
        if miner and loss in WITHOUT_MINER:
            raise UserError(f"the loss {loss} takes no miner but the miner is {miner}; set it to an empty text")

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch.

        Args:
            embeddings: float32 ``[b, d]``.
            labels: int64 ``[b]``, from 0 up to the number of classes.

        Returns:
            A float32 scalar, 0 or more for most losses.
        """
        mined = self.miner(embeddings, labels) if self.miner else None
        loss: Tensor = self.loss(embeddings, labels, mined)
        return loss


def _make(role: str, name: str, kinds: Mapping[str, Any], options: Options, given: Options | None = None) -> nn.Module:
    if name not in kinds:
        raise UserError(f"there is no {role} {name!r}; choose one of {', '.join(kinds)}")
    known = _options(kinds[name])
    for option in options:
        if option not in known:
            raise UserError(f"the {role} {name} has no option {option!r}; {_offer(known)}")
    try:
        made: nn.Module = kinds[name](**_whole_numbers(options, known), **(given or {}))
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError(f"the {role} {name} does not take the options {dict(options)}: {error}") from error
    return made


def _options(kind: Any) -> dict[str, Any]:
    """The options that a loss or miner names itself, with their defaults."""
    unnamed = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    parts = signature(kind).parameters.values()
    return {part.name: part.default for part in parts if part.kind not in unnamed and part.name not in SHAPE}


def _offer(known: Options) -> str:
    if not known:
        return "it has none"
    return "it has " + ", ".join(f"{name} (default {default!r})" for name, default in known.items())


def _whole_numbers(options: Options, known: Options) -> dict[str, Any]:
    """The options with 3.0 for 3 set right, as KFP hands every number inside a dictionary over as a float."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() and isinstance(known[name], int) else value
        for name, value in options.items()
    }
