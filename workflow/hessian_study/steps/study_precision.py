"""Compare G_θ of one model in float32, in float64 and to high relative precision."""

from hessian_boundary.artifacts.store import open_artifact, save_table
from hessian_boundary.precision.study import study_precision
from hessian_study.jobs.job import Job
from hessian_study.jobs.load_problem import CPU, load_problem


def main(job: Job) -> None:
    """Write two tidy tables: one row per method and quantity, and G_θ as a function of ε.

    Raises ValueError for a model that diverged.
    """
    model = open_artifact(job.input["model"], "model")
    if model.attrs["status"] == "diverged":
        raise ValueError(
            "expected a model with finite parameters, found one that diverged; take it out of "
            "`precision` in config.yaml, or study another seed"
        )
    problem = load_problem(job, device=CPU)
    tables = study_precision(problem, rank_tolerance=job.settings["rank_tolerance"])
    for table, output in zip(tables, ("precision", "curves"), strict=True):
        for name in ("seed", "training", "dataset"):
            table.insert(0, name, job.wildcards[name])
        save_table(table, job.output[output])
