"""The parts of the report one by one: numbers, drawings, images, sections."""

import io
import re
from base64 import b64decode
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from PIL import Image

from helpers.made_up_report import CORRELATIONS, NAN, ROWS, TEMPLATES, png, tidy_measures
from hessian_boundary.claims.claim_list import read_claims
from hessian_boundary.report.comparisons.precision_answer import precision_answer
from hessian_boundary.report.html.images import embed
from hessian_boundary.report.html.intervals import interval
from hessian_boundary.report.html.markup import breakable, numeral, prose, table_view
from hessian_boundary.report.sections.claims import claims_section
from hessian_boundary.report.sections.complexity import complexity_section
from hessian_boundary.report.sections.figures import figure_view
from hessian_boundary.report.sections.precision import METHODS, precision_section
from hessian_boundary.report.sections.published import published_table, within_spread
from hessian_boundary.report.sections.run import run_section
from hessian_boundary.runtime.costs import Cost
from hessian_boundary.tables.summary import compare_with_published, summarise
from hessian_boundary.wording.labels import TABULATED
from hessian_boundary.wording.numbers import duration, measured, number
from hessian_boundary.wording.sentences import listed

# numbers and text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (0.123456, "0.1235"), (-12.3456, "-12.35"), (98765.4, "98765"),
        (1.23456e-7, "1.23 × 10⁻⁷"), (-4e12, "-4 × 10¹²"), (NAN, "–"), (float("-inf"), "−∞"),
        (9.99996, "10"), (999999.9, "1000000"),
    ],
)  # fmt: skip
def test_four_digits_or_a_power_of_ten(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "runs", "text"),
    [
        (0.05514, 0.00372, 5, "0.0551 ± 0.0037"),
        (0.05514, NAN, 1, "0.05514"),
        (0.05514, 0.0, 1, "0.05514"),
        (4.0, 0.0, 5, "4 ± 0"),
        (2.5e-9, 1.5e-10, 3, "(2.50 ± 0.15) × 10⁻⁹"),
        (1e-9, 0.2, 3, "0.00 ± 0.20"),
        (NAN, NAN, 0, "–"),
    ],
)
def test_a_deviation_needs_several_runs(
    mean: float, deviation: float, runs: int, text: str
) -> None:
    assert measured(mean, deviation, runs) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.26, "1.3 s"), (90, "2 min"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_text_is_escaped_and_indices_are_lowered() -> None:
    assert prose("**<b>** & G_θ, λ_max, MNIST-17, -179, g_theta_max, fig/A_1") == (
        "<strong>&lt;b&gt;</strong> &amp; G<sub>θ</sub>, λ<sub>max</sub>, MNIST-17, -179, "
        "g_theta_max, fig/A_1"
    )
    assert numeral("-1.5 ± 2 [-3, 1e-4]") == "−1.5 ± 2 [−3, 1e-4]"
    assert breakable("a/b:<c_d") == "a/<wbr>b:<wbr>&lt;c_<wbr>d"
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")


def test_a_table_opens_a_group_where_its_first_label_changes() -> None:
    table = table_view(pd.DataFrame({"a": ["x", "x", "y"], "b": [1.0, NAN, 1e-9]}), 1, "c & d")
    assert [table.opens_group(row) for row in range(3)] == [True, False, True]
    assert table.rows[1] == ("x", "–")
    assert table.rows[2][1] == "1 × 10⁻⁹"
    drawn = table.with_column(1, Markup("<i>h</i>"), [Markup(c) for c in "123"])
    assert drawn.columns == ("a", "<i>h</i>", "b")
    assert drawn.rows[2] == ("y", "3", "1 × 10⁻⁹")


# drawings and images


def test_an_interval_lies_where_its_numbers_are() -> None:
    svg = interval(0.5, -0.5, 2.0, limit=1, band=0.25)
    assert 'circle cx="150.0"' in svg  # the axis is 200 wide
    assert "M50.0 8H200.0" in svg  # cut off at the end of the axis
    assert 'x="75.0"' in svg
    assert 'width="50"' in svg
    assert "circle" not in interval(-3, NAN, NAN, limit=1)
    assert "beyond" in interval(-3, NAN, NAN, limit=1)
    assert interval(NAN, NAN, NAN, limit=1) == ""


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(uri.removeprefix("data:image/webp;base64,"))))


