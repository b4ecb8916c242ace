"""The page of the report in a real browser, at the widths of a phone and of a laptop."""

import re
from pathlib import Path

import numpy as np
import pytest

from helpers.browser import in_browser, look

LAYOUT = """
const width = page.documentElement.clientWidth;
seen.overflow = page.documentElement.scrollWidth - width;
for (const part of all("details")) part.open = true;
seen.wide = all("main *, nav *, header *").filter((e) => !e.closest(".hidden, .frame, .variables")
  && e.getBoundingClientRect().right > width + 1).map((e) => e.outerHTML.slice(0, 200));
seen.cells = all(".scroll td").filter((e) => e.getBoundingClientRect().width === 0).length;
seen.images = all("img").map((image) => image.naturalWidth);
seen.broken = all("a[href^='#']").map((a) => a.hash).filter((hash) => !one(hash));
seen.ground = style("body").backgroundColor;
seen.ink = style("body").color;
seen.contents = style(".contents").position;
seen.current = all(".contents [aria-current]").length;
seen.listed = all(".claim").filter((e) => e.getBoundingClientRect().height > 0).length;
seen.controls = [style("#filters").display, style(".explorer").display];
seen.text = page.body.innerText;
seen.closed = style("#fig01-large").position;
view.location.hash = "#fig01-large";
seen.opened = style("#fig01-large").position;
seen.closing = style("#fig01-large .close").display;
seen.size = one("#fig01-large img").getBoundingClientRect().width;
"""
TURNED = """
const press = (key) => view.dispatchEvent(new view.KeyboardEvent("keydown", { key }));
view.location.hash = "#fig01-large";
seen.links = all("#fig01-large .turn a").map((a) => a.textContent);
press("ArrowLeft"); // there is none before the first
seen.places = [view.location.hash];
for (const key of ["ArrowRight", "ArrowLeft", "Escape"]) {
  press(key);
  await pause(0.1);
  seen.places.push(view.location.hash);
}
"""
FILTERED = """
const filters = one("#filters");
const choose = (name, value) => {
  filters[name].value = value;
  filters[name].dispatchEvent(new view.Event("change", { bubbles: true }));
  return all(".claim:not([hidden])").map((claim) => claim.id);
};
seen.parts = [...filters.part.options].map((option) => option.text);
seen.verdict = choose("verdict", "partly");
seen.said = filters.querySelector("output").textContent;
choose("verdict", "");
seen.caveat = choose("caveat", "yes");
choose("caveat", "");
seen.part = choose("part", "Section 3");
view.location.hash = "#claim-1"; // which that does not list
await pause(0.1);
seen.after = [all(".claim:not([hidden])").length, one("#claim-1").open, one("#claim-2").open];
filters.querySelector("[value=open]").click();
seen.open = all(".claim[open]").length;
filters.querySelector("[value=close]").click();
seen.closed = all(".claim[open]").length;
"""


def luminance(colour: str) -> float:
    return float(np.mean([int(part) for part in re.findall(r"\d+", colour)[:3]])) / 255


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_in_a_browser(
    report_results: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    seen = look(report_results / "report.html", tmp_path, LAYOUT, width=width, dark=dark)
    assert seen["console"] == []
    # nothing lies beyond the edge, in no table either
    assert (seen["overflow"], seen["wide"], seen["cells"]) == (0, [], 0)
    assert seen["images"] == [1800, 1800]
    assert seen["broken"] == []
    assert (luminance(seen["ground"]) < 0.2) == dark
    assert abs(luminance(seen["ground"]) - luminance(seen["ink"])) > 0.7
    assert seen["contents"] == ("sticky" if width > 1024 else "static")
    # a click on a figure lays it over the page, with every pixel
    assert (seen["closed"], seen["opened"], seen["closing"]) == ("static", "fixed", "block")
    assert seen["size"] == 1800


@in_browser
def test_the_page_without_scripts(report_results: Path, tmp_path: Path) -> None:
    seen = look(report_results / "report.html", tmp_path, LAYOUT, width=390, scripts=False)
    assert seen["current"] == 0  # the mark in the contents is the script's
    assert (seen["overflow"], seen["broken"], seen["images"]) == (0, [], [1800, 1800])
    assert (seen["closed"], seen["opened"], seen["closing"]) == ("static", "fixed", "block")
    # what needs scripts is not there, and the claims open all the same
    assert seen["controls"] == ["none", "none"]
    assert seen["listed"] == 4
    assert "The explorer needs JavaScript" in seen["text"]
    assert "needed > 5" in seen["text"]


@in_browser
def test_figures_are_turned_by_links_and_arrows(report_results: Path, tmp_path: Path) -> None:
    seen = look(report_results / "report.html", tmp_path, TURNED)
    assert seen["links"] == ["Figure 2 ›", "Close"]
    assert seen["places"] == ["#fig01-large", "#fig02-large", "#fig01-large", "#fig01"]
    assert seen["console"] == []


@in_browser
def test_claims_are_filtered_and_opened(report_results: Path, tmp_path: Path) -> None:
    seen = look(report_results / "report.html", tmp_path, FILTERED, width=390)
    assert seen["parts"] == ["all", "Section 1", "Section 2", "Section 3", "Section 4"]
    assert (seen["verdict"], seen["said"]) == (["claim-2"], "1 of 4 claims")
    assert (seen["caveat"], seen["part"]) == (["claim-1"], ["claim-3"])
    assert seen["after"] == [4, True, False]
    assert (seen["open"], seen["closed"]) == (4, 0)
    assert seen["console"] == []


@in_browser
def test_the_probe_sees_what_is_broken(report_page: str, tmp_path: Path) -> None:
    worse = report_page.replace(
        "<main>",
        "<main><p style='width: 900px'>wide</p><a href='#nowhere'>x</a><img src='data:image/png,'>"
        "<script>console.error('an error')</script><script src='https://example.org/a'></script>",
    )
    (tmp_path / "page.html").write_text(worse, encoding="utf-8")
    seen = look(tmp_path / "page.html", tmp_path, LAYOUT, width=390)
    assert seen["overflow"] > 300
    assert len(seen["wide"]) == 1
    assert seen["broken"] == ["#nowhere"]
    assert 0 in seen["images"]
    assert any("an error" in line for line in seen["console"])
    assert any("Content Security Policy" in line for line in seen["console"])  # no network
