"""What `verify` says of every artifact: fresh, stale, damaged, missing or unknown, and why."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.damages import DAMAGES
from helpers.one_training import ARTIFACTS, MEASURES, MODEL, RUN, SPECTRUM, TARGET, snapshot
from helpers.tiny_study import TinyStudy
from hessian_study.commands.verify import report, verify
from hessian_study.provenance import records as provenance
from hessian_study.provenance.records import Step, Verdict, read_record, record_path


@pytest.fixture(scope="module")
def steps(finished: TinyStudy) -> list[Step]:
    """The steps that the copy of the code expects."""
    script = (
        "import json, sys; from pathlib import Path; from dataclasses import asdict;"
        "from hessian_study.commands.verify import expected_steps;"
        "steps = expected_steps([sys.argv[1]], {}, [Path(sys.argv[2])]);"
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


def test_a_record_reads_back(study: TinyStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.directory)
    assert read_record(MODEL)["spec"]["step"] == "train"
    assert read_record(MEASURES)["spec"]["step"] == "measure"
    assert record_path(MEASURES) == Path(
        "results/tiny/provenance/iris/normal/seed0/measures.csv.json"
    )
