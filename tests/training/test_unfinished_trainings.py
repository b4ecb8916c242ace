"""Trainings that are killed, or ended by SIGTERM, go on to the same bytes."""

import signal
import subprocess

import numpy as np
import pytest
import torch

from helpers.scripts import script
from helpers.unfinished_trainings import CASES, KEY, finished, resumed
from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.training.unfinished.packing import packed, unpacked


def assert_same(found, expected) -> None:
    assert found.identical(expected)
    for name, variable in expected.variables.items():
        if variable.dtype.kind in "fi":
            assert found[name].values.tobytes() == variable.values.tobytes(), name


class Killed(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("case", sorted(set(CASES) - {"long"}))
def test_a_training_that_is_killed_at_many_moments_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, case
) -> None:
    """Every update but the last of a sum may be a moment to save; every few saves it is killed."""
    saves = 0
    save = UnfinishedWork.save

    def save_or_die(self, *arguments):
        nonlocal saves
        saves += 1
        save(self, *arguments)
        if saves % 4 == 0:
            raise Killed

    expected = finished(case)
    monkeypatch.setattr("hessian_boundary.training.unfinished.saving.INTERVAL", 0.0)
    monkeypatch.setattr("hessian_boundary.training.unfinished.saving.SHARE", 1e9)
    monkeypatch.setattr(UnfinishedWork, "save", save_or_die)
    kills = 0
    while True:
        try:
            model = resumed(case, tmp_path / "model")
            break
        except Killed:
            kills += 1
            torch.manual_seed(kills)  # of another process, other states
    assert kills >= 2
    assert_same(model, expected)


RUN = """
import sys, torch
from helpers.unfinished_trainings import resumed
from hessian_boundary.artifacts.unfinished import UnfinishedWork
from hessian_boundary.training.unfinished import saving
torch.set_num_threads(1)
saving.INTERVAL, saving.SHARE = float(sys.argv[3]), 1e9
save = UnfinishedWork.save
def say(self, *arguments):
    save(self, *arguments)
    print("saved", flush=True)
UnfinishedWork.save = say
from hessian_boundary.training.history import History
add, added = History.add, 0
def count(self, *arguments):
    global added
    add(self, *arguments)
    added += 1
    if added == 20:
        print("running", flush=True)
History.add = count
resumed(sys.argv[2], sys.argv[1])
"""


@pytest.mark.parametrize(("number", "interval"), [(signal.SIGKILL, 0.0), (signal.SIGTERM, 1e9)])
def test_a_signal_ends_a_training_and_the_next_run_goes_on(tmp_path, number, interval) -> None:
    place = tmp_path / "model"
    command = script(RUN, str(place), "long", str(interval))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if line == "running\n":
                process.send_signal(number)
                break
        _, errors = process.communicate()
    assert process.returncode == -number, errors
    if number == signal.SIGTERM:
        assert "ended by SIGTERM " in errors
        assert f"its state is kept in {place.parent}" in errors
    assert UnfinishedWork(place, KEY).load() is not None
    assert_same(resumed("long", place), finished("long"))


def test_the_state_of_another_training_is_ignored(tmp_path, capsys) -> None:
    UnfinishedWork(tmp_path / "model", "another").save(packed({"epoch": 3}))
    assert_same(resumed("sgd", tmp_path / "model"), finished("sgd"))
    assert "expected work of this configuration and inputs, found other" in capsys.readouterr().err


def test_states_come_back_as_they_were() -> None:
    images = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    state = {
        "tensors": [images, torch.tensor(3), torch.ones(2, dtype=torch.bfloat16), torch.empty(0)],
        "numbers": (1, 0.1, float("inf"), None, True, "text"),
        7: {"nested": torch.arange(3)},
    }
    buffers = {name: np.array(array) for name, array in packed(state).items()}
    found = unpacked(buffers)
    assert list(found) == list(state)
    assert found["numbers"] == list(state["numbers"])
    assert found["tensors"][0].stride() == images.stride()
    for one, other in zip(found["tensors"], state["tensors"], strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)
    assert torch.equal(found[7]["nested"], torch.arange(3))
