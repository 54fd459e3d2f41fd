"""Step `ingest`: move the images of a source into shards, once, and refuse what is no image."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def ingest(
    images: dsl.Output[dsl.Dataset],
    quarantine: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    source: str,
    store: str,
    shard_megabytes: int = 128,
) -> None:
    """Read a source, check every image, and write each accepted one exactly once into tar shards.

    Args:
        source: Folder, gs:// prefix, or CSV, JSON Lines or Parquet file that lists images.
        store: Folder or gs:// prefix that receives the shards; what it holds already is not written again.
        shard_megabytes: Size at which a shard is closed, in MiB.

    Returns:
        images: The image table (Parquet), one row for each accepted image, in the order of the source.
        quarantine: What was refused (Parquet), with the reason.
        metrics: How many images were accepted and refused, and how many labels the source brought.
    """
    from lookalike_components.progress import step

    with step("ingest", images=images.path, quarantine=quarantine.path, metrics=metrics.path) as facts:
        from lookalike_components.ingest.config import IngestConfig
        from lookalike_components.ingest.ingest import ingest

        facts.update(ingest(IngestConfig.from_arguments(locals()), images.path, quarantine.path))
        for name, value in facts.items():
            metrics.log_metric(name, value)
