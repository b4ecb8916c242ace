"""A sweep from six lines of configuration to its table and its figure, in the real workflow."""

from pathlib import Path

import pytest
import yaml

from helpers.report_page import check_links, text_of
from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_table
from hessian_study.commands.places import Place
from hessian_study.configuration.study import Study

pytestmark = pytest.mark.slow  # a whole study each

SWEEP = """
sweeps:
  rates: {base: circle/normal, over: {learning_rate: RATES, architecture.hidden: [[4], [8]]}}
tables:
  overview: {sweep: rates, columns: [learning_rate, architecture.hidden, g_theta_max, test_error]}
figures:
  plane: {layout: scatter, sweep: rates, x: g_theta_max, y: test_error, colour: learning_rate}
""".replace("RATES", "[0.01, 0.02, 0.05, 0.1, 0.2]")
REPLACED = "--replace-workflow-config"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """Ten models of a tiny data set, made with their table, figure and report."""
    study = TinyStudy(tmp_path_factory.mktemp("sweep"))
    config = study.config
    config["datasets"] = {"circle": config["datasets"]["circle"]}
    config["experiments"] = {"circle": {"normal": config["experiments"]["circle"]["normal"]}}
    config["profiles"] = {"tiny": config["profiles"]["tiny"]}
    of_the_paper = {
        "precision": {},
        "planar": [],
        "over_seeds": [],
        "contrasts": [],
        "generalisation": {},
        "margins": {},
    }
    config |= of_the_paper | yaml.safe_load(SWEEP)
    result = study.run(REPLACED)
    assert result.returncode == 0, result.stderr
    return study


def test_six_lines_make_ten_models_a_table_a_figure_and_a_page(study: TinyStudy) -> None:
    assert len(SWEEP.strip().splitlines()) == 6
    table = open_table(study.results / "tables/overview.csv")
    assert len(table) == 10
    assert set(table["learning_rate"]) == {0.01, 0.02, 0.05, 0.1, 0.2}
    shown = (study.results / "tables/overview.md").read_text().splitlines()
    assert shown[0] == "| learning rate | hidden | G_θ (max) | test error |"
    numbers = open_table(study.results / "figures/plane.csv")
    for row in table.itertuples():
        place = study.results / "circle" / row.training / "seed0" / "measures.csv"
        measures = open_table(place).set_index("measure")["value"]
        assert row.g_theta_max == measures["g_theta_max"]
        assert measures["test_samples"] == 200_000
        drawn = numbers[numbers["experiment"] == f"circle/{row.training}"]
        found = drawn.set_index("quantity")["value"]
        assert found["test_error"] == measures["test_error"] == row.test_error
        assert found["learning_rate"] == row.learning_rate
    page = (study.results / "report.html").read_text()
    check_links(page, study.results)
    assert 'id="overview"' in page
    assert 'id="plane"' in page
    assert "rates, hidden = 4, learning rate = 0.01" in text_of(page)


def test_a_value_that_changes_makes_only_the_new_points(study: TinyStudy) -> None:
    changed = study.edited(sweeps__rates__over__learning_rate=[0.01, 0.02, 0.05, 0.1, 0.3])
    jobs = changed.planned("overview", "plane")
    points = [f"rates,hidden={size},learning_rate=0.3" for size in (4, 8)]
    steps = ("train", "diagonalise", "align_samples", "measure")
    assert {job for job in jobs if job[2]} == {
        (step, "circle", point, "0") for step in steps for point in points
    }
    assert {job[0] for job in jobs if not job[2]} == {"overview", "plane"}


def test_files_of_a_point_have_a_place_in_the_study(study: TinyStudy) -> None:
    parts = ("circle", "rates,hidden=4,learning_rate=0.01", "seed0", "model.zarr.zip")
    place = Place.of(*parts)
    assert place.is_of("circle/rates,hidden=4,learning_rate=0.01")
    assert place.is_in(Study(study.config))
    other = study.edited(sweeps__rates__over__learning_rate=[0.02])
    assert not place.is_in(Study(other.config))
    assert (Path(study.results, *parts)).is_file()
