"""The options of generators and architectures are checked against their source."""

from pathlib import Path

import pytest

from helpers.tiny_study import tiny_config
from hessian_study.configuration import references
from hessian_study.configuration.error import ConfigurationError
from hessian_study.configuration.options import check_options, parameter_names


def test_options_are_read_off_the_source(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def build(shape, n, width, /, depth=2, *, act, **more):\n    pass\n")
    given = {"width": 1, "act": "relu", "whatever": 3}
    check_options("place", file, "build", given, leading=2)
    with pytest.raises(ConfigurationError, match=r"place: expected 'act', which mine.build\(\)"):
        check_options("place", file, "build", {"width": 1}, leading=2)
    check_options("place", file, "another", {}, leading=2)  # comes from elsewhere


@pytest.mark.parametrize(
    "source",
    [b"def build(shape, classes:\n", b"  x = 1\n", b"name = '\xff'\n", b"x = 1\x00\n"],
    ids=["a bracket", "indented", "no UTF-8", "a zero byte"],
)
def test_a_file_that_is_no_python_stops_no_plan(tmp_path: Path, source: bytes) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(source)
    check_options("place", file, "build", {"anything": 1}, leading=2)
    assert parameter_names(file, "build") == []


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_sources_are_read_in_their_own_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "mine.py"
    text = f"# -*- coding: {encoding} -*-\ndef build(größe, *, tiefe=1):\n    pass\n"
    file.write_bytes(text.encode(encoding))
    assert parameter_names(file, "build") == ["größe", "tiefe"]


def test_a_generator_that_needs_files_is_given_them_by_the_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "table.py"
    file.write_text("def generate(*, files, columns=2):\n    pass\n")
    monkeypatch.setattr(references, "GENERATORS", tmp_path)
    entry = {"generator": "table", "parameters": {}, "train_fraction": 0.5}
    config = tiny_config()
    config = {**config, "datasets": {"mine": entry}, "experiments": {}}
    with pytest.raises(
        ConfigurationError, match=r"datasets.mine.parameters: expected 'files', whi"
    ):
        references.check_references(config)
    entry["files"] = ["mine.csv"]
    with pytest.raises(ConfigurationError) as error:  # of what comes after
        references.check_references(config)
    assert "datasets.mine" not in str(error.value)
