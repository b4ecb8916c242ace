"""Draw how well each measure orders models by their test error."""

from hessian_boundary.artifacts.store import open_table, save_figure
from hessian_boundary.figures.overviews.measures import draw_measures
from hessian_boundary.generalisation.verdict import headline
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write the figure as PDF and PNG; its numbers are the table that it is drawn from."""
    judged = open_table(job.input["table"])
    asked = job.settings["asked_about"]
    figure = draw_measures(judged, asked, headline(judged, asked), job.settings["note"])
    save_figure(figure, {kind: job.output[kind] for kind in ("pdf", "png")})
