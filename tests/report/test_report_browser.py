"""The page of the report in a real browser, at the widths of a phone and of a laptop."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
def test_the_page_in_a_browser(
    report_results: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    seen = look(report_results / "report.html", tmp_path, width, dark=dark)
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
def test_the_page_without_scripts(report_results: Path, tmp_path: Path) -> None:
    page = report_results / "report.html"
    seen = look(page, tmp_path / "off", 390, scripts=False)
    assert seen["current"] == 0  # the mark in the contents is the script's
    assert (seen["overflow"], seen["broken"], seen["images"]) == (0, [], [1600, 1600])
    assert (seen["closed"], seen["opened"], seen["closing"]) == ("static", "fixed", "block")
    assert seen["text"] == look(page, tmp_path / "on", 390)["text"]


@in_browser
def test_the_probe_sees_what_is_broken(report_page: str, tmp_path: Path) -> None:
    worse = report_page.replace(
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
