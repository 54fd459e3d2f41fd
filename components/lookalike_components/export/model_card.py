"""The page that tells people what is in a release."""

import pandas as pd

from lookalike_components.encoder.config import EncoderConfig

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
| Index | {images:,} pictures of {labels:,} labels{unlabelled} |
| Same thing from cosine | {threshold} |
| Made with | {versions} |

## Use
`encoder.onnx` takes uint8 `[batch, {input_size}, {input_size}, 3]` and returns float32 `[batch, {dimension}]` of
length 1; the pixels are normalised inside. The dot product of two embeddings is their cosine. `index.faiss` holds the
embeddings of the pictures in `index.parquet`, in its order. `manifest.json` has the sha256 of every file.

## Limits
The encoder tells apart what its training labels told apart, on pictures like those it was trained on. The threshold
was set on validation labels of the same source: set it again for other pictures.
"""


def model_card(name: str, encoder: EncoderConfig, table: pd.DataFrame, threshold: float | None) -> str:
    """Writes the card of a release in Markdown.

    Args:
        name: Name of the release.
        encoder: What the encoder is.
        table: The images of the index.
        threshold: Cosine from which two pictures count as the same thing; None when it could not be set.
    """
    unlabelled = int(table["label"].isna().sum())
    return TEMPLATE.format(
        **encoder.model_dump(exclude={"head", "versions"}),
        name=name,
        head=" with a linear head" if encoder.head else "",
        images=len(table),
        labels=table["label"].nunique(),
        unlabelled=f", {unlabelled:,} without a label" if unlabelled else "",
        threshold="not set: there were no validation labels" if threshold is None else f"{threshold:.4f}",
        versions=", ".join(f"{package} {number}" for package, number in encoder.versions.items()),
    )
