"""Stale results never pass as fresh to a Snakemake without its memory.

One copy of the code makes Table 2 from one tiny training; each test then edits, damages, loses or
copies something and asks what would run.
"""

import json
import os
import shutil
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.damages import DAMAGES, damage_table, flip_byte, in_silence
from helpers.one_training import MEASURES, MODEL, RUN, SPECTRUM, TARGET, snapshot
from helpers.tiny_study import TinyStudy
from helpers.verifying import edit_code, forget, run_verify
from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import record_path

MEASURE_AND_TABLE = [("measure", "iris", "normal", "0"), ("table2", "", "", "")]
ALL_RULES = {"make_dataset", "train", "diagonalise", "align_samples", "measure", "table2"}


def records(study: TinyStudy) -> dict[str, dict[str, Any]]:
    """Snakemake's memory: artifact -> record."""
    folder = study.directory / ".snakemake" / "metadata"
    return {
        urlsafe_b64decode(file.name).decode(): json.loads(file.read_text())
        for file in folder.iterdir()
    }


def test_with_its_memory_intact_no_content_is_read(study: TinyStudy) -> None:
    with in_silence(study.directory / MEASURES):
        flip_byte(study.directory / MEASURES, 40)
    assert study.planned(TARGET) == []  # as large and as old as before; the next step refuses it


def test_results_without_records_are_made_again_and_it_is_said_why(study: TinyStudy) -> None:
    """Such as an earlier version made: neither Snakemake's memory nor a time speaks for them."""
    shutil.rmtree(study.results / "provenance")
    assert {job[0] for job in study.planned(TARGET)} == ALL_RULES
    text = study.run("--dry-run", TARGET).stdout
    assert "unknown, no record of what made it in results/tiny/provenance/" in text
    assert "it comes from an earlier version of this workflow" in text


def test_losing_the_memory_reruns_nothing_and_rebuilds_it(study: TinyStudy) -> None:
    before = records(study)
    forget(study)
    assert study.planned(TARGET) == []
    after = records(study)
    # all that Snakemake compares; a change of its format ends here
    for name in ("record_format_version", "rule", "input", "params", "code", "input_checksums"):
        assert {p: r[name] for p, r in after.items()} == {p: r[name] for p, r in before.items()}


def test_losing_the_memory_leaves_room_for_targets_that_make_nothing(study: TinyStudy) -> None:
    forget(study)
    jobs = study.planned("all")  # much of it was never made
    assert ("table1", "", "", "") in jobs
    assert not {("measure", "iris", "normal", "0"), ("table2", "", "", "")} & set(jobs)


@pytest.mark.slow
def test_losing_the_memory_hides_no_edit(study: TinyStudy) -> None:
    undo = edit_code(study)
    forget(study)
    before = snapshot(study)
    result = study.run("--dry-run", TARGET)
    assert "never awaited" not in result.stderr
    assert "run again" in result.stdout
    assert f"{MEASURES}: stale, code" in result.stdout
    assert study.planned(TARGET) == MEASURE_AND_TABLE
    assert study.planned(TARGET) == MEASURE_AND_TABLE  # asking does not make it fresh
    assert snapshot(study) == before
    assert study.run(TARGET).returncode == 0
    assert study.planned(TARGET) == []
    assert run_verify(study).returncode == 0
    undo()  # A → B → A: the results are B's
    forget(study)
    assert study.planned(TARGET) == MEASURE_AND_TABLE
    changed = study.edited(experiments__iris__normal__epochs=31)
    assert {job[0] for job in changed.planned(TARGET)} == ALL_RULES - {"make_dataset"}


def test_an_edit_taken_back_before_a_run_reruns_nothing(study: TinyStudy) -> None:
    undo = edit_code(study)
    forget(study)
    assert study.planned(TARGET) == MEASURE_AND_TABLE
    undo()
    assert study.planned(TARGET) == []


@pytest.mark.parametrize("memory", [True, False])
def test_results_copied_elsewhere_are_judged_by_content(
    study: TinyStudy, tmp_path: Path, memory: bool
) -> None:
    elsewhere = TinyStudy(tmp_path / "elsewhere", study.code)
    elsewhere.config = study.config
    for name in ("results", *([".snakemake"] if memory else [])):
        shutil.copytree(study.directory / name, elsewhere.directory / name)
    files = sorted(path for path in elsewhere.results.rglob("*") if path.is_file())
    for age, path in enumerate(sorted(files, key=lambda path: path.name)):
        os.utime(path, (1.7e9 - age, 1.7e9 - age))
    assert elsewhere.planned(TARGET) == []
    for age, path in enumerate(files):
        os.utime(path, (1.6e9 + age, 1.6e9 + age))
    edit_code(study)
    assert elsewhere.planned(TARGET) == MEASURE_AND_TABLE


