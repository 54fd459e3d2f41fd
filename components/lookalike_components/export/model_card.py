"""The page that tells people what is in a release, in Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.export.comparison import Comparison
from lookalike_components.export.tables import as_markdown
from lookalike_components.release.sealing import BuiltIndex, Tried
from lookalike_components.retrieval import Calibration, titles

SLICES_SHOWN = 20
SUBSETS = {"train": "Training", "validation": "Validation", "query": "Test queries", "index": "Test index"}

TEMPLATE = """\
# {name}

Embeds a picture as {dimension} numbers so that pictures of the same thing land close together.

| | |
| --- | --- |
| Backbone | {model}, pooled by `{pooling}`{head} |
| Input | RGB, {input_size} x {input_size} px; resize `{resize}`, aspect `{aspect}` |
| Pretrained weights | {weights} |
| Licence of these weights | {licence} |
| sha256 of these weights | `{weights_sha256}` |
| Image table of the training | `{data}` |
| Index | {images:,} pictures of {labels:,} labels{unlabelled}; {searched} |
| Same thing from cosine | {threshold} |
| Made with | {versions} |

## Data
{data_table}

The pictures are those of the source that the run was given; what they may be used for is for their owner to say.
{metrics}
## Runtimes
{runtimes}
## Use
With Python, without a server:

    from lookalike_components.release.runtime import Release

    release = Release.open("release")
    vectors = release.encode([open("photo.jpg", "rb").read()])
    print(release.search(vectors, k=5).labels)

With a server that runs it (`python -m lookalike_components.serve --release release`):

    printf '{{"instances": [{{"b64": "%s"}}], "parameters": {{"k": 5}}}}' "$(base64 -w0 photo.jpg)" |
      curl -s -H 'Content-Type: application/json' --data @- http://127.0.0.1:8080/v1/models/search:predict

With another program: `encoder.onnx` takes uint8 `[batch, {input_size}, {input_size}, 3]` and returns float32
`[batch, {dimension}]` of length 1; the pixels are normalised inside. The dot product of two embeddings is their cosine.
`index.faiss` holds the embeddings of the pictures in `index.parquet`, in its order. `manifest.json` has the sha256 of
every file.

## Limits
The encoder tells apart what its training labels told apart, on pictures like those it was trained on. The threshold
was set on validation labels of the same source: set it again for other pictures. A label of the index is what its
source said, right or wrong. It was not made to recognise people, and nothing was measured about that.
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card tells of a release.

    Attributes:
        name: Name of the release.
        encoder: What the encoder is.
        table: The images of the index.
        calibration: The cosine from which two pictures count as the same thing; None when it could not be set.
        k: Results for each query that the metrics at k look at.
        built: The index.
        tried: The ways to run the encoder that were tried.
        comparison: The encoder against the one before it; None where they were not compared.
    """

    name: str
    encoder: EncoderConfig
    table: pd.DataFrame
    calibration: Calibration | None
    k: int
    built: BuiltIndex
    tried: Tried
    comparison: Comparison | None = None


def model_card(facts: Facts) -> str:
    """Writes the card of a release."""
    table, encoder = facts.table, facts.encoder
    unlabelled = int(table["label"].isna().sum())
    return TEMPLATE.format(
        **encoder.model_dump(exclude={"head", "versions"}),
        name=facts.name,
        head=" with a linear head" if encoder.head else "",
        images=len(table),
        labels=table["label"].nunique(),
        unlabelled=f", {unlabelled:,} without a label" if unlabelled else "",
        searched=_searched(facts.built),
        threshold=_threshold(facts.calibration),
        versions=", ".join(f"{package} {number}" for package, number in encoder.versions.items()),
        data_table=_data(table),
        metrics=_metrics(facts.comparison) if facts.comparison else "",
        runtimes=as_markdown(facts.tried, facts.k),
    )


def _threshold(found: Calibration | None) -> str:
    if found is None:
        return "not set: there were no validation labels"
    nothing = (
        "; answers nothing: no pair of validation pictures of one label reaches it" if found.answers_nothing else ""
    )
    return f"{found.threshold:.4f}{nothing}"


def _searched(built: BuiltIndex) -> str:
    if not built.recall_at:
        return "each is compared with the query"
    return f"those in the nearest lists are compared, which finds {built.recall:.1%} of the nearest {built.recall_at}"


def _data(table: pd.DataFrame) -> str:
    parts = [(title, table[table["subset"] == name]) for name, title in SUBSETS.items()]
    parts.append(("Neither", table[table["subset"].isna()]))
    return _table(
        ["Pictures", "Number", "Labels"],
        [[title, f"{len(part):,}", f"{part['label'].nunique():,}"] for title, part in parts if len(part)],
    )


def _metrics(comparison: Comparison) -> str:
    found, verdict = comparison.metrics, comparison.verdict
    names = titles(int(found["k"]))
    rows = [
        [
            title.name,
            f"{found['before'][name]:.4f}",
            f"{found['after'][name]:.4f}",
            _interval(found["difference"][name]),
        ]
        for name, title in names.items()
        if name in found["difference"]
    ]
    head = f"{found['queries']:,} queries of {found['labels']:,} labels that no training saw. {verdict['headline']}"
    cautions = "".join(f"\n- {_plain(said)}." for said in verdict["cautions"])
    table = _table(["Metric", "Before", "After", "Difference"], rows)
    return f"\n## Metrics\n{head}\n\n{table}\n{cautions}\n{_slices(found['slices'])}"


def _slices(slices: Sequence[dict[str, Any]]) -> str:
    if not slices:
        return ""
    worst = sorted(slices, key=lambda slice_: slice_["difference"]["mean"])[:SLICES_SHOWN]
    rows = [
        [_plain(f"{each['column']} {each['value']}"), f"{each['queries']:,}", _interval(each["difference"])]
        for each in worst
    ]
    return f"\n## Slices\n{_table(['Group of queries', 'Queries', 'Difference'], rows)}\n"


def _interval(difference: dict[str, float]) -> str:
    return f"{difference['mean']:+.4f} ({difference['low']:+.4f} to {difference['high']:+.4f})"


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def _plain(text: str) -> str:
    """Text that Markdown takes for text: names and values of slices are the user's own."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
