"""Set the margins that are estimated from many starts beside the exact ones."""

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.generalisation.margins import compare_margins
from hessian_boundary.tables.formats import markdown
from hessian_boundary.tables.margins import display_margins, margin_notes
from hessian_boundary.tables.notes import study_notes
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import gathered


def main(job: Job) -> None:
    """Write every start of every model, and a row per experiment for reading."""
    starts = gathered(map(open_table, job.input["starts"]), "margins")
    table = compare_margins(starts)
    save_table(starts, job.output["starts"])
    save_table(table, job.output["csv"])
    notes = [*margin_notes(), *study_notes(job.settings["note"])]
    save_text(markdown(display_margins(table), notes), job.output["markdown"])
