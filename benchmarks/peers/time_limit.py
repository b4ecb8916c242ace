"""A limit to the processor time of what runs inside."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TimeIsUpError(Exception):
    """It took more processor time than it may."""


@contextmanager
def processor_time_limit(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so many seconds of the processor, in the main thread.

    Raises TimeIsUpError there.
    """

    def stop(*_: object) -> None:
        raise TimeIsUpError(f"expected an answer in {seconds:g} s of the processor, found none")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
