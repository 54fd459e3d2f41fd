"""The losses and miners of pytorch-metric-learning that make sense here, by the names of their classes.

Options and defaults are those of the library, which a test holds them to; what each option may be is read here, so that
settings are checked where torch is not loaded. Not among them are losses that look at no labels (`VICRegLoss`,
`ManifoldLoss`), that take the number of a class for a place in the batch (`InstanceLoss`), and `DynamicSoftMarginLoss`,
which fails at its second step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
NotNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
Angle = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, lt=90)]
Count = Annotated[int, Field(strict=True, ge=1)]
Flag = Annotated[bool, Field(strict=True)]
PerAnchor = Literal["all"] | Count
Distances = tuple[Number, Number] | None
Hardness = Literal["easy", "semihard", "hard", "all"]

Compares = Literal["pairs", "batch", "classes"]


@dataclass(frozen=True, slots=True)
class Option:
    """What an option is without being set, and what it may be set to.

    Attributes:
        default: Its value in the library.
        kind: A type, with limits.
    """

    default: Any
    kind: Any


Options = Mapping[str, Option]


@dataclass(frozen=True, slots=True)
class Loss:
    """What a loss compares the embeddings of a batch with.

    Attributes:
        compares: pairs, with each other, by the pairs or triplets that a miner may pick; batch, each with all others;
            classes, with vectors of the loss's own, which are learned, one or more for each class.
        options: What can be set.
        remembers: Whether it may compare with embeddings of earlier batches. Of those that the library lets, two are
            left out: `NCALoss` takes an image's own place in the memory for its best match, and `LiftedStructureLoss`
            mixes up places in the batch with places in the memory.
    """

    compares: Compares
    options: Options
    remembers: bool = False


LOSSES: Mapping[str, Loss] = {
    "AngularLoss": Loss("pairs", {"alpha": Option(40, Angle)}, remembers=True),
    "ArcFaceLoss": Loss("classes", {"margin": Option(28.6, Angle), "scale": Option(64, Positive)}),
    "CircleLoss": Loss("pairs", {"m": Option(0.4, Share), "gamma": Option(80, Positive)}, remembers=True),
    "ContrastiveLoss": Loss(
        "pairs", {"pos_margin": Option(0, NotNegative), "neg_margin": Option(1, NotNegative)}, remembers=True
    ),
    "CosFaceLoss": Loss("classes", {"margin": Option(0.35, NotNegative), "scale": Option(64, Positive)}),
    "FastAPLoss": Loss("batch", {"num_bins": Option(10, Count)}),
    "GeneralizedLiftedStructureLoss": Loss(
        "pairs", {"neg_margin": Option(1, NotNegative), "pos_margin": Option(0, NotNegative)}, remembers=True
    ),
    "HistogramLoss": Loss("pairs", {"n_bins": Option(100, Count)}),
    "IntraPairVarianceLoss": Loss(
        "pairs", {"pos_eps": Option(0.01, NotNegative), "neg_eps": Option(0.01, NotNegative)}, remembers=True
    ),
    "LargeMarginSoftmaxLoss": Loss("classes", {"margin": Option(4, Count), "scale": Option(1, Positive)}),
    "LiftedStructureLoss": Loss("pairs", {"neg_margin": Option(1, NotNegative), "pos_margin": Option(0, NotNegative)}),
    "MarginLoss": Loss(
        "pairs",
        {
            "margin": Option(0.2, NotNegative),
            "nu": Option(0, NotNegative),
            "beta": Option(1.2, Positive),
            "triplets_per_anchor": Option("all", PerAnchor),
            "learn_beta": Option(False, Flag),
        },
        remembers=True,
    ),
    "MultiSimilarityLoss": Loss(
        "pairs",
        {"alpha": Option(2, Positive), "beta": Option(50, Positive), "base": Option(0.5, Number)},
        remembers=True,
    ),
    "NCALoss": Loss("batch", {"softmax_scale": Option(1, Positive)}),
    "NPairsLoss": Loss("pairs", {}),
    "NTXentLoss": Loss("pairs", {"temperature": Option(0.07, Positive)}, remembers=True),
    "NormalizedSoftmaxLoss": Loss("classes", {"temperature": Option(0.05, Positive)}),
    "P2SGradLoss": Loss("classes", {}),
    "PNPLoss": Loss(
        "batch",
        {
            "b": Option(2, Positive),
            "alpha": Option(1, Positive),
            "anneal": Option(0.01, Positive),
            "variant": Option("O", Literal["Ds", "Dq", "Iu", "Ib", "O"]),
        },
    ),
    "ProxyAnchorLoss": Loss("classes", {"margin": Option(0.1, NotNegative), "alpha": Option(32, Positive)}),
    "ProxyNCALoss": Loss("classes", {"softmax_scale": Option(1, Positive)}),
    "RankedListLoss": Loss(
        "batch",
        {
            # The library has no defaults for these two; the margin is the paper's, and the temperature the highest that
            # the library does not warn of (the paper has 10).
            "margin": Option(0.4, NotNegative),
            "Tn": Option(5, NotNegative),
            "imbalance": Option(0.5, Share),
            "alpha": Option(None, Positive | None),
            "Tp": Option(0, NotNegative),
        },
    ),
    "SignalToNoiseRatioContrastiveLoss": Loss(
        "pairs", {"pos_margin": Option(0, NotNegative), "neg_margin": Option(1, NotNegative)}, remembers=True
    ),
    "SmoothAPLoss": Loss("batch", {"temperature": Option(0.01, Positive)}),
    "SoftTripleLoss": Loss(
        "classes",
        {
            "centers_per_class": Option(10, Count),
            "la": Option(20, Positive),
            "gamma": Option(0.1, Positive),
            "margin": Option(0.01, NotNegative),
        },
    ),
    "SphereFaceLoss": Loss("classes", {"margin": Option(4, Count), "scale": Option(1, Positive)}),
    "SubCenterArcFaceLoss": Loss(
        "classes",
        {"margin": Option(28.6, Angle), "scale": Option(64, Positive), "sub_centers": Option(3, Count)},
    ),
    "SupConLoss": Loss("pairs", {"temperature": Option(0.1, Positive)}, remembers=True),
    "ThresholdConsistentMarginLoss": Loss(
        "pairs",
        {
            "lambda_plus": Option(1.0, NotNegative),
            "lambda_minus": Option(1.0, NotNegative),
            "margin_plus": Option(0.9, Number),
            "margin_minus": Option(0.5, Number),
        },
    ),
    "TripletMarginLoss": Loss(
        "pairs",
        {
            "margin": Option(0.05, NotNegative),
            "swap": Option(False, Flag),
            "smooth_loss": Option(False, Flag),
            "triplets_per_anchor": Option("all", PerAnchor),
        },
        remembers=True,
    ),
    "TupletMarginLoss": Loss("pairs", {"margin": Option(5.73, Angle), "scale": Option(64, Positive)}, remembers=True),
}
MINERS: Mapping[str, Options] = {
    "AngularMiner": {"angle": Option(20, Angle)},
    "BatchEasyHardMiner": {
        "pos_strategy": Option("easy", Hardness),
        "neg_strategy": Option("semihard", Hardness),
        "allowed_pos_range": Option(None, Distances),
        "allowed_neg_range": Option(None, Distances),
    },
    "BatchHardMiner": {},
    "DistanceWeightedMiner": {"cutoff": Option(0.5, Positive), "nonzero_loss_cutoff": Option(1.4, Positive)},
    "HDCMiner": {"filter_percentage": Option(0.5, Share)},
    "MultiSimilarityMiner": {"epsilon": Option(0.1, Number)},
    "PairMarginMiner": {"pos_margin": Option(0.2, NotNegative), "neg_margin": Option(0.8, NotNegative)},
    "TripletMarginMiner": {"margin": Option(0.2, NotNegative), "type_of_triplets": Option("all", Hardness)},
    "UniformHistogramMiner": {
        "num_bins": Option(100, Count),
        "pos_per_bin": Option(10, Count),
        "neg_per_bin": Option(10, Count),
    },
}
REMEMBERING = tuple(name for name, loss in LOSSES.items() if loss.remembers)
