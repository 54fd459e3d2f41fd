"""Settings of the step train. Their defaults are the recipe `best`; docs/training.md has its measurements."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lookalike_components.encoder.shape import EncoderShape
from lookalike_components.step_config import LARGEST, one_of
from lookalike_components.train.objective import rules
from lookalike_components.train.objective.names import LOSSES, MINERS
from lookalike_components.train.optimisation import rules as optimisation_rules
from lookalike_components.train.pictures import rules as picture_rules

Share = Annotated[float, Field(ge=0, le=1)]

FAR_FROM_PHOTOS = {
    "learning_rate": 3e-4,
    "loss": "MultiSimilarityLoss",
    "loss_options": {},
    "miner": "MultiSimilarityMiner",
    "miner_options": {},
    "freeze": 0.0,
}
"""For pictures unlike those that the backbone knows, such as drawings."""

VARIABLE = (
    "loss",
    "loss_options",
    "loss_learning_rate",
    "miner",
    "miner_options",
    "memory",
    "label_noise",
    "augmentation",
    "augmentation_options",
    "resolutions",
    "optimizer",
    "optimizer_options",
    "learning_rate",
    "head_learning_rate",
    "layer_decay",
    "schedule",
    "warmup",
    "weight_decay",
    "clip",
    "freeze",
    "freeze_batch_norm",
    "average",
)
"""What variants of one training may differ in: not in the encoder's shape, nor in the pictures of a batch."""

OBJECTIVE = {"loss", "loss_options", "miner", "miner_options"}
"""What says something only together."""

WITHOUT_A_SAY = (
    "cache_megabytes",
    "checkpoint_every",
    "checkpoints",
    "node_resources",
    "nodes",
    "processes",
    "runtime",
)
"""Settings that say how the work is done, not what comes of it."""


