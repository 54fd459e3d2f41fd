"""Step `label`: say which images show the same thing."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def label(
    images: dsl.Input[dsl.Dataset],
    labelled: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    rule: str = "auto",
    table: str = "",
    pattern: str = "",
    images_per_label: int = 4,
    singletons: str = "refuse",
    unlabelled: str = "refuse",
    corrections: str = "",
    conflicts: str = "keep",
    duplicates: str = "ignore",
) -> None:
    """Give every image of a table the label of what it shows.

    Args:
        images: The image table of the step ingest.
        rule: One of auto, folder, column, table, pattern, position, pairs and none.
        table: CSV, JSON Lines or Parquet file for the rules table and pairs.
        pattern: Regular expression searched in each uri; its first group is the label.
        images_per_label: For the rule position, how many neighbours in the source show the same thing.
        singletons: What happens to a label that has one image only: refuse, drop or keep.
        unlabelled: What happens to images without a label: refuse, drop or keep (searched, never trained on).
        corrections: CSV, JSON Lines or Parquet file of images and labels that take the place of the rule's.
        conflicts: What happens to copies of one file under two labels: keep (and count them), refuse or drop.
        duplicates: What happens to images that are the same or nearly: ignore (do not look), keep_first, drop or group.

    Returns:
        labelled: The image table with its column label filled in.
        metrics: How many labels and images there are, and how many images were corrected, doubtful, alike,
            dropped or kept without a label.
    """
    from lookalike_components.progress import step

    with step("label", labelled=labelled.path, metrics=metrics.path) as facts:
        from lookalike_components.label.config import LabelConfig
        from lookalike_components.label.label import label

        facts.update(label(images.path, labelled.path, LabelConfig.from_arguments(locals())))
        for name, value in facts.items():
            metrics.log_metric(name, value)
