"""Make a table in every format: one of the user's, or the paper's beside the published values."""

import pandas as pd

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.tables.columns import display_columns, notes_of_columns, summarise_columns
from hessian_boundary.tables.formats import latex, markdown
from hessian_boundary.tables.notes import footnotes
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.tables.text import display, display_comparison
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import gathered


def main(job: Job) -> None:
    """Write CSV, Markdown and LaTeX of the table and, if the paper has it, of its comparison."""
    measures = gathered(map(open_table, job.input["measures"]), job.settings["table"])
    summary, shown, notes = (
        _own(job, measures) if "columns" in job.settings else _paper(job, measures)
    )
    tables = {"": (summary, shown)}
    for path in job.input["published"]:
        comparison = compare_with_published(summary, open_table(path))
        tables["comparison_"] = comparison, display_comparison(comparison)
    for prefix, (numbers, shown) in tables.items():
        save_table(numbers, job.output[f"{prefix}csv"])
        save_text(markdown(shown, notes), job.output[f"{prefix}markdown"])
        save_text(latex(shown, notes), job.output[f"{prefix}latex"])


Content = tuple[pd.DataFrame, pd.DataFrame, list[str]]  # numbers, the same as text, notes


def _paper(job: Job, measures: pd.DataFrame) -> Content:
    """Return a table with the paper's columns."""
    summary = summarise(measures, dict(job.settings["rows"]))
    return summary, display(summary), footnotes(summary, job.settings["note"])


def _own(job: Job, measures: pd.DataFrame) -> Content:
    """Return a table with columns of one's own."""
    columns, rows = job.settings["columns"], [tuple(row) for row in job.settings["rows"]]
    summary = summarise_columns(measures, rows, columns, job.settings["settings"])
    shown, _ = display_columns(summary, columns)
    return summary, shown, notes_of_columns(summary, job.settings["note"])
