"""The parallel tasks before `ingest`, as a pipeline that goes into others."""

from collections.abc import Callable
from typing import Any, List  # noqa: UP035 (KFP knows this List alone)

from kfp import dsl

from lookalike_components.ingest.fan_out.examine.component import examine
from lookalike_components.ingest.fan_out.pack.component import pack


def define(dress: Callable[[str, dsl.PipelineTask], object]) -> Any:
    """Makes the pipeline.

    Args:
        dress: Is given the name of each task, ``examine`` or ``pack``, and the task, to say what a cluster should know.
    """

    @dsl.pipeline(name="move-in-parallel", description="Bring the pictures of a large source to the store, in parallel")
    def move_in_parallel(
        files: dsl.Input[dsl.Dataset],
        partitions: List[str],  # noqa: UP006
        source: str,
        store: str,
        shard_megabytes: int,
        kind: str,
        most_megabytes: int,
        private_addresses: bool,
        downloads_at_once: int,
        partition_images: int,
    ) -> None:
        """Brings the files that plan has divided to the store; does nothing where there is no part.

        It is a pipeline of its own so that *ingest* can come after it: what comes after a task that is skipped is
        skipped as well, while a pipeline without tasks has ended well.

        Args:
            files: What plan divided.
            partitions: Numbers of the parts.
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
        settings = {
            "source": source,
            "store": store,
            "shard_megabytes": shard_megabytes,
            "kind": kind,
            "most_megabytes": most_megabytes,
            "private_addresses": private_addresses,
            "downloads_at_once": downloads_at_once,
            "partition_images": partition_images,
        }
        with dsl.ParallelFor(partitions, name="examine-each") as partition:
            examined = examine(files=files, partition=partition, **settings)
            dress("examine", examined)
        with dsl.ParallelFor(partitions, name="pack-each") as partition:
            packed = pack(files=files, partition=partition, **settings).after(examined)
            dress("pack", packed)

    return move_in_parallel


move_in_parallel = define(lambda _name, _task: None)
