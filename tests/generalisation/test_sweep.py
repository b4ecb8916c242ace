"""Data draws, planned trainings, and a sweep of the smallest size."""

import numpy as np
import pytest
import xarray as xr

from hessian_boundary.artifacts.schema import SchemaError
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.data.dataset import build_dataset
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.generalisation.data_draws import DataDraw, data_draw, training_set
from hessian_boundary.generalisation.knobs import DEFAULTS, PlannedModel
from hessian_boundary.generalisation.measuring import ERRORS, MEASURES, what_is_confirmed
from hessian_boundary.generalisation.sweep import models_dataset, sweep
from hessian_boundary.generalisation.training import train_planned

MOONS = {"samples": 60, "noise": 0.1, "random_state": 0}
SMALL = {**DEFAULTS, "width": 4, "depth": 1, "training_size": 12, "epochs": 3, "batch_size": 6}


@pytest.fixture(scope="module")
def moons() -> DataDraw:
    x, y, _ = generate_samples("moons", MOONS)
    dataset = build_dataset(x, y)
    return data_draw(dataset, "half_moon", "moons", MOONS, draw=1, largest=20)


def test_a_draw_is_fresh_where_the_generator_can_and_of_100_000_samples(moons) -> None:
    assert moons.x.shape == (20, 2)
    assert sum(len(y) for _, y in moons.test) == 100_000
    assert moons.name == "half_moon/draw1"


def test_real_data_are_divided() -> None:
    x, y, _ = generate_samples("iris", {})
    draws = [data_draw(build_dataset(x, y), "iris", "iris", {}, draw=k, largest=90) for k in (0, 1)]
    ((x_test, _),) = draws[0].test
    assert len(x_test) == 60
    assert len(draws[0].x) == 90
    assert not np.array_equal(draws[0].y, draws[1].y)
    with pytest.raises(ValueError, match=r"more than 150 samples of iris.*found 150"):
        data_draw(build_dataset(x, y), "iris", "iris", {}, draw=0, largest=150)


def test_label_noise_is_a_share_of_the_labels_and_nested(moons) -> None:
    clean, some, more = (training_set(moons, 20, share)["y"].values for share in (0, 0.1, 0.3))
    assert (clean != some).sum() == 2
    assert (clean != more).sum() == 6
    assert set(np.flatnonzero(clean != some)) <= set(np.flatnonzero(clean != more))
    assert set(training_set(moons, 20, 0)["split"].values) == {"train"}
    with pytest.raises(ValueError, match="at most 20 in half_moon/draw1, found 21"):
        training_set(moons, 21, 0)


@pytest.mark.parametrize("start", ["normal", "adversarial", "large_norm"])
def test_every_start_is_repeatable_and_scaled(moons, start) -> None:
    data = training_set(moons, 12, 0)

    def trained(**changes) -> xr.Dataset:
        planned = PlannedModel(0, 0, 0, SMALL | {"start": start, "epochs": 0} | changes)
        options = {"architecture": "mlp", "random_label_epochs": 2, "name": "a"}
        return train_planned(data, planned, **options)

    once, again, doubled = trained(), trained(), trained(initial_scale=2)
    assert once.identical(again)
    if start == "normal":
        np.testing.assert_allclose(doubled["parameters"], 2 * once["parameters"], rtol=1e-5)
    assert not np.allclose(doubled["parameters"], once["parameters"])


def test_another_start_is_refused(moons) -> None:
    planned = PlannedModel(0, 0, 0, SMALL | {"start": "warm"})
    with pytest.raises(ValueError, match=r"expected a start among normal.*found 'warm'"):
        train_planned(
            training_set(moons, 12, 0),
            planned,
            architecture="mlp",
            random_label_epochs=1,
            name="a",
        )


@pytest.fixture(scope="module")
def swept(moons) -> xr.Dataset:
    planned = [
        PlannedModel(0, 0, 0, SMALL),
        PlannedModel(0, 1, 0, SMALL | {"learning_rate": 1e30}),
    ]
    options = {"architecture": "mlp", "random_label_epochs": 2}
    return sweep(moons, 1, "explore", planned, curvature=CurvatureOptions(), **options)


def test_a_sweep_has_every_measure_of_every_model(swept) -> None:
    first, diverged = (swept.isel(model=index) for index in (0, 1))
    assert all(np.isfinite(float(first[name])) for name in (*MEASURES, *ERRORS))
    assert str(first["refused"].values) == ""
    assert str(diverged["status"].values) == "diverged"
    assert all(np.isnan(float(diverged[name])) for name in (*MEASURES, *ERRORS))
    assert int(first["width"]) == 4


def test_models_are_kept_as_their_contract_says(swept, tmp_path) -> None:
    path = tmp_path / "models.zarr.zip"
    save_artifact(swept, path, "models", {})
    assert open_artifact(path, "models").load().drop_attrs().equals(swept.drop_attrs())
    with pytest.raises(SchemaError, match="expected the variable test_error"):
        save_artifact(swept.drop_vars("test_error"), path, "models", {})


def test_what_is_refused_is_said_and_the_rest_kept() -> None:
    def refuses() -> dict[str, float]:
        raise ValueError("flat in float64")

    values, refused = what_is_confirmed([lambda: {"a": 1.0}, refuses, lambda: {"b": 2.0}])
    assert values == {"a": 1, "b": 2}
    assert refused == "ValueError: flat in float64"


def test_no_models_are_no_sweep() -> None:
    with pytest.raises(ValueError, match="expected models to train, found none; set `walks`"):
        models_dataset([])
