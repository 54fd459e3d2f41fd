"""KFP components for image retrieval, from ingest and label to promote and deploy; `STEPS` names them all.

``from lookalike_components import train`` gives the KFP component; the plain functions behind it live in the room of
the same name (``from lookalike_components.train.fine_tune import fine_tune``). A component is loaded, and kfp with it,
only when it is asked for: the server imports this package too, and has no kfp.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookalike_components.champion.component import champion as champion
    from lookalike_components.choose.component import choose as choose
    from lookalike_components.compare.component import compare as compare
    from lookalike_components.deploy.component import deploy as deploy
    from lookalike_components.evaluate.component import evaluate as evaluate
    from lookalike_components.export.component import export as export
    from lookalike_components.ingest.component import ingest as ingest
    from lookalike_components.label.component import label as label
    from lookalike_components.notify.component import notify as notify
    from lookalike_components.promote.component import promote as promote
    from lookalike_components.split.component import split as split
    from lookalike_components.train.component import train as train

STEPS = (
    *("champion", "ingest", "label", "split", "choose", "train", "evaluate", "compare"),
    *("export", "promote", "deploy", "notify"),
)
__all__ = [*STEPS, "STEPS"]


class _Catalogue(ModuleType):
    """Answers a step's name with its component.

    The import system binds each room to its name on this package as soon as anything in the room is imported, so a
    module-level ``__getattr__`` would answer with the component or with the room, depending on what ran before.
    """

    def __getattribute__(self, name: str) -> Any:
        if name in STEPS:
            return getattr(import_module(f"{__name__}.{name}.component"), name)
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = _Catalogue
