"""One model on two nodes of a real SLURM, of two daemons on this machine."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml

from helpers.tiny_study import ROOT, TinyStudy, image_datasets
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from slurm.cluster import LocalSlurm
from slurm.running import PROFILE, running

pytestmark = pytest.mark.slow

RUN = "results/tiny/iris/normal/seed0"
HESSIAN = f"{RUN}/spectrum.zarr.zip"
GAUSS_NEWTON = [f"{RUN}/gauss_newton/{kind}.zarr.zip" for kind in ("spectrum", "alignment_samples")]
RULES = ("diagonalise", "diagonalise_gauss_newton")
# as docs/cluster.md says, on CPUs: `processes` on each of the `nodes`
ON_TWO_NODES = {"nodes": 2, "processes": 2, "tasks": 2, "mpi": "'srun'", "cpus_per_task": 2}


@pytest.fixture
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlurm]:
    with running(LocalSlurm(tmp_path_factory.mktemp("cluster") / "state", nodes=2)) as cluster:
        yield cluster


def _profile(folder: Path) -> tuple[str, ...]:
    """Return the options for the profile of SLURM in which the rules ask for two nodes."""
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "profile.yaml").read_text())
    groups = [group for group in profile["groups"] if group.partition("=")[0] not in RULES]
    assert len(profile["groups"]) - len(groups) == len(RULES)
    profile |= {"groups": groups, "set-resources": dict.fromkeys(RULES, ON_TWO_NODES)}
    folder.mkdir()
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile))
    return ("--workflow-profile", str(folder), *PROFILE[2:])


def _opened(study: TinyStudy) -> list[xr.Dataset]:
    return [open_artifact(study.directory / path).load() for path in (HESSIAN, *GAUSS_NEWTON)]


def test_both_matrices_on_two_nodes(slurm: LocalSlurm, tmp_path: Path) -> None:
    study = TinyStudy(tmp_path).edited(profiles__tiny__without=image_datasets())
    result = study.run(HESSIAN, *GAUSS_NEWTON)
    assert result.returncode == 0, result.stderr
    alone = _opened(study)
    for path in (HESSIAN, *GAUSS_NEWTON):
        (study.directory / path).unlink()
    result = study.run(*_profile(tmp_path / "profile"), "--", HESSIAN, *GAUSS_NEWTON)
    assert result.returncode == 0, result.stderr
    found = _opened(study)
    for index in (0, 1):
        size = float(alone[index]["eigenvalues"].max())
        values = [each[index]["eigenvalues"].values for each in (found, alone)]
        np.testing.assert_allclose(*values, rtol=0, atol=1e-11 * size)
        assert float(found[index]["residuals"][:3].max()) < 1e-12 * size
    assert g_theta_by_statistic(found[2]) == g_theta_by_statistic(alone[2])
    jobs = slurm.command("scontrol", "show", "job")
    assert jobs.count("NumNodes=2") == len(RULES)
    for rule in RULES:
        (log,) = (study.directory / f"logs/tiny/{rule}/iris/normal/seed0").rglob("*.log")
        assert log.read_text().count(f"step {rule} ") == 2 * 2  # processes of both nodes
