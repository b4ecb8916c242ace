"""What users of Snakemake expect of a workflow: dry runs, summaries, reports, lints, graphs."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from helpers.one_training import MODEL, TABLE, TARGET
from helpers.snakemake_report import report_categories, report_page, report_results
from helpers.tiny_study import ROOT, TinyStudy
from hessian_boundary.artifacts.store import open_artifact

JOB_FILE = "logs/tiny/train/iris/normal/seed0/model.json"


def test_a_dry_run_shows_short_commands_and_writes_nothing(study: TinyStudy) -> None:
    shutil.rmtree(study.directory / "logs")
    changed = study.edited(experiments__iris__normal__learning_rate=0.005)
    result = changed.run("--dry-run", "--printshellcmds", TARGET)
    assert result.returncode == 0, result.stderr
    commands = re.findall(r"-m (hessian_study\.\S+ .*)", result.stdout)
    assert (
        f"hessian_study.jobs.run_job {JOB_FILE} > logs/tiny/train/iris/normal/seed0.log 2>&1"
        in (commands)
    )
    assert max(map(len, commands)) < 200
    assert not (study.directory / "logs").exists()


def test_a_job_is_told_by_its_file_what_its_artifact_says_it_did(study: TinyStudy) -> None:
    told = json.loads((study.directory / JOB_FILE).read_text())
    provenance = open_artifact(study.directory / MODEL).attrs["provenance"]
    assert told["spec"] == json.loads(provenance)["spec"]
    assert told["output"] == {"model": MODEL}
    before = (study.directory / MODEL).read_bytes()
    (study.directory / MODEL).unlink()
    again = [*study.python(), "-m", "hessian_study.jobs.job", JOB_FILE]
    subprocess.run(again, cwd=study.directory, check=True, capture_output=True)
    assert (study.directory / MODEL).read_bytes() == before


def test_a_dry_run_names_the_setting_that_changed(study: TinyStudy) -> None:
    changed = study.edited(experiments__iris__normal__learning_rate=0.005)
    result = changed.run("--dry-run", MODEL)
    assert f"{MODEL}: stale, settings.learning_rate 0.01 → 0.005" in result.stdout


def test_a_summary_says_what_is_up_to_date(study: TinyStudy) -> None:
    rows = summary(study)
    assert {row["status"] for row in rows.values()} == {"ok"}
    assert max(len(row["shellcmd"]) for row in rows.values()) < 400
    rows = summary(study.edited(experiments__iris__normal__learning_rate=0.005))
    assert rows[MODEL]["status"] == "params changed"
    assert rows[TABLE]["plan"] == "update pending"


def summary(study: TinyStudy) -> dict[str, dict[str, str]]:
    result = study.run("--detailed-summary", TARGET)
    assert result.returncode == 0, result.stderr
    names, *rows = (line.split("\t") for line in result.stdout.splitlines() if "\t" in line)
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


@pytest.mark.slow
def test_the_report_shows_figures_and_tables_with_captions(study: TinyStudy) -> None:
    assert study.run("fig04").returncode == 0
    page = report_page(study, TARGET, "fig04")
    tables = ["results/tiny/tables/table2.csv", "results/tiny/tables/table2_published.csv"]
    figures = ["results/tiny/figures/fig04.pdf", "results/tiny/figures/fig04.png"]
    categories = report_categories(page)
    assert {name: sorted(*groups.values()) for name, groups in categories.items()} == {
        "Tables": tables,
        "Figures": figures,
    }
    results = report_results(page)
    assert results[figures[1]]["mime_type"] == "image/png"
    assert results[figures[1]]["labels"]["file"] == "fig04.png"
    assert "Figure 4: the method step by step" in results[figures[0]]["labels"]["title"]
    assert (
        "the top two eigenvectors, and the alignments A_1 and A_2" in results[figures[0]]["caption"]
    )
    assert "Table 2: the same measures" in results[tables[1]]["caption"]
    assert "How the eigenvectors of the Hessian" in page


def test_the_linter_misses_an_environment_per_rule_and_nothing_else() -> None:
    result = snakemake("--lint")
    titles = set(re.findall(r"^    \* (.*)$", result.stderr + result.stdout, re.MULTILINE))
    assert titles == {"Specify a conda environment or container for each rule.:"}
    explained = (ROOT / "Snakefile").read_text()
    assert "`snakemake --lint` finds one thing" in explained


def test_the_graph_of_rules_has_one_node_for_all_figures() -> None:
    graph = snakemake("all", "--rulegraph").stdout
    nodes = re.findall(r'label = "(\w+)"', graph)
    assert {"all", "train", "diagonalise", "figure", "report"} <= set(nodes)
    assert len(nodes) == len(set(nodes)) <= 25


def snakemake(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
