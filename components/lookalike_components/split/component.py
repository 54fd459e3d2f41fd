"""Step `split`: keep apart what trains the encoder and what judges it."""

from kfp import dsl

from lookalike_components import containers


@dsl.component(base_image=containers.CPU, install_kfp_package=False)
def split(
    labelled: dsl.Input[dsl.Dataset],
    table: dsl.Output[dsl.Dataset],
    leaks_found: dsl.Output[dsl.Dataset],
    leaks_page: dsl.Output[dsl.HTML],
    label_doubts: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    by: str = "label",
    test: float = 0.3,
    validation: float = 0.1,
    test_set: str = "",
    train_positions: str = "",
    test_positions: str = "",
    queries: str = "all",
    queries_per_label: int = 1,
    leaks: str = "refuse",
    near_duplicates: str = "hash",
    model: str = "resnet50",
    weights: str = "",
    weights_sha256: str = "",
    input_size: int = 0,
    resize: str = "exact",
    aspect: str = "squash",
    seed: int = 0,
) -> None:
    """Assign every image to training, validation, queries or index, and refuse images on both sides.

    Args:
        labelled: The image table of the step label.
        by: label (test labels never occur in training), image (images of every label are held out) or position.
        test: Labels, or of each label's images, held out for the test: a fraction below 1, of twelve labels or more
            at least six, or a number.
        validation: Training labels held out to watch the training: a fraction below 1, or a number; 0 for none.
        test_set: URI of a frozen test set, which is taken as it is; what it holds is out of training.
        train_positions: By position, the training images, such as 0:1000; the second number is not included.
        test_positions: By position, the test images, such as 1000:2000.
        queries: all (every test image is searched among the others), first or random (some of each label).
        queries_per_label: Queries of each test label, when they are first or random.
        leaks: What happens to a training image that is also in the test: refuse, drop (from training) or ignore.
        near_duplicates: How nearly the same images are found: hash, encoder (more, and slower) or off (copies only).
        model: Name of the pretrained backbone that looks for them, where near_duplicates is encoder; resnet50 for auto.
        weights: Path or URI of its weights; empty for the published ones.
        weights_sha256: The sha256 that the weights are held to; empty for what is published of it.
        input_size: Side of its input in pixels; 0 for the backbone's own.
        resize: How images are brought to that size: `exact`, or `fast` for large JPEGs.
        aspect: What becomes of their shape: `squash` makes squares of whole images, `pad` and `crop` keep it.
        seed: Fixes what is held out and which queries are random.

    Returns:
        table: The image table with its column subset filled in.
        leaks_found: Images on both sides of the split, the same or nearly (Parquet), with their labels on either side.
        leaks_page: The same as one self-contained page with the pictures side by side.
        label_doubts: Images whose neighbours all carry another label (CSV, empty unless near_duplicates is encoder).
        metrics: How many images each subset has, and how many leaks were found.
    """
    from lookalike_components.progress import step

    paths = {"table": table.path, "leaks_found": leaks_found.path}
    paths |= {"leaks_page": leaks_page.path, "label_doubts": label_doubts.path}
    with step("split", metrics=metrics.path, **paths) as facts:
        from lookalike_components.split.config import SplitConfig
        from lookalike_components.split.split import Outputs, split

        outputs = Outputs(**paths, page_uri=leaks_page.uri)
        facts.update(split(labelled.path, outputs, SplitConfig.from_arguments(locals())))
        for name, value in facts.items():
            metrics.log_metric(name, value)
