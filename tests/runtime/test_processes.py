"""Shares of the work, and who may lead."""

import pytest
import torch

from hessian_boundary.runtime.processes import leading, process_count, share


@pytest.mark.parametrize(("size", "count"), [(10, 1), (10, 3), (2, 3), (1, 8), (7, 7), (0, 2)])
def test_shares_are_runs_of_nearly_equal_length_that_cover_all(size, count):
    shares = [share(size, number, count) for number in range(count)]
    assert [i for part in shares for i in range(part.start, part.stop)] == list(range(size))
    assert {part.stop - part.start for part in shares} <= {size // count, -(-size // count)}


def test_the_first_has_something_wherever_there_is_something():
    assert share(1, 0, 5) == slice(0, 1)


def test_without_torchrun_there_is_one_process(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert process_count() == 1


def test_only_the_first_process_leads(monkeypatch):
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "3")
    with (
        pytest.raises(RuntimeError, match=r"expected this call in process 0 of 3, found .* 2; use"),
        leading({}, torch.device("cpu")),
    ):
        pass
