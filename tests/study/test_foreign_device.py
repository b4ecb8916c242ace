"""Nothing presumes that tensors are on the CPU: on another device, the same numbers.

No GPU is needed: the device is made up (foreign_device.cpp), and what test_gpu.py asks of a GPU is
 asked of it. It cannot say anything of a GPU's own arithmetic.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.foreign_device import compile_device

TESTS = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("g++") is None, reason="NO COMPILER HERE: g++ is needed"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled device."""
    file = tmp_path_factory.mktemp("foreign") / "foreign_device.so"
    compile_device(file)
    return file


def _python(library: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "FOREIGN_DEVICE": str(library),
        "OTHER_DEVICE": "foreign",
        "PYTHONPATH": str(TESTS),
    }
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=TESTS.parent, env=environment
    )


def test_it_is_another_device(library: Path) -> None:
    """Else the next test would say nothing: tensors of two devices do not mix, NumPy reads none."""
    program = """
import torch
from helpers import foreign_device
foreign_device.pytest_configure()
here, there = torch.ones(2, 2), torch.ones(2, 2, device="foreign")
assert (there @ there).cpu().sum() == 8
for mixture in (lambda: here + there, lambda: here @ there, lambda: torch.cat([here, there]),
                lambda: torch.func.vmap(torch.dot, (None, 0))(here[0], there),
                lambda: torch.nn.functional.conv2d(here[None, None], there[None, None]),
                lambda: there.numpy()):
    try:
        mixture()
    except (RuntimeError, TypeError):
        continue
    raise SystemExit("two devices were mixed")
"""
    result = _python(library, "-c", program)
    assert result.returncode == 0, result.stderr


@pytest.mark.thorough
def test_what_holds_on_a_gpu_holds_on_it(library: Path) -> None:
    """None of those tests is skipped there."""
    result = _python(
        library,
        "-m",
        "pytest",
        "-p",
        "helpers.foreign_device",
        str(TESTS / "study" / "test_gpu.py"),
    )
    assert result.returncode == 0, result.stdout
    assert "passed" in result.stdout, result.stdout
    assert "skipped" not in result.stdout, result.stdout
