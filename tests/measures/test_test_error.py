"""The error on samples, its binomial deviation and interval, and the step that measures it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.datasets import make_moons
from torch import nn

from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.artifacts.store import open_artifact, open_table, save_artifact
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.measures.model import PARTS
from hessian_boundary.measures.test_error import error_on_samples
from hessian_boundary.networks.stored import trained_module
from hessian_study.jobs.job import Job
from hessian_study.steps.measure import main


def test_wrong_predictions_are_counted_over_all_parts() -> None:
    logits, y = torch.eye(4)[[0, 1, 2, 3, 0]], torch.tensor([0, 1, 0, 0, 0])  # two of five wrong
    for parts in ([(logits, y)], [(logits[:2], y[:2]), (logits[2:], y[2:])]):
        found = error_on_samples(nn.Identity(), parts)
        assert (found["test_error"], found["test_samples"]) == (0.4, 5)
        assert found["test_error_standard_error"] == pytest.approx((0.4 * 0.6 / 5) ** 0.5)


@pytest.mark.parametrize(("wrong", "samples"), [(0, 40), (3, 60), (1500, 200_000)])
def test_the_interval_is_that_of_wilson(wrong: int, samples: int) -> None:
    y = (torch.arange(samples) < wrong).long()
    found = error_on_samples(lambda x: x, [(torch.tensor([[1.0, 0.0]]).expand(samples, 2), y)])
    z, p = 1.959963984540054, wrong / samples
    centre = (p + z * z / (2 * samples)) / (1 + z * z / samples)
    half = z / (1 + z * z / samples) * (p * (1 - p) / samples + z * z / (4 * samples**2)) ** 0.5
    ends = [found["test_error_low"], found["test_error_high"]]
    assert ends == pytest.approx([centre - half, centre + half], abs=1e-12)


def test_without_samples_nothing_is_known() -> None:
    found = error_on_samples(nn.Identity(), [(torch.empty(0, 2), torch.empty(0, dtype=int))])
    assert list(found) == ["test_error"]
    assert math.isnan(found["test_error"])


def measured(folder: Path, **settings: object) -> tuple[Job, dict[str, float]]:
    about = {f"{part}_accuracy": 0.75 for part in PARTS} | {"epochs": 3, "norm_l2": 1.0}
    about |= {"norm_published": 1.0, "presumes_fit": True}
    job = step_on_a_model(folder, "measures", "curve", **about)  # type: ignore[arg-type]
    samples = xr.Dataset(
        {
            "alignment": (("eigen", "sample"), np.eye(3)[:, :2]),
            "random_alignment": (("direction", "sample"), np.full((2, 2), 0.1)),
            "resolved_share": ("sample", np.ones(2)),
            "scalar_product": (("eigen", "sample"), np.eye(3)[:, :2]),
            "gradient_norm": ("sample", np.ones(2)),
            "logits": (("class", "sample"), np.eye(2)),
            "prediction": ("sample", [0, 1]),
            "label": ("sample", [0, 1]),
        },
        coords={"eigenvalue": ("eigen", [2.0, 1.0, -0.5])},
        attrs={"rank": 3, "null_space_dimension": 1, "not_computed": 0, "complete": True,
               "certificate": 0.0, "trace_by_samples": 2.5, "method": "dense",
               "rank_tolerance": 1e-12},
    )  # fmt: skip
    save_artifact(samples, folder / "alignment.zarr.zip", "alignment_samples", {})
    spec = json.loads(
        json.dumps(job.spec | {"settings": settings, "wildcards": job.wildcards | {"view": ""}})
    )
    inputs = {**job.input, "alignment": folder / "alignment.zarr.zip"}
    job = Job(spec, inputs, job.output, "cpu")
    main(job)
    table = open_table(job.output["measures"])
    return job, dict(zip(table["measure"], table["value"], strict=True))


def test_data_that_nobody_can_draw_are_judged_by_their_test_part(tmp_path: Path) -> None:
    job, found = measured(tmp_path, generator="points", parameters={})
    model = open_artifact(job.input["model"], "model")
    module = trained_module(model, torch.float32, torch.device("cpu"))
    x, y = samples_of(open_artifact(job.input["dataset"], "dataset"), "test")
    assert found["test_error"] == pytest.approx(float((module(x).argmax(1) != y).float().mean()))
    assert (found["test_samples"], found["train_error"]) == (6, 0.25)


def test_simulated_data_are_judged_by_fresh_samples(tmp_path: Path) -> None:
    parameters = {"samples": 30, "noise": 0.1, "random_state": 1}
    job, found = measured(tmp_path, generator="moons", parameters=parameters)
    module = trained_module(open_artifact(job.input["model"]), torch.float32, torch.device("cpu"))
    x, y = make_moons(50_000, noise=0.1, random_state=3)
    with torch.no_grad():
        wrong = module(torch.tensor(x, dtype=torch.float32)).argmax(1).numpy() != y
    assert found["test_samples"] == 200_000
    assert found["test_error"] == pytest.approx(wrong.mean(), abs=0.01)
