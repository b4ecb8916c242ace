"""Mutation tests: which small changes of the science does no test notice? (`make mutants`)

mutmut changes one operator, number or argument at a time and runs the tests that reach it. It takes
packages in `src/` only, so each room is laid out for it in a folder of its own. A change that
survives is listed in what `mutmut results` and `mutmut show NAME` say there.

Usage: python -m benchmarks.mutants [ROOM …]
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from hessian_study.project import ROOT

ROOMS = ("curvature", "gradients", "alignment", "boundary", "measures", "statistics")
FOLDER = ROOT / ".mutants"
COPIED = ("tests", "pipeline", "workflow", "docs", "profiles", "examples", "benchmarks")
FILES = ("pyproject.toml", "config.yaml", "Snakefile", "README.md", "CONTRIBUTING.md")
KILLED = {"killed", "timeout", "caught by type check", "segfault"}
SETTINGS = """[mutmut]
source_paths=
    src/hessian_boundary
only_mutate=
    src/hessian_boundary/{room}/*
pytest_add_cli_args_test_selection=
    tests/{room}
pytest_add_cli_args=
    -m
    not slow
    -p
    no:cacheprovider
also_copy=
    {copied}
"""


def prepare(room: str, folder: Path) -> None:
    """Lay out the project for mutmut, with one room to change and that room's tests."""
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copytree(
        ROOT / "pipeline/hessian_boundary", folder / "src/hessian_boundary", ignore=ignored
    )
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    copied = "\n    ".join([*(name for name in COPIED if name != "tests"), *FILES])
    (folder / "setup.cfg").write_text(SETTINGS.format(room=room, copied=copied))


def outcomes(lines: Iterable[str]) -> Counter[str]:
    """Count what `mutmut results` says: lines `name: outcome`."""
    return Counter(line.rsplit(": ", 1)[1].strip() for line in lines if ": " in line)


def main(rooms: Sequence[str]) -> int:
    """Run the mutants of the rooms, print a line for each, and return 0.

    Raises SystemExit for a room that is not known.
    """
    if unknown := set(rooms) - set(ROOMS):
        raise SystemExit(f"expected rooms among {', '.join(ROOMS)}, found {unknown.pop()}")
    for room in rooms or ROOMS:
        folder = FOLDER / room
        prepare(room, folder)
        mutmut = [sys.executable, "-m", "mutmut"]
        children = str(os.environ.get("TEST_PROCESSES", os.cpu_count()))
        subprocess.run([*mutmut, "run", "--max-children", children], cwd=folder, check=True)
        found = subprocess.run(
            [*mutmut, "results", "--all", "true"],
            cwd=folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        counts = outcomes(found.stdout.splitlines())
        killed = sum(counts[name] for name in KILLED)
        tested = counts.total() - counts["no tests"]
        print(f"{room}: {killed} of {tested} killed; {dict(counts)}; see {folder}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
