"""Any network and data: what `analyse` finds is what a naive loop finds, or it refuses in words."""

from collections import Counter

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn

from helpers.examples import examples
from helpers.naive import NAIVE_LOSSES, naive_gradients, naive_hessian
from helpers.random_networks import Recipe, recipes, samples
from hessian_boundary import analyse
from hessian_boundary.analysis import Analysis
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos import NotConvergedError

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's, of parts that are out of date

LARGEST = 130  # parameters
OF_OUR_OWN = (ValueError, MemoryLimitError, NotConvergedError)
WAYS = st.sampled_from(["hessian by dense", "hessian by range", "hessian by lanczos", "covariance"])


def check_one(recipe: Recipe, data: st.DataObject, outcomes: Counter) -> None:
    """Compare one network's numbers, or its refusal, with the naive ones."""
    network = recipe.build()
    assume(sum(p.numel() for p in network.parameters()) <= LARGEST)
    x, y = data.draw(samples(recipe))
    loss, way = data.draw(st.sampled_from(sorted(NAIVE_LOSSES))), data.draw(WAYS)
    options = {"matrix": way} if way == "covariance" else {"method": way.split()[-1]}
    if "lanczos" in way:
        options |= {"top": data.draw(st.integers(1, 6)), "bottom": data.draw(st.integers(0, 2))}
    try:
        result = analyse(recipe.build(), x, y, loss, **options)
        alignment, measures = result.alignment, result.measures
    except OF_OUR_OWN as error:
        if not str(error).startswith(("expected ", "check of ")):
            raise
        outcomes[f"refused: {error}"[:300]] += 1
        return
    outcomes["right"] += 1
    if way == "covariance":
        slopes = naive_gradients(network, x, NAIVE_LOSSES[loss], y)
        matrix = slopes.T @ slopes / len(y)
    else:
        matrix = naive_hessian(network, x, y, NAIVE_LOSSES[loss])
    assert_spectrum(result.spectrum, matrix)
    gradients = naive_gradients(network, x, NAIVE_LOSSES[loss], alignment["prediction"])
    assert_predictions(network, x, alignment["prediction"].values)
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values)
    assert_alignment(alignment, vectors, gradients)
    assert_measures(result, measures, matrix, gradients)


def assert_spectrum(spectrum: xr.Dataset, matrix: Tensor) -> None:
    """Eigenvalues to 1e-8 of the largest; vectors by their residuals, whatever basis they are."""
    expected = torch.linalg.eigvalsh((matrix + matrix.T) / 2).flip(0).numpy()
    scale = np.abs(expected).max()
    found, vectors = spectrum["eigenvalues"].values, spectrum["eigenvectors"].values
    assert (np.diff(found) <= 0).all()
    if spectrum.attrs["complete"]:
        zeros = np.zeros(len(expected) - len(found))
        assert len(zeros) == spectrum.attrs["null_space_dimension"]
        np.testing.assert_allclose(np.sort([*found, *zeros])[::-1], expected, 0, 1e-8 * scale)
    else:
        every_pair_is_an_end_of_the_spectrum(found, spectrum.attrs, expected, 1e-8 * scale)
    error = vectors @ matrix.numpy() - found[:, None] * vectors
    assert np.linalg.norm(error, axis=1).max(initial=0) <= 1e-7 * scale
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(found)), atol=1e-8)


def every_pair_is_an_end_of_the_spectrum(found, about, expected, allowed) -> None:
    known = len(found) + about["null_space_dimension"]
    assert known + about["not_computed"] == len(expected)
    fits = []
    for top in range(known + 1):  # the largest ones and the most negative ones, zeros among them
        ends = np.concatenate([expected[:top], expected[len(expected) - (known - top) :]])
        with_zeros = np.sort([*found, *np.zeros(about["null_space_dimension"])])[::-1]
        fits.append(np.abs(with_zeros - ends).max() <= allowed)
    assert any(fits), (found, expected)


def assert_predictions(network: nn.Module, x: Tensor, predicted: np.ndarray) -> None:
    logits = network(x.clone()).detach().reshape(len(x), -1)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros(len(x), 1), logits], dim=1)
    highest = logits.max(1).values
    gap = highest - logits[range(len(x)), predicted]
    assert (gap <= 1e-12 * logits.abs().max()).all()


