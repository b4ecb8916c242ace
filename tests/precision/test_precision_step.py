"""The step that compares arithmetics: what it writes, and what it refuses."""

import pytest

from helpers.step_on_a_model import step_on_a_model
from hessian_boundary.artifacts.store import open_table
from hessian_study.steps.study_precision import main

OUTPUTS = ("precision", "curves")


def test_the_step_writes_both_tables(tmp_path):
    job = step_on_a_model(tmp_path, *OUTPUTS)
    main(job)
    table, curves = (open_table(job.output[name]) for name in ("precision", "curves"))
    about = ["dataset", "training", "seed", "method", "statistic"]
    assert list(table) == [*about, "quantity", "value"]
    assert list(curves) == [*about, "epsilon", "g_theta"]
    assert table[about[:3]].drop_duplicates().values.tolist() == [["mine", "normal", 3]]
    assert table["method"].nunique() == 8


def test_the_step_takes_the_loss_of_the_training(tmp_path):
    job = step_on_a_model(tmp_path, *OUTPUTS, loss="squared_error")
    main(job)
    table = open_table(job.output["precision"])
    chosen = (table["method"] == "gauss_newton") & (table["quantity"] == "ceiling")
    assert table.loc[chosen, "value"].tolist() == [1]  # 24 · 2 rows, 42 parameters


def test_models_that_diverged_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a model with finite parameters"):
        main(step_on_a_model(tmp_path, *OUTPUTS, status="diverged"))
