"""Compare the three regimes over data draws: test error and G_θ, paired."""

from hessian_boundary.artifacts.store import open_artifact, save_table, save_text
from hessian_boundary.generalisation.regimes import compare_regimes
from hessian_boundary.tables.comparison import display_regimes
from hessian_boundary.tables.formats import markdown
from hessian_boundary.tables.models import models_table
from hessian_boundary.tables.notes import study_notes
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write one row per data set, start and quantity, and the same for reading."""
    models = models_table(open_artifact(path, "models").load() for path in job.input["models"])
    table = compare_regimes(models)
    save_table(table, job.output["csv"])
    notes = [
        "Difference from the normal start, mean over data draws (seeds averaged first) with its "
        "95 % interval; d: paired effect size; p: Holm's over data sets; higher: in how many "
        "draws; models: of this start, that have a value, whether they fit their labels or not.",
        *study_notes(job.settings["note"]),
    ]
    save_text(markdown(display_regimes(table), notes), job.output["markdown"])
