"""Fills in the column ``label`` of an image table."""

from pathlib import Path

import pandas as pd

from lookalike_components.dataset import read_table, write_table
from lookalike_components.errors import UserError, listed
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.conflicts import refuse_two_labels, settle_conflicts
from lookalike_components.label.duplicates import settle_duplicates
from lookalike_components.label.rules import find_labels
from lookalike_components.label.tables import corrected_labels
from lookalike_components.progress import Facts, say

NAMES_TOLD = 3


def label(images_path: str | Path, labelled_path: str | Path, config: LabelConfig) -> Facts:
    """Gives every image the label of what it shows.

    Args:
        images_path: Image table to read.
        labelled_path: Image table to write: the same rows, with labels, less those of dropped labels. Images that are
            kept without a label have null for one, and nothing else is asked of them.
        config: The rule, what it needs, and what happens to labels with one image and to images with none.

    Returns:
        Numbers of ``labels`` and ``images``, and, where there are any, of images that were ``corrected``, ``doubts``
        (images whose copy has another label), ``duplicates`` (images beyond the first of their group), ``dropped`` and
        ``unlabelled`` (kept without a label).

    Raises:
        UserError: The rule lacks something or leaves an image without a label, an image has two labels, there is one
            label only, or labels have one image each.
    """
    images = read_table(images_path)
    labels, corrected = corrected_labels(images, find_labels(images, config), config.corrections)
    unlabelled = _settle_unlabelled(images["uri"], labels, config)
    labelled = images.assign(label=labels)[labels.notna()]
    refuse_two_labels(labelled)
    agreed, doubts = settle_conflicts(labelled, config.conflicts)
    different, duplicates = settle_duplicates(agreed, config.duplicates)
    settled = _settle_singletons(different, _about_singletons(config))
    _refuse_one_label(settled["label"])
    kept = images.assign(label=settled["label"]).loc[settled.index.union(unlabelled)]
    write_table(kept, labelled_path)
    rare = {"corrected": corrected, "doubts": doubts, "duplicates": duplicates, "dropped": len(images) - len(kept)}
    rare |= {"unlabelled": len(unlabelled)}
    facts = {"labels": settled["label"].nunique(), "images": len(kept)}
    return facts | {name: number for name, number in rare.items() if number}


def _settle_unlabelled(uris: pd.Series, labels: pd.Series, config: LabelConfig) -> pd.Index:
    """Refuses images without a label, or tells what becomes of them; gives the rows of those that are kept."""
    unlabelled = uris[labels.isna()]
    if unlabelled.empty:
        return unlabelled.index
    share, named = f"{len(unlabelled):,} of {len(uris):,}", listed(unlabelled, NAMES_TOLD)
    none_has_one = len(unlabelled) == len(uris)
    if config.unlabelled == "refuse" or none_has_one:
        way_out = "" if none_has_one else ", or pass --set label.unlabelled=keep to search among them only"
        raise UserError(
            f"the rule {config.rule} finds no label for {share} images: {named}; {_advice(config)}{way_out}"
        )
    kept = config.unlabelled == "keep"
    say(f"{'keeps' if kept else 'drops'} without a label {share} images: {named}")
    return unlabelled.index if kept else unlabelled.index[:0]


def _advice(config: LabelConfig) -> str:
    advice = {"table": f"add them to {config.table}", "pattern": f"change the pattern {config.pattern}"}
    return advice.get(config.rule, "label them in the source, or choose another rule")


def _about_singletons(config: LabelConfig) -> str:
    """With the rule none every image starts alone, which is nothing to refuse."""
    return "keep" if config.rule == "none" and config.singletons == "refuse" else config.singletons


def _settle_singletons(labelled: pd.DataFrame, policy: str) -> pd.DataFrame:
    """Two copies of one file are one image: nothing is to be learnt from that pair."""
    different_images = labelled.groupby("label")["image_id"].transform("nunique")
    alone = different_images < 2
    if policy == "refuse" and alone.any():
        names = labelled["label"][alone].unique()
        raise UserError(
            f"{len(names):,} of {labelled['label'].nunique():,} labels have one image only, and a pair needs two: "
            f"{listed(names)}; "
            "add images, or pass --singletons drop"
        )
    return labelled[~alone] if policy == "drop" else labelled


def _refuse_one_label(labels: pd.Series) -> None:
    if labels.empty:
        raise UserError("no label has two images; add images, or choose another rule")
    if labels.nunique() == 1:
        raise UserError(
            f"every image has the label {labels.iloc[0]}, and at least two labels are needed; "
            "put the images of each thing in a folder of its own, or choose another rule"
        )
