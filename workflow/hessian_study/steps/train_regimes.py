"""Train and measure the three regimes on one data draw, with each seed."""

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.generalisation.data_draws import data_draw
from hessian_boundary.generalisation.regimes import planned_regimes
from hessian_boundary.generalisation.sweep import sweep
from hessian_study.jobs.job import Job

# apart from the data draws of the walks, which count from 0
FIRST_DRAW = 1000


def main(job: Job) -> None:
    """Write an artifact with one entry per model, as `sweep_models` does."""
    settings, dataset = job.settings, job.wildcards["dataset"]
    number = FIRST_DRAW + int(job.wildcards["draw"])
    planned = planned_regimes(settings["knobs"], settings["seeds"])
    data = data_draw(
        open_artifact(job.input["dataset"], "dataset").load(),
        dataset,
        settings["generator"],
        settings["parameters"],
        draw=number,
        largest=planned[0].knobs["training_size"],
    )
    models = sweep(
        data,
        number,
        "regimes",
        planned,
        architecture="mlp",
        random_label_epochs=settings["random_label_epochs"],
        curvature=CurvatureOptions.of_settings(settings["curvature"]),
    )
    job.save(models.assign_attrs(dataset=dataset), "models")
