"""The file that tells a job what to do, so that its command stays short.

It is JSON, in `logs/<profile>/<step>/`, and holds what `Job` does: the spec, the paths, the device.
Snakemake writes it in the moment it starts the job, whether here or on a node of a cluster. It
stays there, so that a job can be started again by hand: `python -P -m hessian_study.jobs.job FILE`.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def job_file(logs: str, step: str, output: str) -> str:
    """Return where the file of the job that makes `output` is: results/<profile>/<any path>."""
    _, _, *rest = Path(output).parts
    return str(Path(logs, step, *rest).with_suffix("").with_suffix(".json"))


def write_job_file(path: str, content: Mapping[str, Any]) -> None:
    """Write the file as a whole or not at all, and its folder."""
    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def read_job_file(path: str) -> dict[str, Any]:
    """Return its content. Raises FileNotFoundError where Snakemake has written none."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"expected what the job shall do in {path}, found no file; "
            "Snakemake writes it when it starts the job: run its target again"
        ) from error
