"""A generator reads the files of its data set and no others."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

from helpers.own_generators import generated
from hessian_boundary.data.generating import generate_samples
from hessian_boundary.runtime.own_files import not_watched, only_reading

ROWS = "0.5,1,0\n2,3,1\n4,5,1\n"


def by_os(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 10)
    finally:
        os.close(descriptor)


READERS: dict[str, Callable[[Path], Any]] = {
    "open": lambda path: path.open().close(),
    "read_bytes": lambda path: path.read_bytes(),
    "NumPy": lambda path: np.loadtxt(path, delimiter=","),
    "NumPy's bytes": lambda path: np.fromfile(path, np.uint8),
    "pandas": lambda path: pd.read_csv(path, header=None),
    "a name": lambda path: np.genfromtxt(str(path), delimiter=","),
    "the system": by_os,
    "a database": lambda path: sqlite3.connect(path).close(),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_file_that_is_not_listed_is_refused_and_a_listed_one_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read: Callable[[Path], Any]
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(ROWS)

    def generate() -> tuple[list, list]:
        read(file)
        return [[0.5], [1.5]], [0, 1]

    with pytest.raises(
        ValueError, match=r"'mine' to read only the `files` .* opens .*mine.csv; list"
    ):
        generated(monkeypatch, generate)
    assert generated(monkeypatch, generate, files=[file])[1].tolist() == [0, 1]


def test_a_file_that_is_read_when_the_generator_is_imported_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import hessian_boundary.data.generators as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    file = tmp_path / "table.csv"
    file.write_text(ROWS)
    (tmp_path / "eager.py").write_text(
        f"import numpy as np\nTABLE = np.loadtxt({str(file)!r}, delimiter=',')\n"
        "def generate():\n    return TABLE[:, :2], TABLE[:, 2].astype(int)\n"
    )
    with pytest.raises(ValueError, match=r"the generator 'eager' to read only .*table.csv; list"):
        generate_samples("eager", {})


def test_a_generator_is_given_its_files_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("x.csv", "y.csv"):
        (tmp_path / name).write_text("0\n1\n1\n")

    def generate(*, files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
        x, y = (np.loadtxt(file) for file in files)
        return x[:, None], y.astype(int)

    names = [str(tmp_path / "x.csv"), str(tmp_path / "y.csv")]
    assert generated(monkeypatch, generate, files=names)[1].tolist() == [0, 1, 1]


def test_a_path_that_leads_to_a_listed_file_another_way_is_the_same_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text(ROWS)
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    with only_reading([tmp_path / "mine.csv"], "mine"):
        Path("folder/../mine.csv").read_text()
        Path("linked/mine.csv").read_text()


def test_what_packages_bring_and_what_a_generator_writes_itself_is_not_meant(
    tmp_path: Path,
) -> None:
    with only_reading([], "mine"):
        sklearn.datasets.load_iris()
        sklearn.datasets.load_digits()
        (tmp_path / "cache.npy").write_bytes(b"1")
        (tmp_path / "cache.npy").read_bytes()
        assert not (tmp_path / "missing").exists()
        with pytest.raises(FileNotFoundError):
            (tmp_path / "missing").read_bytes()


def test_nothing_is_watched_outside_and_errors_inside_are_their_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(ROWS)
    with pytest.raises(RuntimeError, match="mine"), only_reading([], "mine"):
        raise RuntimeError("mine")
    file.read_text()
    with only_reading([], "mine"):
        pass
    with only_reading([], "mine"), not_watched():
        file.read_text()


@pytest.mark.parametrize("folder", ["own.egg-info", "own-1.0.dist-info"])
def test_descriptions_of_packages_beside_the_code_are_no_data(tmp_path: Path, folder: str) -> None:
    """`importlib.metadata` reads those of an editable installation, which lie in the project."""
    description = tmp_path / folder / "entry_points.txt"
    description.parent.mkdir()
    description.write_text("[console_scripts]\n")
    with only_reading([], "a generator"):
        description.read_text()


def test_a_study_in_a_hidden_folder_of_the_home_is_watched_as_others_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    study, cache = tmp_path / ".work" / "study", tmp_path / ".cache" / "torch"
    for folder in (study, cache):
        folder.mkdir(parents=True)
        (folder / "mine.csv").write_text(ROWS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(study)

    def generate(file: Path) -> tuple[list, list]:
        file.read_bytes()
        return [[0.5], [1.5]], [0, 1]

    assert generated(monkeypatch, lambda: generate(cache / "mine.csv"))[1].tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"opens .*mine\.csv; list"):
        generated(monkeypatch, lambda: generate(study / "mine.csv"))
