"""``python -m lookalike_components.train``: one process of a shared training; ``torchrun`` starts as many as wanted."""

import argparse
from collections.abc import Sequence

from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say
from lookalike_components.train.distributed.failure import Failure
from lookalike_components.train.distributed.order import Order


def main(argv: Sequence[str] | None = None) -> int:
    """Does its share of the training; returns the exit code."""
    order = Order(**vars(parser().parse_args(argv)))
    try:
        # Loading torch takes seconds, and --help and mistyped options need not wait for it.
        from lookalike_components.train.distributed.work import work

        work(order)
    except Exception as error:  # whatever it is, the one who started the training has to hear of it
        failure = Failure.of(error)
        failure.write(order.failures)
        if not isinstance(error, LookalikeError):
            raise
        say(f"error: {error}")
        return failure.exit_code
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line; its options are the fields of `Order`."""
    parser = argparse.ArgumentParser(
        "python -m lookalike_components.train", description="Fine-tune an encoder, alone or as a process of torchrun."
    )
    parser.add_argument("--table", required=True, metavar="URI", help="image table with labels and subsets")
    parser.add_argument("--settings", required=True, metavar="URI", help="JSON file of the settings")
    parser.add_argument("--encoder", required=True, metavar="URI", help="new folder for the encoder")
    parser.add_argument("--history", required=True, metavar="URI", help="JSON Lines file for the rows of history")
    parser.add_argument("--tensorboard", default="", metavar="URI", help="folder for TensorBoard events; none if empty")
    parser.add_argument("--failures", required=True, metavar="URI", help="folder for the reason of a failure")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
