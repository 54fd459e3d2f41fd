"""Component `pack`: write the shards that begin in a part of a source."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def pack(
    files: dsl.Input[dsl.Dataset],
    partition: str,
    source: str,
    store: str,
    shard_megabytes: int = 128,
    kind: str = "auto",
    most_megabytes: int = 100,
    private_addresses: bool = False,
    downloads_at_once: int = 16,
    partition_images: int = 20_000,
) -> None:
    """Write the shards whose first image is in one part; all of the source has been examined.

    Args:
        files: What plan divided.
        partition: Number of the part.
        source: What ingest is to read.
        store: Folder or gs:// prefix of the shards.
        shard_megabytes: Size at which a shard is closed, in MiB.
        kind: What the source is: folder, archive, spreadsheet or webdataset; auto goes by its name, and by what a
            folder holds.
        most_megabytes: Size above which an image file is refused, in MiB.
        private_addresses: Whether images may be fetched from addresses that are not public.
        downloads_at_once: Downloads that are under way at a time.
        partition_images: Number of new pictures above which parallel tasks take this many each; 0 for never.
    """
    from lookalike_components.progress import step

    with step(f"pack {partition}") as facts:
        from lookalike_components.ingest.fan_out.config import PartConfig
        from lookalike_components.ingest.fan_out.packing import pack_part

        facts.update(pack_part(PartConfig.from_arguments(locals()), files.path))
