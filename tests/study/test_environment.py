"""pip users and conda users get the same versions."""

import re

import yaml

from helpers.tiny_study import ROOT

CONDA_NAMES = {"torch": "pytorch"}
NOT_IN_PIP = {"python", "make", "pip"}


def test_environment_yml_and_requirements_txt_agree() -> None:
    pip = dict(
        line.split("==")
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith("#")
    )
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = dict(
        re.fullmatch(r"([a-z0-9-]+)=?(.*)", entry).groups()  # type: ignore[union-attr]
        for entry in dependencies
        if isinstance(entry, str)
    )
    (from_pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    conda |= dict(entry.split("==") for entry in from_pip)
    expected = {CONDA_NAMES.get(name, name): version for name, version in pip.items()}
    assert {n: v for n, v in conda.items() if n not in NOT_IN_PIP} == expected
