"""Stale results never pass as fresh: not to `verify`, nor to Snakemake without its memory.

One copy of the code makes Table 2 from one tiny training; each test then edits, damages, loses or
copies something and asks both.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, image_datasets

from workflow import provenance
from workflow.provenance import Step, Verdict, read_record, record_path
from workflow.verify import report, verify

TARGET = "table2"
RUN = "results/tiny/iris/normal/seed0"
MODEL, SPECTRUM, MEASURES = (
    f"{RUN}/model.zarr.zip",
    f"{RUN}/spectrum.zarr.zip",
    f"{RUN}/measures.csv",
)
ARTIFACTS = 12
MEASURE_AND_TABLE = [("measure", "iris", "normal", "0"), ("table2", "", "", "")]
ALL_RULES = {"make_dataset", "train", "diagonalise", "align_samples", "measure", "table2"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyStudy:
    study = TinyStudy.with_own_code(tmp_path_factory.mktemp("study"))
    study = study.edited(
        tables__table2={"iris": ["normal"]}, profiles__tiny__without=image_datasets()
    )
    result = study.run(TARGET)
    assert result.returncode == 0, result.stderr
    return study


@pytest.fixture(scope="module")
def steps(finished: TinyStudy) -> list[Step]:
    """The steps that the copy of the code expects."""
    script = (
        "import json, sys; from pathlib import Path; from dataclasses import asdict;"
        "from workflow.verify import expected_steps;"
        "steps = expected_steps([sys.argv[1]], {}, [Path(sys.argv[2])]);"
        "print(json.dumps([asdict(step) for step in steps]))"
    )
    command = [sys.executable, "-c", script, TARGET, str(finished.directory / "config.json")]
    result = subprocess.run(command, cwd=finished.code, capture_output=True, text=True, check=True)
    return [Step(**step) for step in json.loads(result.stdout)]


def run_verify(study: TinyStudy, target: str = TARGET) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [
        *(sys.executable, "-m", "workflow.verify", target),
        *("--directory", str(study.directory), "--configfile", str(study.write_config())),
    ]
    return subprocess.run(command, cwd=study.code, capture_output=True, text=True, check=False)


def verdicts_here(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Verdict]:
    monkeypatch.chdir(study.directory)
    return verify(steps)


def edit_code(study: TinyStudy, file: str = "pipeline/measures.py") -> Callable[[], Any]:
    """Change the code of a step; return how to change it back."""
    path = study.code / file
    text = path.read_text()
    path.write_text(text + "\nNEW_CONSTANT = 1\n")
    return lambda: path.write_text(text)


def forget(study: TinyStudy) -> None:
    shutil.rmtree(study.directory / ".snakemake")


def records(study: TinyStudy) -> dict[str, dict[str, Any]]:
    """Snakemake's memory: artifact -> record."""
    folder = study.directory / ".snakemake" / "metadata"
    return {
        urlsafe_b64decode(file.name).decode(): json.loads(file.read_text())
        for file in folder.iterdir()
    }


def snapshot(study: TinyStudy) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in study.results.rglob("*")
        if path.is_file()
    }


def flip_byte(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(bytes(content))


# verify


def test_after_a_run_everything_is_fresh_with_and_without_snakemakes_memory(
    study: TinyStudy,
) -> None:
    result = run_verify(study)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{ARTIFACTS} artifacts verified" in result.stdout
    assert f"fresh {ARTIFACTS:>8}" in result.stdout
    forget(study)
    assert run_verify(study).returncode == 0
    assert not (study.directory / ".snakemake").exists()


def test_edited_code_and_settings_are_named(study: TinyStudy) -> None:
    forget(study)
    undo = edit_code(study)
    result = run_verify(study)
    assert result.returncode == 1
    assert f"  {MEASURES}: code\n" in result.stdout
    assert f"  results/tiny/tables/table2.csv: upstream: {MEASURES} is stale\n" in result.stdout
    assert f"  {MODEL}" not in result.stdout
    undo()
    result = run_verify(study.edited(experiments__iris__normal__epochs=31))
    assert result.returncode == 1
    assert f"  {MODEL}: settings.epochs 30 → 31\n" in result.stdout
    assert f"  {SPECTRUM}: upstream: {MODEL} is stale\n" in result.stdout
    assert "dataset.zarr.zip" not in result.stdout


def test_a_mistake_in_the_question_is_told_apart_from_stale_results(study: TinyStudy) -> None:
    result = run_verify(study, "no_such_target")
    assert result.returncode == 2
    assert "no_such_target" in result.stderr
    result = run_verify(study.edited(experiments__iris__normal__epochs=-1))
    assert result.returncode == 2
    assert "experiments.iris.normal.epochs" in result.stderr


def damage_truncated(folder: Path) -> str:
    path = folder / MODEL
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return MODEL


def damage_chunk(folder: Path) -> str:
    path = folder / MODEL
    with zipfile.ZipFile(path) as archive:
        chunk = archive.getinfo("parameters/c/0")
    flip_byte(path, chunk.header_offset + 30 + len(chunk.filename) + chunk.compress_size // 2)
    return MODEL


def damage_header(folder: Path) -> str:
    path = folder / MODEL
    with zipfile.ZipFile(path) as archive:
        start = archive.start_dir
    flip_byte(path, start + 8)  # the flag "encrypted"
    return MODEL


def damage_table(folder: Path) -> str:
    flip_byte(folder / MEASURES, 40)
    return MEASURES


DAMAGES = (damage_truncated, damage_chunk, damage_header, damage_table)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen_although_size_and_time_may_be_as_before(
    study: TinyStudy,
    steps: list[Step],
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], str],
) -> None:
    path = damage(study.directory)
    found = verdicts_here(study, steps, monkeypatch)
    assert [p for p, verdict in found.items() if verdict.status == "damaged"] == [path]
    assert found[path].reason
    below = [p for p, verdict in found.items() if verdict.status == "stale"]
    assert "results/tiny/tables/table2.csv" in below
    assert "results/tiny/iris/dataset.zarr.zip" not in below


