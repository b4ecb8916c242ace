"""Compare the measures of all models of the study of generalisation, judge them, and draw them."""

from math import nan

from hessian_boundary.artifacts.store import open_artifact, save_figure, save_table, save_text
from hessian_boundary.figures.overviews.measures import draw_measures
from hessian_boundary.generalisation.comparison import compare_measures, psi_difference
from hessian_boundary.generalisation.dataset_statistics import Counting
from hessian_boundary.generalisation.verdict import (
    CONFIRM,
    Rule,
    answer,
    chosen_measures,
    headline,
    with_verdicts,
)
from hessian_boundary.tables.comparison import comparison_notes, display_comparison
from hessian_boundary.tables.formats import latex, markdown
from hessian_boundary.tables.models import models_table
from hessian_boundary.tables.notes import study_notes
from hessian_boundary.wording.compared_measures import measure_name
from hessian_study.jobs.job import Job


def main(job: Job) -> None:
    """Write all statistics, a row per measure in two forms, the figure, and the answer."""
    settings, asked_about = job.settings, job.settings["asked_about"]
    limit, directions = settings["fitted"]["train_error_at_most"], settings["measures"]
    rule = Rule(**settings["verdict"])
    counting = Counting(
        train_error=limit,
        fewest_pairs=rule.fewest_pairs_each,
        resamples=settings["resamples"],
        permutations=settings["permutations"],
    )
    models = models_table(open_artifact(path, "models").load() for path in job.input["models"])
    judged = with_verdicts(compare_measures(models, directions, counting), rule)
    save_table(models, job.output["models"])
    save_table(judged, job.output["csv"])
    chosen = chosen_measures(judged, asked_about)
    difference = (
        psi_difference(models, chosen, directions, counting, CONFIRM) if chosen else 3 * (nan,)
    )
    names = {name: measure_name(name) for name in directions}
    sentences = answer(judged, asked_about, names, difference)
    save_text("\n".join([*sentences, ""]), job.output["answer"])
    shown = display_comparison(judged)
    notes = [*study_notes(settings["note"]), *comparison_notes(models, limit)]
    save_text(markdown(shown, [*sentences, *notes]), job.output["markdown"])
    save_text(latex(shown, [*sentences, *notes]), job.output["latex"])
    figure = draw_measures(judged, asked_about, headline(judged, asked_about), settings["note"])
    save_figure(figure, {kind: job.output[kind] for kind in ("pdf", "png")})
