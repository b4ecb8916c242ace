"""When the report shows the target `generalisation`, which is no input of it."""

import subprocess
from pathlib import Path

from helpers.tiny_study import TinyStudy

# Writes a target's files and records that fit, of nothing: no test needs an hour's networks.
PRETEND = """
import json, sys
from pathlib import Path
from hessian_study.commands.planning import Asked, expected_steps
from hessian_study.provenance.file_digests import file_digest
from hessian_study.provenance.records import record_path

for step in expected_steps(["generalisation"], Asked(files=[Path(sys.argv[1])])):
    inputs = {name: list(map(file_digest, paths)) for name, paths in step.inputs.items()}
    for path in step.outputs:
        for file in (Path(path), record_path(path)):
            file.parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path)
        made = {"spec": step.spec, "inputs": inputs, "versions": {}, "sha256": file_digest(path)}
        record_path(path).write_text(json.dumps(made))
"""
# Says what the page shows as `run` plans it, and as `verify` does in an empty folder.
SHOWN = """
import sys
from pathlib import Path
from hessian_study.commands.planning import Asked, dry_run, expected_steps

asked = Asked(files=[Path(sys.argv[1])])
with dry_run(["report"], Path.cwd(), asked) as dag:
    (run,) = [job.params.spec for job in dag.jobs if job.rule.name == "report"]
specs = [step.spec for step in expected_steps(["report"], asked)]
assert [spec for spec in specs if spec["step"] == "report"] == [run], "two plans"
print("generalisation" in run["settings"])
"""


def told(study: TinyStudy, script: str) -> str:
    command = [*study.python(), "-c", script, str(study.write_config())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=study.directory)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_fits_its_records_is_shown_wherever_it_is_planned(tmp_path: Path) -> None:
    study = TinyStudy(tmp_path)
    told(study, PRETEND)
    assert told(study, SHOWN) == "True"
    (study.results / "tables/generalisation.csv").write_text("garbage")
    assert told(study, SHOWN) == "False"