class TrainConfig(EncoderShape):
    """What is trained, from which weights, and how."""

    supervision: Literal["labels", "views"] = Field(
        "labels",
        description="What belongs together: labels, pictures of one label; views, augmented views of a picture.",
    )
    loss: Annotated[str, one_of("loss", LOSSES)] = Field(
        "TripletMarginLoss", description="Name of a loss of pytorch-metric-learning."
    )
    loss_options: dict[str, Any] = Field({}, description="Options of the loss, by name.")
    loss_learning_rate: float = Field(0.01, gt=0, description="Step size of a loss's own weights, such as proxies.")
    miner: Annotated[str, one_of("miner", ("", *MINERS))] = Field(
        "", description="Name of a miner of pytorch-metric-learning; empty for none."
    )
    miner_options: dict[str, Any] = Field({}, description="Options of the miner, by name.")
    memory: int = Field(0, ge=0, description="Embeddings of earlier batches that the loss compares with; 0 for none.")
    label_noise: float = Field(
        0.0, ge=0, le=0.5, description="Share of labels believed to be wrong, whose least likely pairs are passed over."
    )

    sampler: Literal["balanced", "random", "category"] = Field(
        "balanced",
        description="How a batch is drawn: balanced, some images of some labels; random, any images; category, "
        "balanced within one value of the column category.",
    )
    category: str = Field("", description="Column of the image table for the sampler category.")
    classes_per_batch: int = Field(
        8, ge=2, description="Labels in a batch; more where some have few images, fewer where there are no more."
    )
    images_per_class: int = Field(
        8,
        ge=2,
        description="Images of a label in a batch, or all that it has; times the labels this is the batch's size.",
    )
    augmentation: Literal["none", "crop", "photo", "strong"] = Field(
        "crop", description="How pictures are varied: none; crop; photo, crop and colour; strong."
    )
    augmentation_options: dict[str, Any] = Field({}, description="Parts of the augmentation set otherwise, by name.")
    resolutions: list[Annotated[float, Field(ge=0.25, le=1)]] = Field(
        [],
        description="Shares of the input size to train at, one after the other, in equal parts; "
        "empty for three fifths, but not below 128 pixels.",
    )

    optimizer: Literal["Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "SGD"] = Field(
        "Adam", description="Name of an optimizer of torch."
    )
    optimizer_options: dict[str, Any] = Field({}, description="Options of the optimizer, by name.")
    learning_rate: float = Field(5e-5, gt=0, description="Step size of the optimizer.")
    head_learning_rate: float = Field(1e-3, gt=0, description="Step size of a new head and of a pooling's new weights.")
    layer_decay: float = Field(1.0, gt=0, le=1, description="Factor of the step size from each stage to the one below.")
    schedule: Literal["constant", "cosine", "linear"] = Field(
        "cosine", description="Whether the step size stays as it is, or falls to 0 along half a cosine or a line."
    )
    warmup: Share = Field(0.0, description="Share of the steps in which the step size rises from 0.")
    weight_decay: float = Field(0.0, ge=0, description="Pull of the weights towards zero.")
    clip: float = Field(0.0, ge=0, description="Longest gradient that is taken as it is; 0 for any.")
    freeze: Share = Field(0.4, description="Share of the backbone's stages, from the pixels up, that stays as it is.")
    freeze_batch_norm: bool = Field(True, description="Whether batch normalisation keeps its statistics.")
    average: float = Field(0.0, ge=0, lt=1, description="Decay of a running average of the weights; 0 for none.")
    embed_at_once: int = Field(
        0, ge=0, description="Images of a batch in memory at once, by gradient caching; 0 for all of them."
    )
    epochs: int = Field(5, ge=1, description="Passes over the training images.")
    steps: int = Field(0, ge=0, description="Steps in all; 0 for as many as the epochs take.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Numbers of the forward pass: auto takes bfloat16 on a GPU that has it, else float32; on a CPU it "
        "gained nothing.",
    )
    compile: bool = Field(False, description="Whether torch compiles the encoder first, which takes minutes.")

    variants: list[dict[str, Any]] = Field(
        [{}, FAR_FROM_PHOTOS],
        description="Settings to lay over these, each tried first; the first goes on, or one that is surely better on "
        "the validation labels.",
    )
    trial_steps: int = Field(30, ge=1, description="Steps that each variant is tried for.")
    validate_every: int = Field(0, ge=0, description="Steps between looks at the validation labels; 0 for every epoch.")
    keep: Literal["best", "last"] = Field(
        "best",
        description="Which weights are kept: the last that do not surely fall behind the best on the "
        "validation labels, or the last.",
    )
    patience: int = Field(0, ge=0, description="Looks without a gain after which training ends; 0 for never.")
    interpolations: list[Share] = Field(
        [1.0],
        min_length=1,
        description="Shares of the trained weights, mixed with those before training, to choose from on the validation "
        "labels.",
    )
    k: int = Field(3, ge=1, description="Neighbours that the validation metrics look at.")
    seed: int = Field(0, ge=0, le=LARGEST, description="Fixes the order of the images and the weights of a new head.")
    repetition: int = Field(
        0,
        ge=0,
        le=LARGEST,
        description="Number of a training that repeats another with the same settings and other chance.",
    )

    cache_megabytes: int = Field(
        20_000, ge=0, description="Most that decoded pictures take on disk; what is beyond is decoded at each use."
    )
    checkpoint_every: int = Field(100, ge=0, description="Steps between checkpoints; 0 for none.")
    checkpoints: str = Field("", description="Folder or URI for checkpoints; empty for beside the encoder.")
    processes: int = Field(1, ge=1, description="Processes on a machine that share every batch, one for each GPU.")
    nodes: int = Field(1, ge=1, description="Machines; above 1 a TrainJob of Kubeflow Trainer trains on so many.")
    runtime: str = Field(
        "torch-distributed",
        pattern=r"^(TrainingRuntime/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        description="ClusterTrainingRuntime that makes the pods of a TrainJob, or TrainingRuntime/NAME.",
    )
    node_resources: dict[str, Any] = Field(
        {}, description="Resources of each pod of a TrainJob, such as {nvidia.com/gpu: 4}; empty for the runtime's own."
    )

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        rules.check(self)
        picture_rules.check(self)
        optimisation_rules.check(self)
        for number, variant in enumerate(self.variants, 1):
            self._check_variant(number, variant)
        return self

    @property
    def chance(self) -> int:
        """The seed of whatever this training leaves to chance; the split and the bootstrap keep ``seed`` itself."""
        return self.seed + self.repetition

    def each_variant(self) -> list[Self]:
        """These settings with each of the variants laid over them, or as they are where there are none."""
        return [self.model_validate({**self._alone(), **variant}) for variant in self.variants] or [self]

    def _check_variant(self, number: int, variant: dict[str, Any]) -> None:
        if strangers := sorted(variant.keys() - VARIABLE):
            raise ValueError(f"variant {number} sets {', '.join(strangers)}; a variant may set {', '.join(VARIABLE)}")
        self.model_validate({**self._alone(), **variant})

    def _alone(self) -> dict[str, Any]:
        return {**self.model_dump(exclude_unset=True), "variants": []}
