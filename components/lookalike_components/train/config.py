"""Settings of the step train."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.step_config import one_of
from lookalike_components.train.objective.names import LOSSES, MINERS, WITHOUT_MINER


class TrainConfig(EncoderChoice):
    """What is trained, from which weights, and how."""

    start_from: str = Field(
        "", description="Folder or URI of an encoder to go on from; empty for the pretrained backbone."
    )
    dimension: int = Field(0, ge=0, description="Length of an embedding, by a new linear head; 0 for no head.")
    loss: Annotated[str, one_of("loss", LOSSES)] = Field(
        "MultiSimilarityLoss", description="Name of a loss of pytorch-metric-learning."
    )
    loss_options: dict[str, Any] = Field({}, description="Options of the loss, by name.")
    miner: Annotated[str, one_of("miner", ("", *MINERS))] = Field(
        "MultiSimilarityMiner", description="Name of a miner of pytorch-metric-learning; empty for none."
    )
    miner_options: dict[str, Any] = Field({}, description="Options of the miner, by name.")
    optimizer: Literal["Adam", "AdamW", "SGD"] = Field("Adam", description="Name of an optimizer of torch.")
    learning_rate: float = Field(1e-4, gt=0, description="Step size of the optimizer.")
    schedule: Literal["constant", "cosine"] = Field(
        "constant", description="Whether the step size stays as it is, or falls to 0 along half a cosine."
    )
    weight_decay: float = Field(0.0, ge=0, description="Pull of the weights towards zero.")
    classes_per_batch: int = Field(16, ge=2, description="Labels in a batch, or all of them where there are fewer.")
    images_per_class: int = Field(4, ge=2, description="Images of each label in a batch.")
    epochs: int = Field(5, ge=1, description="Passes over the training images.")
    k: int = Field(3, ge=1, description="Neighbours that the validation metrics look at.")
    seed: int = Field(0, ge=0, description="Fixes the order of the images and the weights of a new head.")
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
        if self.miner and self.loss in WITHOUT_MINER:
            raise ValueError(
                f"the loss {self.loss} takes no miner, but miner is {self.miner}; set miner to an empty text"
            )
        return self
