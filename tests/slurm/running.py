"""A started cluster for tests, and the profile that has Snakemake use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from helpers.tiny_study import ROOT
from slurm.cluster import LocalSlurm, why_not

PROFILE = (
    *("--workflow-profile", str(ROOT / "profiles" / "slurm")),
    *("--cores", "1"),  # as in the profile; TinyStudy says 2
    *("--slurm-init-seconds-before-status-checks", "1"),
)


@contextmanager
def running(cluster: LocalSlurm, *further_programs: str) -> Iterator[LocalSlurm]:
    """Give the cluster started, found by every command of the tests; skip where it cannot be."""
    if reason := why_not(*further_programs):
        pytest.skip(reason)
    if not find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("no snakemake-executor-plugin-slurm: pip install -r requirements.txt")
    cluster.up()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in cluster.environment.items():
                patch.setenv(name, value)
            yield cluster
    finally:
        cluster.down()
