"""Make one of the paper's tables in every format, alone and beside the published values."""

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.tables.formats import latex, markdown
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.tables.text import display, display_comparison, footnotes
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import gathered


def main(job: Job) -> None:
    """Write CSV, Markdown and LaTeX of the table and, if the paper has it, of its comparison."""
    measures = gathered(map(open_table, job.input["measures"]), job.settings["table"])
    summary = summarise(measures, dict(job.settings["rows"]))
    notes = footnotes(summary, job.settings["note"])
    tables = {"": (summary, display(summary))}
    for path in job.input["published"]:
        comparison = compare_with_published(summary, open_table(path))
        tables["comparison_"] = comparison, display_comparison(comparison)
    for prefix, (numbers, shown) in tables.items():
        save_table(numbers, job.output[f"{prefix}csv"])
        save_text(markdown(shown, notes), job.output[f"{prefix}markdown"])
        save_text(latex(shown, notes), job.output[f"{prefix}latex"])
