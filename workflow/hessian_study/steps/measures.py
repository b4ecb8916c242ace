"""Gather the measures of all models into one tidy table."""

import pandas as pd

from hessian_boundary.artifacts.store import open_table, save_table
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import COLUMNS


def main(job: Job) -> None:
    """Write one row per data set, training, seed and measure; none in a study without tables."""
    kinds = ("measures", "plane_measures", "gauss_newton_measures")
    tables = [open_table(path) for kind in kinds for path in job.input[kind]]
    none = pd.DataFrame(columns=COLUMNS)
    save_table(pd.concat(tables, ignore_index=True) if tables else none, job.output["table"])
