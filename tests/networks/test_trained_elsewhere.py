"""Networks that were trained elsewhere: what is in the file, bit for bit, or a refusal by name."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from helpers.own_networks import CPU, blobs, layers, register, trained, training_part
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.user_files import read_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import trained_module
from hessian_boundary.networks.trained_elsewhere.loading import load_trained


def dense(width: int = 5, classes: int = 3, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return layers(2, width, classes)


def normalised(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3))
    network(torch.randn(20, 2))  # running statistics
    return network


def equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


def prefixed(state: dict, prefix: str) -> dict:
    return {prefix + name: value for name, value in state.items()}


STATE = normalised().state_dict()
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


def changed(**values: Any) -> dict:
    return {**STATE, **{name.replace("_", "."): value for name, value in values.items()}}


MASKED = torch.tensor([0.0, float("-inf")])
REFUSED: dict[str, tuple[dict, str]] = {
    "missing": ({k: v for k, v in STATE.items() if k != "1.running_var"}, "1 missing: 1.running_v"),
    "unexpected": (changed(**{"7_weight": torch.ones(1)}), "found 1 unexpected: 7.weight; let"),
    "shape": (
        changed(**{"0_weight": torch.ones(7, 2)}),
        r"1 of another shape: 0.weight \(7, 2\) in place of \(6, 2\)",
    ),
    "another network": (
        layers(3, 4, 4, 4, 4, 4).state_dict(),
        r"found 7 missing: .* and 2 more; 8 unexpected: .*; 2 of another shape: 0.weight \(4, 3\)",
    ),
    "not a number": (
        changed(**{"0_bias": torch.full((6,), torch.nan)}),
        "found nan in 0.bias, as 6",
    ),
    "infinite": (changed(**{"0_bias": torch.full((6,), torch.inf)}), "found inf in 0.bias"),
    "overflow": (
        changed(**{"0_bias": torch.full((6,), 1e300, dtype=torch.float64)}),
        r"that torch.float32 holds, .* has 0.bias, found 1e\+300 of torch.float64",
    ),
    "whole": (
        changed(**{"0_bias": torch.full((6,), 2**24 + 1)}),
        "found 16777217 of torch.int64; rescale it",
    ),
    "complex": (
        changed(**{"0_bias": torch.ones(6) * 1j}),
        "real numbers, .* 0.bias of torch.compl",
    ),
    "sparse": (changed(**{"0_bias": torch.ones(6).to_sparse()}), "found 0.bias of .*sparse_coo"),
    "no tensors": ({"epoch": 3, "lr": 0.1}, "found int as epoch, lr; save"),
    "nothing": ({}, "found nothing; save torch.save"),
}


@pytest.mark.parametrize(("found", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_by_name(found: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_trained(normalised(seed=1), found)


def test_a_buffer_may_hold_what_the_network_was_built_with() -> None:
    def masked() -> nn.Module:
        network = nn.Linear(2, 2)
        network.register_buffer("mask", MASKED.clone())
        return network

    load_trained(masked(), masked().state_dict())
    broken = {**masked().state_dict(), "mask": torch.tensor([0.0, float("nan")])}
    with pytest.raises(ValueError, match="expected finite numbers, found nan in mask"):
        load_trained(masked(), broken)
    count = nn.BatchNorm1d(2).state_dict() | {"num_batches_tracked": torch.tensor(2**60)}
    with pytest.raises(
        ValueError, match=r"that torch.int64 holds.* num_batches_tracked, found 115"
    ):
        load_trained(nn.BatchNorm1d(2), count)


class Bomb:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def test_code_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("bomb", {"state_dict": Bomb()}), ("whole", dense())):
        for new in (True, False):
            torch.save(content, f"{name}.pt", _use_new_zipfile_serialization=new)
            message = rf"{name}.pt, found what would have to run code .*; save the parameters alone"
            with pytest.raises(ValueError, match=message):
                read_parameters(tmp_path / f"{name}.pt")
    torch.jit.script(nn.Linear(2, 2)).save("script.pt")
    (tmp_path / "text.pt").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    for name in ("script.pt", "text.pt", "text.safetensors"):
        with pytest.raises(ValueError, match=f"in {name}, found .*; save the parameters alone"):
            read_parameters(tmp_path / name)
    torch.save([torch.ones(2)], "list.pt")
    with pytest.raises(ValueError, match=r"expected tensors by name in list.pt, found list; save"):
        read_parameters(tmp_path / "list.pt")
    assert not (tmp_path / "ran").exists()


def test_a_packed_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", b"")
        archive.writestr("model/data/0", bytes(17_000_000))
    with pytest.raises(ValueError, match="model/data/0 is 17,000,000 bytes when it is unpacked"):
        read_parameters(tmp_path / "model.pt")


# through a training


def begun(dataset: Any, state: dict, **changes: Any) -> Any:
    start = {"state_dict": "./model.pt"}
    return trained(dataset, **{"start": start, "epochs": 0, "state_dict": state, **changes})


def test_nothing_is_trained_with_no_epochs_and_more_go_on_from_the_file(monkeypatch) -> None:
    register(monkeypatch, lambda shape, classes: normalised(seed=3))
    dataset = blobs()
    model = begun(dataset, STATE)
    flat = torch.cat([p.detach().ravel() for p in normalised().parameters()]).numpy()
    assert model["parameters"].values.tobytes() == flat.tobytes()
    buffers = torch.cat([b.double().ravel() for b in normalised().buffers()]).numpy()
    np.testing.assert_array_equal(model["buffers"], buffers)
    assert (model.sizes["epoch"], model.attrs["status"]) == (0, "not fitted")
    rows = dataset["split"].values == "validation"
    logits = normalised().eval()(torch.from_numpy(dataset["x"].values[rows]))
    right = (logits.argmax(1).numpy() == dataset["y"].values[rows]).mean()
    assert model.attrs["validation_accuracy"] == pytest.approx(right)
    finer = begun(dataset, STATE, epochs=1, batch_size=1000, learning_rate=1e-3)
    moved = np.abs(finer["parameters"].values - flat).max()
    assert 0 < moved < 1e-2  # one small step from the file, not from another draw


@pytest.mark.parametrize("lazy", [False, True])
def test_binary_lazy_and_frozen_networks_keep_the_names_that_they_had(monkeypatch, lazy) -> None:
    def network(fresh: bool) -> nn.Module:
        torch.manual_seed(9 if fresh else 2)
        first = nn.LazyLinear(4) if lazy and fresh else nn.Linear(2, 4)
        module = nn.Sequential(first, nn.Tanh(), nn.Linear(4, 1))
        module[2].bias.requires_grad_(False)
        return module

    register(monkeypatch, lambda shape, classes: network(fresh=True))
    source, dataset = network(fresh=False), blobs(classes=2)
    model = begun(dataset, source.state_dict())
    found = trained_module(model, torch.float32, CPU)
    x, _ = training_part(dataset)
    torch.testing.assert_close(found(x)[:, 1:], source(x), rtol=0, atol=0)
    np.testing.assert_array_equal(model["frozen"], source[2].bias.detach().numpy())


def test_the_file_is_named_in_a_refusal(monkeypatch) -> None:
    register(monkeypatch, lambda shape, classes: normalised())
    with pytest.raises(ValueError, match=r"^start: ./model.pt: expected the 9 tensors of the netw"):
        begun(blobs(), dense().state_dict())


def images() -> Any:
    y = np.arange(60) % 3
    x = np.random.RandomState(3).standard_normal((60, 1, 6, 6)) + y[:, None, None, None]
    return build_dataset(x.astype(np.float32), y, train_fraction=0.5)


def convolutional(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    parts = [nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten()]
    return nn.Sequential(*parts, nn.Linear(12, 3))


def largest_by_power_iteration(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return λ_max of the Hessian of the mean cross-entropy, by plain double backward passes."""
    parameters = list(network.parameters())
    loss = nn.functional.cross_entropy(network(x), y)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True)
    flat = torch.cat([gradient.ravel() for gradient in gradients])

    def product(vector: torch.Tensor) -> torch.Tensor:
        rows = torch.autograd.grad(flat @ vector, parameters, retain_graph=True)
        return torch.cat([row.ravel() for row in rows])

    vector = torch.randn(len(flat), dtype=torch.float64)
    value = 0.0
    for _ in range(5000):
        vector = vector / vector.norm()
        image = product(vector)
        previous, value = value, float(vector @ image)
        if abs(value - previous) < 1e-15 * abs(value):
            break
        vector = image + 0.1 * abs(value) * vector  # shifted: negative ones do not win
    return value


def test_the_top_of_the_spectrum_is_that_of_the_network_that_was_trained(
    monkeypatch, tmp_path
) -> None:
    dataset, network = images(), convolutional(seed=4)
    x, y = training_part(dataset)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()
    torch.save({"model": network.state_dict(), "epoch": 30}, tmp_path / "model.pt")
    register(monkeypatch, lambda shape, classes: convolutional(seed=0))
    model = begun(dataset, read_parameters(tmp_path / "model.pt"))
    problem = Problem(
        trained_module(model, torch.float64, CPU),
        x.double(),
        y,
        lambda logits, labels: nn.functional.cross_entropy(logits, labels, reduction="none"),
    )
    found = float(compute_spectrum(problem)["eigenvalues"][0])
    expected = largest_by_power_iteration(network.double().eval(), x.double(), y)
    assert found == pytest.approx(expected, rel=1e-10)
