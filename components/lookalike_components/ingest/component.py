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
    kind: str = "auto",
    most_megabytes: int = 100,
    private_addresses: bool = False,
    downloads_at_once: int = 16,
    partition_images: int = 20_000,
) -> None:
    """Read a source, check every image, and write each accepted one exactly once into tar shards.

    Args:
        source: Folder or gs:// prefix, archive (tar, zip), CSV, JSON Lines, Parquet or text file that lists images, or
            shards (shards-{000..012}.tar).
        store: Folder or gs:// prefix that receives the shards; what it holds already is not written again.
        shard_megabytes: Size at which a shard is closed, in MiB; two of them are in memory at a time.
        kind: What the source is: folder, archive, spreadsheet or webdataset; auto goes by its name, and by what a
            folder holds.
        most_megabytes: Size above which an image file is refused, in MiB.
        private_addresses: Whether images may be fetched from addresses that are not public.
        downloads_at_once: Downloads that are under way at a time.
        partition_images: Number of new pictures above which parallel tasks of the pipeline finetune, which run before
            this one, take this many each; 0 for never.

    Returns:
        images: The image table (Parquet), one row for each accepted image, in the order of the source.
        quarantine: What was refused (Parquet), with the reason.
        metrics: How many images were accepted, refused and moved, and how many labels the source brought.
    """
    from lookalike_components.progress import step

    with step("ingest", images=images.path, quarantine=quarantine.path, metrics=metrics.path) as facts:
        from lookalike_components.ingest.config import IngestConfig
        from lookalike_components.ingest.ingest import ingest

        facts.update(ingest(IngestConfig.from_arguments(locals()), images.path, quarantine.path))
        for name, value in facts.items():
            metrics.log_metric(name, value)
