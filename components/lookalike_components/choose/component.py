"""Step `choose`: the backbone that finds most without training, where none is named."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def choose(
    table: dsl.Input[dsl.Dataset],
    scores: dsl.Output[dsl.Artifact],
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
    candidates: list[str] = [
        "mobilenet_v2",
        "resnet50",
        "convnext_nano.in12k",
        "convnext_tiny.in12k",
        "vit_small_patch16_224.dino",
        "vit_small_patch14_dinov2.lvd142m",
    ],
    images: int = 2000,
    seed: int = 0,
) -> str:
    """Name the pretrained backbone to start from; where it is auto, measure the candidates on validation labels.

    Args:
        table: Image table with labels and subsets from step `split`; its rows `validation` are read, or `train` where
            there are too few.
        model: Name of the backbone, which is passed on as it is, or auto.
        weights: Path or URI of its weights; empty for the published ones.
        weights_sha256: The sha256 that the weights are held to; empty for what is published of it.
        input_size: Side of the input in pixels; 0 for each backbone's own.
        resize: How pictures are brought to that size: `exact`, or `fast` for large JPEGs.
        aspect: What becomes of their shape: `squash` makes squares of whole pictures, `pad` and `crop` keep it.
        start_from: Folder or URI of an encoder that training goes on from, whose backbone it is; empty for none.
        pooling: How the training pools; a candidate that cannot be pooled so is left out, as for the next three.
        dimension: Length of the training's embeddings, by a new head; 0 for no head.
        head: How a new head starts; only one that starts at random may be longer than the features.
        matryoshka: Lengths that embeddings are to be cut to.
        candidates: Names of the backbones that take part where model is auto.
        images: Pictures that they are compared on, at most.
        seed: Fixes which pictures those are.

    Returns:
        scores: JSON file with the score of every candidate, or why it was left out.
        Output: Name of the backbone.
    """
    from lookalike_components.progress import step

    with step("choose", scores=scores.path) as facts:
        from lookalike_components.choose.choose import choose
        from lookalike_components.choose.config import ChooseConfig

        chosen = choose(table.path, scores.path, ChooseConfig.from_arguments(locals()))
        facts.update(chosen.facts)
    return chosen.model
