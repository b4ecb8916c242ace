"""The Hessian layer by layer: automatic second derivatives of the whole mean loss, and products."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, hessian
from torch.nn import functional as F
from torch.nn.utils import parametrizations
from torch.profiler import ProfilerActivity, profile

from pipeline.architectures import cnn, lenet5, mlp
from pipeline.curvature import layered
from pipeline.curvature.dense import DenseMatrix, dense_matrix
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.layered import is_layered, layered_hessian
from pipeline.curvature.range_finder import range_eigenpairs
from pipeline.losses import cross_entropy_per_sample, squared_error_per_sample
from pipeline.models import parameter_vector

SAMPLES = 11


def _lenet() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 3)),
    )


# name -> (network, input shape); products of tangents with every later layer, and every option
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "one layer": (lambda: nn.Linear(4, 3), (4,)),
    "one convolution": (
        lambda: nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU(), nn.AvgPool2d(3), nn.Flatten()),
        (2, 4, 4),
    ),
    "3 dense": (lambda: mlp.build((2,), 3, hidden=[6, 5]), (2,)),
    "4 dense": (lambda: mlp.build((2, 2), 3, hidden=[6, 5, 4]), (2, 2)),
    "dense without bias": (
        lambda: nn.Sequential(
            *(nn.Linear(3, 5, bias=False), nn.ReLU(), nn.Linear(5, 4), nn.ReLU()),
            *(nn.Linear(4, 4, bias=False), nn.ReLU(), nn.Linear(4, 3), nn.ReLU()),
        ),
        (3,),
    ),
    "dense, nothing between, one unit": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1), nn.Identity(), nn.Linear(1, 3)),
        (3,),
    ),
    "lenet": (_lenet, (1, 12, 12)),
    "strides, padding, dilation, no bias": (
        lambda: nn.Sequential(
            *(nn.Conv2d(2, 3, (2, 3), stride=(1, 2), padding=(1, 0), bias=False), nn.ReLU()),
            *(nn.Conv2d(3, 2, 2, dilation=2, padding=1), nn.MaxPool2d(3, 2, padding=1)),
            nn.Sequential(nn.ReLU(), nn.Conv2d(2, 4, 2, padding=1), nn.Identity()),
            *(nn.ReLU(), nn.Flatten(), nn.Linear(72, 3)),
        ),
        (2, 8, 9),
    ),
    "pools": (
        lambda: nn.Sequential(
            *(nn.AvgPool2d(2), nn.Conv2d(1, 3, 2), nn.AvgPool2d(2, 1, padding=1), nn.ReLU()),
            *(nn.Conv2d(3, 2, 1), nn.MaxPool2d(2, ceil_mode=True), nn.Conv2d(2, 2, 2)),
            *(nn.Flatten(), nn.Linear(8, 4), nn.Flatten(), nn.ReLU(), nn.Linear(4, 3)),
        ),
        (1, 10, 10),
    ),
}


def _build(name: str, scale: float = 1.5) -> tuple[nn.Module, Tensor, Tensor]:
    build, shape = NETWORKS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        module = build().double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(scale)
        x = torch.randn(SAMPLES, *shape, dtype=torch.float64)
        return module, x, torch.randint(3, (SAMPLES,))


def _second_derivatives(module: nn.Module, x: Tensor, y: Tensor, loss: Callable) -> Tensor:
    """∂²/∂θ² of loss(f_θ(x), y), by automatic differentiation in the whole vector θ."""
    names, shapes = zip(*((n, p.shape) for n, p in module.named_parameters()), strict=True)

    def value(theta: Tensor) -> Tensor:
        parts = theta.split([shape.numel() for shape in shapes])
        state = {n: t.reshape(s) for n, t, s in zip(names, parts, shapes, strict=True)}
        return loss(functional_call(module, state, (x,)), y)

    return hessian(value)(parameter_vector(module))


def _mean_squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(logits, F.one_hot(labels, 3).to(logits))


@pytest.fixture(params=NETWORKS)
def case(request):
    return _build(request.param)


@pytest.mark.parametrize(
    ("loss", "per_sample"),
    [
        (F.cross_entropy, cross_entropy_per_sample),
        (_mean_squared_error, squared_error_per_sample),
    ],
    ids=["cross-entropy", "squared error"],
)
def test_equals_the_second_derivatives_of_the_mean_loss(case, loss, per_sample):
    expected = _second_derivatives(*case, loss)
    scale = float(expected.abs().max())
    assert scale > 1e-2
    assert is_layered(case[0])
    torch.testing.assert_close(
        layered_hessian(*case, per_sample), expected, rtol=1e-10, atol=1e-13 * scale
    )


def test_is_the_matrix_of_the_hessian_vector_products(make_problem):
    for name in ("mlp_relu", "cnn", "softmax_regression"):
        problem = make_problem(name)
        data = problem.module, problem.x, problem.y, cross_entropy_per_sample
        products = dense_matrix(Hessian(*data))
        torch.testing.assert_close(layered_hessian(*data), products, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", ["4 dense", "lenet"])
def test_confident_samples_keep_their_relative_precision(name):
    module, x, _ = _build(name, scale=8)
    y = module(x).argmax(1)
    scales = []
    for xs, ys in zip(x.split(1), y.split(1), strict=True):
        expected = _second_derivatives(
            module, xs, ys, lambda logits, labels: cross_entropy_per_sample(logits, labels).mean()
        )
        found = layered_hessian(module, xs, ys, cross_entropy_per_sample)
        scales.append(float(expected.abs().max()))
        assert float((found - expected).abs().max()) < 1e-13 * scales[-1]
    assert 0 < min(scales) < 1e-25


def test_is_exactly_symmetric(case):
    matrix = layered_hessian(*case, cross_entropy_per_sample)
    assert torch.equal(matrix, matrix.T)


def _samples_at_a_time(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that is filled with the sizes of the batches which are evaluated from now on."""
    sizes: list[int] = []
    evaluate = layered.evaluate

    def record(module: nn.Module, x: Tensor) -> object:
        sizes.append(len(x))
        return evaluate(module, x)

    monkeypatch.setattr(layered, "evaluate", record)
    return sizes


