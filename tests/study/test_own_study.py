"""A study of one's own in place of the paper's: what does not apply is left out."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.marks import THOROUGH
from helpers.report_page import check_links, text_of
from helpers.tiny_study import ROOT, TinyStudy
from hessian_boundary.artifacts.store import open_table

REPLACED = "--replace-workflow-config"
FIGURE = {"layout": "alignment_maps", "experiments": ["circle/normal"], "eigenvectors": 1}
# what it has -> tables, figures, planar data sets
STUDIES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "a table": ({"own": {"circle": ["normal"]}}, {}, []),
    "a table and exact boundaries": ({"own": {"circle": ["normal"]}}, {}, ["circle"]),
    "a figure": ({}, {"maps": FIGURE}, ["circle"]),
    "both": ({"own": {"circle": ["normal"]}}, {"maps": FIGURE}, ["circle"]),
}
HEADINGS = (
    "Claims",
    "Published numbers",
    "Precision",
    "Tables",
    "Outliers and complexity",
    "Figures",
)


@pytest.fixture
def study(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    """One data set and one training, and nothing of the paper's."""
    study = TinyStudy(tmp_path_factory.mktemp("own study"))
    config = study.config
    config["datasets"] = {"circle": config["datasets"]["circle"]}
    config["experiments"] = {"circle": {"normal": config["experiments"]["circle"]["normal"]}}
    config["profiles"] = {"tiny": config["profiles"]["tiny"]}
    config |= {"precision": {}, "over_seeds": [], "contrasts": [], "generalisation": {}}
    config["margins"]["experiments"] = []
    return study


@pytest.mark.parametrize(
    "name",
    [
        "both",
        *(pytest.param(name, marks=THOROUGH) for name in STUDIES if name != "both"),
    ],
)
def test_all_of_a_study_of_ones_own_is_made(study: TinyStudy, name: str) -> None:
    tables, figures, planar = STUDIES[name]
    study = study.edited(tables=tables, figures=figures, planar=planar)
    result = study.run(REPLACED)
    assert result.returncode == 0, result.stderr
    page = (study.results / "report.html").read_text()
    check_links(page, study.results)
    shown = {heading for heading in HEADINGS if f">{heading}</a></li>" in page}
    assert shown == {"Outliers and complexity", *(["Tables"] if tables else [])}
    assert ('<section id="figures">' in page) == bool(figures)
    assert '<section id="claims">' not in page
    assert "Reproduction report" not in page  # which it is not
    assert "± –" not in page  # of one run
    assert ('<section id="explorer">' in page) == bool(planar)
    record = json.loads((study.results / "provenance/report.html.json").read_text())
    # a map that changes makes the page again
    assert bool(record["inputs"]["map_grids"]) == bool(planar)
    assert "No claim of the paper is about" in text_of(page)
    assert "Not the full study" not in text_of(page)
    assert not list((study.results / "tables").glob("claims*"))
    measures = open_table(study.results / "tables/measures.csv")
    assert set(measures["training"]) == {"normal"}  # of every experiment, where no table names any
    correlations = study.results / "tables/correlations.csv"
    assert correlations.exists() == bool(planar)
    assert not planar or open_table(correlations)["tau"].isna().all()  # of one model
    assert "Nothing to be done" in study.run(REPLACED).stderr


@pytest.mark.slow
@pytest.mark.thorough
def test_claims_stay_where_their_targets_do(study: TinyStudy) -> None:
    names = {"fig01": FIGURE, "fig05": FIGURE}
    study = study.edited(tables={"own": {"circle": ["normal"]}}, figures=names, planar=["circle"])
    result = study.run(REPLACED)
    assert result.returncode == 0, result.stderr
    listed = yaml.safe_load((ROOT / "workflow/report/claims.yaml").read_text())
    expected = [
        number
        for number, claim in enumerate(listed, start=1)
        if all(name in names for name in claim["figures"])
    ]
    claims = open_table(study.results / "tables/claims.csv")
    assert 1 < len(expected) < len(listed)
    assert claims["number"].unique().tolist() == expected
    page = (study.results / "report.html").read_text()
    check_links(page, study.results)
    assert '<section id="claims">' in page


@pytest.mark.slow
@pytest.mark.thorough
def test_what_nothing_can_be_shown_in_is_left_out_and_refused_by_name(study: TinyStudy) -> None:
    study = study.edited(tables={"none": {}}, figures={}, planar=[])
    result = study.run(REPLACED)
    assert result.returncode == 0, result.stderr
    assert not (study.results / "tables/none.csv").exists()
    result = study.run(REPLACED, "--keep-going", "none", "precision")
    assert result.returncode != 0
    for name in ("none", "precision"):
        log = (study.directory / f"logs/tiny/{name}.log").read_text()
        assert f"ValueError: {name}: expected models to show, found none in this profile" in log


@pytest.mark.slow
def test_odd_folders_and_an_ascii_locale_are_no_obstacle(
    study: TinyStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.directory = tmp_path / """a:b {c} "d" 'e' ü"""
    study.directory.mkdir()
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    study = study.edited(
        tables={"own": {"circle": ["normal"]}}, figures={"maps": FIGURE}, planar=[]
    )
    result = study.run(REPLACED)
    assert result.returncode == 0, result.stderr
    assert "G_θ" in (study.results / "tables/own.md").read_text(encoding="utf-8")
    assert (study.results / "figures/maps.pdf").is_file()
