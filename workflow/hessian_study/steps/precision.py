"""Gather the comparison of arithmetics of all models, and set G_θ side by side."""

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.tables.formats import markdown
from hessian_boundary.tables.notes import study_notes
from hessian_boundary.tables.text import display_precision
from hessian_study.jobs.job import Job
from hessian_study.jobs.measure_table import gathered


def main(job: Job) -> None:
    """Write one tidy table, G_θ as a function of ε, and G_θ for reading."""
    table, curves = (
        gathered(map(open_table, job.input[kind]), "precision") for kind in ("precision", "curves")
    )
    table["statistic"] = table["statistic"].fillna("")  # an empty field reads as NaN
    save_table(table, job.output["csv"])
    save_table(curves, job.output["curves"])
    notes = ["G_θ from the maximum over samples. What the methods are: precision/arithmetics.py."]
    notes += study_notes(job.settings["note"])
    text = markdown(display_precision(table, "g_theta", "max"), notes)
    save_text(text, job.output["markdown"])
