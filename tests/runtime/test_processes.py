"""Shares of the work, who may lead, and what the leader is given."""

import pytest
import torch
import torch.distributed as distributed

from helpers.forked_processes import in_forked_processes
from hessian_boundary.runtime import processes
from hessian_boundary.runtime.processes import (
    Team,
    leading,
    process_count,
    process_number,
    serve,
    share,
)


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


def test_a_script_that_connects_its_processes_itself_has_each_work_alone(monkeypatch):
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert (process_count(), process_number()) == (3, 2)
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    assert (process_count(), process_number()) == (1, 0)


def test_an_exchange_with_a_process_that_has_ended_is_an_error_that_says_so(monkeypatch):
    monkeypatch.setattr(processes, "_in_question", False)  # as it is to be again

    def broken(tensor, other):
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(distributed, "broadcast", broken)
    team = Team({"twice": lambda block: 2 * block})
    with pytest.raises(RuntimeError, match=r"expected all 1 processes to go on, found .*; see the"):
        team.total("twice", torch.ones(1, 1))
    with pytest.raises(AssertionError, match="nothing can be asked after an error in the middle"):
        team.total("twice", torch.ones(1, 1))
    team.dismiss()  # nobody waits for it: nothing is sent
    with (
        pytest.raises(RuntimeError, match=r"processes that wait for a question, found .*; let the"),
        leading({}, torch.device("cpu")),
    ):
        pass


def _take_part() -> list[tuple[object, ...]]:
    """What one of several processes does; the leader says what it is given."""
    number, device, answers = process_number(), torch.device("cpu"), []
    functions = {
        "times": lambda block: (number + 1) * block,
        "first rows": lambda block: block[:number],
    }
    for dtype in (torch.float64, torch.float32):  # one connection serves several computations
        if number:
            serve(functions, device)
            continue
        with leading(functions, device) as team:
            block = torch.arange(6, dtype=dtype).view(3, 2)
            total = team.total("times", block)
            parts = [part.tolist() for part in team.each("first rows", block)]
            nothing = team.total("times", block[:0])
            answers.append((total.tolist(), str(total.dtype), parts, list(nothing.shape)))
    return answers


def test_the_leader_is_given_sums_and_each_ones_part():
    total = [[0, 6], [12, 18], [24, 30]]  # 1 + 2 + 3 times
    parts = [[], [[0, 1]], [[0, 1], [2, 3]]]
    expected = [(total, dtype, parts, [0, 2]) for dtype in ("torch.float64", "torch.float32")]
    assert in_forked_processes(3, _take_part) == [expected, [], []]
