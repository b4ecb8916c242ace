"""The public API: numbers against plain autograd, the caller's network untouched, refusals."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import hessian_boundary
from hessian_boundary import analyse, open_artifact


def trained() -> tuple[nn.Module, np.ndarray, np.ndarray]:
    """A float32 network in training mode, with dropout, as a user has it."""
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Linear(2, 5), nn.Tanh(), nn.Dropout(0.3), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)
    )
    draw = np.random.default_rng(0)
    return network, draw.normal(size=(23, 2)).astype(np.float32), np.arange(23) % 3


def naive(network: nn.Module, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The whole Hessian and each sample's gradient at its predicted label, in float64."""
    network = network.double().eval()
    inputs, labels = torch.from_numpy(x).double(), torch.from_numpy(y)
    parameters = list(network.parameters())
    loss = F.cross_entropy(network(inputs), labels)
    slope = torch.autograd.grad(loss, parameters, create_graph=True)
    flat = torch.cat([part.flatten() for part in slope])
    rows = [torch.autograd.grad(entry, parameters, retain_graph=True) for entry in flat]
    hessian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
    gradients = []
    for sample in inputs:
        logits = network(sample[None])
        own = torch.autograd.grad(F.cross_entropy(logits, logits.argmax(1)), parameters)
        gradients.append(torch.cat([part.flatten() for part in own]))
    return hessian.numpy(), torch.stack(gradients).numpy()


def test_spectrum_alignment_and_g_theta_are_those_of_plain_autograd() -> None:
    network, x, y = trained()
    result = analyse(network, x, y, method="dense")
    hessian, gradients = naive(network, x, y)
    values, vectors = np.linalg.eigh(hessian)
    kept = np.abs(values) > 1e-12 * np.abs(values).max()
    np.testing.assert_allclose(result.spectrum["eigenvalues"], values[kept][::-1], atol=1e-13)
    units = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    largest = np.abs(vectors[:, kept].T[::-1] @ units.T).max(axis=1)
    found = abs(result.alignment["alignment"]).max("sample")
    np.testing.assert_allclose(found, largest, atol=1e-8)
    draws = np.random.RandomState(42).standard_normal((5, len(values)))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    epsilon = np.abs(draws @ units.T).max(axis=1).mean()
    assert result.measures["g_theta_max"] == (largest > epsilon).sum() / len(values)
    assert result.measures["lambda_max"] == pytest.approx(values[-1], rel=1e-12)


