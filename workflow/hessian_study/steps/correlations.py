"""Correlate the complexity of the boundary with the other measures, over all models."""

from hessian_boundary.artifacts.store import open_table, save_table, save_text
from hessian_boundary.statistics.correlations import FEWEST, rank_correlations
from hessian_boundary.tables.formats import markdown
from hessian_boundary.tables.text import display_correlations
from hessian_study.jobs.job import Job

REFERENCE = "pieces"  # what the paper calls the geometric complexity of the boundary
BASELINE = "g_theta_max"  # what every other measure's correlation is compared with
OTHERS = (
    *("g_theta_max", "g_theta_mean", "outliers_gap", "outliers_edge", "trace", "lambda_max"),
    *("norm_l2", "rank", "participation", "visible_pieces", "length", "turning", "margin_true"),
    *("test_accuracy", "gauss_newton_g_theta_max", "gauss_newton_g_theta_max_equal_confidence"),
)


def main(job: Job) -> None:
    """Write one row per data set and measure, and the same for reading."""
    table = rank_correlations(open_table(job.input["table"]), REFERENCE, OTHERS, BASELINE)
    save_table(table, job.output["csv"])
    notes = [
        "Kendall's τ_b with the number of pieces of the exact boundary; [95 % interval] and p take "
        f"trainings, not seeds, as the unit and need {FEWEST} of them. p is adjusted for all "
        "measures (Holm)."
    ]
    save_text(markdown(display_correlations(table), notes), job.output["markdown"])
