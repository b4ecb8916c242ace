"""Train and measure all models of one data draw of the study of generalisation, in one process."""

from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.generalisation.data_draws import data_draw
from hessian_boundary.generalisation.knobs import DEFAULTS, planned_models
from hessian_boundary.generalisation.sweep import sweep
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write an artifact with one entry per model: its knobs, its seeds, every measure."""
    settings, dataset = job.settings, job.wildcards["dataset"]
    draw, half, knobs = int(job.wildcards["draw"]), settings["half"], settings["knobs"]
    planned = planned_models(dataset, half, knobs, settings["walks"], settings["repeats"])
    data = data_draw(
        open_artifact(job.input["dataset"], "dataset").load(),
        dataset,
        settings["generator"],
        settings["parameters"],
        draw=draw,
        largest=max(knobs.get("training_size", [DEFAULTS["training_size"]])),
    )
    models = sweep(
        data,
        draw,
        half,
        planned,
        architecture=settings["architecture"],
        random_label_epochs=settings["random_label_epochs"],
        curvature=CurvatureOptions.of_settings(settings["curvature"]),
    )
    job.save(models.assign_attrs(dataset=dataset), "models")
