"""Does a data set need files that its generator might have downloaded? Of a store made by hand."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hessian_study.project import planned_elsewhere
from hessian_study.provenance.downloads import needs_no_files
from hessian_study.provenance.records import record_path

DATASET = "results/tiny/digits/dataset.zarr.zip"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in (Path(DATASET), record_path(DATASET)):
        file.parent.mkdir(parents=True, exist_ok=True)


def made(files: list[str], **attributes: Any) -> None:
    with zipfile.ZipFile(DATASET, "w") as archive:
        archive.writestr("zarr.json", json.dumps({"attributes": attributes}))
    content = {"spec": {}, "inputs": {"files": files}, "versions": {}, "sha256": "0"}
    record_path(DATASET).write_text(json.dumps(content))


def test_one_that_is_exact_without_them_does_not(tmp_path: Path) -> None:
    made([], exact=True)
    assert needs_no_files(DATASET)
    (tmp_path / "empty").mkdir()
    with pytest.MonkeyPatch.context() as elsewhere, planned_elsewhere(tmp_path):
        elsewhere.chdir(tmp_path / "empty")
        assert needs_no_files(DATASET)


@pytest.mark.parametrize(
    ("files", "attributes"), [([], {"exact": False}), (["0"], {"exact": True}), ([], {})]
)
def test_one_that_is_not_exact_or_has_read_them_does(files: list[str], attributes: Any) -> None:
    made(files, **attributes)
    assert not needs_no_files(DATASET)


def test_one_that_is_missing_damaged_or_unknown_does() -> None:
    assert not needs_no_files(DATASET)
    made([], exact=True)
    Path(DATASET).write_text("no archive")
    assert not needs_no_files(DATASET)
    made([], exact=True)
    record_path(DATASET).unlink()
    assert not needs_no_files(DATASET)
