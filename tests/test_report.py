"""The report on made-up results: its modules one by one, and the page in a real browser."""

import io
import json
import re
import shutil
import subprocess
from base64 import b64decode
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from markupsafe import Markup
from PIL import Image
from tiny_study import ROOT, TinyStudy

from pipeline.artifacts import save_artifact, save_table
from pipeline.costs import Cost
from pipeline.report.claim_list import read_claims
from pipeline.report.claims_section import claims_section
from pipeline.report.complexity_section import complexity_section
from pipeline.report.figures_section import figure_view
from pipeline.report.images import embed
from pipeline.report.markup import breakable, listed, numeral, prose, table_view
from pipeline.report.number_text import duration, measured, number
from pipeline.report.page import render_page
from pipeline.report.plots import interval
from pipeline.report.precision_answer import precision_answer
from pipeline.report.precision_section import precision_section
from pipeline.report.published_section import agreement, published_table
from pipeline.report.run_section import run_section
from pipeline.schema import string_array
from pipeline.tables import COLUMNS, compare_with_published, summarise
from workflow.job import Job
from workflow.scripts import claims as claims_step
from workflow.scripts import report as report_step

NAN = float("nan")
TEMPLATES = sorted((ROOT / "pipeline/report/templates").iterdir())
ROWS = {"gaussian": ["normal", "adversarial"], "circle": ["normal", "adversarial"]}
MEASURES = (*COLUMNS, "pieces", "parts", "outliers_gap", "outliers_gap_low", "outliers_gap_high")
CLAIMS = """
- {where: Section 1, says: The first., figures: [fig01], checks: ["gaussian/normal:pieces < 1e9"]}
- where: Section 2
  says: "A_1 < B & G_θ: one of two."
  figures: [fig01, table1]
  cases: [gaussian, circle]
  checks: ["*/normal:trace < */adversarial:trace", "*/normal:trace > */adversarial:trace"]
- {where: Section 3, says: No., figures: [fig02], checks: ["fig01:gaussian/normal:beta_1 > 5"]}
- {where: Section 4, says: Unknown., figures: [fig24], checks: ["fig24:cifar_127/normal:rank > 1"]}
"""
TARGETS = ["fig01", "fig02", "fig24", "table1"]


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


def png(width: int, height: int, mode: str = "RGB") -> bytes:
    channels = len(mode)
    ramp = np.linspace(0, 255, width * height * channels).reshape(height, width, channels)
    buffer = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8), mode).save(buffer, "PNG")
    return buffer.getvalue()


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


def tidy_measures(seeds: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = [
        (dataset, training, seed, "fitted", measure, draw.uniform(1, 3))
        for dataset, trainings in ROWS.items()
        for training in trainings
        for seed in range(seeds)
        for measure in MEASURES
    ]
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=columns)


CORRELATIONS = pd.DataFrame(
    [
        ("gaussian", "g_theta_max", 6, 0.5, 0.1, 0.9),
        ("all", "g_theta_max", 12, 0.4, 0.2, 0.6),
        ("all", "trace", 12, -0.1, -0.3, 0.2),
        ("all", "rank", 12, NAN, NAN, NAN),
    ],
    columns=["dataset", "measure", "models", "tau", "low", "high"],
)


