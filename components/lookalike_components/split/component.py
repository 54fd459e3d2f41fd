"""Step `split`: keep apart what trains the encoder and what judges it."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def split(
    labelled: dsl.Input[dsl.Dataset],
    table: dsl.Output[dsl.Dataset],
    leaks_found: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    by: str = "label",
    test: float = 0.3,
    validation: float = 0.1,
    train_positions: str = "",
    test_positions: str = "",
    queries: str = "all",
    queries_per_label: int = 1,
    leaks: str = "refuse",
    seed: int = 0,
) -> None:
    """Assign every image to training, validation, queries or index, and refuse images on both sides.

    Args:
        labelled: The image table of the step label.
        by: label (test labels never occur in training), image (images of every label are held out) or position.
        test: Labels, or of each label's images, held out for the test: a fraction below 1, or a number.
        validation: Training labels held out to watch the training: a fraction below 1, or a number; 0 for none.
        train_positions: By position, the training images, such as 0:1000; the second number is not included.
        test_positions: By position, the test images, such as 1000:2000.
        queries: all (every test image is searched among the others), first or random (some of each label).
        queries_per_label: Queries of each test label, when they are first or random.
        leaks: What happens to a training image that is also in the test: refuse, drop (from training) or ignore.
        seed: Fixes what is held out and which queries are random.

    Returns:
        table: The image table with its column subset filled in.
        leaks_found: Images on both sides of the split (Parquet), with their labels on either side.
        metrics: How many images each subset has, and how many leaks were found.
    """
    from lookalike_components.progress import step

    with step("split", table=table.path, leaks_found=leaks_found.path, metrics=metrics.path) as facts:
        from lookalike_components.split.config import SplitConfig
        from lookalike_components.split.split import split

        facts.update(split(labelled.path, table.path, leaks_found.path, SplitConfig.from_arguments(locals())))
        for name, value in facts.items():
            metrics.log_metric(name, value)
