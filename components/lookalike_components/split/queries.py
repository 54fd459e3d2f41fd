"""Which test images are searched for, and which are searched in."""

import numpy as np
import pandas as pd

from lookalike_components.dataset import are_unlabelled
from lookalike_components.errors import UserError
from lookalike_components.split.config import SplitConfig


def choose_queries(test: pd.DataFrame, config: SplitConfig) -> pd.Series:
    """Divides the test images into ``query`` and ``index``.

    Of copies of one picture under one label the first in the source takes part, and the others get None: they would
    find each other, whatever an encoder knows.

    With ``queries="all"`` there is no index: every query is searched among the others, and an image that is alone with
    its label gets None, for there is nothing to find. Otherwise such an image is in the index, and distracts. Where
    all are unlabelled, every image is a query: *evaluate* asks for it by a view of it.

    Raises:
        UserError: No label has two test images.
    """
    once = test.sort_values("position").drop_duplicates(["image_id", "label"]).sort_index()
    return _chosen(once, config).reindex(test.index).astype(object).where(test.index.isin(once.index), None)


def _chosen(test: pd.DataFrame, config: SplitConfig) -> pd.Series:
    if are_unlabelled(test):
        return pd.Series("query", test.index)
    sizes = test.groupby("label")["image_id"].transform("size")
    if sizes.max() < 2:
        raise UserError("no test label has two images, so there is nothing to find; add images, or split by image")
    if config.queries == "all":
        return pd.Series("query", test.index).where(sizes > 1, None)
    rank = test.loc[_order(test, config)].groupby("label").cumcount()
    chosen = rank.reindex(test.index) < np.minimum(config.queries_per_label, sizes - 1)
    return pd.Series(np.where(chosen, "query", "index"), test.index)


def _order(test: pd.DataFrame, config: SplitConfig) -> pd.Index:
    in_source = test.sort_values("position").index
    if config.queries == "first":
        return in_source
    return in_source[np.random.default_rng([config.seed, 2]).permutation(len(in_source))]