@pytest.mark.slow
@pytest.mark.thorough
def test_old_results_put_over_new_ones_are_not_taken_for_them(
    study: TinyStudy, tmp_path: Path
) -> None:
    shutil.copytree(study.directory / "results", tmp_path / "old")
    changed = study.edited(experiments__iris__normal__epochs=31)
    assert changed.run(TARGET).returncode == 0
    # one file only, with its old time: the records of all others fit
    shutil.copy2(tmp_path / "old/tiny/iris/normal/seed0/model.zarr.zip", study.directory / MODEL)
    assert {job[0] for job in changed.planned(TARGET)} == ALL_RULES - {"make_dataset"}
    shutil.copytree(tmp_path / "old", study.directory / "results", dirs_exist_ok=True)
    assert {job[0] for job in changed.planned(TARGET)} == ALL_RULES - {"make_dataset"}


def test_another_result_of_the_same_step_reruns_what_came_from_the_first(study: TinyStudy) -> None:
    path = study.directory / MODEL
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"the same work on another machine"
    os.utime(path, (1.5e9, 1.5e9))  # older than what was made from the first
    assert {job[0] for job in study.planned(TARGET)} == ALL_RULES - {"make_dataset"}
    record = study.results / "provenance/iris/normal/seed0/model.zarr.zip.json"
    content = {**json.loads(record.read_text()), "sha256": file_digest(path)}
    record.write_text(json.dumps(content))
    assert {job[0] for job in study.planned(TARGET)} == ALL_RULES - {"make_dataset", "train"}


def test_an_input_of_ones_own_that_an_older_file_replaces_is_noticed(study: TinyStudy) -> None:
    """As `mv`, `cp -p` and unpacking leave it; a link to another folder looks the same."""
    path, newer = study.code / "workflow/published/table2.csv", study.code / "newer.csv"
    newer.write_text(path.read_text() + "\n")
    os.utime(newer, (1.5e9, 1.5e9))  # older than all results
    newer.replace(path)
    assert {job[0] for job in study.planned(TARGET)} == {"table2"}


def test_without_memory_what_cannot_be_compared_is_made_again(study: TinyStudy) -> None:
    forget(study)
    (study.directory / SPECTRUM).unlink()  # what came from it could be anything
    assert {job[0] for job in study.planned(TARGET)} == {
        *("diagonalise", "align_samples", "measure", "table2")
    }
    (study.results / "provenance/iris/normal/seed0/g_theta_curve.csv.json").unlink()
    assert study.planned(f"{RUN}/g_theta_curve.csv") != []
    (study.directory / MODEL).write_bytes(b"no archive")
    assert {job[0] for job in study.planned(MODEL)} == {"train"}


def test_a_killed_job_is_not_adopted(study: TinyStudy) -> None:
    """A step writes its record last: without one it was killed before it had finished."""
    forget(study)
    (study.directory / record_path(MODEL)).unlink()
    marker = study.directory / ".snakemake/incomplete" / urlsafe_b64encode(MODEL.encode()).decode()
    marker.parent.mkdir(parents=True)
    marker.write_text('{"external_jobid": null}')
    result = study.run("--dry-run", "--rerun-incomplete", TARGET)
    assert result.returncode == 0, result.stderr
    assert marker.is_file()
    assert "train" in result.stdout + result.stderr
    assert MODEL not in records(study)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_artifact_is_made_again_with_what_came_from_it_only(
    study: TinyStudy, damage: Callable[[Path], str]
) -> None:
    before = {path: content for path, (_, content) in snapshot(study).items()}
    path = damage(study.directory)
    maker = "train" if path == MODEL else "measure"
    jobs = [job[0] for job in study.planned(TARGET)]
    assert maker in jobs
    assert "make_dataset" not in jobs
    if damage is damage_table:
        assert study.run(TARGET).returncode == 0
        assert (study.directory / path).read_bytes() == before[str(study.directory / path)]
        assert study.planned(TARGET) == []
