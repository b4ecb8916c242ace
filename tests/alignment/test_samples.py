"""Alignment of samples: against whole gradients, and the random directions beside it."""

import copy
import json

import numpy as np
import torch
import xarray as xr
from torch import nn

from helpers.spectra_and_gradients import whole_gradients
from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.schema import check
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.problem import Problem


def test_sample_variables_follow_from_whole_gradients(plane):
    module, x, y, spectrum = plane
    found = align_samples(Problem(module, x, y, cross_entropy_per_sample), spectrum)
    check(found, "alignment_samples")
    gradients = whole_gradients(module, x)
    vectors = spectrum["eigenvectors"].values
    norms = np.linalg.norm(gradients, axis=1)
    products = vectors @ gradients.T
    np.testing.assert_allclose(found["scalar_product"], products, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found["alignment"], products / norms, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["gradient_norm"], norms, rtol=1e-11)
    cosines = random_directions(gradients.shape[1]) @ gradients.T / norms
    np.testing.assert_allclose(found["random_alignment"], cosines, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found["label"], y)
    logits = module(x).detach()
    np.testing.assert_array_equal(found["prediction"], logits.argmax(1))
    np.testing.assert_allclose(found["logits"], logits.T, rtol=1e-12)
    np.testing.assert_array_equal(found["eigenvalue"], spectrum["eigenvalues"])
    for name in ("method", "rank", "null_space_dimension", "certificate"):
        assert found.attrs[name] == spectrum.attrs[name]


def test_resolved_share_is_the_squared_length_in_the_resolved_eigenspace(plane):
    module, x, y, spectrum = plane
    cut = spectrum.isel(eigen=slice(4))
    found = align_samples(Problem(module, x, y, cross_entropy_per_sample), cut)
    gradients = whole_gradients(module, x)
    basis = cut["eigenvectors"].values
    inside = gradients @ basis.T @ basis
    share = (inside**2).sum(1) / (gradients**2).sum(1)
    np.testing.assert_allclose(found["resolved_share"], share, rtol=1e-10)
    assert 0.01 < float(found["resolved_share"].min()) < 0.99


def test_samples_without_direction_have_no_share(plane):
    module, x, y, spectrum = plane
    last = module[-1]
    saturated = nn.Sequential(module[0], module[1], nn.Linear(8, 3).double())
    with torch.no_grad():
        saturated[-1].weight.copy_(last.weight)
        saturated[-1].bias.copy_(torch.tensor([5000.0, 0.0, 0.0]))
    found = align_samples(Problem(saturated, x, y, cross_entropy_per_sample), spectrum)
    assert bool(found["resolved_share"].isnull().all())
    assert bool((found["gradient_norm"] == 0).all())


def test_random_directions_are_five_unit_vectors_from_random_state_42():
    directions = random_directions(1000)
    assert directions.shape == (5, 1000)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-14)
    draw = np.random.RandomState(42).randn(5000)[1000:2000]
    np.testing.assert_allclose(directions[1], draw / np.sqrt((draw**2).sum()), rtol=1e-13)
    np.random.seed(0)
    np.testing.assert_array_equal(random_directions(1000), directions)


def test_alignment_ignores_the_given_labels_as_equation_1_says(plane):
    module, x, y, spectrum = plane
    first = align_samples(Problem(module, x, y, cross_entropy_per_sample), spectrum)
    other = align_samples(Problem(module, x, (y + 1) % 3, cross_entropy_per_sample), spectrum)
    np.testing.assert_array_equal(first["alignment"], other["alignment"])
    predicted = gradient_products(
        module,
        x,
        torch.from_numpy(spectrum["eigenvectors"].values),
        cross_entropy_per_sample,
        labels=module(x).argmax(1),
        minimum_norm=0,
    )
    np.testing.assert_allclose(first["alignment"], predicted.cosine, rtol=0, atol=1e-13)


def test_a_network_that_diverged_has_no_alignment_with_anything(plane):
    module, x, y, spectrum = plane
    diverged = copy.deepcopy(module)
    with torch.no_grad():
        diverged[0].weight[0, 0] = torch.nan
    problem = Problem(diverged, x[:7], y[:7], cross_entropy_per_sample)
    found = align_samples(problem, spectrum.isel(eigen=slice(4)))
    check(found, "alignment_samples")
    assert found["alignment"].shape == (4, 7)
    assert found["random_alignment"].shape == (5, 7)
    for name in ("alignment", "random_alignment", "gradient_norm", "resolved_share"):
        assert bool(found[name].isnull().all())
    assert found["logits"].shape == (3, 7)
    assert (found.attrs["gradients"], found.attrs["checks"]) == ("none", "{}")


def test_checks_and_the_density_of_a_partial_spectrum_come_along(plane):
    module, x, y, spectrum = plane
    nodes = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("probe", "node"))
    partial = spectrum.isel(eigen=slice(4)).assign(density_nodes=nodes, density_weights=nodes / 15)
    found = align_samples(Problem(module, x, y, cross_entropy_per_sample), partial)
    for name in ("density_nodes", "density_weights"):
        xr.testing.assert_equal(found[name].drop_vars(list(found[name].coords)), partial[name])
    checks = json.loads(found.attrs["checks"])
    assert len(checks) >= 3
    assert all(check["error"] <= check["tolerance"] for check in checks.values())
    assert "density_nodes" not in align_samples(
        Problem(module, x, y, cross_entropy_per_sample), spectrum.isel(eigen=slice(4))
    )


def test_eigenvectors_of_large_networks_are_aligned_apart_from_random_directions(
    plane, monkeypatch
):
    module, x, y, spectrum = plane
    problem = Problem(module, x, y, cross_entropy_per_sample)
    expected = align_samples(problem, spectrum)
    monkeypatch.setattr("hessian_boundary.alignment.samples.TOGETHER", 0)
    found = align_samples(problem, spectrum)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-14, err_msg=name)
    found_checks, checks = (json.loads(each.attrs.pop("checks")) for each in (found, expected))
    assert found_checks.keys() == checks.keys()
    assert found.attrs == expected.attrs
