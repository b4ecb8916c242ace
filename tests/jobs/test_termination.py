"""SIGTERM in the middle of a step: in order, once, with a status that says so."""

import os
import signal
from collections.abc import Iterator

import pytest

from hessian_study.jobs.termination import end_in_order


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_what_a_step_has_opened_is_closed() -> None:
    closed = []

    def step() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)  # the second changes nothing
            closed.append("file")

    end_in_order()
    with pytest.raises(SystemExit) as end:
        step()
    assert closed == ["file"]
    assert end.value.code == 128 + signal.SIGTERM


def test_a_step_that_saves_first_ends_the_same_way() -> None:
    end_in_order()
    saved = []
    former = signal.getsignal(signal.SIGTERM)

    def save(number: int, frame: object) -> None:
        saved.append("state")
        signal.signal(number, former)
        signal.raise_signal(number)

    signal.signal(signal.SIGTERM, save)
    with pytest.raises(SystemExit) as end:
        os.kill(os.getpid(), signal.SIGTERM)
    assert saved == ["state"]
    assert end.value.code == 128 + signal.SIGTERM
