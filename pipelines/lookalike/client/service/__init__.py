"""The clients of a running server, and a server for as long as one is needed.

Images travel as they are, in the binary form of the Open Inference Protocol (v2), neither decoded nor in base64:
https://github.com/kserve/open-inference-protocol
"""

from lookalike.client.service.answers import Change, Embeddings, Match, Neighbours, matches_of
from lookalike.client.service.async_client import AsyncClient
from lookalike.client.service.client import Client
from lookalike.client.service.entries import Entry
from lookalike.client.service.local_server import serving
from lookalike.client.service.pictures import Picture
from lookalike.client.service.refusals import ServiceError
from lookalike.client.service.retries import Patience

__all__ = [
    "AsyncClient",
    "Change",
    "Client",
    "Embeddings",
    "Entry",
    "Match",
    "Neighbours",
    "Patience",
    "Picture",
    "ServiceError",
    "matches_of",
    "serving",
]
