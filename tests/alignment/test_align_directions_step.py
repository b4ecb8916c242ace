"""The step of Figures 7 and 8: its grid and its directions."""

import numpy as np

from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.artifacts.store import open_artifact, save_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.input_window import grid_window
from hessian_study.jobs.load_problem import load_problem
from hessian_study.steps.align_directions import main


def test_directions_are_aligned_on_a_grid_twice_as_fine(tmp_path) -> None:
    job = step_on_a_model(tmp_path)
    job.spec["settings"] = {"grid_resolution": 5, "grid_margin": 0.1}
    job.output["alignment_directions"] = str(tmp_path / "alignment_directions.zarr.zip")
    options = CurvatureOptions(method="dense", rank_tolerance=1e-14)
    spectrum = compute_spectrum(load_problem(job), options)
    save_artifact(spectrum, tmp_path / "spectrum.zarr.zip", "spectrum", {})
    job.input["spectrum"] = str(tmp_path / "spectrum.zarr.zip")
    main(job)
    found = open_artifact(job.output["alignment_directions"], "alignment_directions")
    assert dict(found["alignment"].sizes) == {"kind": 4, "index": 5, "y": 10, "x": 10}
    assert found["sample_alignment"].sizes["sample"] == 24
    window = grid_window(open_artifact(tmp_path / "dataset.zarr.zip", "dataset")["x"].values, 0.1)
    for axis, (low, high) in zip("xy", window, strict=True):
        np.testing.assert_allclose(found[axis], np.linspace(low, high, 10))
    # the top eigenvectors carry most of each sample's gradient, random directions next to nothing
    largest = abs(found["sample_alignment"]).max("sample").mean("index")
    assert float(largest.sel(kind="top")) > 2 * float(largest.sel(kind="random direction"))
