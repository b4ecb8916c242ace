"""Code that readers copy runs as it stands."""

import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
import yaml

from helpers.pages import PAGES, blocks, name
from helpers.tiny_study import ROOT
from hessian_study.project import CONFIGURATION, SCHEMA

README, OWN_NETWORKS, OWN_DATA = (
    ROOT / page for page in ("README.md", "docs/own_networks.md", "docs/own_data.md")
)


@pytest.fixture
def saved_network(tmp_path: Path) -> Path:
    """A folder with the files that the snippets read: parameters and training samples."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(2, 50), torch.nn.ReLU(), torch.nn.Linear(50, 3))
    torch.save(network.state_dict(), tmp_path / "network.pt")
    samples = {"x": torch.randn(12, 2), "y": torch.arange(12) % 3}
    torch.save(samples, tmp_path / "samples.pt")
    return tmp_path


def run(code: str, folder: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 130


def test_the_readme_has_the_two_commands():
    (commands,) = [code for code in blocks(README, "") if "make test" in code]
    assert [line.split("#")[0].strip() for line in commands.splitlines()] == ["make", "make test"]


def test_the_network_of_the_readme_is_analysed(saved_network):
    (code,) = blocks(README, "python")
    assert len(code.splitlines()) <= 12
    printed = run(code, saved_network)
    assert len(printed.split()) > 5
    assert any((saved_network / "analysis").iterdir())


def test_the_network_of_the_docs_is_analysed(saved_network):
    whole, pieces, _ = blocks(OWN_NETWORKS, "python")
    assert "straight pieces" in run(whole + pieces, saved_network)


def test_the_architecture_of_the_docs_builds():
    found: dict = {}
    exec("from torch import nn\n" + blocks(OWN_NETWORKS, "python")[2], found)
    network = found["build"]((2,), 3, width=4)
    assert network(torch.zeros(5, 2)).shape == (5, 3)


def test_the_generator_of_the_docs_generates():
    found: dict = {}
    exec(blocks(OWN_DATA, "python")[0], found)
    x, y = found["generate"](samples=30, noise=0.1, random_state=0)
    assert (x.shape, x.dtype) == ((30, 2), np.float32)
    assert (y.shape, y.dtype, set(y)) == ((30,), np.int64, {0, 1})


def test_fresh_samples_of_the_docs_are_drawn():
    found: dict = {}
    exec("".join(blocks(OWN_DATA, "python")[:2]), found)
    x, y = found["draw"](30, 3, noise=0.1, samples=10)
    assert (x.shape, y.shape) == ((30, 2), (30,))
    assert np.array_equal(x, found["draw"](30, 3, noise=0.1)[0])


def test_the_generator_of_files_of_the_docs_reads_them(tmp_path):
    (tmp_path / "mine.csv").write_text("0.5,1,0\n2,3.5,1\n")
    found: dict = {}
    exec(blocks(OWN_DATA, "python")[2], found)
    x, y = found["generate"](files=[tmp_path / "mine.csv"])
    assert (x.tolist(), y.tolist()) == ([[0.5, 1], [2, 3.5]], [0, 1])


def test_there_are_pieces_of_configuration():
    assert sum(len(blocks(page, "yaml")) for page in PAGES) >= 4


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pieces_of_configuration_fit_into_the_file(page):
    """A piece is laid over config.yaml, and the schema asked."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    text = CONFIGURATION.read_text(encoding="utf-8")
    sections = "|".join(schema["properties"])
    for piece in blocks(page, "yaml"):
        lines = [
            f"added_{line}" if line.split(":")[0] in sections.split("|") else line
            for line in piece.splitlines()
        ]
        config = yaml.safe_load("\n".join([text, *lines]))
        added = [key for key in config if key.startswith("added_")]
        assert added, piece
        for key in added:
            for entry, value in config.pop(key).items():
                section = config.setdefault(key.removeprefix("added_"), {})
                known = section.get(entry)
                section[entry] = {**known, **value} if isinstance(known, dict) else value
        jsonschema.validate(config, schema)
