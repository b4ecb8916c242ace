"""SIGTERM in several processes: the first one saves, and one process can go on from there."""

import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.several_processes import command_in_processes, small_problem
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.networks.problem import Problem

pytestmark = pytest.mark.slow  # three processes start

OPTIONS = CurvatureOptions(method="lanczos", top=6, residual_tolerance=1e-10, density_probes=0)
PROGRAM = """
import os
import sys
import time
from helpers.several_processes import small_problem
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.spectrum import compute_spectrum, serve_spectrum
from hessian_boundary.networks.problem import Problem
from hessian_study.jobs.termination import end_in_order
from test_termination_in_several_processes import OPTIONS

class Lingering(LanczosCheckpoint):
    def save(self, state):
        super().save(state)
        time.sleep(5)  # SIGTERM has to come before the run has ended, on a busy machine, too

end_in_order()
problem = Problem.prepared(*small_problem("layers"))
if os.environ["RANK"] != "0":
    serve_spectrum(problem, OPTIONS)
else:
    compute_spectrum(problem, OPTIONS, Lingering(sys.argv[1], "of this test"))
"""


def test_the_state_of_lanczos_is_kept_and_serves_one_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "spectrum.zarr.zip"
    checkpoint = LanczosCheckpoint(result, "of this test")
    with subprocess.Popen(
        command_in_processes(2, tmp_path, PROGRAM, str(result)), stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + 100
        while not (checkpoint.folder.exists() and any(checkpoint.folder.iterdir())):
            assert time.monotonic() < deadline, "no state was saved"
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=60)[1]
    assert running.returncode != 0
    found = re.search(r"ended by SIGTERM after (\d+) products of Lanczos; its state is kept", said)
    assert found, said
    problem = Problem.prepared(*small_problem("layers"))
    spectrum = compute_spectrum(problem, OPTIONS, checkpoint)
    assert f"going on from {found[1]} products" in capsys.readouterr().err
    expected = compute_spectrum(problem, OPTIONS)
    values = [each["eigenvalues"].values for each in (spectrum, expected)]
    np.testing.assert_allclose(*values, rtol=1e-9, atol=0)