def test_a_missing_artifact_leaves_what_came_from_it_unknown(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    (study.directory / SPECTRUM).unlink()
    found = verdicts_here(study, steps, monkeypatch)
    assert found[SPECTRUM].status == "missing"
    assert found[f"{RUN}/alignment_samples.zarr.zip"] == Verdict(
        "unknown", f"its input {SPECTRUM} is missing"
    )
    assert found[MEASURES].status == "unknown"
    assert found[MODEL].status == "fresh"


def test_an_artifact_made_by_something_else_is_not_fresh(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(study.directory / "results/tiny/iris/dataset.zarr.zip", study.directory / SPECTRUM)
    with zipfile.ZipFile(study.directory / MODEL, "w") as archive:
        archive.writestr("zarr.json", json.dumps({"attributes": {"provenance": '{"by": "hand"}'}}))
    (study.results / "provenance/iris/normal/seed0/measures.csv.json").write_text("{")
    (study.results / "provenance/tables/table2.md.json").unlink()
    found = verdicts_here(study, steps, monkeypatch)
    assert found[SPECTRUM].status == "stale"
    assert 'step "make_dataset" → "diagonalise"' in found[SPECTRUM].reason
    assert found[MODEL].status == "unknown"
    assert "expected 'spec' in its provenance, found none" in found[MODEL].reason
    assert found[MEASURES].status == "unknown"
    assert found["results/tiny/tables/table2.md"].status == "unknown"
    assert "provenance/tables/table2.md.json" in found["results/tiny/tables/table2.md"].reason


def test_another_input_is_named(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    published = study.code / "workflow/published/table2.csv"
    published.write_text(published.read_text() + "\n")
    found = verdicts_here(study, steps, monkeypatch)
    assert {path for path, verdict in found.items() if verdict.status != "fresh"} == {
        path for path in found if "/tables/" in path
    }
    assert found["results/tiny/tables/table2.csv"].reason == f"input published ({published})"
    one_more = [
        Step(s.spec, {**s.inputs, "measures": s.inputs["measures"] * 2}, s.outputs)
        for s in steps
        if "measures" in s.inputs
    ]
    (verdict, *_) = verify(one_more).values()
    assert "input measures: 1 → 2 files" in verdict.reason


def test_other_package_versions_are_named_and_do_not_make_stale(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = provenance.version
    monkeypatch.setattr(provenance, "version", lambda p: "99.0" if p == "torch" else now(p))
    found = verdicts_here(study, steps, monkeypatch)
    assert {verdict.status for verdict in found.values()} == {"fresh"}
    assert f"  torch {now('torch')} → 99.0: {ARTIFACTS} artifacts" in report(found)


def test_provenance_is_the_same_for_the_same_work_and_holds_no_path(study: TinyStudy) -> None:
    before = {path: content for path, (_, content) in snapshot(study).items()}
    assert study.run(TARGET, "--forcerun", "measure").returncode == 0
    after = {path: content for path, (_, content) in snapshot(study).items()}
    written = [path for path in after if "/provenance/" in path]
    assert len(written) == 8
    assert {path: after[path] for path in written} == {path: before[path] for path in written}
    assert not any(os.fsencode(study.directory) in after[path] for path in written)
    assert not any(b"results/" in after[path] for path in written)


# Snakemake without its memory


def test_with_its_memory_intact_no_artifact_is_judged(study: TinyStudy) -> None:
    shutil.rmtree(study.results / "provenance")
    assert study.planned(TARGET) == []


def test_losing_the_memory_reruns_nothing_and_rebuilds_it(study: TinyStudy) -> None:
    before = records(study)
    forget(study)
    assert study.planned(TARGET) == []
    after = records(study)
    # all that Snakemake compares; a change of its format ends here
    for name in ("record_format_version", "rule", "input", "params", "code", "input_checksums"):
        assert {p: r[name] for p, r in after.items()} == {p: r[name] for p, r in before.items()}
    shutil.rmtree(study.results / "provenance")  # from now on the memory alone suffices
    assert study.planned(TARGET) == []


def test_losing_the_memory_leaves_room_for_targets_that_make_nothing(study: TinyStudy) -> None:
    forget(study)
    jobs = study.planned("all")  # much of it was never made
    assert ("table1", "", "", "") in jobs
    assert not {("measure", "iris", "normal", "0"), ("table2", "", "", "")} & set(jobs)


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
    assert {job[0] for job in study.planned(TARGET)} == ALL_RULES - {"make_dataset", "train"}


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
    forget(study)
    marker = study.directory / ".snakemake/incomplete" / urlsafe_b64encode(MODEL.encode()).decode()
    marker.parent.mkdir(parents=True)
    marker.write_text('{"external_jobid": null}')
    result = study.run("--dry-run", "--rerun-incomplete", TARGET)
    assert result.returncode == 0, result.stderr
    assert marker.is_file()
    assert "train" in result.stdout + result.stderr
    assert MODEL not in records(study)


def test_a_record_reads_back(study: TinyStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.directory)
    assert read_record(MODEL)["spec"]["step"] == "train"
    assert read_record(MEASURES)["spec"]["step"] == "measure"
    assert record_path(MEASURES) == Path(
        "results/tiny/provenance/iris/normal/seed0/measures.csv.json"
    )


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
