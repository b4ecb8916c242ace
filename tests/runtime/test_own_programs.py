"""A generator starts no program, whose files nobody would see; Python and packages may."""

import asyncio
import ctypes.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.ensemble import RandomForestClassifier

from helpers.own_generators import generated
from hessian_boundary.runtime.own_files import only_reading


def in_a_thread(file: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(subprocess.run, ["cat", file], check=False).result()


def amid_other_work(file: str) -> None:
    async def read() -> None:
        await asyncio.create_subprocess_exec("cat", file)

    asyncio.run(read())


STARTERS: dict[str, Callable[[str], Any]] = {
    "run": lambda file: subprocess.run(["cat", file], check=False),
    "a path": lambda file: subprocess.Popen([Path("cat"), file]),
    "a shell": lambda file: subprocess.getoutput(f"cat {file}"),
    "a pipe": lambda file: os.popen(f"cat {file}").close(),
    "the system": lambda file: os.system(f"cat {file}"),
    "spawn": lambda file: os.posix_spawn("/bin/cat", ["cat", file], {}),
    "another program": lambda file: os.execvp("cat", ["cat", file]),
    "a thread": in_a_thread,
    "a coroutine": amid_other_work,
}


@pytest.mark.parametrize("start", STARTERS.values(), ids=STARTERS)
@pytest.mark.parametrize("caught", [False, True])
def test_a_generator_that_starts_a_program_is_refused(
    monkeypatch: pytest.MonkeyPatch, start: Callable[[str], Any], caught: bool
) -> None:
    def generate() -> tuple[list, list]:
        with suppress(Exception if caught else ()):
            start("mine.csv")
        return [[0.5], [1.5]], [0, 1]

    with pytest.raises(ValueError, match=r"'mine' to start no program, found `.*cat mine.csv`"):
        generated(monkeypatch, generate)
    assert subprocess.run(["true"], check=False).returncode == 0  # nothing is refused afterwards


def test_what_python_and_packages_ask_the_system_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages/asking.py"
    package.parent.mkdir()
    package.write_text("import subprocess\nFOUND = subprocess.check_output(['echo', '1'])\n")
    monkeypatch.syspath_prepend(package.parent)
    with only_reading([], "mine"):
        platform.architecture()
        ctypes.util.find_library("c")
        joblib.cpu_count(only_physical_cores=True)
        RandomForestClassifier(n_estimators=2, n_jobs=2).fit([[0.0], [1.0]], [0, 1])
        import asking  # type: ignore[import-not-found]
    assert asking.FOUND == b"1\n"
    del sys.modules["asking"]