def test_claims_without_outcomes_are_refused() -> None:
    entry = {"where": "S", "says": "s", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
    table = pd.DataFrame({"number": [2], "verdict": ["partly"]})
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
    assert agreement([table, table]) == (28, 30)
    assert "beyond" in table.comparison.rows[1][-1]
    assert table.comparison.rows[5][-1] == ""


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
    section = precision_section([normal, other], [])
    (leading,), (further,) = section.leading, section.further
    assert leading.columns == ("Data set", "Training", "float32 dense", "range")
    assert leading.rows[0] == ("gaussian", "normal", "2 ± 0", "1.50 ± 0.71")
    assert (leading.caption, further.caption) == ("G<sub>θ</sub> (max)", "eigenvectors")
    # 8 against 2 ± 0; 1.8 against 1.5 ± 0.7
    assert [row[1:] for row in section.contrast.rows] == [
        ("1 of 1", "1", "4"),
        ("1 of 1", "0", "1.2"),
    ]
    assert section.panels == {}


def test_the_answer_about_precision_by_hand() -> None:
    names = ("float32_dense", "range", "gauss_newton")
    rows = []
    for training, *found in (
        ("normal", (0.3, 30, 6), (0.2, 20, 0), (0.1, 10, 0)),
        ("adversarial", (0.9, 90, 45), (0.1, 10, 0), (0.15, 15, 2)),
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
    inflation, lost, single, double, resolved = precision_answer(table)
    assert "is 1.5 to 9 times" in inflation
    assert "counts, 35% (up to 50%)" in inflation
    assert "50% to 50%" in lost
    assert "at least 100.0%" in lost
    assert "on 1 of 1 data sets, by factors of 3 to 3" in single
    assert "on 0 of 1 data sets, by factors of 0.5 to 0.5" in double
    assert "on 1 of 1 data sets, by factors of 1.5 to 1.5" in resolved
    assert precision_answer(table[table["method"] != "range"]) == ()
    alone = precision_answer(table[table["training"] == "normal"])
    assert "no data set has both" in alone[-1]


def test_precision_without_files_or_with_other_ones() -> None:
    assert precision_section([], []) is None
    frame = precision_file({("normal", "mine"): [1.0]})
    assert precision_section([frame], []).contrast.rows[0][1:] == ("0 of 0", "0", "")
    with pytest.raises(ValueError, match="statistic, quantity; value missing"):
        precision_section([frame.drop(columns="value")], [])


def test_curves_are_averaged_over_seeds_and_drawn_where_their_points_are() -> None:
    rows = [
        ("gaussian", "normal", seed, method, "max", epsilon, value)
        for method, scale in (("range", 1.0), ("float32_dense", 2.0))
        for seed, factor in ((0, 0.5), (1, 1.5))
        for epsilon, value in ((1e-6, 0.2 * scale * factor), (1e-3, NAN), (1.0, 0.0))
    ]
    columns = ["dataset", "training", "seed", "method", "statistic", "epsilon", "g_theta"]
    curves = pd.DataFrame(rows, columns=columns)
    section = precision_section([precision_file({("normal", "range"): [1.0]})], [curves])
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
    assert section.clear == (COLUMNS["g_theta_max"],)
    assert section.models == 12
    assert [row[2] for row in section.pooled.rows] == ["+0.40", "−0.10", "–"]
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


# the page


def write_results(folder: Path, seconds: float = 1.5) -> Path:
    """Write results that a tiny run might have made, judge the claims and write the report."""
    results = folder / "results" / "made_up"
    claims, tables = folder / "claims.yaml", results / "tables"
    claims.parent.mkdir(parents=True, exist_ok=True)
    claims.write_text(CLAIMS)
    measures = tidy_measures()
    summary = summarise(measures, ROWS)
    published = pd.read_csv(ROOT / "workflow/published/table1.csv")
    save_table(measures, tables / "measures.csv")
    save_table(CORRELATIONS, tables / "correlations.csv")
    save_table(summary, tables / "table1.csv")
    save_table(compare_with_published(summary, published), tables / "table1_published.csv")
    columns = ["experiment", "quantity", "value"]
    for name in ("fig01", "fig02"):
        save_table(
            pd.DataFrame([("gaussian/normal", "beta_1", 0.9)], columns=columns),
            results / f"figures/{name}.csv",
        )
        (results / f"figures/{name}.png").write_bytes(png(1800, 900))
        (results / f"figures/{name}.pdf").touch()
    dataset = xr.Dataset(
        {"x": (("sample", "feature"), np.zeros((3, 2))), "y": ("sample", [0, 1, 2]),
         "y_random": ("sample", [0, 1, 2]), "split": ("sample", string_array(["train"] * 3))}
    )  # fmt: skip
    provenance = {"spec": {}, "inputs": {}, "versions": {"torch": "2.13.0"}}
    for name in ROWS:
        save_artifact(dataset, results / name / "dataset.zarr.zip", "dataset", provenance)
        for training in ROWS[name]:
            (results / name / training).mkdir()
    (results / "gaussian" / "damaged.zarr.zip").write_bytes(b"cut short")
    (results / "costs/train").mkdir(parents=True)
    cost = f"seconds\tcpu_seconds\tmemory_mb\n{seconds}\t1.0\t300.0\n"
    (results / "costs/train/a.tsv").write_text(cost)
    (results / "peers.csv").write_text("what,library,time\ntop pairs,another,1.5 s\nthe rest,,\n")
    run_steps(results, claims)
    return results


def run_steps(results: Path, claims: Path) -> None:
    tables = results / "tables"
    numbers = [str(results / f"figures/fig0{n}.csv") for n in (1, 2)]
    common: dict[str, Any] = {"claims": str(claims), "numbers": numbers}
    common |= {name: str(tables / f"{name}.csv") for name in ("measures", "correlations")}
    outputs = {"csv": str(tables / "claims.csv"), "markdown": str(tables / "claims.md")}
    settings: dict[str, Any] = {"targets": TARGETS, "profile": "made-up profile: 3 seeds"}
    claims_step.main(Job({"settings": settings, "wildcards": {}}, common, outputs, "cpu"))
    about = {"layout": "alignment_maps", "experiments": ["gaussian/normal"]}
    arrays = ["gaussian/dataset.zarr.zip"]
    settings |= {
        "profile": "made_up", "note": "made-up profile: 3 seeds", "seeds": [0, 1, 2],
        "tables": ["table1"], "left_out": {"fig24": "cifar_127 would have to be downloaded"},
        "figures": [{"name": name, "arrays": arrays, **about} for name in TARGETS[:3]],
        "shown": {"profile": "made_up"},
    }  # fmt: skip
    inputs = common | {
        "verdicts": outputs["csv"],
        "tables": [str(tables / "table1.csv")],
        "comparisons": [str(tables / "table1_published.csv")],
        "precision": [],
        "curves": [],
        "peers": str(results / "peers.csv"),
        "datasets": [str(path) for path in results.glob("*/dataset.zarr.zip")],
        "images": [str(results / f"figures/fig0{n}.png") for n in (1, 2)],
        "templates": [str(path) for path in TEMPLATES],
    }
    page = {"page": str(results / "report.html")}
    report_step.main(Job({"settings": settings, "wildcards": {}}, inputs, page, "cpu"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(results: Path) -> str:
    return (results / "report.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """Start tags with their attributes, and tags that were left open."""

    VOID = ("meta", "link", "img", "br", "wbr", "path", "circle", "rect")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def values(self, tag: str, attribute: str) -> list[str]:
        return [a[attribute] or "" for t, a in self.found if t == tag and attribute in a]


def check_links(page: str, folder: Path) -> None:
    """Every link leads to one place of the page or to a file beside it, and none elsewhere."""
    elements = Elements(page)
    assert elements.open == []
    identifiers = Counter(a["id"] for _, a in elements.found if "id" in a)
    assert [name for name, count in identifiers.items() if count > 1] == []
    for target in elements.values("a", "href"):
        if target.startswith("#"):
            assert target[1:] in identifiers
        else:
            assert (folder / target).exists(), target
    assert all(source.startswith("data:image/webp") for source in elements.values("img", "src"))
    assert elements.values("link", "href") == ["data:,"]
    assert "http" not in re.sub(r"http-equiv|base64,[^\"]*", "", page)


def test_the_page_is_whole_and_its_links_lead_somewhere(results: Path, page: str) -> None:
    check_links(page, results)
    assert len(Elements(page).values("img", "alt")) == 2
    assert len(page) < 20e6


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<(style|script)>.*?</\1>|<[^>]+>", " ", page, flags=re.S).split())


def test_the_page_says_what_was_found(page: str) -> None:
    text = text_of(page)
    assert (
        "Of 4 claims, 1 is reproduced, 1 is partly reproduced, 1 is not reproduced and 1 is not "
        "testable." in text
    )
    assert "Not the full study but the made-up profile: 3 seeds." in text
    assert "and 3 runs of each training" in text
    assert "A<sub>1</sub> &lt; B &amp; G<sub>θ</sub>: one of two." in page
    assert "Not made: cifar_127 would have to be downloaded. snakemake fig24 makes it." in text
    assert "This profile does not compare" in text
    assert "Figure 1 Boundaries of different complexity" in text
    assert "torch 2.13.0" in text
    for gap in ("nan", "None", "undefined"):
        assert gap not in text.replace("Nan", "")


def test_sections_come_in_their_order(page: str) -> None:
    order = ["claims", "published", "precision", "complexity", "figures", "peers", "run"]
    assert re.findall(r'<section id="(\w+)"', page) == order


def test_two_runs_differ_in_the_section_about_the_run_only(page: str, tmp_path: Path) -> None:
    other = (write_results(tmp_path, seconds=99.0) / "report.html").read_text(encoding="utf-8")
    assert other != page
    assert other.partition('<section id="run">')[0] == page.partition('<section id="run">')[0]


def test_a_page_without_its_template_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a template 'page.html', found \['style.css'\]"):
        render_page(None, {"style.css": ""})  # type: ignore[arg-type]


# the page in a browser

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--allow-file-access-from-files", "--virtual-time-budget=4000"),
]
in_browser = pytest.mark.skipif(
    BROWSER is None, reason="NO BROWSER: install Debian's chromium to test the page for real"
)
# the page in a frame of a phone's or a laptop's width, looked at from outside
PROBE = """<!doctype html><iframe id="page" src="%(page)s" %(sandbox)s
style="width: %(width)dpx; height: 844px"></iframe><pre id="seen"></pre><script>
addEventListener("load", () => {
  const view = document.getElementById("page").contentWindow, page = view.document;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const style = (selector) => view.getComputedStyle(page.querySelector(selector));
  const width = page.documentElement.clientWidth;
  const seen = {
    overflow: page.documentElement.scrollWidth - width,
    wide: all("main *, nav *, header *").filter((e) => !e.closest(".scroll, .hidden, .frame")
      && e.getBoundingClientRect().right > width + 1).map((e) => e.outerHTML.slice(0, 200)),
    images: all("img").map((image) => image.naturalWidth),
    broken: all("a[href^='#']").map((a) => a.hash).filter((hash) => !page.querySelector(hash)),
    ground: style("body").backgroundColor, ink: style("body").color,
    contents: style(".contents").position,
    current: all(".contents [aria-current]").length,
    text: page.body.innerText.length,
    closed: style("#fig01-large").position,
  };
  view.location.hash = "#fig01-large";
  seen.opened = style("#fig01-large").position;
  seen.closing = style("#fig01-large .close").display;
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
</script>"""


def look(
    page: Path, profile: Path, width: int, *, dark: bool = False, scripts: bool = True
) -> dict[str, Any]:
    """Open the page in a frame of a width and return what the probe saw and the console said."""
    assert BROWSER is not None
    probe = page.with_name(f"probe_{width}_{dark}_{scripts}.html")
    sandbox = "" if scripts else 'sandbox="allow-same-origin"'
    probe.write_text(PROBE % {"page": page.name, "sandbox": sandbox, "width": width})
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    command = [BROWSER, *FLAGS, scheme, f"--window-size={max(width, 500) + 40},1000"]
    command += [f"--user-data-dir={profile}", "--dump-dom", probe.as_uri()]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    seen = re.search(r'<pre id="seen">(\{.*?\})</pre>', found.stdout, re.S)
    assert seen is not None, found.stderr
    console = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    return {**json.loads(seen[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")),
            "console": console}  # fmt: skip


def luminance(colour: str) -> float:
    return float(np.mean([int(part) for part in re.findall(r"\d+", colour)[:3]])) / 255


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_in_a_browser(results: Path, tmp_path: Path, width: int, dark: bool) -> None:
    seen = look(results / "report.html", tmp_path, width, dark=dark)
    assert seen["console"] == []
    assert (seen["overflow"], seen["wide"]) == (0, [])
    assert seen["images"] == [1600, 1600]
    assert seen["broken"] == []
    assert (luminance(seen["ground"]) < 0.2) == dark
    assert abs(luminance(seen["ground"]) - luminance(seen["ink"])) > 0.7
    assert seen["contents"] == ("sticky" if width > 1024 else "static")
    # a click on a figure lays it over the page
    assert (seen["closed"], seen["opened"], seen["closing"]) == ("static", "fixed", "block")


@in_browser
def test_the_page_without_scripts(results: Path, tmp_path: Path) -> None:
    page = results / "report.html"
    seen = look(page, tmp_path / "off", 390, scripts=False)
    assert seen["current"] == 0  # the mark in the contents is the script's
    assert (seen["overflow"], seen["broken"], seen["images"]) == (0, [], [1600, 1600])
    assert (seen["closed"], seen["opened"], seen["closing"]) == ("static", "fixed", "block")
    assert seen["text"] == look(page, tmp_path / "on", 390)["text"]


@in_browser
def test_the_probe_sees_what_is_broken(page: str, tmp_path: Path) -> None:
    worse = page.replace(
        "<main>",
        "<main><p style='width: 900px'>wide</p><a href='#nowhere'>x</a><img src='data:image/png,'>"
        "<script>console.error('an error')</script><script src='https://example.org/a'></script>",
    )
    (tmp_path / "page.html").write_text(worse, encoding="utf-8")
    seen = look(tmp_path / "page.html", tmp_path / "profile", 390)
    assert seen["overflow"] > 300
    assert len(seen["wide"]) == 1
    assert seen["broken"] == ["#nowhere"]
    assert 0 in seen["images"]
    assert any("an error" in line for line in seen["console"])
    assert any("Content Security Policy" in line for line in seen["console"])  # no network


@pytest.mark.slow
def test_the_report_of_a_study(tmp_path: Path) -> None:
    left_out = ["circle", "half_moon", "hierarchical", "checkerboard", "cifar_127"]
    left_out += [f"mnist_{classes}" for classes in ("017", "179", "0179", "1379")]
    study = TinyStudy(tmp_path).edited(profiles__tiny__without=left_out)
    result = study.run("report")
    assert result.returncode == 0, result.stderr
    page = (study.results / "report.html").read_text(encoding="utf-8")
    check_links(page, study.results)
    assert "Not made: hierarchical not part of this profile" in text_of(page)
    assert study.planned("report") == []
