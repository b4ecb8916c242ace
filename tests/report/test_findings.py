"""The sentences that the page opens with, from measures set here."""

import pandas as pd

from helpers.made_up_report import CORRELATIONS
from hessian_boundary.report.sections.findings import findings

COLUMNS = ["dataset", "training", "seed", "status", "measure", "value"]
NO_CORRELATIONS = CORRELATIONS[:0]


def tidy(values: dict[tuple[str, str, str], list[float]]) -> pd.DataFrame:
    rows = [
        (dataset, training, seed, "fitted", measure, value)
        for (dataset, training, measure), found in values.items()
        for seed, value in enumerate(found)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


MEASURES = tidy({
    ("a", "normal", "alignment_at_boundary"): [0.9, 0.7],
    ("a", "normal", "alignment_elsewhere"): [0.4, 0.6],
    ("b", "mine", "alignment_at_boundary"): [0.3],
    ("b", "mine", "alignment_elsewhere"): [0.35],
    ("a", "normal", "pieces"): [10.0, 12.0],
    ("a", "adversarial", "pieces"): [20.0, 24.0],
    ("b", "normal", "pieces"): [10.0],
    ("b", "adversarial", "pieces"): [8.0],
    ("a", "normal", "test_error"): [0.1],
    ("a", "adversarial", "test_error"): [0.1],
    ("a", "normal", "rank"): [float("nan")],
})  # fmt: skip


def test_sentences_say_the_numbers() -> None:
    boundary, pieces, correlated, error = findings(MEASURES, CORRELATIONS)
    assert "after 1 of 2 trainings: on average 0.3 to 0.8 on it, 0.35 to 0.5 away" in boundary
    # means 22 and 11, which are 11 / √(8 + 2) combined deviations apart; 8 and 10
    assert (
        "on 1 of 2 data sets (on 1 by more than one combined standard deviation of runs): by"
        in (pieces)
    )
    assert pieces.endswith("by a factor of 0.8 to 2.")
    assert "is 0.40 over 4 trainings, 95 % interval 0.20 to 0.60, p 0.030 (adjusted" in correlated
    assert error == (
        "The test error is higher after an adversarial start than after normal training on 0 of 1 "
        "data set: by a factor of 1."
    )


def test_what_random_gradients_tell_stands_beside_what_eigenvectors_do() -> None:
    beyond = "contrast:{0}:contrast > contrast:{0}:gradients_contrast_high"
    checks = [beyond.format(name) for name in ("a/normal", "b/mine", "a/normal", "c/unknown")]
    checks += [beyond.format("a/normal/epoch5"), "contrast:b/mine:contrast > 0"]
    verdicts = pd.DataFrame({"check": checks, "holds": [True, False, True, None, True, True]})
    boundary, *_, error = findings(MEASURES, CORRELATIONS, verdicts=verdicts)
    assert boundary.endswith("eigenvectors after 1 of the 2 trainings where that was asked.")
    assert error.endswith(
        "`generalisation` asks; its results are not here, or older than an edit that concerns them."
    )
    none = pd.DataFrame({"check": ["a/normal:pieces > 1"], "holds": [True]})
    assert "random" not in findings(MEASURES, CORRELATIONS, verdicts=none)[0]


def test_what_was_judged_by_a_rule_takes_the_last_place() -> None:
    said = findings(MEASURES, NO_CORRELATIONS, ["G_θ does not order them.", "More."])
    assert said[-1] == "Does G_θ predict generalisation? G_θ does not order them."
    assert not any("test error" in sentence for sentence in said)


def test_a_study_without_such_measures_says_nothing() -> None:
    assert findings(tidy({("a", "mine", "rank"): [1.0]}), NO_CORRELATIONS) == ()
    alone = tidy({("a", "normal", "pieces"): [1.0], ("b", "adversarial", "pieces"): [1.0]})
    assert findings(alone, NO_CORRELATIONS) == ()
