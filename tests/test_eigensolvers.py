"""Eigensolvers: spectra known by construction, LAPACK, and certificates computed again here."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor, nn

from pipeline.curvature.choice import choose_method, hessian_operator
from pipeline.curvature.dense import dense_eigenpairs, dense_matrix
from pipeline.curvature.eigenpairs import MemoryLimitError
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.layered import DenseMatrix
from pipeline.curvature.layered_products import LayeredProducts
from pipeline.curvature.range_finder import RANGE_MARGIN, find_range, range_eigenpairs
from pipeline.curvature.spectrum import compute_spectrum
from pipeline.curvature.spectrum_dataset import empty_spectrum
from pipeline.curvature.trace import trace_by_samples
from pipeline.losses import cross_entropy_per_sample, squared_error_per_sample
from pipeline.schema import check
from pipeline.unfinished import Unfinished

TOLERANCE = 1e-12
SEED = 3


@dataclass
class MatrixOperator:
    """A given symmetric matrix in the form that eigensolvers take."""

    matrix: Tensor

    def __post_init__(self):
        self.dimension = len(self.matrix)
        self.dtype, self.device = self.matrix.dtype, self.matrix.device

    def __call__(self, block: Tensor) -> Tensor:
        return block @ self.matrix


def _synthetic(eigenvalues: Tensor, size: int, dead: int) -> tuple[MatrixOperator, Tensor]:
    """A matrix with these eigenvalues and `dead` zero rows; and its eigenvectors as rows."""
    generator = torch.Generator().manual_seed(0)
    alive = torch.randperm(size, generator=generator)[dead:]
    draw = torch.randn(size - dead, len(eigenvalues), generator=generator, dtype=torch.float64)
    vectors = torch.zeros(len(eigenvalues), size, dtype=torch.float64)
    vectors[:, alive] = torch.linalg.qr(draw)[0].T
    matrix = (vectors.T * eigenvalues) @ vectors
    return MatrixOperator((matrix + matrix.T) / 2), vectors


def _graded() -> tuple[MatrixOperator, Tensor, Tensor]:
    """p = 600, rank 200, |λ| from 1 to 1e-11 with both signs, 90 dead rows."""
    sizes = torch.logspace(0, -11, 200, dtype=torch.float64)
    eigenvalues = sizes * torch.tensor([1.0, 1.0, -1.0, 1.0]).repeat(50)
    return *_synthetic(eigenvalues, 600, dead=90), eigenvalues


def _solve(method, operator, tolerance=TOLERANCE):
    if method == "dense":
        return dense_eigenpairs(operator, rank_tolerance=tolerance)
    return range_eigenpairs(operator, rank_tolerance=tolerance, seed=SEED)


def _hessian(case):
    return Hessian(case.module, case.x, case.y, cross_entropy_per_sample, batch_size=64)


def _groups(eigenvalues: Tensor, gap: float) -> list[Tensor]:
    """Indices of eigenvalues above `gap`, cut into groups that lie at least `gap` apart."""
    groups: list[list[int]] = []
    for i, value in enumerate(eigenvalues.tolist()):
        if i and eigenvalues[i - 1] - value <= gap and groups:
            groups[-1].append(i)
        else:
            groups.append([i])
    return [torch.tensor(g) for g in groups if float(eigenvalues[g].abs().min()) > gap]


def _largest_angle(a: Tensor, b: Tensor) -> float:
    """Sine of the largest principal angle between the row spaces of a and b (orthonormal)."""
    return float(torch.linalg.matrix_norm(a - (a @ b.T) @ b, ord=2))


def _assert_sound(pairs, operator, tolerance=TOLERANCE):
    """Descending, orthonormal, residuals as small as claimed."""
    values, vectors = pairs.eigenvalues, pairs.eigenvectors
    scale = float(values.abs().max())
    assert torch.equal(values, values.sort(descending=True).values)
    assert float(values.abs().min()) > tolerance * scale
    assert pairs.null_space == operator.dimension - len(values)
    identity = torch.eye(len(values), dtype=values.dtype)
    assert float((vectors @ vectors.T - identity).abs().max()) < 1e-12
    recomputed = torch.linalg.vector_norm(operator(vectors) - values[:, None] * vectors, dim=1)
    assert float(recomputed.max()) < 1e-13 * scale
    assert float(pairs.residuals.max()) < 1e-13 * scale
    assert pairs.certificate < 1e-12 * scale


@pytest.mark.parametrize("method", ["dense", "range"])
def test_spectrum_known_by_construction_is_found_whole(method):
    operator, vectors, eigenvalues = _graded()
    pairs = _solve(method, operator)
    expected, order = eigenvalues.sort(descending=True)
    assert len(pairs.eigenvalues) == 200
    assert pairs.null_space == 400
    assert float((pairs.eigenvalues - expected).abs().max()) < 1e-14
    _assert_sound(pairs, operator)
    for group in _groups(expected, gap=1e-3):
        angle = _largest_angle(pairs.eigenvectors[group], vectors[order][group])
        assert angle < 1e-11
    assert _largest_angle(pairs.eigenvectors, vectors) < 1e-3  # down to 1e-11 · λ_max


@pytest.mark.parametrize("method", ["dense", "range"])
def test_rank_is_cut_at_the_tolerance_whatever_the_sign(method):
    above = [1.0, -0.5, 1e-4, 3e-12, -3e-12]
    below = [4e-13, -4e-13, 1e-13]
    operator, _ = _synthetic(torch.tensor(above + below, dtype=torch.float64), 500, dead=0)
    pairs = _solve(method, operator)
    expected = sorted(above, reverse=True)
    np.testing.assert_allclose(pairs.eigenvalues, expected, rtol=0, atol=1e-14)
    assert pairs.null_space == 495


@pytest.mark.parametrize("method", ["dense", "range"])
def test_matrix_of_full_rank_is_found_whole(method):
    eigenvalues = torch.linspace(-1, 2, 200, dtype=torch.float64)
    operator, _ = _synthetic(eigenvalues, 200, dead=0)
    pairs = _solve(method, operator)
    assert pairs.null_space == 0
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues.flip(0), rtol=0, atol=1e-13)
    _assert_sound(pairs, operator)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_repeated_eigenvalues_give_an_orthonormal_basis_of_their_space(method):
    eigenvalues = torch.tensor([1.0] * 150 + [-0.25] * 10, dtype=torch.float64)
    operator, vectors = _synthetic(eigenvalues, 400, dead=20)
    pairs = _solve(method, operator)
    torch.testing.assert_close(pairs.eigenvalues, eigenvalues, rtol=0, atol=1e-13)
    assert _largest_angle(pairs.eigenvectors[:150], vectors[:150]) < 1e-12
    _assert_sound(pairs, operator)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_zero_matrix_has_no_pair_and_is_all_null_space(method):
    operator = MatrixOperator(torch.zeros(40, 40, dtype=torch.float64))
    pairs = _solve(method, operator)
    assert pairs.eigenvalues.shape == (0,)
    assert pairs.eigenvectors.shape == (0, 40)
    assert pairs.residuals.shape == (0,)
    assert pairs.null_space == 40
    assert pairs.certificate == 0


def test_range_agrees_with_dense_on_hessians(problem):
    operator = _hessian(problem)
    dense, found = _solve("dense", operator), _solve("range", operator)
    scale = float(dense.eigenvalues.max())
    assert len(found.eigenvalues) == len(dense.eigenvalues)
    assert found.null_space == dense.null_space
    assert float((found.eigenvalues - dense.eigenvalues).abs().max()) < TOLERANCE * scale / 100
    for pairs in (dense, found):
        _assert_sound(pairs, operator)
        assert pairs.complete
    groups = _groups(dense.eigenvalues, gap=1e-4 * scale)
    assert groups
    for group in groups:
        assert _largest_angle(found.eigenvectors[group], dense.eigenvectors[group]) < 1e-10


@pytest.mark.parametrize("name", ["cnn", "softmax_regression"])
def test_eigenvalues_are_those_of_numpy(make_problem, name):
    case = make_problem(name)
    matrix = dense_matrix(_hessian(case)).numpy()
    reference = np.linalg.eigvalsh(matrix)[::-1]
    reference = reference[abs(reference) > TOLERANCE * reference[0]]
    pairs = _solve("range", _hessian(case))
    np.testing.assert_allclose(pairs.eigenvalues, reference, rtol=0, atol=1e-14 * reference[0])


def test_eigenvectors_vanish_on_dead_rows_exactly():
    operator, _, _ = _graded()
    dead = (operator.matrix == 0).all(1)
    assert int(dead.sum()) == 90
    assert bool((_solve("range", operator).eigenvectors[:, dead] == 0).all())


def test_dead_units_of_a_network_are_null_space(make_problem):
    case = make_problem("mlp_relu")
    with torch.no_grad():
        case.module[0].bias[:5] = -1e3  # five units that never fire: 5·3 + 5·20 dead parameters
    operator = _hessian(case)
    pairs = _solve("range", operator)
    _assert_sound(pairs, operator)
    assert int((pairs.eigenvectors == 0).all(0).sum()) >= 5 * 3 + 5 * 20


@pytest.mark.parametrize("method", ["dense", "range"])
def test_truncated_spectra_report_residuals_that_hold(method):
    # a coarse tolerance leaves real defects, so that reported and recomputed ones can be compared
    operator, _, _ = _graded()
    tolerance = 1e-3
    pairs = _solve(method, operator, tolerance)
    assert 0 < len(pairs.eigenvalues) < 70
    recomputed = torch.linalg.vector_norm(
        operator(pairs.eigenvectors) - pairs.eigenvalues[:, None] * pairs.eigenvectors, dim=1
    )
    if method == "range":
        assert float(recomputed.max()) > 1e-8
    torch.testing.assert_close(pairs.residuals, recomputed, rtol=1e-4, atol=1e-14)


def test_certificate_is_the_defect_of_the_whole_basis():
    operator, _, _ = _graded()
    active, blocks = find_range(operator, 1e-3 * RANGE_MARGIN, SEED)
    basis = torch.zeros(sum(map(len, blocks)), 600, dtype=torch.float64)
    basis[:, active] = torch.cat(blocks)
    image = operator(basis)
    defect = torch.linalg.matrix_norm(image - (image @ basis.T) @ basis)
    pairs = _solve("range", operator, 1e-3)
    assert pairs.certificate == pytest.approx(float(defect), rel=1e-6)
    assert pairs.certificate > 1e-8


def test_range_finder_repeats_exactly_and_its_seed_does_not_matter_for_the_result():
    operator, _, _ = _graded()
    first, again = _solve("range", operator), _solve("range", operator)
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    other = range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED + 1)
    assert not torch.equal(first.eigenvectors, other.eigenvectors)
    torch.testing.assert_close(first.eigenvalues, other.eigenvalues, rtol=0, atol=1e-14)


def test_range_finder_leaves_the_global_random_state():
    before = torch.get_rng_state()
    _solve("range", _graded()[0])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("dtype", "tolerance", "message"),
    [
        (torch.float64, 1e-14, r"at least 4\.4e-14 for torch\.float64, found 1\.0e-14"),
        (torch.float32, 1e-12, r"at least 2\.4e-05 for torch\.float32, found 1\.0e-12"),
    ],
)
def test_tolerance_below_round_off_is_refused(dtype, tolerance, message):
    operator = MatrixOperator(torch.eye(10, dtype=dtype))
    with pytest.raises(ValueError, match=message):
        range_eigenpairs(operator, rank_tolerance=tolerance, seed=SEED)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_products_that_are_not_finite_are_refused(bad):
    matrix = torch.eye(10, dtype=torch.float64)
    matrix[3, 4] = matrix[4, 3] = bad
    with pytest.raises(ValueError, match=r"expected finite Hessian-vector products, found NaN"):
        range_eigenpairs(MatrixOperator(matrix), rank_tolerance=TOLERANCE, seed=SEED)


def test_a_range_beyond_the_memory_limit_is_given_up_while_it_grows():
    operator = MatrixOperator(torch.eye(400, dtype=torch.float64))
    message = r"expected a range that fits into 0.002 GB, found 256 directions that take 0.004"
    with pytest.raises(MemoryLimitError, match=message):
        range_eigenpairs(operator, rank_tolerance=TOLERANCE, seed=SEED, memory_limit=2e6)


# the spectrum artifact


SETTINGS = {
    "method": "auto",
    "rank_tolerance": TOLERANCE,
    "memory_limit_gb": 1,
    "eigenpairs": {"top": 6, "bottom": 3},
    "residual_tolerance": 1e-9,
    "density": {"probes": 3, "steps": 5},
}


def _spectrum(case, method, unfinished=None):
    settings = SETTINGS | {"method": method}
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    return compute_spectrum(*problem, settings, unfinished)


@pytest.mark.parametrize("method", ["dense", "range"])
def test_spectrum_artifact_keeps_its_schema_and_says_how_it_was_made(make_problem, method):
    case = make_problem("cnn")
    spectrum = _spectrum(case, method)
    check(spectrum, "spectrum")
    attributes = spectrum.attrs
    assert attributes["method"] == method
    assert attributes["reason"] == "as configured; products with the assembled matrix"
    assert attributes["rank"] == spectrum.sizes["eigen"]
    assert attributes["rank"] + attributes["null_space_dimension"] == case.size
    assert attributes["not_computed"] == 0
    assert attributes["rank_tolerance"] == TOLERANCE
    assert attributes["complete"]
    assert "density_nodes" not in spectrum
    assert attributes["certificate"] < 1e-13
    assert (attributes["hessian_vector_products"] == 0) == (method == "dense")
    eigenvectors = torch.from_numpy(spectrum["eigenvectors"].values)
    eigenvalues = torch.from_numpy(spectrum["eigenvalues"].values)
    rotated = eigenvalues[:, None] * eigenvectors
    torch.testing.assert_close(_hessian(case)(eigenvectors), rotated, rtol=0, atol=1e-13)


def test_a_partial_spectrum_agrees_with_lapack_and_says_what_it_leaves_out(problem):
    whole, part = _spectrum(problem, "dense"), _spectrum(problem, "lanczos")
    check(part, "spectrum")
    attributes, scale = part.attrs, float(whole["eigenvalues"][0])
    every = np.zeros(problem.size)
    every[: whole.sizes["eigen"]] = whole["eigenvalues"]
    every = np.sort(every)[::-1]
    outermost = np.concatenate([every[:6], every[-3:]])
    resolved = outermost[abs(outermost) > 1e-9 * scale]
    np.testing.assert_allclose(part["eigenvalues"], resolved, rtol=0, atol=1e-13 * scale)
    assert attributes["rank"] == len(resolved)
    assert attributes["null_space_dimension"] == 9 - len(resolved)
    assert attributes["not_computed"] == problem.size - 9
    assert not attributes["complete"]
    assert attributes["rank_tolerance"] == 1e-9
    assert attributes["method"] == "lanczos"
    vectors = torch.from_numpy(part["eigenvectors"].values)
    errors = (
        _hessian(problem)(vectors).numpy()
        - part["eigenvalues"].values[:, None] * part["eigenvectors"].values
    )
    lengths = np.linalg.norm(errors, axis=1)
    assert lengths.max() < 1e-9 * scale
    np.testing.assert_allclose(part["residuals"], lengths, rtol=1e-4, atol=1e-14 * scale)
    assert attributes["trace_by_samples"] == pytest.approx(
        whole.attrs["trace_by_samples"], nan_ok=True
    )


def test_a_partial_spectrum_has_an_estimate_of_its_density(make_problem):
    case = make_problem("mlp_relu")
    part = _spectrum(case, "lanczos")
    nodes, weights = part["density_nodes"], part["density_weights"]
    assert nodes.dims == weights.dims == ("probe", "step")
    assert nodes.shape == weights.shape == (3, 5)
    assert "estimate" in nodes.attrs["long_name"]
    assert "estimate" in weights.attrs["long_name"]
    np.testing.assert_allclose(weights.sum("step"), 1, rtol=1e-12)
    whole = _spectrum(case, "dense")["eigenvalues"].values
    assert nodes.max() <= whole.max() * (1 + 1e-12)
    assert nodes.min() >= whole.min() - 1e-12
    # a probe's mean eigenvalue scatters about trace / p by sqrt(2) |H| / p
    means = (nodes * weights).sum("step")
    spread = np.sqrt(2) * np.linalg.norm(whole) / case.size
    assert abs(float(means.mean()) - whole.sum() / case.size) < 4 * spread / np.sqrt(3)


def test_asking_lanczos_for_every_pair_gives_a_complete_spectrum(make_problem):
    case = make_problem("softmax_regression")
    settings = SETTINGS | {"method": "lanczos", "eigenpairs": {"top": 50, "bottom": 5}}
    found = compute_spectrum(case.module, case.x, case.y, cross_entropy_per_sample, settings)
    whole = _spectrum(case, "dense")
    assert found.attrs["complete"]
    assert found.attrs["not_computed"] == 0
    assert found.attrs["null_space_dimension"] == whole.attrs["null_space_dimension"] == 5
    assert "density_nodes" not in found
    np.testing.assert_allclose(found["eigenvalues"], whole["eigenvalues"], rtol=0, atol=1e-14)


def test_a_killed_spectrum_goes_on_and_is_the_same_to_the_bit(make_problem, tmp_path, monkeypatch):
    class Killed(Exception):  # noqa: N818
        pass

    class Dying(Unfinished):
        def save(self, state):
            if state.products > 20:
                raise Killed
            super().save(state)

    case = make_problem("mlp_sigmoid")
    whole = _spectrum(case, "lanczos")
    with pytest.raises(Killed):
        _spectrum(case, "lanczos", Dying(tmp_path / "a", "key"))
    multiplied = []
    count = Hessian.__call__
    monkeypatch.setattr(
        Hessian, "__call__", lambda self, block: multiplied.append(len(block)) or count(self, block)
    )
    resumed = _spectrum(case, "lanczos", Unfinished(tmp_path / "a", "key"))
    xr.testing.assert_identical(resumed, whole)
    assert sum(multiplied) == whole.attrs["hessian_vector_products"] - 20


def test_auto_takes_lanczos_where_the_range_turns_out_too_large(make_problem, monkeypatch):
    case = make_problem("mlp_sigmoid")  # whose Hessian has full rank
    monkeypatch.setattr("pipeline.curvature.choice.SMALL", 0)
    monkeypatch.setattr("pipeline.curvature.choice.RANK_PER_OUTPUT", 0.05)
    monkeypatch.setattr("pipeline.curvature.range_finder.BLOCK", 4)
    settings = {**SETTINGS, "memory_limit_gb": 24 * 20 * (case.size + 20) / 0.75e9}
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    spectrum = compute_spectrum(*problem, settings)
    assert spectrum.attrs["method"] == "lanczos"
    assert re.search(
        r"eigenvalues, which take .*; range: expected a range", spectrum.attrs["reason"]
    )
    wanted = compute_spectrum(*problem, {**settings, "method": "dense"})["eigenvalues"]
    np.testing.assert_allclose(spectrum["eigenvalues"][:6], wanted[:6], rtol=1e-9)
    with pytest.raises(MemoryLimitError, match="take method lanczos"):  # nobody is overruled
        compute_spectrum(*problem, {**settings, "method": "range"})


def test_diverged_models_have_an_empty_spectrum_of_the_same_schema(make_problem):
    full = _spectrum(make_problem("softmax_regression"), "auto")
    empty = empty_spectrum(15, SETTINGS)
    check(empty, "spectrum")
    assert empty["eigenvectors"].shape == (0, 15)
    assert empty.attrs["rank"] == empty.attrs["null_space_dimension"] == 0
    assert empty.attrs["not_computed"] == 15
    assert not empty.attrs["complete"]
    assert math.isnan(empty.attrs["certificate"])
    assert set(full.attrs) - set(empty.attrs) <= {"certificate_meaning"}


@pytest.mark.parametrize(
    ("limit", "parameters", "samples", "classes", "expected", "reason"),
    [
        (4, 300, 150, 3, "dense", "300 parameters: the whole matrix is cheap"),
        (4, 301, 150, 3, "range", "301 non-zero eigenvalues"),  # there are no more than p
        (4, 10_703, 150, 3, "range", "about 1,800 non-zero eigenvalues, which take 0.54 GB of 3"),
        (4, 7_203, 450, 3, "range", "7,203 parameters, 450 samples of 3 classes"),
        (4, 8_004, 400, 4, "range", "7,200 non-zero"),
        (4, 61_411, 2_100, 3, "lanczos", "25,200 non-zero eigenvalues, which take 52 GB of 3 GB"),
        (0.7, 10_703, 150, 3, "lanczos", "0.54 GB of 0.53 GB"),  # a quarter is for the products
    ],
)
def test_auto_chooses_by_size_and_memory_and_says_why(
    limit, parameters, samples, classes, expected, reason
):
    settings = {"method": "auto", "memory_limit_gb": limit}
    chosen, found = choose_method(settings, parameters, samples, classes)
    assert chosen == expected
    assert reason in found


@pytest.mark.parametrize("method", ["dense", "range", "lanczos"])
def test_a_configured_method_is_taken_as_it_is(method):
    assert choose_method({"method": method}, 10, 150, 3) == (method, "as configured")


@pytest.mark.parametrize(
    ("name", "method", "share", "expected"),
    [
        ("cnn", "range", 4, DenseMatrix),
        ("cnn", "dense", 4, DenseMatrix),
        ("cnn", "range", 3.9, LayeredProducts),  # it would take more than a quarter of the memory
        ("cnn", "lanczos", 4, LayeredProducts),  # which takes few products
        ("mlp_relu", "range", 4, LayeredProducts),  # whose products are cheap
        ("mlp_sigmoid", "range", 4, Hessian),  # which has curved activations
    ],
)
def test_the_matrix_is_assembled_where_products_are_expensive(
    make_problem, name, method, share, expected
):
    case = make_problem(name)
    limit = share * 8 * case.size**2
    problem = (case.module, case.x, case.y, cross_entropy_per_sample)
    operator = hessian_operator(*problem, method, limit + (1e6 if share == 4 else 0))
    assert type(operator) is expected
    vectors = torch.eye(case.size, dtype=torch.float64)
    torch.testing.assert_close(operator(vectors), _hessian(case)(vectors), rtol=0, atol=1e-13)


def test_convolutions_that_cannot_be_assembled_are_multiplied(make_problem):
    case = make_problem("cnn")
    module = nn.Sequential(case.module, nn.Tanh()).double()
    problem = (module, case.x, case.y, cross_entropy_per_sample)
    assert type(hessian_operator(*problem, "range", math.inf)) is Hessian


def test_auto_reads_the_number_of_classes_off_the_network(make_problem):
    # the samples of one class alone, as the Hessian of a class takes them
    case = make_problem("mlp_relu")
    x, y = case.x[case.y == 0], case.y[case.y == 0]
    spectrum = compute_spectrum(case.module, x, y, cross_entropy_per_sample, SETTINGS)
    assert f"{len(y)} samples of 3 classes" in spectrum.attrs["reason"]


# the trace by samples


@pytest.mark.parametrize("name", ["mlp_relu", "cnn", "softmax_regression"])
def test_trace_by_samples_is_the_trace_of_the_hessian(make_problem, name):
    case = make_problem(name)
    expected = float(dense_matrix(_hessian(case)).trace())
    arguments = case.module, case.x, case.y, cross_entropy_per_sample
    assert trace_by_samples(*arguments) == pytest.approx(expected, rel=1e-12)
    assert trace_by_samples(*arguments, batch_size=64) == pytest.approx(expected, rel=1e-12)


def test_trace_by_samples_holds_for_the_squared_error(make_problem):
    case = make_problem("mlp_relu")
    arguments = (case.module, case.x, case.y, squared_error_per_sample)
    expected = float(torch.trace(dense_matrix(Hessian(*arguments))))
    assert trace_by_samples(*arguments) == pytest.approx(expected, rel=1e-12)


def test_trace_by_samples_declines_curved_activations(make_problem):
    case = make_problem("mlp_sigmoid")
    assert trace_by_samples(case.module, case.x, case.y, cross_entropy_per_sample) is None


class _TwiceInForward(nn.Sequential):
    def forward(self, x):
        return self[1](torch.relu(self[0](torch.relu(self[0](x)))))


def _listed_twice():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(2, 3))


def _shared_weight():
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    module[2].weight = module[0].weight
    return module


@pytest.mark.parametrize(
    "build",
    [lambda: _TwiceInForward(nn.Linear(2, 2), nn.Linear(2, 3)), _listed_twice, _shared_weight],
)
def test_trace_by_samples_declines_networks_that_use_a_parameter_twice(build):
    # such a network is quadratic in that parameter, so the formula's second sum is not zero
    x, y = torch.randn(22, 2, dtype=torch.float64), torch.arange(22) % 2
    assert trace_by_samples(build().double(), x, y, cross_entropy_per_sample) is None
