"""The file that tells a job what to do."""

import json
from pathlib import Path

import pytest

from hessian_study.jobs.job_file import job_file, read_job_file, write_job_file


def test_it_lies_with_the_logs_of_its_step() -> None:
    output = "results/quick/circle/normal/seed0/class1_spectrum.zarr.zip"
    assert job_file("logs/quick", "diagonalise", output) == (
        "logs/quick/diagonalise/circle/normal/seed0/class1_spectrum.json"
    )


def test_it_replaces_an_older_one_as_a_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "folder" / "job.json")
    for value in ("first", "second θ"):
        write_job_file(path, {"spec": {"settings": value}})
        assert read_job_file(path) == {"spec": {"settings": value}}
    assert [file.name for file in Path(path).parent.iterdir()] == ["job.json"]


def test_what_cannot_be_written_leaves_the_older_one(tmp_path: Path) -> None:
    path = str(tmp_path / "job.json")
    write_job_file(path, {"spec": 1})
    with pytest.raises(TypeError):
        write_job_file(path, {"spec": {1, 2}})
    assert json.loads(Path(path).read_text()) == {"spec": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["job.json"]


def test_a_missing_one_says_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="found no file; Snakemake writes it"):
        read_job_file(str(tmp_path / "job.json"))
