"""Step `train`: teach an image encoder which pictures show the same thing."""

from typing import Any

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def train(
    table: dsl.Input[dsl.Dataset],
    encoder: dsl.Output[dsl.Model],
    history: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    model: str = "resnet50",
    weights: str = "",
    input_size: int = 0,
    resize: str = "exact",
    start_from: str = "",
    dimension: int = 0,
    loss: str = "MultiSimilarityLoss",
    loss_options: dict[str, Any] = {},
    miner: str = "MultiSimilarityMiner",
    miner_options: dict[str, Any] = {},
    optimizer: str = "Adam",
    learning_rate: float = 1e-4,
    schedule: str = "constant",
    weight_decay: float = 0.0,
    classes_per_batch: int = 16,
    images_per_class: int = 4,
    epochs: int = 5,
    k: int = 3,
    seed: int = 0,
    processes: int = 1,
    nodes: int = 1,
    runtime: str = "torch-distributed",
    node_resources: dict[str, Any] = {},
) -> None:
    """Fine-tune an image encoder so that pictures of the same thing land close together.

    Args:
        table: Image table with labels and subsets from step `split`.
        model: Name of the backbone, such as resnet50 or mobilenet_v2.
        weights: Path or URI of the backbone's weights (.pth, .safetensors); empty for torchvision's own.
        input_size: Height and width of the input in pixels; 0 for the backbone's own.
        resize: How pictures are brought to that size, exact or fast.
        start_from: Folder or URI of an encoder to go on from; empty for the pretrained backbone.
        dimension: Length of an embedding, made by a new linear head; 0 for the backbone's features as they are.
        loss: Name of a loss of pytorch-metric-learning.
        loss_options: Options of the loss, by name.
        miner: Name of a miner of pytorch-metric-learning; empty for none.
        miner_options: Options of the miner, by name.
        optimizer: Adam, AdamW or SGD.
        learning_rate: Step size of the optimizer, above 0.
        schedule: constant, or cosine for a step size that falls to 0 along half a cosine.
        weight_decay: Pull of the weights towards zero, 0 or more.
        classes_per_batch: Labels in a batch, 2 or more.
        images_per_class: Images of each label in a batch, 2 or more.
        epochs: Passes over the training images, 1 or more.
        k: Neighbours that the validation metrics look at, 1 or more.
        seed: Fixes the order of the images and the weights of a new head.
        processes: Processes on a machine that share every batch, one for each GPU; 1 or more.
        nodes: Machines, 1 or more; above 1 a TrainJob of Kubeflow Trainer trains on so many.
        runtime: ClusterTrainingRuntime that makes the pods of a TrainJob, or TrainingRuntime/NAME.
        node_resources: Resources of each pod of a TrainJob, by name; empty for the runtime's own.

    Returns:
        encoder: Folder with encoder.json and encoder.safetensors.
        history: JSON Lines, one row before training and one after every epoch.
        metrics: Steps, loss, and R@1 and MAP@R on the validation labels before and after.
    """
    from lookalike_components.progress import step

    with step("train", encoder=encoder.path, history=history.path, metrics=metrics.path) as facts:
        from lookalike_components.train.config import TrainConfig
        from lookalike_components.train.dispatch import dispatch

        config = TrainConfig.from_arguments(locals())
        facts.update(dispatch(table.path, encoder.path, history.path, config, encoder.uri))
        for name, value in facts.items():
            metrics.log_metric(name, value)
