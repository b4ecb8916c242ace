"""What a configuration may call a device, with and without a GPU."""

import pytest
import torch

from hessian_boundary.runtime.device import (
    is_out_of_memory,
    processes_of_this_machine,
    resolve_device,
)


def test_device_names_resolve_and_a_missing_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(RuntimeError, match=r"expected a CUDA device .* found none; set `device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")


def test_each_of_several_processes_has_a_gpu_of_its_own_or_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert resolve_device("auto") == resolve_device("cuda") == torch.device("cuda", 1)
    assert resolve_device("cpu") == torch.device("cpu")
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(RuntimeError, match=r"a GPU for each .* found 2 GPUs and process 3"):
        resolve_device("auto")


def test_processes_of_one_machine_are_those_that_torchrun_tells_of(monkeypatch):
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert processes_of_this_machine() == 1
    monkeypatch.setenv("WORLD_SIZE", "6")
    assert processes_of_this_machine() == 6  # not told: all, maybe
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert processes_of_this_machine() == 2


def test_memory_that_ran_out_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    for error in (caught.value, MemoryError(), torch.OutOfMemoryError()):
        assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(ValueError())
