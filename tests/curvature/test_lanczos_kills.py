"""Runs of Lanczos that are killed, by an exception and by the system, and go on."""

import signal
import subprocess

import torch

from helpers.diagonal_operators import limit_for
from helpers.lanczos_runs import KEY, restarted_run
from helpers.problems import build_problem
from helpers.scripts import script
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint


def test_a_run_may_be_killed_and_go_on_many_times(tmp_path):
    class Killed(Exception):  # noqa: N818
        pass

    whole, products = restarted_run(None)
    kills = 0
    while True:
        unfinished = LanczosCheckpoint(tmp_path / "a", KEY)
        saves = 0

        def save(state: KrylovState, unfinished=unfinished):
            nonlocal saves
            if saves == 3:
                raise Killed
            unfinished.save(state)
            saves += 1

        resume = unfinished.load()
        start = resume.products if resume else 0
        try:
            pairs, last = restarted_run(save, resume=resume)
        except Killed:
            kills += 1
            continue
        break
    assert kills >= 3
    assert start == 12 * kills
    assert start + last == products
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
    unfinished.remove()
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys, torch
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from helpers.lanczos_runs import KEY
from test_lanczos_kills import hessian_run
torch.set_num_threads(1)
unfinished = LanczosCheckpoint(sys.argv[1], KEY)
def save(state):
    unfinished.save(state)
    print(state.products, flush=True)
hessian_run(save, unfinished.load())
"""


def hessian_run(on_block, resume):
    from hessian_boundary.curvature.operators.hessian import Hessian

    case = build_problem("mlp_sigmoid")
    operator = Hessian(case.problem)
    limit = limit_for(operator, 30, wanted=8)
    options = {"seed": 1, "memory_limit": limit, "on_block": on_block, "resume": resume}
    return lanczos_eigenpairs(operator, k_top=6, k_bottom=2, **options), operator.products


def test_a_run_killed_by_the_system_goes_on_to_the_same_pairs(tmp_path):
    whole, products = hessian_run(None, None)
    command = script(KILLED, str(tmp_path / "a"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) >= 40:  # it goes on with the next block while this is read
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    resume = LanczosCheckpoint(tmp_path / "a", KEY).load()
    assert resume.products >= 40
    pairs, rest = hessian_run(None, resume)
    assert rest == products - resume.products
    assert torch.equal(pairs.eigenvalues, whole.eigenvalues)
    assert torch.equal(pairs.eigenvectors, whole.eigenvectors)
