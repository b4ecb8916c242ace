"""Steps that measure for claims: nulls of one model, and a figure's numbers of another run."""

import json
from pathlib import Path

import numpy as np
import torch

from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.alignment.grids import align_grid
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.artifacts.store import open_artifact, open_table, save_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.measures.boundary_alignment import alignment_at_boundary
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import load_problem
from hessian_study.steps.contrast import main
from hessian_study.steps.figure_numbers import main as figure_numbers

WINDOW = ((-3.0, 3.0), (-3.0, 3.0))


def made(folder: Path, **about: str) -> Job:
    job = step_on_a_model(folder, "contrast", "csv", **about)
    problem = load_problem(job, device=torch.device("cpu"))
    spectrum = compute_spectrum(problem, CurvatureOptions(method="dense"))
    grid = align_grid(problem, WINDOW, 20, spectrum, 7)
    save_artifact(grid, folder / "grid.zarr.zip", "alignment_grid", {})
    samples = align_samples(problem, spectrum)
    save_artifact(samples, folder / "samples.zarr.zip", "alignment_samples", {})
    inputs = {**job.input, "alignment_grid": folder / "grid.zarr.zip",
              "alignment_samples": folder / "samples.zarr.zip"}  # fmt: skip
    spec = json.loads(json.dumps(job.spec))
    spec["wildcards"]["view"] = ""
    return Job(spec, inputs, job.output, "cpu")


def test_a_row_per_quantity(tmp_path: Path) -> None:
    job = made(tmp_path)
    main(job)
    table = open_table(job.output["contrast"])
    assert list(table) == ["experiment", "quantity", "seed", "value"]
    assert set(table["experiment"]) == {"mine/normal"}
    assert set(table["seed"].astype(int)) == {3}
    values = dict(zip(table["quantity"], table["value"], strict=True))
    grid = open_artifact(job.input["alignment_grid"])
    own = alignment_at_boundary(grid, 5)
    assert values["alignment_at_boundary"] == own["alignment_at_boundary"]
    names = {"contrast", "gradients_contrast_high", "outside_contrast", "fall_off"}
    assert names | {"expansion_ratio", "expansion_order", "expansion_loss"} <= set(values)
    assert np.isfinite(table["value"]).all()


def test_the_expansion_is_of_eigenpairs_of_the_hessian_alone(tmp_path: Path) -> None:
    job = made(tmp_path)
    spec = json.loads(json.dumps(job.spec))
    spec["wildcards"]["view"] = "covariance/"
    main(Job(spec, job.input, job.output, "cpu"))
    table = open_table(job.output["contrast"])
    assert set(table["experiment"]) == {"mine/normal/covariance"}
    quantities = set(table["quantity"])
    assert "alignment_at_boundary" in quantities
    assert not {name for name in quantities if name.startswith("expansion")}


def test_a_training_that_diverged_has_no_row(tmp_path: Path) -> None:
    job = made(tmp_path)
    other = step_on_a_model(tmp_path, "contrast", status="diverged")
    main(Job(job.spec, {**job.input, **other.input}, job.output, "cpu"))
    assert open_table(job.output["contrast"]).empty


def test_the_numbers_of_another_run_are_those_of_the_layout(tmp_path: Path) -> None:
    job = made(tmp_path)
    settings = {"layout": "similarity_metrics", "experiments": ["mine/normal"], "eigenvectors": 5}
    spec = json.loads(json.dumps(job.spec | {"settings": settings}))
    inputs = {"alignment_grid": [str(job.input["alignment_grid"])]}
    figure_numbers(Job(spec, inputs, job.output, "cpu"))
    table = open_table(job.output["csv"]).set_index("quantity")["value"]
    grid = open_artifact(job.input["alignment_grid"])
    largest = abs(grid["scalar_product"].values[:5]).max(axis=0)
    assert table["share_above_0.1_scalar_product"] == (largest > 0.1).mean()
    rows, columns = np.nonzero(largest > largest.max() / 2)
    prediction = grid["prediction"].values
    near = 0
    for row, column in zip(rows, columns, strict=True):  # 5 % of 20 points: one step, no corner
        steps = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]
        near += any(_at_boundary(prediction, row + i, column + j) for i, j in steps)
    assert table["strong_near_boundary_scalar_product"] == near / len(rows)


def _at_boundary(prediction: np.ndarray, row: int, column: int) -> bool:
    height, width = prediction.shape
    if not (0 <= row < height and 0 <= column < width):
        return False
    neighbours = [(row + i, column + j) for i, j in ((0, 1), (1, 0), (0, -1), (-1, 0))]
    return any(
        prediction[i, j] != prediction[row, column]
        for i, j in neighbours
        if 0 <= i < height and 0 <= j < width
    )
