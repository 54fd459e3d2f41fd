"""What is the client's fault: it is told in one sentence, and the log stays quiet."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import FastAPIDeprecationWarning, RequestValidationError
from fastapi.responses import JSONResponse
from kserve.errors import InvalidInput, ModelNotFound

_CLIENTS_FAULTS = (InvalidInput, ModelNotFound)


def explain(faults: Sequence[Mapping[str, Any]]) -> str:
    """One sentence for pydantic's first fault, without the data that it found."""
    place = ".".join(str(part) for part in faults[0]["loc"] if part not in {"body", "InferenceRequest"})
    return ": ".join(filter(None, ["the request is malformed", place, faults[0]["msg"]]))


def tell_of_malformed_requests(app: FastAPI) -> None:
    """Answers a request that fits no schema with 400 and a sentence, where FastAPI's 422 would repeat all of it."""
    app.add_exception_handler(RequestValidationError, _malformed)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"error": explain(faults)}, status_code=400)


def quiet_logs() -> None:
    """Keeps warnings and our own faults in the log (stderr), and drops the lines for every request."""
    warnings.simplefilter("ignore", FastAPIDeprecationWarning)  # for KServe's authors, not for who runs the server
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for name in ("kserve", "uvicorn", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("kserve").addFilter(_is_no_clients_fault)


def _is_no_clients_fault(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], _CLIENTS_FAULTS))
