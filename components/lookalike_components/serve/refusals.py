"""What a server does not do for a client, each with its status in both protocols and its reason in the metrics.

A plain `UserError` is refused too: 400 and INVALID_ARGUMENT.
"""

from typing import ClassVar

from lookalike_components.errors import UserError


class Refused(UserError):  # noqa: N818 (it is told as a refusal, not as an error)
    """A request that is not answered; the message is the sentence that the client gets.

    Attributes:
        status: Status over REST.
        code: Status over gRPC, as `grpc.StatusCode` names it.
        reason: Value of the metrics' label.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "INVALID_ARGUMENT"
    reason: ClassVar[str] = "request"


class Busy(Refused):
    """More waits than the server takes on."""

    status = 429
    code = "RESOURCE_EXHAUSTED"
    reason = "busy"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Whole seconds after which it may be tried again."""


class TooManyConnections(Busy):
    """More connections are open than the server takes."""

    status = 503


class TooLate(Refused):
    """The time that the request had is over."""

    status = 504
    code = "DEADLINE_EXCEEDED"
    reason = "deadline"


class TooLarge(Refused):
    """The body has more bytes than the server reads."""

    status = 413
    code = "RESOURCE_EXHAUSTED"
    reason = "body"


class TooSlow(Refused):
    """The body did not arrive in time."""

    status = 408
    code = "DEADLINE_EXCEEDED"
    reason = "deadline"


class Encoded(Refused):
    """The body is wrapped in something that is not looked into."""

    status = 415
    code = "UNIMPLEMENTED"


class TooManyPixels(Refused):
    """An image announces more pixels than the server decodes."""

    reason = "pixels"


class TooManyImages(Refused):
    """A request holds more images than the server takes in one."""

    reason = "batch"


class TooManyNeighbours(Refused):
    """``k`` is out of range."""

    reason = "k"


class BadImage(Refused):
    """An image cannot be read."""

    reason = "image"


class OtherEncoder(Refused):
    """An embedding was made by another encoder than the one in service."""

    status = 409
    code = "FAILED_PRECONDITION"
    reason = "encoder"


class NotAllowed(Refused):
    """The server was not started with what the request needs."""

    status = 403
    code = "PERMISSION_DENIED"


class NotFound(Refused):
    """There is nothing under the name that the request gives."""

    status = 404
    code = "NOT_FOUND"
