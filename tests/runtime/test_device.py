"""What a configuration may call a device, with and without a GPU."""

import pytest
import torch

from hessian_boundary.runtime.device import resolve_device


def test_device_names_resolve_and_a_missing_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(RuntimeError, match=r"expected a CUDA device .* found none; set `device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == torch.device("cuda")
