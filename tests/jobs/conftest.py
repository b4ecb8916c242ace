"""A project whose jobs stand in for real ones."""

from pathlib import Path

import pytest

from helpers.warm_jobs import JOB, PACKAGE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    jobs = tmp_path / "hessian_study" / "jobs"
    jobs.mkdir(parents=True)
    for name in ("launch", "warm_process", "run_job", "termination"):
        (jobs / f"{name}.py").write_text((PACKAGE / f"{name}.py").read_text())
    (jobs / "job.py").write_text(JOB)
    provenance = jobs.parent / "provenance"
    provenance.mkdir()
    (provenance / "planned_code.py").write_text("def prepare():\n    pass\n")
    for package in (jobs, provenance, jobs.parent):
        (package / "__init__.py").touch()
    return tmp_path
