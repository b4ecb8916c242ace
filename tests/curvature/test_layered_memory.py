"""The Hessian layer by layer within a limit of memory: batches, peaks, and limits too low."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from helpers.layered_networks import build_network
from hessian_boundary.curvature.operators import layered_hessian as layered
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.losses.per_sample import cross_entropy_per_sample
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.networks.problem import Problem


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
    whole = layered_hessian(Problem(*data))
    assert sizes == [1, 150, 150]  # the first one measures
    sizes.clear()
    parts = layered_hessian(Problem(*data), memory_limit=5e5)
    first = sizes[1 : sizes.index(150 % sizes[1]) + 1]
    second = sizes[len(first) + 1 :]
    for batches in (first, second):
        assert sum(batches) == 150
        assert 0 < batches[-1] < batches[0] < 100
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-15)
    monkeypatch.setattr(layered, "REUSED_BYTES", 1)  # one sample at a time in the second term
    torch.testing.assert_close(layered_hessian(Problem(*data)), whole, rtol=1e-12, atol=1e-15)


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
    module, x, y = build_network(name)
    x, y = x.repeat(10, *(1,) * (x.ndim - 1)), y.repeat(10)
    sizes = _samples_at_a_time(monkeypatch)
    limit = 1e6
    peak = _peak_bytes(
        lambda: layered_hessian(Problem(module, x, y, cross_entropy_per_sample), memory_limit=limit)
    )
    assert peak - 8 * parameter_vector(module).numel() ** 2 < limit
    assert len(sizes) > 3  # in more than one batch for each term


def test_a_limit_below_one_sample_is_refused():
    module, x, y = build_network("lenet")
    with pytest.raises(ValueError, match=r"at least .* bytes, .* found 1\.0e\+03; raise it"):
        layered_hessian(Problem(module, x, y, cross_entropy_per_sample), memory_limit=1e3)
