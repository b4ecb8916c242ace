"""Set the G_θ of Table 1 beside what the authors' arithmetic makes of the same models."""

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.tables.arithmetic import (
    arithmetic_notes,
    compare_arithmetics,
    display_arithmetics,
)
from hessian_boundary.tables.formats import latex, markdown
from hessian_boundary.tables.notes import study_notes
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import gathered


def main(job: Job) -> None:
    """Write the comparison as CSV, Markdown and LaTeX."""
    files = [*job.input["measures"], *job.input["float32"]]
    measures = gathered(map(open_table, files), "authors_arithmetic")
    (published,) = map(open_table, job.input["published"])
    table = compare_arithmetics(measures, dict(job.settings["rows"]), published)
    save_table(table, job.output["csv"])
    shown = display_arithmetics(table)
    notes = [*arithmetic_notes(table), *study_notes(job.settings["note"])]
    save_text(markdown(shown, notes), job.output["markdown"])
    save_text(latex(shown, notes), job.output["latex"])
