"""What a listing tells of a file."""

from typing import NamedTuple


class FileFacts(NamedTuple):
    """A file as its place describes it, without a look inside.

    Attributes:
        uri: A plain path on this machine, else a whole URI; every function here takes it as it is.
        nbytes: Length of the file.
        version: The same version means the same bytes: the generation of an object; of a local file its
            size and the times at which its content and its name last changed (nanoseconds).
    """

    uri: str
    nbytes: int
    version: str
