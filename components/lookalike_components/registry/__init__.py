"""The releases of an artifact store, and which of them is the champion.

<artifacts>/champion.json                which release is the champion, and which were
<artifacts>/releases/<digest>/           sealed releases
<artifacts>/encoders/<digest>/           their encoders, from which training can go on
<artifacts>/test-sets/<sha256>.parquet   the pictures that they were judged on
"""

from lookalike_components.registry.champion import (
    Champion,
    Term,
    predecessor,
    promote,
    promote_anyway,
    read_champion,
    rollback,
)
from lookalike_components.registry.lineage import find_release, lineage
from lookalike_components.registry.places import champion_uri, encoder_uri, frozen_uri, release_uri
from lookalike_components.registry.releases import Published, list_releases, publish, read_lineage, read_manifest
from lookalike_components.registry.test_sets import freeze, read_test_set

__all__ = [
    "Champion",
    "Published",
    "Term",
    "champion_uri",
    "encoder_uri",
    "find_release",
    "freeze",
    "frozen_uri",
    "lineage",
    "list_releases",
    "predecessor",
    "promote",
    "promote_anyway",
    "publish",
    "read_champion",
    "read_lineage",
    "read_manifest",
    "read_test_set",
    "release_uri",
    "rollback",
]
