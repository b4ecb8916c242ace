"""The section about precision: tables, answers and curves by hand."""

import re

import pandas as pd
import pytest

from helpers.made_up_report import NAN, TEMPLATES
from hessian_boundary.report.comparisons.precision_answer import precision_answer
from hessian_boundary.report.sections.precision import METHODS, precision_section

NO_MEASURES = pd.DataFrame(columns=["dataset", "training", "seed", "status", "measure", "value"])


def precision_file(values: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    """G_θ (max) by (training, method), one value per seed, and a rank without a statistic."""
    rows = [
        ("gaussian", training, seed, method, statistic, quantity, value)
        for (training, method), seeds in values.items()
        for seed, value in enumerate(seeds)
        for statistic, quantity in (("max", "g_theta"), (NAN, "eigenvectors"))
    ]
    columns = ["dataset", "training", "seed", "method", "statistic", "quantity", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_precision_sets_methods_side_by_side() -> None:
    normal = precision_file({("normal", "range"): [1.0, 2.0], ("normal", "float32_dense"): [2, 2]})
    other = precision_file({("adversarial", "range"): [1.8], ("adversarial", "float32_dense"): [8]})
    section = precision_section([normal, other], [], NO_MEASURES)
    (leading,), (further,) = section.leading, section.further
    assert leading.columns == ("Data set", "Training", "float32 dense", "range")
    assert leading.rows[0] == ("gaussian", "normal", "2 ± 0", "1.50 ± 0.71")
    assert (leading.caption, further.caption) == ("G<sub>θ</sub> (max)", "eigenvectors")
    # of the seed that has both: 8 against 2, and 1.8 against 1
    assert [row[1:] for row in section.contrast.rows] == [("1 of 1", "4"), ("1 of 1", "1.8")]
    assert section.panels == {}


def test_the_answer_about_precision_by_hand() -> None:
    names = ("float32_dense", "range", "gauss_newton", "float32_uncut", "float32_stable")
    rows = []
    for training, *found in (
        ("normal", (0.3, 30, 6), (0.2, 20, 0), (0.1, 10, 0), (0.4, 40, 10), (0.2, 20, 2)),
        ("adversarial", (0.9, 90, 45), (0.1, 10, 0), (0.15, 15, 2), (0.1, 10, 10), (0.5, 50, 15)),
    ):
        for method, (g_theta, counted, round_off) in zip(names, found, strict=True):
            about = ("circle", training, 0, method)
            rows += [
                (*about, "max", "g_theta", g_theta),
                (*about, "max", "counted", counted),
                (*about, "max", "counted_round_off", round_off),
                (*about, "", "resolved_share_mean", 0.5 if method == "range" else 1.0),
            ]
    columns = ["dataset", "training", "seed", "method", "statistic", "quantity", "value"]
    table = pd.DataFrame(rows, columns=columns)
    inflation, round_off, lost, single, uncut, double, resolved = precision_answer(table)
    assert "is 1.5 to 9 times the one" in inflation
    assert "code), 1 to 2 times without that cut, and 1 to 5 times with gradients" in inflation
    assert "count, 35% (up to 50%), 62% (up to 100%) and 20% (up to 30%) are" in round_off
    assert "50% to 50%" in lost
    assert "at least 100.0%" in lost
    assert "on 1 of 1 data sets, by factors of 3 to 3" in single
    assert "on 0 of 1 data sets, by factors of 0.25 to 0.25" in uncut
    assert "on 0 of 1 data sets, by factors of 0.5 to 0.5" in double
    assert "on 1 of 1 data sets, by factors of 1.5 to 1.5" in resolved
    assert precision_answer(table[table["method"] != "range"]) == ()
    alone = precision_answer(table[table["training"] == "normal"])
    assert "no data set has both" in alone[-1]


def test_precision_without_files_or_with_other_ones() -> None:
    assert precision_section([], [], NO_MEASURES) is None
    frame = precision_file({("normal", "mine"): [1.0]})
    assert precision_section([frame], [], NO_MEASURES).contrast.rows[0][1:] == ("0 of 0", "")
    with pytest.raises(ValueError, match="statistic, quantity; value missing"):
        precision_section([frame.drop(columns="value")], [], NO_MEASURES)


def test_curves_are_averaged_over_seeds_and_drawn_where_their_points_are() -> None:
    rows = [
        ("gaussian", "normal", seed, method, "max", epsilon, value)
        for method, scale in (("range", 1.0), ("float32_dense", 2.0))
        for seed, factor in ((0, 0.5), (1, 1.5))
        for epsilon, value in ((1e-6, 0.2 * scale * factor), (1e-3, NAN), (1.0, 0.0))
    ]
    columns = ["dataset", "training", "seed", "method", "statistic", "epsilon", "g_theta"]
    curves = pd.DataFrame(rows, columns=columns)
    section = precision_section(
        [precision_file({("normal", "range"): [1.0]})], [curves], NO_MEASURES
    )
    assert section.lines == ("float32_dense", "range")
    (panel,) = section.panels["max"]
    assert panel.title == "gaussian, normal"
    # 220 × 110 for ε from 1e-6 to 1 and G from 0 to 0.6: means 0.4 and 0.2
    assert 'class="line-0" d="M0 36.7L220 110"' in panel.svg
    assert 'class="line-1" d="M0 73.3L220 110"' in panel.svg
    assert ">10⁻⁶<" in panel.svg


def test_every_method_has_a_line_of_its_own() -> None:
    (style,) = (path for path in TEMPLATES if path.name == "style.css")
    lines = re.findall(r"^\.line-(\d+) \{(.*)\}$", style.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in lines] == list(range(len(METHODS)))
    assert len({look for _, look in lines}) == len(METHODS)
