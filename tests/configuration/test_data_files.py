"""Where the files of a data set are looked for, and which of them are inputs."""

from pathlib import Path

import pytest

import hessian_study.configuration.data_files as module
from hessian_study.configuration.data_files import data_files, dataset_inputs, state_dict_file
from hessian_study.configuration.error import ConfigurationError
from hessian_study.project import planned_elsewhere


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with generators of three kinds, and folders that may hold a file."""
    for name in ("generators", "mine", "project", "own", "data"):
        (tmp_path / name).mkdir()
    signatures = {"table": "*, files", "reads_itself": "", "downloads": "*, data_folder=None"}
    for name, signature in signatures.items():
        (tmp_path / "generators" / f"{name}.py").write_text(f"def generate({signature}): pass\n")
    (tmp_path / "generators" / "broken.py").write_text("def generate(:\n")
    monkeypatch.setattr(module, "GENERATORS", tmp_path / "generators")
    monkeypatch.setattr(module, "DATA", tmp_path / "data")
    return tmp_path


def found(folders: Path, generator: str, *names: str, data_folder: str | None = None) -> list[str]:
    entry = {"generator": generator, "files": list(names)}
    configurations = [str(folders / "mine" / "my.yaml"), str(folders / "project" / "config.yaml")]
    paths = data_files("mine", entry, data_folder, configurations)
    return [str(Path(path).relative_to(folders)) for path in paths]


@pytest.mark.parametrize("generator", ["table", "reads_itself", "broken"])
def test_files_are_found_in_a_fixed_order_of_folders(folders: Path, generator: str) -> None:
    own = str(folders / "own")
    for folder in ("data", "project", "mine", "own"):
        (folders / folder / "a.csv").touch()
        assert found(folders, generator, "a.csv", data_folder=own) == [f"{folder}/a.csv"]
    assert found(folders, generator, "a.csv") == ["mine/a.csv"]


def test_absolute_paths_and_the_home_folder(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folders / "own"))
    (folders / "data" / "a.csv").touch()
    assert found(folders, "table", str(folders / "data/a.csv"), "~/b.csv") == [
        "data/a.csv",
        "own/b.csv",
    ]


def test_a_file_that_is_nowhere_stays_an_input(folders: Path) -> None:
    """Snakemake then says that it is missing, and where it was expected."""
    assert found(folders, "table", "sub/a.csv") == ["mine/sub/a.csv"]


def test_a_generator_that_downloads_has_inputs_where_it_looks_for_them(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = str(folders / "own")
    (folders / "project/a.gz").touch()
    assert found(folders, "downloads", "a.gz", "sub/b.gz", data_folder=own) == []
    for file in ("data/a.gz", "data/b.gz", "own/a.gz"):
        (folders / file).touch()
    assert found(folders, "downloads", "a.gz", "sub/b.gz") == ["data/a.gz", "data/b.gz"]
    both = ["own/a.gz", "data/b.gz"]
    assert found(folders, "downloads", "a.gz", "sub/b.gz", data_folder=own) == both
    monkeypatch.setattr(module, "needs_no_files", lambda artifact: True)
    assert found(folders, "downloads", "a.gz", "sub/b.gz") == []
    assert found(folders, "downloads", "a.gz", "sub/b.gz", data_folder=own) == ["own/a.gz"]


def test_a_folder_is_refused(folders: Path) -> None:
    (folders / "mine" / "images").mkdir()
    with pytest.raises(ConfigurationError, match=r"datasets.mine.files: expected files, found the"):
        found(folders, "table", "images")


def test_braces_in_a_path_are_refused(folders: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a path without braces, found .*a\{1"):
        found(folders, "table", "a{1}.csv")


def test_a_data_set_without_files_has_none(folders: Path) -> None:
    assert data_files("mine", {"generator": "table"}, None, []) == []


def test_files_below_the_working_directory_move_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study").mkdir()
    for folder in (tmp_path, tmp_path / "study"):
        (folder / f"{folder.name}.csv").write_text("1,2")
    monkeypatch.chdir(tmp_path / "study")
    entry = {"generator": "points", "files": ["study.csv"]}
    configurations = [str(tmp_path / "study" / "study.yaml"), str(tmp_path / "config.yaml")]
    assert data_files("mine", entry, None, configurations) == ["study.csv"]
    outside = str(tmp_path / f"{tmp_path.name}.csv")
    assert data_files("mine", {**entry, "files": [Path(outside).name]}, None, configurations) == [
        outside
    ]


def own_inputs(here: Path, name: str) -> list[str]:
    """The paths of all that a configuration in a folder may name of one's own: one file, thrice."""
    configurations = [str(here / "study.yaml")]
    entry = {"generator": "csv", "parameters": {"file": name}, "split": name, "files": [name]}
    inputs = dataset_inputs("mine", entry, None, configurations)
    trained = state_dict_file("experiments.mine.a", {"state_dict": name}, configurations)
    return [*inputs["files"], *inputs["file"], inputs["split"], str(trained)]


def test_a_file_of_ones_own_among_the_results_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps refuse results without a record, and nothing could ever give it one."""
    name, record = "results/lab/mine.npz", "results/lab/provenance/mine.npz.json"
    for file in (name, record, "results/mine.npz", "elsewhere/none"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    assert own_inputs(tmp_path, name) == [name] * 4  # made by the workflow: it has a record
    assert own_inputs(tmp_path, "results/mine.npz") == ["results/mine.npz"] * 4
    (tmp_path / record).unlink()
    message = rf"outside results/, .* found {name}, which has none; move it out of results/"
    for given in (name, str(tmp_path / name)):
        with pytest.raises(ConfigurationError, match=message):
            own_inputs(tmp_path, given)
    start = {"state_dict": name}
    with pytest.raises(ConfigurationError, match=f"start.state_dict: expected .*{message}"):
        state_dict_file("experiments.mine.a", start, [str(tmp_path / "study.yaml")])
    monkeypatch.chdir(tmp_path / "elsewhere")
    with planned_elsewhere(tmp_path), pytest.raises(ConfigurationError, match=message):
        own_inputs(tmp_path, name)  # as `verify` plans
