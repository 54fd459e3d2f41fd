"""lookalike: fine-tune an image encoder, prove that it got better, and serve it.

    import lookalike

    run = lookalike.fit("./photos", model="resnet50", epochs=5)
    run.display_metrics()
    vectors = lookalike.encode(lookalike.get_model(run), ["query.jpg"])

Names are looked up when they are first used, so that importing the package stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookalike.client.sdk import build_model as build_model
    from lookalike.client.sdk import delete_run as delete_run
    from lookalike.client.sdk import encode as encode
    from lookalike.client.sdk import fit as fit
    from lookalike.client.sdk import get_model as get_model
    from lookalike.client.sdk import get_run as get_run
    from lookalike.client.sdk import list_runs as list_runs
    from lookalike.client.sdk import list_schedules as list_schedules
    from lookalike.client.sdk import schedule as schedule
    from lookalike.client.sdk import submit as submit
    from lookalike.client.sdk import unschedule as unschedule
    from lookalike.client.service import AsyncClient as AsyncClient
    from lookalike.client.service import Client as Client
    from lookalike.client.service import Entry as Entry
    from lookalike.client.service import serving as serving
    from lookalike.config import FinetuneConfig as FinetuneConfig
    from lookalike.display.sprites import matches_sheet as matches_sheet
    from lookalike.display.sprites import sprite_sheet as sprite_sheet
    from lookalike.inspection import Inspection as Inspection
    from lookalike.inspection import check as check
    from lookalike.runs import Run as Run
    from lookalike_components.errors import LookalikeError as LookalikeError
    from lookalike_components.errors import UserError as UserError

_HOMES = {
    "lookalike.client.sdk": (
        *("build_model", "delete_run", "encode", "fit", "get_model", "get_run", "list_runs"),
        *("list_schedules", "schedule", "submit", "unschedule"),
    ),
    "lookalike.client.service": ("AsyncClient", "Client", "Entry", "serving"),
    "lookalike.config": ("FinetuneConfig",),
    "lookalike.display.sprites": ("matches_sheet", "sprite_sheet"),
    "lookalike.inspection": ("Inspection", "check"),
    "lookalike.runs": ("Run",),
    "lookalike_components.errors": ("LookalikeError", "UserError"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    *sorted(_HOME_OF),
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME_OF)
