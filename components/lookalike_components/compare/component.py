"""Step `compare`: is the new encoder better than the one before it?"""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def compare(
    table: dsl.Input[dsl.Dataset],
    reference: dsl.Input[dsl.Artifact],
    candidate: dsl.Input[dsl.Artifact],
    comparison: dsl.Output[dsl.Artifact],
    report: dsl.Output[dsl.HTML],
    verdict: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
    history: dsl.Input[dsl.Artifact] = None,
    metric: str = "map_at_r",
    minimum_effect: float = 0.0,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> bool:
    """Decide whether the new encoder takes the place of the one before it, and write a report for people.

    Args:
        table: Image table from step `split`.
        reference: Evaluation of the encoder to beat, from step `evaluate`.
        candidate: Evaluation of the new encoder on the same table.
        history: Training history from step `train`, for the curve in the report; may be left out.
        metric: The metric that decides, such as map_at_r or recall_at_1.
        minimum_effect: Smallest gain in that metric that is worth a new release, 0 or more.
        confidence: Share of resampled gains that the interval holds; it has to lie above 0.
        resamples: Bootstrap resamples behind each interval, 100 or more.
        seed: Fixes the resamples.

    Returns:
        Output: Whether the new encoder is promoted.
        comparison: Folder with metrics.json, verdict.json and examples.parquet.
        report: One self-contained page: verdict, metrics, training curve, galleries, provenance.
        verdict: The decision, its reasons and the table of metrics.
        metrics: Queries that stayed right, were fixed, broken or are still wrong, and the gain with its interval.
    """
    from lookalike_components.progress import step

    paths = {"comparison": comparison.path, "report": report.path, "verdict": verdict.path}
    with step("compare", metrics=metrics.path, **paths) as facts:
        from lookalike_components.compare.compare import Inputs, Outputs, compare
        from lookalike_components.compare.config import CompareConfig

        inputs = Inputs(table.path, reference.path, candidate.path, getattr(history, "path", None))
        decision, numbers = compare(inputs, Outputs(**paths), CompareConfig.from_arguments(locals()))
        facts.update(numbers)
        metrics.metadata.update(numbers)
    return decision.promoted
