"""Fresh samples are of the data set's distribution, the same for every model, and checked."""

import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers.tiny_study import datasets_without_files
from hessian_boundary.data.fresh_samples import AT_ONCE, FRESH_SAMPLES, can_draw, fresh_samples
from hessian_boundary.data.generating import generate_samples

CONFIG = datasets_without_files()
SIMULATED = sorted(set(CONFIG) - {"toy1d", "iris"})


def drawn(name: str) -> tuple[np.ndarray, np.ndarray]:
    entry = CONFIG[name]
    x = generate_samples(entry["generator"], entry["parameters"])[0]
    parts = list(fresh_samples(entry["generator"], entry["parameters"], x))
    assert {len(part) for part, _ in parts} == {AT_ONCE}
    return np.concatenate([part for part, _ in parts]), np.concatenate([y for _, y in parts])


@pytest.mark.parametrize("name", SIMULATED)
def test_fresh_samples_have_the_distribution_of_the_data_set(name: str) -> None:
    """Means and deviations of each class are those of further draws by the generator itself."""
    entry = CONFIG[name]
    x, y = drawn(name)
    assert (len(y), x.dtype, y.dtype) == (FRESH_SAMPLES, np.float32, np.int64)
    others = [
        generate_samples(entry["generator"], entry["parameters"] | {"random_state": state})[:2]
        for state in range(100, 160)
    ]
    ours = np.concatenate([part for part, _ in others])
    labels = np.concatenate([part for _, part in others])
    for label in np.unique(labels):
        theirs, mine = x[y == label], ours[labels == label]
        assert (y == label).mean() == pytest.approx((labels == label).mean(), abs=0.005)
        error = mine.std(0) / np.sqrt(len(mine))
        assert (abs(theirs.mean(0) - mine.mean(0)) < 5 * error).all()
        np.testing.assert_allclose(theirs.std(0), mine.std(0), rtol=0.05)


def test_they_are_the_same_for_every_model_and_differ_between_parts() -> None:
    first, second = drawn("circle"), drawn("circle")
    np.testing.assert_array_equal(first[0], second[0])
    assert not np.array_equal(first[0][:AT_ONCE], first[0][AT_ONCE : 2 * AT_ONCE])


def test_real_and_written_out_data_draw_none() -> None:
    assert not any(map(can_draw, ("iris", "points", "mnist", "cifar10")))


def own(monkeypatch: pytest.MonkeyPatch, draw: Callable[..., Any]) -> None:
    module = types.ModuleType("hessian_boundary.data.generators.mine")
    module.draw = draw  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(f"{fresh_samples.__module__}.FRESH_SAMPLES", 2 * AT_ONCE)


def zeros(n: int) -> np.ndarray:
    return np.zeros((n, 2))


def test_words_are_numbered_as_the_data_set_names_its_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own(monkeypatch, lambda n, seed, **_: (zeros(n), np.array(["cat", "dog"] * (n // 2))))
    parts = list(fresh_samples("mine", {}, np.zeros((3, 2)), ["ant", "cat", "dog"]))
    assert [y[:4].tolist() for _, y in parts] == [[1, 2, 1, 2]] * 2


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda n, seed: zeros(n), r"expected x and y from `draw` in .*, found ndarray; end it"),
        (lambda n, seed: (zeros(n - 1), np.zeros(n - 1, int)), r"found \(19999, 2\); return n sam"),
        (lambda n, seed: (np.zeros((n, 3)), np.zeros(n, int)), r"x of shape \(20000, 2\) from"),
        (lambda n, seed: (zeros(n), np.array(["cow"] * n)), r"among the classes \['0'\] .*'cow'"),
        (lambda n, seed: (zeros(n), np.zeros(n - 1, int)), "expected one label per sample"),
    ],
)
def test_other_things_are_refused(
    monkeypatch: pytest.MonkeyPatch, draw: Callable[..., Any], message: str
) -> None:
    own(monkeypatch, draw)
    with pytest.raises(ValueError, match=message):
        list(fresh_samples("mine", {}, np.zeros((3, 2)), ["0"]))