def test_the_callers_network_is_left_as_it_was() -> None:
    network, x, y = trained()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    analyse(network, x, y).align(x[:3])
    assert all(part.training for part in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


def test_top_pairs_only_leave_g_theta_open() -> None:
    network, x, y = trained()
    whole, part = analyse(network, x, y, method="dense"), analyse(network, x, y, top=3)
    assert part.spectrum.attrs["method"] == "lanczos"
    wanted = whole.spectrum["eigenvalues"][:3]
    np.testing.assert_allclose(part.spectrum["eigenvalues"], wanted, rtol=1e-9)
    assert np.isnan(part.measures["g_theta_max"])


@pytest.mark.parametrize("top", [1, 3, 12])
def test_top_pairs_bound_what_they_leave_open(top: int) -> None:
    network, x, y = trained()
    whole = analyse(network, x, y, method="dense").measures
    part = analyse(network, x, y, top=top, bottom=1).measures
    hessian, _ = naive(network, x, y)
    values = np.linalg.eigvalsh(hessian)
    beyond_edge = int((values[-top:] > 1.25 * -values[0]).sum())
    assert part["outliers_edge_at_least"] == beyond_edge <= whole["outliers_edge"]
    for name in ("g_theta_max", "g_theta_mean"):
        assert 0 < part[f"{name}_at_least"] <= whole[name]
    unknown = {name for name, value in part.items() if np.isnan(value)}
    assert unknown >= {"g_theta_max", "g_theta_mean", "outliers_edge", "outliers_gap_high"}
    assert not [name for name in whole if name.endswith("at_least")]


def test_other_inputs_are_aligned_with_the_same_eigenvectors() -> None:
    network, x, y = trained()
    result = analyse(network, x, y)
    other = result.align(x[5:12])
    np.testing.assert_allclose(other["alignment"], result.alignment["alignment"][:, 5:12])
    assert other["label"].values.tolist() == other["prediction"].values.tolist()


@pytest.mark.parametrize("matrix", ["hessian", "gauss_newton", "covariance"])
def test_what_is_saved_is_opened_again(tmp_path, matrix) -> None:
    network, x, y = trained()
    result = analyse(network, x, y, matrix=matrix)
    result.save(tmp_path / "mine")
    for kind, expected in (("spectrum", result.spectrum), ("alignment_samples", result.alignment)):
        found = open_artifact(tmp_path / "mine" / f"{kind}.zarr.zip", kind)
        for name in expected.data_vars:
            np.testing.assert_array_equal(found[name].values, expected[name].values)
    table = pd.read_csv(tmp_path / "mine" / "measures.csv").set_index("measure")["value"]
    assert table["g_theta_max"] == result.measures["g_theta_max"]


def test_the_gradient_covariance_takes_the_place_of_the_hessian() -> None:
    network, x, y = trained()
    found = analyse(network, x, y, matrix="covariance").spectrum["eigenvalues"]
    module, squares = network.double().eval(), 0.0
    for sample, label in zip(torch.from_numpy(x).double(), torch.from_numpy(y), strict=True):
        loss = F.cross_entropy(module(sample[None]), label[None])
        parts = torch.autograd.grad(loss, list(module.parameters()))
        squares += sum(float(part.square().sum()) for part in parts) / len(x)
    assert float(found.sum()) == pytest.approx(squares, rel=1e-10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "expected a loss among .* found 'hinge'"),
        ({"loss": F.cross_entropy}, r"expected one loss per sample, .* found \(\)"),
        ({"method": "qr"}, "expected a method among .* found 'qr'"),
        ({"matrix": "fisher"}, "expected a matrix among .* found 'fisher'"),
        ({"method": "dense", "top": 3}, "expected method lanczos to compute the top 3"),
        ({"method": "lanczoz", "top": 3}, "found 'lanczoz'; did you mean 'lanczos'"),
        ({"matrix": "covariance", "top": 3}, "expected no `top` for the covariance, found 3"),
        ({"tolerance": 1}, "expected options among .* found 'tolerance'"),
        ({"matrix": "covariance", "method": "lanczos"}, "expected method auto for the covariance"),
        ({"matrix": "covariance", "bottom": 3}, "found 'bottom', which means nothing for it"),
        (
            {"matrix": "gauss_newton", "rank_tolerance": 1e-3},
            r"expected options among \['memory_limit_gb'\] for the matrix 'gauss_newton'",
        ),
    ],
)
def test_what_is_not_known_is_refused(options, message) -> None:
    network, x, y = trained()
    with pytest.raises(ValueError, match=message):
        analyse(network, x, y, **options)


def test_importing_the_package_imports_no_torch_and_all_names_exist() -> None:
    program = "import sys, hessian_boundary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    for name in hessian_boundary.__all__:
        assert getattr(hessian_boundary, name).__doc__
    assert set(hessian_boundary.__all__) <= set(dir(hessian_boundary))
    with pytest.raises(AttributeError, match="has no attribute 'analyze'"):
        hessian_boundary.analyze  # noqa: B018


def test_the_gauss_newton_part_is_that_of_jacobians_and_softmax() -> None:
    network, x, y = trained()
    result = analyse(network, x, y, matrix="gauss_newton", top=3)
    module, inputs = network.double().eval(), torch.from_numpy(x).double()
    parameters, matrix = list(module.parameters()), 0.0
    for sample in inputs:
        logits = module(sample[None])[0]
        rows = [torch.autograd.grad(entry, parameters, retain_graph=True) for entry in logits]
        jacobian = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
        q = logits.softmax(0).detach()
        matrix = matrix + jacobian.T @ (torch.diag(q) - torch.outer(q, q)) @ jacobian / len(x)
    values = torch.linalg.eigvalsh(matrix).flip(0).numpy()
    np.testing.assert_allclose(result.spectrum["eigenvalues"], values[:3], rtol=1e-10)
    assert float(result.spectrum["residuals"].max()) < 1e-12 * values[0]
    vectors = result.spectrum["eigenvectors"].values
    errors = vectors @ matrix.numpy() - values[:3, None] * vectors
    assert np.abs(errors).max() < 1e-11 * values[0]
    found = result.alignment
    np.testing.assert_allclose(found["eigenvalue"][:20], values[:20], rtol=1e-6)
    np.testing.assert_allclose(found["resolved_share"], 1, atol=1e-10)  # all gradients lie in it
    gradients = naive(trained()[0], x, y)[1]
    units = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    np.testing.assert_allclose(abs(found["alignment"][:3]), abs(vectors @ units.T), atol=1e-8)
    assert 0 < result.measures["g_theta_max"] <= 46 / len(gradients[0])  # n (C − 1) of p
    other = result.align(x[:4])
    np.testing.assert_allclose(abs(other["alignment"]), abs(found["alignment"][:3, :4]), atol=1e-8)
