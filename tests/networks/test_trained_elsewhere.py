"""Networks that were trained elsewhere: what is in the file arrives bit for bit."""

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from helpers.trained_elsewhere import STATE, normalised
from hessian_boundary.data.user_files import read_parameters
from hessian_boundary.networks.trained_elsewhere.loading import load_trained


def equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


def prefixed(state: dict, prefix: str) -> dict:
    return {prefix + name: value for name, value in state.items()}


WRAPPED: dict[str, dict] = {
    "plain": STATE,
    "state_dict": {"state_dict": STATE, "epoch": 3},
    "model": {"model": STATE, "optimizer": {"lr": 0.1}},
    "model_state_dict": {"model_state_dict": STATE},
    "parallel": prefixed(STATE, "module."),
    "parallel twice": prefixed(STATE, "module.module."),
    "compiled": prefixed(STATE, "_orig_mod."),
    "parallel, compiled": {"state_dict": prefixed(STATE, "module._orig_mod.")},
    "a compiled part": {name.replace("0.", "0._orig_mod."): v for name, v in STATE.items()},
    "float64": {name: v.double() if v.is_floating_point() else v for name, v in STATE.items()},
}


@pytest.mark.parametrize("found", WRAPPED.values(), ids=WRAPPED)
def test_parameters_and_buffers_arrive_bit_for_bit(tmp_path: Path, found: dict) -> None:
    torch.save(found, tmp_path / "model.pt")
    network = normalised(seed=1)
    load_trained(network, read_parameters(tmp_path / "model.pt"))
    assert equal(network, normalised())


def test_safetensors_and_real_wrappers_are_read(tmp_path: Path) -> None:
    safetensors.torch.save_file(STATE, tmp_path / "model.safetensors")
    parallel = nn.DataParallel(torch.compile(normalised()))
    torch.save(parallel.state_dict(), tmp_path / "model.pth")
    for name in ("model.safetensors", "model.pth"):
        network = normalised(seed=1)
        load_trained(network, read_parameters(tmp_path / name))
        assert equal(network, normalised())


class Inner(nn.Module):
    """A network whose own names begin as DataParallel's do."""

    def __init__(self) -> None:
        super().__init__()
        self.module = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.module(x)


def test_a_part_that_is_called_module_keeps_its_name() -> None:
    source, target = Inner(), Inner()
    for prefix in ("", "module."):
        load_trained(target, prefixed(source.state_dict(), prefix))
        assert equal(source, target)
        target = Inner()


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


def test_a_tensor_in_two_places_may_be_there_once_and_must_be_equal() -> None:
    source, state = Tied(), Tied().state_dict()
    state = {name: value.clone() for name, value in source.state_dict().items()}
    for left_out in ("", "first.weight", "second.weight"):
        target = Tied()
        load_trained(target, {name: v for name, v in state.items() if name != left_out})
        assert equal(source, target)
        assert target.first.weight is target.second.weight
    state["second.weight"] = state["second.weight"] + 1
    with pytest.raises(ValueError, match=r"equal numbers in first.weight and second.weight, which"):
        load_trained(Tied(), state)


def test_parametrised_weights_keep_their_keys() -> None:
    def weight_normed() -> nn.Module:
        return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)))

    source, target = weight_normed(), weight_normed()
    load_trained(target, source.state_dict())
    assert equal(source, target)
    plain = nn.Sequential(nn.Linear(2, 3)).state_dict()
    with pytest.raises(ValueError, match=r"2 missing: 0.parametrizations.* 1 unexpected: 0.weight"):
        load_trained(target, plain)
