"""Everything that a server can be told; light, so that command lines know it without loading KServe."""

from dataclasses import dataclass, field
from typing import Literal

from lookalike_components.serve.address import Address

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may ask for; past each of them it is refused with a sentence."""

    body_bytes: int = 64 * MIB
    """Bytes of a request's body over REST, and of a message over gRPC."""
    json_bytes: int = 32 * MIB
    """Bytes of JSON in a request over REST, where base64 takes a third more than the bytes of an image: a photo of 50
    megapixels, or ten of the usual ones. It is parsed in one piece, during which nobody else is answered."""
    images: int = 128
    """Images, or embeddings, in one request."""
    pixels: int = 50_000_000
    """Pixels of one image, as its header announces them; up to 4 bytes each while it is decoded."""
    k: int = 1_000
    """Neighbours of one image."""
    all_body_bytes: int = 512 * MIB
    """Bytes of the bodies of all requests over REST that are read or worked on at once."""
    queue_images: int = 0
    """Images that may wait or be worked on at once; 0 takes 128 for every core, at least 256."""
    connections: int = 1_024
    """Connections over REST that may be open at once."""
    entries: int = 100_000
    """Entries that were added, and ids that were taken out, which the journal may hold."""
    head_seconds: float = 10.0
    """How long the head of a request may take to arrive, the first one from when the connection is there."""
    head_bytes: int = 64 * 1024
    """Bytes of a request's head."""
    seconds: float = 30.0
    """How long a request may take from its head to its answer, where the client asks for no less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeConfig:
    """One server."""

    release: str
    """Folder of the sealed release, or a symlink to it."""
    address: Address = field(default_factory=Address)
    limits: Limits = field(default_factory=Limits)
    runtime: str = "auto"
    """What computes embeddings: ``auto`` takes the fastest that the release ships and this machine can run."""
    threads: int = 0
    """Threads that decode, and that the runtime computes with; 0 takes one for every core."""
    grace_seconds: float = 30.0
    """How long requests in flight have for their answers once the server is told to stop."""
    journal: str | None = None
    """Folder that keeps entries added and removed while serving; without it the index cannot be changed."""
    releases: str | None = None
    """Folder whose releases may be switched to by ``POST /release``."""
    page: bool = True
    """Whether ``/`` answers with the page to try the server."""
    token_file: str | None = None
    """File with the bearer token that clients must send."""
    tls_certificate: str | None = None
    """PEM file with the certificate chain."""
    tls_key: str | None = None
    """PEM file with the certificate's private key."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """The least serious lines to write."""
    log_form: Literal["text", "json"] = "text"
    """``text`` for people, ``json`` for machines."""
