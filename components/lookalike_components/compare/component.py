"""Step `compare`: is the new encoder better than the one before it?"""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def compare(
    table: dsl.Input[dsl.Dataset],
    reference: dsl.Input[dsl.Artifact],
    candidate: dsl.Input[dsl.Artifact],
    comparison: dsl.Output[dsl.Artifact],
    report: dsl.Output[dsl.Artifact],
    summary: dsl.Output[dsl.HTML],
    verdict: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
    history: dsl.Input[dsl.Artifact] = None,
    leaks: dsl.Input[dsl.Dataset] = None,
    label_doubts: dsl.Input[dsl.Artifact] = None,
    metric: str = "map_at_r",
    minimum_effect: float = 0.0,
    confidence: float = 0.95,
    slices: bool = True,
    fewest_queries: int = 30,
    resamples: int = 2000,
    seed: int = 0,
) -> bool:
    """Decide whether the new encoder takes the place of the one before it, and write a report for people.

    Args:
        table: Image table from step `split`.
        reference: Evaluation of the encoder to beat, from step `evaluate`.
        candidate: Evaluation of the new encoder on the same table.
        history: Training history from step `train`, for the curve in the report; may be left out.
        leaks: What step `split` found on both sides; without it only copies of files count as leaks.
        label_doubts: Labels that look wrong to step `split`, for the report; may be left out.
        metric: The metric that decides, such as map_at_r or recall_at_1.
        minimum_effect: Smallest gain in that metric that is worth a new release, 0 or more.
        confidence: How sure the gain has to be, between 0 and 1; its interval has to lie above 0.
        slices: Whether a slice of the queries that got surely worse stops a promotion.
        fewest_queries: Slices of fewer queries are not looked at, 2 or more.
        resamples: Random halves of the labels behind each interval, 100 or more.
        seed: Fixes the halves.

    Returns:
        Output: Whether the new encoder is promoted.
        comparison: Folder with metrics.json, verdict.json, examples.parquet, and plots as PNG files.
        report: One self-contained page: verdict, metrics, map, galleries, threshold, slices, robustness, provenance.
        summary: The verdict and its figures on a small page, which the Kubeflow UI shows; it says where the report is.
        verdict: The decision, each rule of the gate with its outcome, and the table of metrics.
        metrics: Queries that stayed right, were fixed, broken or are still wrong, and the gain with its interval.
    """
    from lookalike_components.progress import step

    paths = {"comparison": comparison.path, "report": report.path, "summary": summary.path, "verdict": verdict.path}
    with step("compare", metrics=metrics.path, **paths) as facts:
        from lookalike_components.compare.compare import Inputs, Outputs, compare
        from lookalike_components.compare.config import CompareConfig

        outputs = Outputs(**paths, address=report.uri)
        decision, told = compare(Inputs.of(locals()), outputs, CompareConfig.from_arguments(locals()))
        metrics.metadata.update(told)
        facts.update(told)
    return decision.promoted
