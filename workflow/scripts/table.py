"""Make one of the paper's tables in every format, alone and beside the published values."""

import pandas as pd

from pipeline.artifacts import open_table, save_table, save_text
from pipeline.table_formats import latex, markdown
from pipeline.tables import (
    compare_with_published,
    display,
    display_comparison,
    footnotes,
    summarise,
)
from workflow.job import Job


def main(job: Job) -> None:
    """Write CSV, Markdown and LaTeX of the table and of its comparison."""
    measures = pd.concat(map(open_table, job.input["measures"]), ignore_index=True)
    summary = summarise(measures, dict(job.settings["rows"]))
    comparison = compare_with_published(summary, open_table(job.input["published"]))
    notes = footnotes(summary, job.settings["profile"])
    for prefix, data, shown in [
        ("", summary, display(summary)),
        ("comparison_", comparison, display_comparison(comparison)),
    ]:
        save_table(data, job.output[f"{prefix}csv"])
        save_text(markdown(shown, notes), job.output[f"{prefix}markdown"])
        save_text(latex(shown, notes), job.output[f"{prefix}latex"])
