"""Prometheus metrics of the work inside of a server, in the registry that KServe's ``/metrics`` shows.

Everything here may be called from any thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from lookalike_components.serve.observability import traces

Stage = Literal["queue", "decode", "inference", "search"]
REASONS = ("busy", "deadline", "body", "pixels", "batch", "k", "image", "request", "encoder", "token", "journal")

_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_IMAGES = (1, 2, 4, 8, 16, 32, 64, 128)
# Cosines of trained encoders crowd below 1, and that is where a drift shows first.
_COSINES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1)

_stages = Histogram(
    "lookalike_stage_seconds",
    "Time in one stage: waiting in the queue, decoding a picture, a batch in the encoder, a search in the index.",
    ["stage"],
    buckets=_SECONDS,
)
_batches = Histogram("lookalike_batch_images", "Pictures that went through the encoder at once.", buckets=_IMAGES)
_top_scores = Histogram(
    "lookalike_top_score",
    "Cosine of each query's best match; where it sinks, the pictures that are asked about have changed.",
    buckets=_COSINES,
)
_rejections = Counter("lookalike_rejected", "Requests that were refused, by reason.", ["reason"])
_requests = Counter("lookalike_requests", "Requests by model, protocol and status.", ["model", "protocol", "status"])
_request_seconds = Histogram(
    "lookalike_request_seconds", "Time from a request's head to its answer.", ["model", "protocol"], buckets=_SECONDS
)
_in_flight = Gauge("lookalike_requests_in_flight", "Requests that are being answered.")
_releases = Gauge("lookalike_release_info", "1 for the release in service.", ["release", "encoder"])
_index_images = Gauge("lookalike_index_images", "Pictures that can be found.")
_threshold = Gauge("lookalike_threshold", "Cosine from which two pictures count as the same thing; NaN without one.")

# A rate needs a zero to rise from, so that every series is there before the first event.
_stage = {stage: _stages.labels(stage) for stage in get_args(Stage)}
for _reason in REASONS:
    _rejections.labels(_reason)


@contextmanager
def timed(stage: Stage) -> Iterator[None]:
    """Measures what is done inside as one piece of ``stage``'s work, failed or not; also a span where traces are on."""
    with traces.span(stage), _stage[stage].time():
        yield


def observe(stage: Stage, seconds: float) -> None:
    """Counts one piece of ``stage``'s work that took ``seconds``, measured elsewhere."""
    _stage[stage].observe(seconds)


def observe_batch(images: int) -> None:
    """Counts one run of the encoder over so many images."""
    _batches.observe(images)


def observe_top_score(score: float) -> None:
    """Counts one query whose best match has this cosine."""
    _top_scores.observe(score)


def rejected(reason: str) -> None:
    """Counts one request that was refused, for one of ``REASONS`` or another word of few."""
    _rejections.labels(reason).inc()


@contextmanager
def in_flight() -> Iterator[None]:
    """Counts what is done inside as a request that is being answered."""
    with _in_flight.track_inprogress():
        yield


def answered(model: str, protocol: str, status: str, seconds: float) -> None:
    """Counts one request that has its answer.

    Args:
        model: The model it was for; empty where it was for none.
        protocol: ``v1``, ``v2``, ``grpc``, or ``http`` for what is no inference.
        status: The HTTP status or the name of the gRPC one; ``gone`` where the client did not wait for it.
        seconds: From the request's head to the end of the answer.
    """
    count, duration = _series(model, protocol, status)
    count.inc()
    duration.observe(seconds)


@lru_cache(maxsize=256)
def _series(model: str, protocol: str, status: str) -> tuple[Counter, Histogram]:
    return _requests.labels(model, protocol, status), _request_seconds.labels(model, protocol)


def served_release(digest: str, encoder: str = "", images: int = 0, threshold: float | None = None) -> None:
    """Tells which release answers from now on.

    Args:
        digest: The release's digest.
        encoder: Its encoder's digest.
        images: How many images can be found.
        threshold: Cosine from which two pictures count as the same thing; None where the release has none.
    """
    _releases.clear()
    _releases.labels(digest, encoder).set(1)
    _index_images.set(images)
    _threshold.set(float("nan") if threshold is None else threshold)


def indexed(images: int) -> None:
    """Tells how many images can be found, after entries were added or removed."""
    _index_images.set(images)
