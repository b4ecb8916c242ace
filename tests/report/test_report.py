"""The page of the report on made-up results, and on those of a study."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from helpers.made_up_report import write_results
from helpers.report_page import Elements, check_links, text_of
from helpers.tiny_study import ROOT, TinyStudy
from hessian_boundary.report.page import render_page
from hessian_study.steps import report as report_step


def test_the_page_is_whole_and_its_links_lead_somewhere(
    report_results: Path, report_page: str
) -> None:
    check_links(report_page, report_results)
    assert len(Elements(report_page).values("img", "alt")) == 2
    assert len(report_page) < 20e6


def test_the_page_says_what_was_found(report_page: str) -> None:
    text = text_of(report_page)
    assert text.count("There is a caveat to 1 of the 1 claims") == 1
    assert (
        "Of 4 claims, 1 is reproduced, 1 is partly reproduced, 1 is not reproduced and 1 is not "
        "testable." in text
    )
    assert (
        "There is a caveat to 1 of the 1 claims that are reproduced or seen once; a single run "
        "decides 1 of the 3 tested ones." in text
    )
    assert "within the run-to-run spread" in text
    assert "agree" not in text.partition("Published numbers beside ours")[0]
    assert "Not the full study but the made-up profile: 3 seeds." in text
    assert "and 3 runs of each training" in text
    assert "A<sub>1</sub> &lt; B &amp; G<sub>θ</sub>: one of two." in report_page
    assert "Not made: cifar_127 would have to be downloaded. snakemake fig24 makes it." in text
    assert "This profile does not compare" in text
    assert "Figure 1 Boundaries of different complexity" in text
    assert f"torch {version('torch')}" in text
    for gap in ("nan", "None", "undefined"):
        assert gap not in text.replace("Nan", "")


def test_a_caveat_stands_below_its_claim_and_its_sign_is_explained(report_page: str) -> None:
    first, second = report_page.split('<details class="claim"')[1:3]
    assert '<p class="caveat">' not in second
    assert "No λ<sub>max</sub> &lt; 1e9 &amp; more." in first.partition('class="caveat"')[2]
    assert report_page.count('class="sign" href="#claim-1"') == 1
    text = text_of(report_page)
    assert "(with a caveat: 1, on a single run: 0)" in text
    assert "(with a caveat: 0, on a single run: 1)" in text
    assert "* with a caveat, ¹ of a single run." in text


def test_a_figure_says_what_the_paper_says_and_what_is_seen_here(report_page: str) -> None:
    figure = text_of(report_page.partition('<article class="figure" id="fig02"')[2])
    assert "Claim 3 , the paper: No. Here: Not reproduced, in a single run: 0 of 1" in figure
    assert "= 0.9, needed &gt; 5." in figure


def test_the_page_leads_to_the_code_of_a_figure(report_page: str) -> None:
    found = set(re.findall(r"<code>(pipeline/[\w/]+\.py)</code>", report_page))
    assert found
    assert [path for path in found if not (ROOT / path).is_file()] == []


def test_the_rule_of_the_verdicts_is_said_to_be_asymmetric(report_page: str) -> None:
    text = text_of(report_page)
    assert "a success that is not clear counts as partly , a failure that is not clear as a" in text


def test_the_unit_of_the_differences_is_explained(report_page: str) -> None:
    published = text_of(report_page.partition('id="published"')[2].partition("<article")[0])
    assert "not the standard error of a mean" in published
    assert "1/√5 ≈ 0.45" in published
    assert "a difference of 2 is 4.5 standard errors" in published
    assert "agree" not in published


def test_sections_come_in_their_order(report_page: str) -> None:
    order = ["claims", "published", "precision", "complexity", "explorer", "figures", "arrays"]
    order += ["peers", "run"]
    assert re.findall(r'<section id="(\w+)"', report_page) == order


def test_two_runs_make_the_same_page_whatever_they_took(report_page: str, tmp_path: Path) -> None:
    other = write_results(tmp_path, seconds=99.0) / "report.html"
    assert other.read_text(encoding="utf-8") == report_page


def test_maps_are_left_out_where_the_page_would_be_too_large(
    report_page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = len(report_page.encode()) - 100
    monkeypatch.setattr(report_step, "PAGE_LIMIT", limit)
    page = (write_results(tmp_path) / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) <= limit
    said = re.search(r"it has the maps of (\d) runs?, .*?; (\d) more .*? \((.*?)\)", text_of(page))
    assert said is not None
    assert int(said[1]) + int(said[2]) == 3
    assert said[3].split("; ")[-1] == "gaussian/normal, seed 1"  # the last
    assert "Here are all 3 runs" in text_of(report_page)


def test_a_page_without_its_template_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a template 'page.html', found \['style.css'\]"):
        render_page(None, {"style.css": ""})  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.thorough
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
