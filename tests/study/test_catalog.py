"""What the catalogue of Snakemake workflows shows: config/README.md and how to deploy."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from helpers.tiny_study import ROOT

README = (ROOT / "config" / "README.md").read_text()


def block(language: str, containing: str = "") -> str:
    """Return the only block of code in a language that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return found


def test_every_key_of_the_configuration_is_explained_in_its_order() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert explained == list(yaml.safe_load((ROOT / "config.yaml").read_text()))


def test_the_example_of_a_configuration_makes_its_figure(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(block("yaml"))
    result = dry_run(tmp_path, ROOT / "Snakefile", "--configfile", "mine.yaml", "--", "my_maps")
    assert result.returncode == 0, result.stderr
    assert "results/mine/figures/my_maps.pdf" in result.stdout


def test_the_example_of_a_module_makes_its_target(tmp_path: Path) -> None:
    text = block("python").replace("path/to/Snakefile", str(ROOT / "Snakefile"))
    (tmp_path / "Snakefile").write_text(text)
    result = dry_run(tmp_path, tmp_path / "Snakefile", "--", "mine")
    assert result.returncode == 0, result.stderr
    assert "rule study_align_samples:" in result.stdout


def dry_run(folder: Path, snakefile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(snakefile), "--dry-run"]
    return subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_catalogue_is_told_how_to_deploy_and_that_there_is_a_report() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    assert usage["software-stack-deployment"] == {
        "conda": False, "apptainer": False, "apptainer+conda": False, "report": True,
    }  # fmt: skip
