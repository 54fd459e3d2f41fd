"""The tokens that are admitted, as they stand in a file now."""

import hmac
import logging
import re
from hashlib import sha256
from pathlib import Path

from lookalike_components.errors import UserError
from lookalike_components.serve.access.watched import State, state_of

FEWEST_CHARACTERS = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token of RFC 6750: what a header can carry as it stands
_SCHEME = re.compile(r"bearer +", re.IGNORECASE)
_log = logging.getLogger(__name__)


class TokenFile:
    """A file with one token a line, any of which is admitted; read again as soon as it changes.

    Two lines are how a token is exchanged without refusing anybody: the new one is added, clients change over, and the
    old one is taken out. While the file is missing, empty or malformed, what it held before stays in force, and the log
    says so once.
    """

    def __init__(self, path: str | Path) -> None:
        """Reads the file.

        Raises:
            UserError: It cannot be read, or holds something else than tokens; the sentence never repeats it.
        """
        self.path = Path(path)
        self._state, self._digests = self._read()
        self._complaint = ""

    def admits(self, authorization: str) -> bool:
        """Whether the header ``Authorization`` bears one of the tokens."""
        self._refresh()
        scheme = _SCHEME.match(authorization)
        if scheme is None:
            return False
        given = sha256(authorization[scheme.end() :].strip().encode()).digest()
        # All are compared, and digests of one length, so that the time taken tells nothing about a token.
        return any([hmac.compare_digest(given, digest) for digest in self._digests])  # noqa: C419

    def _refresh(self) -> None:
        try:
            if state_of([self.path]) == self._state:
                return
            self._state, self._digests = self._read()
            self._complaint = ""
        except (OSError, UserError) as error:
            self._complain(str(error))

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            self._complaint = complaint
            _log.warning("the token stays as it was: %s", complaint)

    def _read(self) -> tuple[State, tuple[bytes, ...]]:
        # The state first: a file that changes in between is read again at the next request.
        try:
            state, text = state_of([self.path]), self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"the token file {self.path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"the token file {self.path} holds no token but bytes; write it anew") from error
        return state, tuple(sha256(token.encode()).digest() for token in self._tokens(text))

    def _tokens(self, text: str) -> list[str]:
        tokens = [line.strip() for line in text.splitlines() if line.strip()]
        if not tokens:
            raise UserError(f"the token file {self.path} is empty; write one token a line")
        for number, token in enumerate(tokens, start=1):
            self._check(token, number)
        return tokens

    def _check(self, token: str, number: int) -> None:
        if not _TOKEN.fullmatch(token):
            raise UserError(
                f"token {number} in {self.path} has characters that a header cannot carry; use letters, digits and "
                "-._~+/ alone"
            )
        if len(token) < FEWEST_CHARACTERS:
            raise UserError(
                f"token {number} in {self.path} has {len(token)} characters, which can be guessed; use "
                f"{FEWEST_CHARACTERS} or more, such as `openssl rand -hex 32` prints"
            )
