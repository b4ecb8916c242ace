"""Is what a step made what its record says? Of files written by hand."""

import json
from pathlib import Path

import pytest

from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import Step, record_path
from hessian_study.provenance.verdicts import is_as_recorded

TABLE, MODELS = "results/tiny/tables/generalisation.csv", "results/tiny/models.zarr.zip"
STEP = Step({"step": "compare_measures", "settings": {"level": 0.05}}, {"from": [MODELS]}, [TABLE])


@pytest.fixture(autouse=True)
def _made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, inputs in ((MODELS, {}), (TABLE, {"from": [MODELS]})):
        for file in (Path(path), record_path(path)):
            file.parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path)
        write_record(path, {name: list(map(file_digest, files)) for name, files in inputs.items()})


def write_record(path: str, inputs: dict[str, list[str]]) -> None:
    content = {"spec": STEP.spec, "inputs": inputs, "versions": {}, "sha256": file_digest(path)}
    record_path(path).write_text(json.dumps(content))


def test_what_fits_its_record_is_and_an_intermediate_file_may_be_gone() -> None:
    assert is_as_recorded(STEP)
    Path(MODELS).unlink()
    assert is_as_recorded(STEP)


def test_what_is_missing_damaged_or_has_no_record_is_not() -> None:
    Path(TABLE).write_text("garbage")
    assert not is_as_recorded(STEP)
    Path(TABLE).unlink()
    assert not is_as_recorded(STEP)
    Path(TABLE).write_text(TABLE)
    assert is_as_recorded(STEP)
    record_path(TABLE).unlink()
    assert not is_as_recorded(STEP)


def test_what_was_made_with_other_settings_or_from_other_files_is_not() -> None:
    other = {**STEP.spec, "settings": {"level": 0.01}}
    assert not is_as_recorded(Step(other, STEP.inputs, STEP.outputs))
    Path(MODELS).write_text("made anew")
    write_record(MODELS, {})
    assert not is_as_recorded(STEP)
