"""Step `export`: turn a trained encoder and its pictures into a release."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def export(
    encoder: dsl.Input[dsl.Model],
    table: dsl.Input[dsl.Dataset],
    release: dsl.Output[dsl.Model],
    candidates: dsl.Output[dsl.Markdown],
    report: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    comparison: dsl.Input[dsl.Artifact] = None,
    compared: dsl.Input[dsl.Artifact] = None,
    champion: str = "",
    false_match_rate: float = 0.05,
    index_size: int = 0,
    metric: str = "map_at_r",
    k: int = 3,
    margin: float = 0.005,
    exact_up_to: int = 50000,
    thumbnails: bool = True,
    batch_size: int = 64,
) -> None:
    """Export an encoder as a sealed release: graphs, index of every picture, threshold, model card, manifest.

    Args:
        encoder: Folder of the encoder from step `train`.
        table: Image table with labels and subsets from step `split`.
        comparison: Folder from step `compare`, for the model card; may be left out.
        compared: Report from step `compare`, which the runtimes are added to; may be left out.
        champion: Digest of the release that this one was to beat, for its lineage.
        false_match_rate: Share of searches for a thing that is not in the index which may still be answered by a match,
            0 or more and below 1; it sets the threshold.
        index_size: Pictures of the index that the threshold is for; 0 for as many as the table has.
        metric: The metric by which ways to run the encoder are judged, such as map_at_r or recall_at_1.
        k: Results for each query that the metrics at k look at, 1 or more.
        margin: How far a faster way to run the encoder may fall behind in the metric and be shipped, 0 or more.
        exact_up_to: Pictures up to which the index compares with all of them; above, with the likeliest.
        thumbnails: Whether the release holds a small picture of all that is in its index.
        batch_size: Images that are decoded and encoded at a time, 1 or more.

    Returns:
        release: Folder with everything that a server needs, and a digest of each file.
        candidates: Ways to run the encoder: what each makes of the test queries, its speed, and whether it is shipped.
        report: The report from step `compare` with these runtimes in it; empty where none was handed over.
        metrics: Images in the index, its recall, threshold, runtimes shipped, largest difference of torch and ONNX.
    """
    from lookalike_components.progress import step

    paths = {"candidates": candidates.path, "report": report.path}
    with step("export", release=release.path, metrics=metrics.path, **paths) as facts:
        from lookalike_components.export.config import ExportConfig
        from lookalike_components.export.export import Judged, Pages, export

        judged = Judged(getattr(comparison, "path", None), getattr(compared, "path", None))
        config = ExportConfig.from_arguments(locals())
        facts.update(export(encoder.path, table.path, release.path, config, judged, Pages(**paths)))
        for name, value in facts.items():
            metrics.log_metric(name, value)
