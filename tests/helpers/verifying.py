"""What tests of freshness do to a study: ask `verify`, edit its code, lose Snakemake's memory."""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any

from helpers.one_training import TARGET
from helpers.tiny_study import TinyStudy


def run_verify(
    study: TinyStudy, target: str = TARGET, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [
        *(*study.python(), "-m", "hessian_study.commands.main", "verify", target, *options),
        *("--directory", str(study.directory), "--configfile", str(study.write_config())),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


CODE = "pipeline/hessian_boundary/measures/localisation.py"


def edit_code(study: TinyStudy, file: str = CODE) -> Callable[[], Any]:
    """Change the code of a step; return how to change it back."""
    path = study.code / file
    text = path.read_text()
    path.write_text(text + "\nNEW_CONSTANT = 1\n")
    return lambda: path.write_text(text)


def forget(study: TinyStudy) -> None:
    shutil.rmtree(study.directory / ".snakemake")
