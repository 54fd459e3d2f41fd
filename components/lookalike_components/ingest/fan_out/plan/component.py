"""Component `plan`: divide a large source among parallel tasks."""

from typing import List  # noqa: UP035 (KFP knows this List alone)

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def plan(
    files: dsl.Output[dsl.Dataset],
    source: str,
    store: str,
    shard_megabytes: int = 128,
    kind: str = "auto",
    most_megabytes: int = 100,
    private_addresses: bool = False,
    downloads_at_once: int = 16,
    partition_images: int = 20_000,
) -> List[str]:  # noqa: UP006
    """Divide a source among parallel tasks if enough of it is new; otherwise leave all of it to ingest.

    Args:
        source: What ingest is to read.
        store: Folder or gs:// prefix of the shards.
        shard_megabytes: Size at which a shard is closed, in MiB.
        kind: What the source is: folder, archive, spreadsheet or webdataset; auto goes by its name, and by what a
            folder holds.
        most_megabytes: Size above which an image file is refused, in MiB.
        private_addresses: Whether images may be fetched from addresses that are not public.
        downloads_at_once: Downloads that are under way at a time.
        partition_images: Number of new pictures above which parallel tasks take this many each; 0 for never.

    Returns:
        files: The files to read, with the number of their part (Parquet).
        Output: Numbers of the parts; none where ingest does everything.
    """
    from lookalike_components.ingest.config import IngestConfig
    from lookalike_components.ingest.fan_out.dividing import divide

    parts = divide(IngestConfig.from_arguments(locals()), files.path)
    return [str(number) for number in range(parts)]
