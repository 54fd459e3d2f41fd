"""The options of a server, one for each of its settings; light, so that ``--help`` waits for nothing."""

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from lookalike_components.serve.address import Address
from lookalike_components.serve.config import Limits, ServeConfig

Number = TypeVar("Number", int, float)

RUNTIMES = ("auto", "onnx", "openvino", "int8")
LEVELS = ("debug", "info", "warning", "error")
FORMS = ("text", "json")


def parser() -> argparse.ArgumentParser:
    """The command line; what is not given keeps the default of `ServeConfig`."""
    parser = argparse.ArgumentParser("python -m lookalike_components.serve", description="Serve one release.")
    _add_what_is_served(parser.add_argument_group("what is served"))
    _add_where(parser.add_argument_group("where, and for whom"))
    _add_limits(parser.add_argument_group("limits", "Past each of them a request is refused with a sentence."))
    _add_logs(parser.add_argument_group("logs"))
    parser.set_defaults(**_values(Address()), **_values(Limits()), **_values(ServeConfig(release="")))
    return parser


def config_of(arguments: argparse.Namespace) -> ServeConfig:
    """The server that the options describe."""
    given = vars(arguments)
    config = replace(ServeConfig(release=""), **_of(ServeConfig, given))
    return replace(config, address=Address(**_of(Address, given)), limits=Limits(**_of(Limits, given)))


def _of(settings: Any, given: dict[str, Any]) -> dict[str, Any]:
    return {field.name: given[field.name] for field in fields(settings) if field.name in given}


def _values(settings: Address | Limits | ServeConfig) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _add_what_is_served(group: Any) -> None:
    group.add_argument("--release", required=True, metavar="FOLDER", help="the sealed release, or a symlink to it")
    group.add_argument("--runtime", choices=RUNTIMES, help="what computes embeddings (%(default)s: the fastest)")
    group.add_argument(
        "--threads", type=_from_zero, metavar="N", help="threads that decode and compute (0: one a core)"
    )
    group.add_argument("--journal", metavar="FOLDER", help="keeps entries added and removed; without it, none can be")
    group.add_argument("--releases", metavar="FOLDER", help="whose releases POST /release may switch to")
    group.add_argument("--no-page", dest="page", action="store_false", help="no page to try the server at /")


def _add_where(group: Any) -> None:
    group.add_argument("--host", help="address to listen on (%(default)s)")
    group.add_argument("--http-port", type=int, metavar="PORT", help="v1 and v2 over REST (%(default)s)")
    group.add_argument("--grpc-port", type=int, metavar="PORT", help="v2 over gRPC (%(default)s)")
    group.add_argument("--token-file", metavar="FILE", help="with the bearer token that clients must send")
    group.add_argument("--tls-certificate", metavar="FILE", help="PEM with the certificate and its chain")
    group.add_argument("--tls-key", metavar="FILE", help="PEM with the certificate's key")


def _add_limits(group: Any) -> None:
    group.add_argument(
        "--most-body-bytes", dest="body_bytes", type=_above_zero(int), metavar="N", help="of a request (%(default)s)"
    )
    group.add_argument(
        "--most-json-bytes", dest="json_bytes", type=_above_zero(int), metavar="N", help="of its JSON (%(default)s)"
    )
    group.add_argument(
        "--most-images", dest="images", type=_above_zero(int), metavar="N", help="in one request (%(default)s)"
    )
    group.add_argument(
        "--most-pixels", dest="pixels", type=_above_zero(int), metavar="N", help="of one image (%(default)s)"
    )
    group.add_argument(
        "--most-k", dest="k", type=_above_zero(int), metavar="N", help="neighbours of one image (%(default)s)"
    )
    group.add_argument(
        "--most-waiting",
        dest="queue_images",
        type=_above_zero(int),
        metavar="N",
        help="images at once (0: 128 a core, at least 256)",
    )
    group.add_argument(
        "--most-connections", dest="connections", type=_above_zero(int), metavar="N", help="open at once (%(default)s)"
    )
    group.add_argument(
        "--most-entries", dest="entries", type=_above_zero(int), metavar="N", help="in the journal (%(default)s)"
    )
    group.add_argument(
        "--timeout", dest="seconds", type=_above_zero(float), metavar="S", help="of a request (%(default)s s)"
    )
    group.add_argument(
        "--head-timeout",
        dest="head_seconds",
        type=_above_zero(float),
        metavar="S",
        help="of a request's head (%(default)s s)",
    )
    group.add_argument(
        "--grace",
        dest="grace_seconds",
        type=_above_zero(float),
        metavar="S",
        help="for requests in flight at the end (%(default)s s)",
    )


def _add_logs(group: Any) -> None:
    group.add_argument("--log-level", choices=LEVELS, help="info: a line for each request (%(default)s)")
    group.add_argument("--log-form", choices=FORMS, help="text for people, json for machines (%(default)s)")


def _above_zero(kind: Callable[[str], Number]) -> Callable[[str], Number]:
    def number(text: str) -> Number:
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number


def _from_zero(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value
