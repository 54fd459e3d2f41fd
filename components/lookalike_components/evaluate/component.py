"""Step `evaluate`: measure an encoder on the test labels."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def evaluate(
    table: dsl.Input[dsl.Dataset],
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    encoder: dsl.Input[dsl.Model] = None,
    encoder_uri: str = "",
    role: str = "candidate",
    model: str = "resnet50",
    weights: str = "",
    weights_sha256: str = "",
    input_size: int = 0,
    resize: str = "exact",
    aspect: str = "squash",
    k: int = 3,
    false_match_rate: float = 0.05,
    index_size: int = 0,
    robustness_queries: int = 100,
    forgetting: bool = True,
) -> None:
    """Measure how well an encoder finds pictures of the same thing among labels that it never trained on.

    Args:
        table: Image table from step `split`; its rows `query` and `index` are the test, `validation`
            sets the threshold, and rows without a subset distract.
        encoder: The encoder's folder from step `train`.
        encoder_uri: Folder or URI of the encoder to measure where none is handed over; without either the pretrained
            backbone is measured.
        role: `reference` for the encoder to beat, `candidate` for the one that has to beat it.
        model: Name of the pretrained backbone to measure when no encoder is given.
        weights: Path or URI of its weights; empty for the published ones.
        weights_sha256: The sha256 that the weights are held to; empty for what is published of it.
        input_size: Side of its input in pixels; 0 for the backbone's own.
        resize: How pictures are brought to that size: `exact`, or `fast` for large JPEGs.
        aspect: What becomes of their shape: `squash` makes squares of whole pictures, `pad` and `crop` keep it.
        k: Results for each query that the metrics at k look at, 1 or more.
        false_match_rate: Share of searches for a thing that is not in the index which may still be answered by a match,
            0 or more and below 1; it sets the threshold.
        index_size: Pictures of the index that the threshold is for; 0 for as many as the table has.
        robustness_queries: Queries that are asked again blurred, cropped, darkened and so on; 0 for none.
        forgetting: Whether the encoder is also measured on a small set of everyday things drawn by artists.

    Returns:
        evaluation: Folder with the metrics of every query and its neighbours, for step `compare`.
        metrics: Numbers of queries and index images, precision_at_k, recall_at_1 and map_at_r, the threshold and the
            shares of test pairs that match by it, images a second.
    """
    from lookalike_components.progress import step

    with step(f"evaluate-{role}", evaluation=evaluation.path, metrics=metrics.path) as facts:
        from lookalike_components.evaluate.config import EvaluateConfig
        from lookalike_components.evaluate.evaluate import evaluate

        config = EvaluateConfig.from_arguments(locals())
        facts.update(evaluate(table.path, evaluation.path, config, getattr(encoder, "path", None)))
        for name, value in facts.items():
            metrics.log_metric(name, value)