def assert_alignment(alignment: xr.Dataset, vectors: Tensor, gradients: Tensor) -> None:
    largest = gradients.abs().amax(1, keepdim=True)
    scaled = gradients / torch.where(largest > 0, largest, 1)
    lengths = scaled.norm(dim=1)
    norms = (lengths * largest[:, 0]).numpy()
    normal = norms > 1e-290  # below, numbers lose their digits
    np.testing.assert_allclose(alignment["gradient_norm"][normal], norms[normal], rtol=1e-8)
    np.testing.assert_allclose(alignment["gradient_norm"][~normal], norms[~normal], atol=1e-289)
    cosines = (vectors @ scaled.T / torch.where(lengths > 0, lengths, torch.nan)).numpy()
    found = alignment["alignment"].values
    np.testing.assert_allclose(found[:, normal], cosines[:, normal], atol=1e-8)
    assert np.isnan(found[:, norms < 1e-301]).all()
    share = np.square(cosines[:, normal]).sum(0)
    np.testing.assert_allclose(alignment["resolved_share"][normal], share, atol=1e-7)


def assert_measures(
    result: Analysis, measures: dict[str, float], matrix: Tensor, gradients: Tensor
) -> None:
    """Each measure is NaN where it is not known, else that of the naive matrix and gradients."""
    eigenvalues = torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    scale = float(eigenvalues.abs().max())
    expected = {
        "trace": float(matrix.trace()),
        "lambda_max": float(eigenvalues.max()),
        "lambda_min": float(eigenvalues.min()),
    }
    for name, value in expected.items():
        # of a complete spectrum those of the resolved part, which ends at the rank tolerance
        allowed = 1e-8 * scale * (len(eigenvalues) if name == "trace" else 1)
        if name != "trace" and value * (1 if name == "lambda_max" else -1) <= allowed:
            continue  # this end of the spectrum is the null space
        if result.spectrum.attrs["complete"] and result.spectrum.sizes["eigen"]:
            assert not np.isnan(measures[name]), name
        assert np.isnan(measures[name]) or abs(measures[name] - value) <= allowed, name
    largest = gradients.abs().amax(1)
    if (largest < 1e-290).any():
        return
    units = gradients / largest[:, None]
    units /= units.norm(dim=1, keepdim=True)
    draws = np.random.RandomState(42).standard_normal((5, len(eigenvalues)))
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    epsilon = np.mean(
        [max(abs(float(unit @ torch.from_numpy(d))) for unit in units) for d in draws]
    )
    assert np.isnan(measures["epsilon"]) or measures["epsilon"] == pytest.approx(epsilon, abs=1e-10)
    assert_g_theta(result, measures, units, epsilon)


def assert_g_theta(
    result: Analysis, measures: dict[str, float], units: Tensor, epsilon: float
) -> None:
    if not result.spectrum.attrs["complete"] or not result.spectrum.sizes["eigen"]:
        assert np.isnan(measures["g_theta_max"])
        assert np.isnan(measures["g_theta_mean"])
        return
    vectors = torch.from_numpy(result.spectrum["eigenvectors"].values)
    for name, statistic in (("max", max), ("mean", np.mean)):
        counted = [statistic([abs(float(unit @ v)) for unit in units]) for v in vectors]
        if min(abs(value - epsilon) for value in counted) > 1e-9:
            share = sum(value > epsilon for value in counted) / units.shape[1]
            assert measures[f"g_theta_{name}"] == share


def check_many(count: int) -> None:
    outcomes: Counter[str] = Counter()

    @examples(count)
    @given(recipes(), st.data())
    def right_or_refused(recipe: Recipe, data: st.DataObject) -> None:
        check_one(recipe, data, outcomes)

    right_or_refused()
    print(*outcomes.most_common(), sep="\n")
    assert outcomes["right"] > 0.9 * outcomes.total(), "networks of this grammar are treated"


def test_any_network_is_right_or_refused() -> None:
    check_many(30)


@pytest.mark.slow
@pytest.mark.thorough
def test_many_networks_are_right_or_refused() -> None:
    check_many(200)