def test_does_not_depend_on_the_batches(make_problem, monkeypatch):
    problem = make_problem("cnn")
    data = problem.module, problem.x, problem.y, cross_entropy_per_sample
    sizes = _samples_at_a_time(monkeypatch)
    whole = layered_hessian(*data)
    assert sizes == [1, 150, 150]  # the first one measures
    sizes.clear()
    parts = layered_hessian(*data, memory_limit=5e5)
    first = sizes[1 : sizes.index(150 % sizes[1]) + 1]
    second = sizes[len(first) + 1 :]
    for batches in (first, second):
        assert sum(batches) == 150
        assert 0 < batches[-1] < batches[0] < 100
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-15)
    monkeypatch.setattr(layered, "REUSED_BYTES", 1)  # one sample at a time in the second term
    torch.testing.assert_close(layered_hessian(*data), whole, rtol=1e-12, atol=1e-15)


def _peak_bytes(run: Callable[[], object]) -> int:
    """The most bytes that torch held at a time, beyond what it held before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        run()
    changes = []
    events = list(record.profiler.kineto_results.experimental_event_tree())
    while events:
        event = events.pop()
        events += event.children
        if event.tag == torch._C._profiler._EventType.Allocation:
            changes.append((event.start_time_ns, event.extra_fields.alloc_size))
    held = torch.tensor([size for _, size in sorted(changes)]).cumsum(0)
    return int(held.max())


@pytest.mark.parametrize("name", ["4 dense", "lenet", "strides, padding, dilation, no bias"])
def test_memory_stays_below_its_limit(name, monkeypatch):
    module, x, y = _build(name)
    x, y = x.repeat(10, *(1,) * (x.ndim - 1)), y.repeat(10)
    sizes = _samples_at_a_time(monkeypatch)
    limit = 1e6
    peak = _peak_bytes(
        lambda: layered_hessian(module, x, y, cross_entropy_per_sample, memory_limit=limit)
    )
    assert peak - 8 * parameter_vector(module).numel() ** 2 < limit
    assert len(sizes) > 3  # in more than one batch for each term


def test_frozen_parameters_count_and_gradients_are_left_alone():
    module, x, y = _build("lenet")
    expected = layered_hessian(module, x, y, cross_entropy_per_sample)
    assert all(parameter.grad is None for parameter in module.parameters())
    module.requires_grad_(False)
    assert torch.equal(layered_hessian(module, x, y, cross_entropy_per_sample), expected)


def test_single_precision_is_kept():
    module, x, y = _build("lenet")
    expected = layered_hessian(module, x, y, cross_entropy_per_sample)
    found = layered_hessian(module.float(), x.float(), y, cross_entropy_per_sample)
    torch.testing.assert_close(found, expected.float(), rtol=1e-3, atol=1e-5)


class _OtherLinear(nn.Linear):
    """May compute anything."""


class _OtherSequential(nn.Sequential):
    """May use its parts in any way."""


SHARED = nn.Linear(4, 4)
# none of these may take the path, whatever they would compute
REFUSED: dict[str, nn.Module] = {
    "no layer": nn.Sequential(nn.Flatten(), nn.ReLU()),
    "activation": nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3)),
    "normalisation": nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)),
    "in place": nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 3)),
    "shared": nn.Sequential(SHARED, nn.ReLU(), SHARED),
    "subclass of a layer": nn.Sequential(_OtherLinear(4, 4), nn.ReLU(), nn.Linear(4, 3)),
    "subclass of Sequential": _OtherSequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)),
    "reparametrised": parametrizations.weight_norm(nn.Linear(4, 3)),
    "reparametrised by a hook": nn.utils.spectral_norm(nn.Linear(4, 3)),
    "groups": nn.Sequential(nn.Conv2d(2, 4, 2, groups=2), nn.Flatten(), nn.Linear(16, 3)),
    "padding mode": nn.Sequential(
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(9, 3)
    ),
    "padding by name": nn.Sequential(nn.Conv2d(1, 1, 3, padding="same"), nn.Flatten()),
    "other convolution": nn.Sequential(nn.Conv1d(1, 1, 3), nn.Flatten(), nn.Linear(2, 3)),
    "other flatten": nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(2), nn.Linear(4, 3)),
    "image into a dense layer": nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(4, 3)),
    "pool with indices": nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.MaxPool2d(2, return_indices=True), nn.Flatten(), nn.Linear(4, 3)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_modules_are_refused(name):
    assert not is_layered(REFUSED[name])
    with pytest.raises(ValueError, match=r"(?s)expected Linear, .* found .*; use `dense_matrix`"):
        layered_hessian(REFUSED[name], torch.randn(2, 4), torch.tensor([0, 1]), F.cross_entropy)


@pytest.mark.parametrize(
    "module",
    [
        mlp.build((2,), 3, hidden=[5, 5]),
        mlp.build((1, 4, 4), 3, hidden=[5]),
        cnn.build((1, 28, 28), 4),
        lenet5.build((3, 32, 32), 3),
    ],
)
def test_architectures_qualify(module):
    assert is_layered(module)


def test_sigmoid_does_not_qualify():
    assert not is_layered(mlp.build((2,), 3, hidden=[5], activation="sigmoid"))


def test_inputs_of_other_dimensions_are_refused():
    y = torch.tensor([0, 1])
    with pytest.raises(ValueError, match=r"expected inputs of 2 dimensions.*found .*\(1, 5, 4\)"):
        layered_hessian(nn.Linear(4, 3), torch.randn(2, 5, 4), y, cross_entropy_per_sample)
    with pytest.raises(ValueError, match=r"expected inputs of 4 dimensions.*found .*\(1, 12, 12\)"):
        layered_hessian(_lenet(), torch.randn(2, 12, 12), y, cross_entropy_per_sample)


def test_data_without_samples_is_refused():
    module, x, y = _build("lenet")
    with pytest.raises(ValueError, match=r"expected at least one sample .* found none"):
        layered_hessian(module, x[:0], y[:0], cross_entropy_per_sample)


def test_a_limit_below_one_sample_is_refused():
    module, x, y = _build("lenet")
    with pytest.raises(ValueError, match=r"at least .* bytes, .* found 1\.0e\+03; raise it"):
        layered_hessian(module, x, y, cross_entropy_per_sample, memory_limit=1e3)


def test_range_finder_runs_on_the_assembled_matrix(make_problem):
    problem = make_problem("cnn")
    data = problem.module, problem.x, problem.y, cross_entropy_per_sample
    matrix = layered_hessian(*data)
    pairs = range_eigenpairs(DenseMatrix(matrix), rank_tolerance=1e-12, seed=0)
    values = torch.linalg.eigvalsh(matrix).flip(0)
    largest = float(values.max())
    expected = values[values.abs() > 1e-12 * largest]
    torch.testing.assert_close(pairs.eigenvalues, expected, rtol=0, atol=1e-14 * largest)
    # the residual with products that know nothing of the matrix
    error = Hessian(*data)(pairs.eigenvectors) - pairs.eigenvalues[:, None] * pairs.eigenvectors
    assert float(error.norm(dim=1).max()) < 1e-13 * largest


def test_products_with_a_stored_matrix_are_counted():
    matrix = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
    operator = DenseMatrix(matrix)
    block = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]], dtype=torch.float64)
    expected = torch.tensor([[2.0, 1.0], [3.0, 4.0], [2.0, 6.0]], dtype=torch.float64)
    assert torch.equal(operator(block), expected)
    operator(block[:2])
    assert operator.products == 5
    assert (operator.dimension, operator.dtype) == (2, torch.float64)
    assert operator.device == matrix.device
