"""G_θ in the authors' arithmetic: against a naive loop, in the step and as planned."""

from pathlib import Path

import pytest

from helpers.naive_float32 import naive_float32
from helpers.problems import network_as_confident
from helpers.step_on_a_model import step_on_a_model
from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_table
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.single import single_precision_measures
from hessian_study.configuration.targets.columns import MEASURED
from hessian_study.steps.measure_float32 import main

SHORTEST = {"float32_dense": 1e-20, "float32_uncut": 0}


@pytest.mark.parametrize("scale", [0.7, 4.0])
def test_the_measures_are_what_a_naive_loop_finds(scale) -> None:
    problem = network_as_confident(scale)
    before = [parameter.clone() for parameter in problem[0].parameters()]
    found = single_precision_measures(Problem(*problem))
    for name, shortest in SHORTEST.items():
        expected = naive_float32(*problem, shortest=shortest)
        for statistic in ("max", "mean"):
            # eigenvectors of eigenvalues near zero differ between two ways to form the matrix
            allowed = 4 / 81 if scale > 1 else 0
            assert abs(found[f"{name}_g_theta_{statistic}"] - expected[statistic]) <= allowed
        assert found[f"{name}_gradients_cut"] == pytest.approx(expected["unaligned"])
    cut = [found[f"{name}_gradients_cut"] for name in SHORTEST]
    assert cut[0] > cut[1] > 0 if scale > 1 else cut == [0, 0]
    for old, new in zip(before, problem[0].parameters(), strict=True):
        assert new.equal(old)  # the problem itself stays in float64


def test_the_step_writes_a_row_per_measure(tmp_path: Path) -> None:
    job = step_on_a_model(tmp_path, "measures")
    main(job)
    table = open_table(job.output["measures"])
    names = ("g_theta_max", "g_theta_mean", "gradients_cut")
    assert table["measure"].tolist() == [f"{kind}_{name}" for kind in SHORTEST for name in names]
    assert table.iloc[0, :4].tolist() == ["mine", "normal", 3, "fitted"]
    assert table["value"].between(0, 1).all()
    assert set(table["measure"]) == set(MEASURED["float32_measures"])  # what a table can show


def test_the_step_writes_no_row_for_a_training_that_diverged(tmp_path: Path) -> None:
    job = step_on_a_model(tmp_path, "measures", status="diverged")
    main(job)
    assert open_table(job.output["measures"]).empty


def test_it_is_asked_of_every_run_of_table_1_and_no_part_of_all(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    study.config["profiles"]["tiny"]["seeds"] = [0, 1]
    rows = [(d, t) for d, found in study.config["tables"]["table1"].items() for t in found]
    planned = [job[0] for job in study.planned("authors_arithmetic")]
    assert planned.count("measure_float32") == planned.count("measure") == 2 * len(rows) > 0
    assert not {"measure_float32", "authors_arithmetic"} & {job[0] for job in study.planned("all")}