def test_images_are_cut_to_size_and_keep_their_colours() -> None:
    picture = embed(png(2000, 500), width=400)
    image = decoded(picture.uri)
    assert (picture.width, picture.height) == image.size == (400, 100)
    wanted = Image.open(io.BytesIO(png(2000, 500))).resize((400, 100), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(image.convert("RGB"), wanted)
    assert embed(png(50, 20)).width == 50  # never enlarged


def test_transparency_becomes_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(buffer, "PNG")
    assert decoded(embed(buffer.getvalue()).uri).convert("RGB").getpixel((0, 0)) == (255,) * 3


@pytest.mark.parametrize("damaged", [b"", b"not an image", png(50, 50)[:200]])
def test_what_is_no_image_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected a PNG image, found \d+ bytes"):
        embed(damaged)


# sections


def test_claims_without_outcomes_are_refused() -> None:
    entry = {"where": "S", "says": "s", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
    line = {"number": 2, "verdict": "partly", "check": "a < b", "runs": 1, "holds": True}
    table = pd.DataFrame([line])
    with pytest.raises(ValueError, match=r"expected outcomes of claim 1 \(S\), found none"):
        claims_section(read_claims([entry], ["fig01"]), table, {})


def test_published_numbers_within_two_deviations_are_counted() -> None:
    summary = summarise(tidy_measures(), ROWS)
    published = summary[["dataset", "training"]].copy()
    for name, measure in [("g_theta", "g_theta_max"), ("trace", "trace"),
                          ("lambda_max", "lambda_max"), ("norm", "norm_published")]:  # fmt: skip
        published[name], published[f"{name}_std"] = summary[measure], 0.1
    published.loc[0, "trace"] += 100  # far away
    published.loc[1, "trace_std"] = 0  # no spread: not compared
    table = published_table("t", "T", "", summary, compare_with_published(summary, published))
    assert within_spread([table, table]) == (28, 30)
    assert "beyond" in table.comparison.rows[1][-1]
    assert table.comparison.rows[5][-1] == ""


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


def test_complexity_names_what_is_clearly_correlated_and_counts_outliers() -> None:
    experiments = [("circle", "normal"), ("gaussian", "normal"), ("iris", "normal")]
    section = complexity_section(CORRELATIONS, tidy_measures(), experiments, {"circle": 2})
    assert section.clear == (TABULATED["g_theta_max"], "outliers (edge)")
    assert section.unclear == ("length",)  # p is not small
    assert section.above == ("outliers (edge)",)
    assert (section.models, section.trainings) == (12, 4)
    assert [row[2] for row in section.pooled.rows] == ["+0.40", "−0.10", "+0.70", "+0.20", "–"]
    assert [row[3] for row in section.pooled.rows][2:] == ["+0.60 … +0.80", "+0.10 … +0.30", "–"]
    assert [row[4] for row in section.pooled.rows][2:] == ["&lt; 0.001", "0.060", "–"]
    first, second = section.counts.rows  # in the order asked for; none counted for iris
    assert (first[0], second[0]) == ("circle", "gaussian")
    assert "[" in first[2]
    assert first[3:6] == ("–", "2", "4")  # edge not counted; C; C²
    assert second[4:6] == ("–", "–")


def test_figures_show_quantities_by_experiment() -> None:
    numbers = pd.DataFrame(
        [("a/b", "rank", 3.0), ("a/c", "rank", 4.0), ("a/c", "beta_1", 0.5)],
        columns=["experiment", "quantity", "value"],
    )
    view = figure_view(
        "fig01", "Figure 1: a title", "Text.", layout="maps", experiments=["a/b", "a/c"],
        arrays=[], png=png(10, 10), numbers=numbers,
    )  # fmt: skip
    assert (view.heading, view.title) == ("Figure 1", "A title")
    assert view.numbers.columns == ("Quantity", "a/b", "a/c")
    assert view.numbers.rows == (("rank", "3", "4"), ("beta 1", "–", "0.5"))


def test_several_versions_of_a_package_are_all_named() -> None:
    versions = {"torch": Counter({"2.13.0": 5, "2.12.0": 1}), "zarr": Counter(), "scipy": {"1": 6}}
    costs = {
        "measure_plane": [Cost(10.0, 9.0, 80.0)],
        "train": [Cost(60.0, 50.0, 100.0), Cost(30.0, 31.0, 1200.0)],
    }
    section = run_section(costs, versions, {"profile": "x"})
    assert section.versions.rows == (
        ("torch", "2.12.0 (1 artifacts), 2.13.0 (5 artifacts)"),
        ("scipy", "1"),
    )
    assert section.costs.rows == (
        ("train", "2", "2 min", "1 min", "90%", "1 min", "1,200 MB"),
        ("measure plane", "1", "10.0 s", "9.0 s", "10%", "10.0 s", "80 MB"),
    )
    assert run_section({}, {}, {}).costs is None


def test_a_table_of_ones_own_has_nothing_to_compare_with() -> None:
    summary = summarise(tidy_measures(), ROWS)
    table = published_table("mine", "Mine", "", summary, None)
    assert table.comparison is None
    assert len(table.ours.rows) == len(summary)
    assert within_spread([table]) == (0, 0)


def test_every_method_has_a_line_of_its_own() -> None:
    (style,) = (path for path in TEMPLATES if path.name == "style.css")
    lines = re.findall(r"^\.line-(\d+) \{(.*)\}$", style.read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in lines] == list(range(len(METHODS)))
    assert len({look for _, look in lines}) == len(METHODS)
