"""`python -m benchmarks.peers [question …]`: the same questions to other libraries.

Top eigenpairs of three networks (problems.py) by four libraries (libraries.py), each in a process
of its own with one thread; then what none of the others does as a whole (other_questions.py).
Times are those of the processor. The table is printed, and kept in peers.csv, which the report and
the documentation show; rows of questions that are not asked stay as they are.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.peers.libraries import SOLVERS
from benchmarks.peers.other_questions import full_spectrum, grid_alignment
from benchmarks.peers.problems import NAMES, question
from benchmarks.peers.table import HEADINGS, OURS, Row, keep, row

LIMIT = 1200  # seconds of the processor for one answer
# of hessian-eigenthings, which is told a number of steps, not a residual: the first that do count
STEPS = (50, 75, 100, 150, 200, 300, 500, 1000)
OTHERS = {"spectrum": full_spectrum, "grid": grid_alignment}


def top_pairs(name: str, libraries: Sequence[str]) -> Iterator[Row]:
    """Yield a row per library; ours comes first, since it tells ARPACK of the eigenvalues."""
    asked = question(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        torch.save(asked, file)
        ours = _run(file, OURS, [])
        for library in libraries:
            found = ours
            if library != OURS:
                tries = [[steps] for steps in STEPS]
                if library != "hessian-eigenthings":
                    tries = [ours.get("outermost", [])]
                found = _first_that_reaches(asked.tolerance, file, library, tries)
            what = f"top pairs, {asked.what}"
            yield row(what, asked.tolerance, library, found, ours["seconds"])


def _first_that_reaches(
    tolerance: float, file: Path, library: str, tries: Sequence[Sequence[float]]
) -> dict[str, Any]:
    """Return the first answer that is exact enough, or the last; without one when time is up."""
    found: dict[str, Any] = {}
    for told in tries:
        found = _run(file, library, told)
        if found.get("residual", 0) <= tolerance:
            break
    return found


def _run(file: Path, library: str, told: Sequence[float]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.peers.measured", str(file), library, str(LIMIT)]
    command += map(str, told)
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer


def main() -> None:
    """Ask, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = (*NAMES, *OTHERS)
    parser.add_argument("questions", nargs="*", default=names, help="of: " + ", ".join(names))
    parser.add_argument("--libraries", nargs="+", default=list(SOLVERS), choices=list(SOLVERS))
    asked = parser.parse_args()
    print("| " + " | ".join(HEADINGS) + " |\n" + "| --- " * len(HEADINGS) + "|", flush=True)
    for name in asked.questions:
        for cells in OTHERS[name]() if name in OTHERS else top_pairs(name, asked.libraries):
            print("| " + " | ".join(cells) + " |", flush=True)
            keep([cells])


if __name__ == "__main__":
    main()
