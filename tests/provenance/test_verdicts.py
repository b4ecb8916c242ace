"""What `verify` says of every artifact: fresh, stale, damaged, missing or unknown, and why."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.damages import DAMAGES, halve, inflate
from helpers.one_training import ARTIFACTS, MEASURES, MODEL, RUN, SPECTRUM, TARGET, snapshot
from helpers.tiny_study import TinyStudy
from hessian_study.commands.verify import report, verify
from hessian_study.provenance import records as provenance
from hessian_study.provenance import verdicts
from hessian_study.provenance.records import Step, read_record, record_path
from hessian_study.provenance.verdicts import Verdict


@pytest.fixture(scope="module")
def steps(finished: TinyStudy) -> list[Step]:
    """The steps that the copy of the code expects."""
    script = (
        "import json, sys; from pathlib import Path; from dataclasses import asdict;"
        "from hessian_study.commands.planning import Asked, expected_steps;"
        "steps = expected_steps([sys.argv[1]], Asked(files=[Path(sys.argv[2])]));"
        "print(json.dumps([asdict(step) for step in steps]))"
    )
    command = [*finished.python(), "-c", script, TARGET, str(finished.directory / "config.json")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Step(**step) for step in json.loads(result.stdout)]


def verdicts_here(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Verdict]:
    monkeypatch.chdir(study.directory)
    return verify(steps)


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
    dataset = "results/tiny/iris/dataset.zarr.zip"
    for file, other in ((dataset, SPECTRUM), (record_path(dataset), record_path(SPECTRUM))):
        shutil.copy(study.directory / file, study.directory / other)
    records = study.results / "provenance"
    (records / "iris/normal/seed0/measures.csv.json").write_text("{")
    (records / "iris/normal/seed0/g_theta_curve.csv.json").write_text('{"spec": {}}')
    (records / "iris/normal/seed0/alignment_samples.zarr.zip.json").write_text("[" * 100_000)
    (records / "tables/table2.md.json").unlink()
    found = verdicts_here(study, steps, monkeypatch)
    assert found[SPECTRUM].status == "stale"
    assert 'step "make_dataset" → "diagonalise"' in found[SPECTRUM].reason
    for path, reason in (
        (MEASURES, "no readable record in results/tiny/provenance/iris/normal/seed0/measures.csv"),
        (f"{RUN}/g_theta_curve.csv", "expected 'inputs' in its record"),
        (f"{RUN}/alignment_samples.zarr.zip", "no readable record in"),
        ("results/tiny/tables/table2.md", "no record of what made it in results/tiny/provenance/"),
    ):
        assert found[path].status == "unknown"
        assert found[path].reason.startswith(reason)
    assert "from an earlier version" in found["results/tiny/tables/table2.md"].reason
    assert found[MODEL].status == "fresh"


def test_a_store_rewritten_whole_is_damaged_although_it_reads(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    alignment = f"{RUN}/alignment_samples.zarr.zip"
    halve(study.directory / alignment, "alignment")
    found = verdicts_here(study, steps, monkeypatch)
    assert found[alignment].status == "damaged"
    assert "its content is not what the workflow wrote" in found[alignment].reason
    assert found[MEASURES].status == "stale"


def test_an_enormous_record_and_an_enormous_store_are_no_danger(
    study: TinyStudy, steps: list[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (study.directory / record_path(MEASURES)).open("wb") as file:
        file.truncate(provenance.LARGEST + 1)
    inflate(study.directory / MODEL)
    found = verdicts_here(study, steps, monkeypatch)
    assert "found more than 50,000,000 bytes" in found[MEASURES].reason
    assert found[MODEL].status == "damaged"
    assert "zarr.json is 1,000,000,000 bytes when it is unpacked" in found[MODEL].reason


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
    now = provenance.package_versions()
    monkeypatch.setattr(verdicts, "package_versions", lambda: {**now, "torch": "99.0"})
    found = verdicts_here(study, steps, monkeypatch)
    assert {verdict.status for verdict in found.values()} == {"fresh"}
    assert f"  torch {now['torch']} → 99.0: {ARTIFACTS} artifacts" in report(found)


def test_provenance_is_the_same_for_the_same_work_and_holds_no_path(study: TinyStudy) -> None:
    before = {path: content for path, (_, content) in snapshot(study).items()}
    assert study.run(TARGET, "--forcerun", "measure").returncode == 0
    after = {path: content for path, (_, content) in snapshot(study).items()}
    written = [path for path in after if "/provenance/" in path]
    assert len(written) == ARTIFACTS
    assert {path: after[path] for path in written} == {path: before[path] for path in written}
    assert not any(os.fsencode(study.directory) in after[path] for path in written)
    assert not any(b"results/" in after[path] for path in written)


def test_a_record_reads_back(study: TinyStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.directory)
    assert read_record(MODEL)["spec"]["step"] == "train"
    assert read_record(MEASURES)["spec"]["step"] == "measure"
    assert record_path(MEASURES) == Path(
        "results/tiny/provenance/iris/normal/seed0/measures.csv.json"
    )
