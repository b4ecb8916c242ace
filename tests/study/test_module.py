"""The study as a module of another workflow, and a checkout whose packages are not installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.tiny_study import ROOT, TinyStudy

SNAKEFILE = f"""\
configfile: "config.json"

module study:
    snakefile: "{ROOT}/Snakefile"
    config: config

use rule * from study as study_*

rule mine:
    default_target: True
    input: "results/tiny/toy1d/dataset.zarr.zip", "results/mine/own.txt"
    output: "mine.txt"
    shell: "cat {{input[1]}} > {{output}}"

rule own:
    output: "results/mine/own.txt"
    params: spec="its own params"
    shell: "echo {{params.spec}} > {{output}}"
"""


def user_workflow(folder: Path) -> list[str]:
    """Write a workflow that uses the study; return the command that runs it."""
    TinyStudy(folder).write_config()
    (folder / "Snakefile").write_text(SNAKEFILE)
    return [sys.executable, "-m", "snakemake", "--directory", str(folder), "--cores", "2",
            "--snakefile", str(folder / "Snakefile")]  # fmt: skip


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_another_workflow_makes_and_uses_results_of_the_study(tmp_path: Path) -> None:
    snakemake = user_workflow(tmp_path)
    result = run(*snakemake)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "mine.txt").read_text() == "its own params\n"
    assert "Nothing to be done" in run(*snakemake).stderr
    (tmp_path / ".snakemake" / "metadata").rename(tmp_path / "lost")
    assert "Nothing to be done" in run(*snakemake).stderr


@pytest.mark.slow
@pytest.mark.thorough
def test_another_workflow_makes_a_figure_of_the_study(tmp_path: Path) -> None:
    snakemake = user_workflow(tmp_path)
    result = run(*snakemake, "study_fig01")
    assert result.returncode == 0, result.stderr
    figures = tmp_path / "results" / "tiny" / "figures"
    assert {path.name for path in figures.iterdir()} == {"fig01.pdf", "fig01.png", "fig01.csv"}
    assert (figures / "fig01.png").stat().st_size > 10_000
    assert "Nothing to be done" in run(*snakemake, "study_fig01").stderr


def test_every_rule_of_the_study_is_there_under_a_name_of_ones_own(tmp_path: Path) -> None:
    snakemake = user_workflow(tmp_path)
    result = run(*snakemake, "--dry-run", "study_fig04", "study_table2")
    assert result.returncode == 0, result.stderr
    for rule in ("study_make_dataset", "study_train", "study_figure", "study_table2"):
        assert f"rule {rule}:" in result.stdout
    targets = run(*snakemake, "--list-target-rules").stdout
    assert "study_fig04 (Figure 4: the method step by step" in targets


def test_its_configuration_need_only_say_what_differs(tmp_path: Path) -> None:
    snakemake = user_workflow(tmp_path)
    (tmp_path / "config.json").write_text('{"profile": "paper"}')
    result = run(*snakemake, "--dry-run", "results/paper/toy1d/normal/seed4/model.zarr.zip")
    assert result.returncode == 0, result.stderr
    assert "seed=4" in result.stdout


def test_a_checkout_whose_packages_are_not_installed_is_refused(tmp_path: Path) -> None:
    study = TinyStudy.with_own_code(tmp_path)
    command = study.command("--dry-run", "fig04")
    assert command[0] == "env"  # without its first two words Python imports the installed packages
    result = run(*command[2:])
    assert result.returncode != 0
    expected = study.code.resolve() / "pipeline" / "hessian_boundary"
    found = ROOT / "pipeline" / "hessian_boundary"
    assert f"expected Python to import {expected}, found {found};" in result.stdout
    advice = f"run `pip install -e .` in {study.code.resolve()}, with {sys.executable}"
    assert advice in result.stdout
    assert run(*command).returncode == 0


def test_a_checkout_with_no_packages_installed_says_so(tmp_path: Path) -> None:
    code = tmp_path / "code"
    TinyStudy.with_own_code(tmp_path)
    result = run(sys.executable, "-c", NOT_INSTALLED, "--snakefile", str(code / "Snakefile"), "-n")
    assert result.returncode != 0
    assert "found nothing; run `pip install -e .`" in result.stdout


# An editable installation is a finder of modules, or folders in `sys.path`: run without both.
NOT_INSTALLED = f"""\
import sys
def is_installed(finder):
    return getattr(finder, "__module__", "").startswith("__editable__")
sys.meta_path = [finder for finder in sys.meta_path if not is_installed(finder)]
sys.path = [path for path in sys.path if not path.startswith({str(ROOT)!r})
            or "/.venv/" in path]
from snakemake.cli import main
main(sys.argv[1:])
"""


def test_a_checkout_with_braces_in_its_path_is_refused_in_words(tmp_path: Path) -> None:
    study = TinyStudy.with_own_code(tmp_path / "a {b}")
    result = study.run("--dry-run", "fig04")
    assert result.returncode != 0
    message = f"expected a project folder without braces in its path, found {study.code}; rename"
    assert message in result.stdout
