"""Mutation tests: which small changes of the science does no test notice? (`make mutants`)

mutmut changes one operator, number or argument at a time and runs the tests that reach it. It takes
packages in `src/` only, so each room is laid out for it in a folder of its own. A change that
survives is written to `survivors.txt` there. Of thousands of changes a random sample tells enough.

A change of wording only, such as of an axis' long name or an error's text, is counted apart: no
number depends on it.

Usage: python -m benchmarks.mutants [ROOM …] [--sample N] [--seed S]
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from hessian_study.project import ROOT

# room -> further tests that reach it, besides its own
BESIDE: dict[str, tuple[str, ...]] = {
    "curvature": ("test_analysis.py", "test_analysis_gauss_newton.py"),
    "gradients": ("certificates/test_certificates.py", "certificates/test_other_networks.py"),
    "alignment": (
        "test_analysis.py",
        "test_analysis_gauss_newton.py",
        "certificates/test_certificates.py",
        "curvature/test_layer_blocks.py",
    ),
    "boundary": ("certificates/test_boundary_certificates.py", "properties/test_any_boundary.py"),
    "measures": ("test_analysis.py", "test_analysis_gauss_newton.py"),
    "statistics": (),
}
ROOMS = tuple(BESIDE)
FOLDER = ROOT / ".mutants"
COPIED = ("tests", "pipeline", "workflow", "docs", "profiles", "examples", "benchmarks")
FILES = ("pyproject.toml", "config.yaml", "Snakefile", "README.md", "CONTRIBUTING.md")
QUOTED = re.compile(r"""(["']).*?\1""")
KILLED = {"killed", "timeout", "caught by type check", "segfault"}
SETTINGS = """[mutmut]
source_paths=
    src/hessian_boundary
only_mutate=
    src/hessian_boundary/{room}/*
pytest_add_cli_args_test_selection=
    {tests}
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
    tests = "\n    ".join(f"tests/{name}" for name in (room, *BESIDE[room]))
    (folder / "setup.cfg").write_text(SETTINGS.format(room=room, tests=tests, copied=copied))


def outcomes(lines: Iterable[str]) -> dict[str, str]:
    """Return what became of each mutant: `mutmut results` has lines `name: outcome`."""
    pairs = (line.rsplit(": ", 1) for line in lines if ": " in line)
    return {name.strip(): outcome.strip() for name, outcome in pairs}


def is_wording(difference: str) -> bool:
    """Whether the old and the new lines of a difference are the same but for text in quotes."""
    changed = [line for line in difference.splitlines() if line[:3] not in ("---", "+++")]
    old, new = (
        [QUOTED.sub('""', line[1:]) for line in changed if line.startswith(sign)] for sign in "-+"
    )
    return old == new


def summary(room: str, found: dict[str, str], differences: dict[str, str]) -> str:
    """Return one line about the mutants of a room that were run, and what survived."""
    counts = Counter(found.values())
    killed = sum(counts[name] for name in KILLED)
    words = sum(is_wording(difference) for difference in differences.values())
    return (
        f"{room}: {killed} of {len(found)} killed; {len(differences) - words} survived, further "
        f"{words} of wording only"
    )


def run(room: str, sample: int | None, seed: int) -> None:
    """Run the mutants of a room, or a random sample of them; print and write what survived."""
    folder = FOLDER / room
    prepare(room, folder)
    _mutmut(folder, "run", "none of them")  # makes them, and learns which tests reach which
    names = list(_results(folder))
    if sample is not None and sample < len(names):
        names = random.Random(seed).sample(names, sample)
    children = str(os.environ.get("TEST_PROCESSES", os.cpu_count()))
    _mutmut(folder, "run", "--max-children", children, *names)
    results = _results(folder)
    found = {name: results[name] for name in names}
    differences = {
        name: _mutmut(folder, "show", name)
        for name, outcome in found.items()
        if outcome not in KILLED
    }
    survivors = folder / "survivors.txt"
    survivors.write_text("\n".join(f"{found[n]}\n{text}" for n, text in differences.items()))
    print(f"{summary(room, found, differences)}; see {survivors}", flush=True)


def _results(folder: Path) -> dict[str, str]:
    return outcomes(_mutmut(folder, "results", "--all", "true").splitlines())


def _mutmut(folder: Path, *arguments: str) -> str:
    """Return what mutmut prints; its own exit status also tells of mutants, and is not asked."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """Run the mutants of the rooms, print a line for each, and return 0.

    Raises SystemExit for a room that is not known.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--sample", type=int, help="so many of each room's, at random; else all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.rooms) - set(ROOMS):
        raise SystemExit(f"expected rooms among {', '.join(ROOMS)}, found {unknown.pop()}")
    for room in asked.rooms or ROOMS:
        run(room, asked.sample, asked.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
