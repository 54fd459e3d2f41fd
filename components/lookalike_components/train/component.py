"""Step `train`: teach an image encoder which pictures show the same thing."""

from typing import Any

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def train(
    table: dsl.Input[dsl.Dataset],
    encoder: dsl.Output[dsl.Model],
    history: dsl.Output[dsl.Artifact],
    tensorboard: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    model: str = "resnet50",
    weights: str = "",
    weights_sha256: str = "",
    input_size: int = 0,
    resize: str = "exact",
    aspect: str = "squash",
    start_from: str = "",
    pooling: str = "",
    dimension: int = 0,
    head: str = "pca",
    matryoshka: list[int] = [],
    supervision: str = "labels",
    loss: str = "TripletMarginLoss",
    loss_options: dict[str, Any] = {},
    loss_learning_rate: float = 0.01,
    miner: str = "",
    miner_options: dict[str, Any] = {},
    memory: int = 0,
    label_noise: float = 0.0,
    sampler: str = "balanced",
    category: str = "",
    classes_per_batch: int = 8,
    images_per_class: int = 8,
    augmentation: str = "crop",
    augmentation_options: dict[str, Any] = {},
    resolutions: list[float] = [],
    optimizer: str = "Adam",
    optimizer_options: dict[str, Any] = {},
    learning_rate: float = 5e-5,
    head_learning_rate: float = 1e-3,
    layer_decay: float = 1.0,
    schedule: str = "cosine",
    warmup: float = 0.0,
    weight_decay: float = 0.0,
    clip: float = 0.0,
    freeze: float = 0.4,
    freeze_batch_norm: bool = True,
    average: float = 0.0,
    embed_at_once: int = 0,
    epochs: int = 5,
    steps: int = 0,
    precision: str = "auto",
    compile: bool = False,
    variants: list[dict[str, Any]] = [
        {},
        {
            "learning_rate": 3e-4,
            "loss": "MultiSimilarityLoss",
            "loss_options": {},
            "miner": "MultiSimilarityMiner",
            "miner_options": {},
            "freeze": 0.0,
        },
    ],
    trial_steps: int = 30,
    validate_every: int = 0,
    keep: str = "best",
    patience: int = 0,
    interpolations: list[float] = [1.0],
    k: int = 3,
    seed: int = 0,
    repetition: int = 0,
    cache_megabytes: int = 20_000,
    checkpoint_every: int = 100,
    checkpoints: str = "",
    processes: int = 1,
    nodes: int = 1,
    runtime: str = "torch-distributed",
    node_resources: dict[str, Any] = {},
) -> None:
    """Fine-tune an image encoder so that pictures of the same thing land close together.

    Args:
        table: Image table with labels and subsets from step `split`.
        model: Backbone, by its name in `lookalike models`; auto for the one that finds most without training.
        weights: File or URI of the pretrained weights; empty for the published ones.
        weights_sha256: sha256 that the weights are held to; empty for what is published of it.
        input_size: Height and width in pixels; 0 for the backbone's own.
        resize: exact decodes in full, then resizes; fast decodes a JPEG scaled.
        aspect: squash makes squares of whole pictures; pad and crop keep their shape.
        start_from: Folder or URI of an encoder to go on from, with its own model, sizes, resize, aspect and pooling
            where these are left at their defaults; empty for the pretrained backbone.
        pooling: How the feature map becomes one vector: avg, gem, cls, cls_mean; empty for the backbone's own.
        dimension: Length of an embedding, by a new linear head; 0 for no head.
        head: How a new head starts: from a PCA of the training features, whitened or not; or random.
        matryoshka: Lengths that the first numbers of an embedding are trained to do for as well, such as [64,
            128].
        supervision: What belongs together: labels, pictures of one label; views, augmented views of a picture.
        loss: Name of a loss of pytorch-metric-learning.
        loss_options: Options of the loss, by name.
        loss_learning_rate: Step size of a loss's own weights, such as proxies.
        miner: Name of a miner of pytorch-metric-learning; empty for none.
        miner_options: Options of the miner, by name.
        memory: Embeddings of earlier batches that the loss compares with; 0 for none.
        label_noise: Share of labels believed to be wrong, whose least likely pairs are passed over.
        sampler: How a batch is drawn: balanced, some images of some labels; random, any images; category,
            balanced within one value of the column category.
        category: Column of the image table for the sampler category.
        classes_per_batch: Labels in a batch; more where some have few images, fewer where there are no more.
        images_per_class: Images of a label in a batch, or all that it has; times the labels this is the batch's
            size.
        augmentation: How pictures are varied: none; crop; photo, crop and colour; strong.
        augmentation_options: Parts of the augmentation set otherwise, by name.
        resolutions: Shares of the input size to train at, one after the other, in equal parts; empty for three fifths,
            but not below 128 pixels.
        optimizer: Name of an optimizer of torch.
        optimizer_options: Options of the optimizer, by name.
        learning_rate: Step size of the optimizer.
        head_learning_rate: Step size of a new head and of a pooling's new weights.
        layer_decay: Factor of the step size from each stage to the one below.
        schedule: Whether the step size stays as it is, or falls to 0 along half a cosine or a line.
        warmup: Share of the steps in which the step size rises from 0.
        weight_decay: Pull of the weights towards zero.
        clip: Longest gradient that is taken as it is; 0 for any.
        freeze: Share of the backbone's stages, from the pixels up, that stays as it is.
        freeze_batch_norm: Whether batch normalisation keeps its statistics.
        average: Decay of a running average of the weights; 0 for none.
        embed_at_once: Images of a batch in memory at once, by gradient caching; 0 for all of them.
        epochs: Passes over the training images.
        steps: Steps in all; 0 for as many as the epochs take.
        precision: Numbers of the forward pass: auto takes bfloat16 on a GPU that has it, else float32; on a CPU it
            gained nothing.
        compile: Whether torch compiles the encoder first, which takes minutes.
        variants: Settings to lay over these, each tried first; the first goes on, or one that is surely better on the
            validation labels.
        trial_steps: Steps that each variant is tried for.
        validate_every: Steps between looks at the validation labels; 0 for every epoch.
        keep: Which weights are kept: the last that do not surely fall behind the best on the validation labels, or
            the last.
        patience: Looks without a gain after which training ends; 0 for never.
        interpolations: Shares of the trained weights, mixed with those before training, to choose from on the
            validation labels.
        k: Neighbours that the validation metrics look at.
        seed: Fixes the order of the images and the weights of a new head.
        repetition: Number of a training that repeats another with the same settings and other chance.
        cache_megabytes: Most that decoded pictures take on disk; what is beyond is decoded at each use.
        checkpoint_every: Steps between checkpoints; 0 for none.
        checkpoints: Folder or URI for checkpoints; empty for beside the encoder.
        processes: Processes on a machine that share every batch, one for each GPU.
        nodes: Machines; above 1 a TrainJob of Kubeflow Trainer trains on so many.
        runtime: ClusterTrainingRuntime that makes the pods of a TrainJob, or TrainingRuntime/NAME.
        node_resources: Resources of each pod of a TrainJob, such as {nvidia.com/gpu: 4}; empty for the
            runtime's own.

    Returns:
        encoder: Folder with encoder.json and encoder.safetensors.
        history: JSON Lines, a row before training and one after every look at the validation labels,
            and one about what was kept.
        tensorboard: Folder of TensorBoard events, which tell the same.
        metrics: Steps, loss, and R@1 and MAP@R on the validation labels before and after.
    """
    from lookalike_components.progress import step

    outputs = {"encoder": encoder, "history": history, "tensorboard": tensorboard, "metrics": metrics}
    with step("train", **{name: output.path for name, output in outputs.items()}) as facts:
        from lookalike_components.train.config import TrainConfig
        from lookalike_components.train.dispatch import dispatch
        from lookalike_components.train.keeping.written import Written

        written = Written(encoder.path, history.path, tensorboard.path, encoder.uri, history.uri, tensorboard.uri)
        facts.update(dispatch(table.path, written, TrainConfig.from_arguments(locals())))
        for name, value in facts.items():
            metrics.log_metric(name, value)
