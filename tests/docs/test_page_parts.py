"""What code fills into the documentation: nothing is left out, and each part says what is so."""

import re

import torch
import yaml

import hessian_boundary
import page_parts.results
from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.schema import KINDS
from hessian_boundary.networks.structure import FAST_PATHS
from hessian_study.configuration.study import completed
from page_parts import PARTS
from page_parts.fast_paths import networks
from page_parts.markdown import table


def test_a_cell_is_kept_in_its_column():
    assert table(["a", "b"], [("x | y", "two\nlines")]).splitlines()[2] == "| x \\| y | two lines |"


def test_every_public_name_is_documented():
    text = PARTS["public_names"]()
    for name in hessian_boundary.__all__:
        assert f"### {name}\n" in text


def test_every_module_of_the_science_is_on_the_map():
    text = PARTS["module_map"]()
    for path in (ROOT / "pipeline" / "hessian_boundary").rglob("*/*.py"):
        assert path.name == "__init__.py" or f"{path.name}`" in text
    assert "|  |" not in text, "a module without a docstring"


def test_every_figure_is_in_the_table():
    text = PARTS["figure_table"]()
    for number in range(1, 27):
        assert f"| `fig{number:02}` | Figure {number}: " in text
    assert "`gaussian/normal/class0`" in text


def test_every_kind_of_array_has_its_variables_and_a_file():
    text = PARTS["artifact_contracts"]()
    for kind, variables in KINDS.items():
        section = text.split(f"### {kind}\n")[1].split("###")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(variables)
    files = (ROOT / "docs" / "artifacts.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"{kind}.zarr.zip` | {kind} |" in files


def test_every_key_of_the_configuration_is_listed():
    text = PARTS["configuration_keys"]()
    assert "| `device` | `auto`, `cpu`, `cuda` | `auto` | where tensors live |" in text
    assert "| `curvature.eigenpairs.top` | whole number, ≥ 1 | `50` |" in text
    assert "| `datasets.NAME.generator` | text | needed |" in text
    assert "| `experiments.NAME.NAME.curvature` |" in text
    assert "experiments.NAME.NAME.curvature.method" not in text
    config = completed(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    for key in config["experiments"]["gaussian"]["normal"]:
        assert f"`experiments.NAME.NAME.{key}`" in text
    for key in config["figures"]["fig01"]:
        assert f"`figures.NAME.{key}`" in text


def test_each_network_is_asked_about_each_fast_path():
    rows = [line for line in PARTS["fast_path_table"]().splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(networks())
    for row in rows[2:]:
        answers = [cell.strip() for cell in row.strip("|").split("|")][1:]
        assert len(answers) == len(FAST_PATHS)
        assert set(answers) <= {"yes", "no"}
    assert rows[2].count("yes") == len(FAST_PATHS)  # the paper's network takes all of them
    assert rows[-1].count("no") == len(FAST_PATHS)  # a module with a forward pass of its own


def test_reasons_name_what_stands_in_the_way():
    text = PARTS["fast_path_table"]()
    assert "\n- dropout: *layered products, exact boundary, trace by samples, rescaling*: " in text
    assert "a parameter is used twice" in text


def test_without_results_the_page_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(page_parts.results, "RESULTS", tmp_path)
    assert "No results here" in PARTS["run_tables"]()


def test_results_are_read_from_the_tables(tmp_path, monkeypatch):
    tables = tmp_path / "mine" / "tables"
    tables.mkdir(parents=True)
    (tables / "measures.csv").write_text(
        "dataset,training,seed,status,measure,value\n"
        "iris,normal,0,fitted,trace,1.5\niris,normal,0,fitted,rank,3\niris,normal,4,fitted,trace,2\n"
    )
    (tables / "claims.csv").write_text(
        "number,where,says,verdict,caveat\n"
        "1,Section 3,One thing.,partly,\n1,Section 3,One thing.,partly,\n"
        "2,Section 4,Another.,reproduced,Only just.\n"
    )
    (tables / "table1_published.csv").write_text(
        "dataset,training,measure,ours,ours_std,published,published_std\n"
        "half_moon,normal,g_theta_max,0.05,,0.06,0.01\n"
    )
    (tables / "table1_published.md").write_text("| Data set |\n| --- |\n| made up |\n")
    monkeypatch.setattr(page_parts.results, "RESULTS", tmp_path)
    text = PARTS["run_tables"]()
    assert "2 trained models, 2 seed(s)" in text
    assert "1 partly, 1 reproduced. Of all 2, 1 carry a caveat" in text
    assert "| 2 | Section 4 | Another. | reproduced | yes |" in text
    assert "| made up |" in text
    assert "half-moon, normal</text>" in text


def test_a_name_is_shown_as_python_calls_it(monkeypatch):
    def scale(network: torch.nn.Module, *, factor: float = 2.0) -> "torch.Tensor":
        """Return θ, scaled.

        Options
          factor: by which

        Example:
            scale(network, factor=-1)
        """

    monkeypatch.setattr(hessian_boundary, "scale", scale, raising=False)
    monkeypatch.setattr(hessian_boundary, "__all__", ["scale"], raising=False)
    text = PARTS["public_names"]()
    assert "### scale\n" in text
    assert "\nscale(network: Module, *, factor: float = 2.0) -> Tensor\n" in text
    assert "\n- factor: by which" in text
    assert "\n\n    scale(network, factor=-1)" in text
