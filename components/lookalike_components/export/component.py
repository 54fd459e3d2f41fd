"""Step `export`: turn a trained encoder and its pictures into a release."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.GPU, install_kfp_package=False)
def export(
    encoder: dsl.Input[dsl.Model],
    table: dsl.Input[dsl.Dataset],
    release: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    champion: str = "",
    false_match_rate: float = 0.01,
    index_size: int = 0,
    batch_size: int = 64,
) -> None:
    """Export an encoder as a sealed release: ONNX graph, index of every picture, threshold, model card, manifest.

    Args:
        encoder: Folder of the encoder from step `train`.
        table: Image table with labels and subsets from step `split`.
        champion: Digest of the release that this one was to beat, for its lineage.
        false_match_rate: Share of searches for a thing that is not in the index which may still be answered by a match,
            0 or more and below 1; it sets the threshold.
        index_size: Pictures of the index that the threshold is for; 0 for as many as the table has.
        batch_size: Images that are decoded and encoded at a time, 1 or more.

    Returns:
        release: Folder with everything that a server needs, and a digest of each file.
        metrics: Images in the index, threshold, and the largest difference between torch and ONNX.
    """
    from lookalike_components.progress import step

    with step("export", release=release.path, metrics=metrics.path) as facts:
        from lookalike_components.export.config import ExportConfig
        from lookalike_components.export.export import export

        facts.update(export(encoder.path, table.path, release.path, ExportConfig.from_arguments(locals())))
        for name, value in facts.items():
            metrics.log_metric(name, value)
