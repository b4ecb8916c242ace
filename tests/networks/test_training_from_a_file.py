"""A training that begins at a network from elsewhere, and what is computed of it."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from helpers.own_networks import CPU, blobs, register, trained, training_part
from helpers.trained_elsewhere import STATE, dense, normalised
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.user_files import read_parameters
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import trained_module


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
