"""Python programs as processes of their own that may import what tests import."""

import os
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def script(text: str, *arguments: str) -> list[str]:
    """Return the command that runs a program with the tests' folders on its path."""
    folders = os.pathsep.join(map(str, [TESTS, *sorted(TESTS.iterdir())]))
    return ["env", f"PYTHONPATH={folders}", sys.executable, "-c", text, *arguments]
