"""The explorer in a real browser: what it offers, draws and says."""

from pathlib import Path

import pytest
from matplotlib import colormaps

from helpers.browser import in_browser, look

USED = """
await pause(1);
const form = one(".explorer form"), map = one(".explorer .map");
const offered = (name) => [...form[name].options].map((option) => option.text);
const choose = async (name, value) => {
  form[name].value = value;
  form[name].dispatchEvent(new view.Event("change", { bubbles: true }));
  await pause(1);
};
const pixels = map.getContext("2d").getImageData(0, 0, map.width, map.height).data;
const pixel = (across, up) => {
  const [column, row] = [across * map.width, (1 - up) * map.height].map(Math.round);
  return [...pixels.slice(4 * (row * map.width + column), 4 * (row * map.width + column) + 3)];
};
const press = (key) => map.dispatchEvent(
  new view.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
seen.offered = ["dataset", "training", "seed", "eigenvector"].map(offered);
seen.colours = { cosine: pixel(0.25, 0.9), unknown: pixel(0.01, 0.01), boundary: pixel(0.55, 0.9) };
seen.said = one(".explorer .said").textContent;
seen.label = map.getAttribute("aria-label");
seen.classes = all(".explorer .classes li").map((item) => item.textContent.trim());
seen.strange = all(".explorer b").length;
map.focus();
press("ArrowRight");
seen.reading = [one(".explorer .reading").textContent];
for (let i = 0; i < 9; i++) { press("ArrowLeft"); press("ArrowDown"); }
seen.reading.push(one(".explorer .reading").textContent);
await choose("eigenvector", "1");
await choose("seed", "1");
seen.kept = [form.eigenvector.value, one(".explorer .said").textContent];
form.measure.value = "1";
form.measure[1].dispatchEvent(new view.Event("change", { bubbles: true }));
seen.scalar = one(".explorer .said").textContent;
await choose("training", "normal, epoch10");
seen.view = [offered("seed"), offered("eigenvector").length, one(".explorer .said").textContent];
const spectrum = one(".explorer .spectrum");
const drawn = spectrum.getContext("2d").getImageData(0, 0, spectrum.width, spectrum.height).data;
seen.spectrum = drawn.some((value) => value > 0);
seen.unlabelled = [...form.elements].filter((part) => part.matches("select, input"))
  .filter((part) => !part.labels.length).length;
seen.wide = all(".explorer *").filter(
  (part) => part.getBoundingClientRect().right > page.documentElement.clientWidth).length;
"""


@in_browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_explorer_in_a_browser(
    report_results: Path, tmp_path: Path, width: int, dark: bool
) -> None:
    seen = look(report_results / "report.html", tmp_path, USED, width=width, dark=dark)
    assert seen["console"] == []
    assert seen["offered"] == [
        ["gaussian"], ["normal", "normal, epoch10"], ["0", "1"],
        ["1: λ = 3", "2: λ = 1", "3: λ = 0.2"],
    ]  # fmt: skip
    wanted = colormaps["RdBu_r"]((64 / 127 + 1) / 2, bytes=True)[:3]
    assert seen["colours"]["cosine"] == list(map(int, wanted))
    assert seen["colours"]["unknown"] == [0xBD] * 3
    assert max(seen["colours"]["boundary"]) < 60
    assert "eigenvector 1 of 3 with a map, cosine from 0.5 to 0.5. 1 pieces" in seen["said"]
    assert seen["label"] == f"Map. {seen['said']}"
    assert (seen["spectrum"], seen["unlabelled"], seen["wide"]) == (True, 0, 0)
    # what a stranger's data set calls its classes is text
    assert seen["classes"][:2] == ["<b>first</b>", "</script><script>alert(1)</script>"]
    assert seen["strange"] == 0


@in_browser
def test_values_are_read_with_the_keyboard_and_choices_are_kept(
    report_results: Path, tmp_path: Path
) -> None:
    seen = look(report_results / "report.html", tmp_path, USED)
    # from the middle one step to the right, then to the corner, where the grid is NaN
    assert seen["reading"] == ["x = 0.25, y = 0: 0.5", "x = −1, y = −1: no direction"]
    eigenvector, said = seen["kept"]
    assert eigenvector == "1"
    assert said.startswith("gaussian, normal, seed 1: eigenvector 2 of 3 with a map")
    assert "Of the eigenvalues 4 are shown, 38 are zero." in said
    assert "scalar product from 0.5 to 0.5" in seen["scalar"]
    seeds, eigenvectors, said = seen["view"]
    assert (seeds, eigenvectors) == (["0"], 2)
    assert "Only the eigenvalues with a map are shown." in said
