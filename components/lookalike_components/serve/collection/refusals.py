"""Why an index is not changed."""

from lookalike_components.serve.refusals import Refused


class JournalFull(Refused):
    """The journal holds as many entries as it may."""

    status = 409
    code = "RESOURCE_EXHAUSTED"
    reason = "journal"


class NotStored(Refused):
    """A change could not be written to the disk, and was not carried out."""

    status = 507
    code = "UNAVAILABLE"
    reason = "journal"


class Damaged(Refused):
    """A release is not what was sealed."""

    status = 422
    code = "FAILED_PRECONDITION"
