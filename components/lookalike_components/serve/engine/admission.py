"""How many images may wait or be worked on at once, and what becomes of one more."""

import math
import threading

from lookalike_components.serve.refusals import Busy

IMAGES_A_CORE = 128
FEWEST_IMAGES = 256
_LONGEST_WAIT = 60
_WEIGHT_OF_THE_LATEST = 0.2


class Admission:
    """Counts what is in flight. Used by any thread."""

    def __init__(self, most: int, what: str = "images") -> None:
        """Admits everybody at first.

        Args:
            most: How many may be in flight.
            what: What they are, in the plural, as clients are told.
        """
        self.most = most
        """How many may be in flight."""
        self.in_flight = 0
        """How many are in flight: what a client that has left brought counts until its turn is over, too."""
        self._what = what
        self._seconds_of_one = 0.0
        self._lock = threading.Lock()

    def take(self, count: int) -> int:
        """Makes room for what a request brings, until it is given back.

        Returns:
            How many are in flight now, these among them.

        Raises:
            Busy: There is no room for them.
        """
        with self._lock:
            if self.in_flight + count > self.most:
                raise self._busy()
            self.in_flight += count
            return self.in_flight

    def give_back(self, count: int) -> None:
        """Gives back the room of what is done, or will never be."""
        with self._lock:
            self.in_flight -= count

    def learn(self, in_flight: int, seconds: float) -> None:
        """What is the last of ``in_flight`` and is answered in so many seconds tells how long one takes."""
        self._seconds_of_one += _WEIGHT_OF_THE_LATEST * (seconds / in_flight - self._seconds_of_one)

    def _busy(self) -> Busy:
        seconds = min(_LONGEST_WAIT, math.ceil(self.in_flight * self._seconds_of_one) or 1)
        return Busy(
            f"the server is working on {self.in_flight:,} {self._what} and takes on no more than {self.most:,}; "
            f"try again in {seconds} s",
            retry_after=seconds,
        )


def room(queue_images: int, cores: int) -> int:
    """How many images may be in flight: what the limits say, or what the cores are good for where they say 0."""
    return queue_images or max(FEWEST_IMAGES, IMAGES_A_CORE * cores)
