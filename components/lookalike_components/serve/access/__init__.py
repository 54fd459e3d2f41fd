"""Who may ask, and whether others can listen: a bearer token from a mounted file, and TLS. Both are off by default."""

from lookalike_components.serve.access.remote_calls import token_interceptor
from lookalike_components.serve.access.rest import BearerToken
from lookalike_components.serve.access.tls import Tls
from lookalike_components.serve.access.token_file import TokenFile

__all__ = ["BearerToken", "Tls", "TokenFile", "token_interceptor"]
