"""A step imports the code that was planned, in a project of a few lines written here."""

import importlib
import os
import py_compile
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hessian_study.provenance import code_digest as digests
from hessian_study.provenance import planned_code as planning
from hessian_study.provenance.planned_code import CodeError, planned_code

FILES = {
    "madeup/__init__.py": "",
    "madeup/step.py": "from madeup.part import VALUE\n\ndef late():\n    from . import later\n"
    "    return later.VALUE\n",
    "madeup/part.py": "VALUE = 1\n",
    "madeup/later.py": "VALUE = 10\n",
    "madeup/uncounted.py": "VALUE = 100\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(digests, "SOURCES", [tmp_path])
    monkeypatch.setattr(planning, "SOURCES", [tmp_path])
    monkeypatch.syspath_prepend(tmp_path)
    digests.code_digest.cache_clear()
    yield tmp_path
    digests.code_digest.cache_clear()
    for name in [name for name in sys.modules if name.startswith("madeup")]:
        del sys.modules[name]


def spec() -> dict[str, Any]:
    code = digests.code_digest("madeup.step")
    return {"step": "step", "modules": ["madeup.step"], "code": code}


def test_the_code_runs_as_it_is(project: Path) -> None:
    with planned_code(spec()):
        step = importlib.import_module("madeup.step")
        assert (step.VALUE, step.late()) == (1, 10)
    assert step.__file__ == str(project / "madeup/step.py")
    assert not any(type(finder).__name__ == "_PlannedFinder" for finder in sys.meta_path)


@pytest.mark.parametrize("file", ["step", "part", "later", "__init__"])
def test_an_edit_since_planning_is_refused_by_name(project: Path, file: str) -> None:
    planned = spec()
    path = project / f"madeup/{file}.py"
    path.write_text(FILES[f"madeup/{file}.py"] + "NEW = 1\n")
    os.utime(path, (2e9, 2e9))
    with pytest.raises(CodeError, match=rf"found other code .*Edited last: {path} "):
        planned_code(planned).__enter__()


@pytest.mark.parametrize(
    ("file", "text"),
    [("part", "# why\nVALUE = 1\n"), ("uncounted", "VALUE = 2\n"), ("step", None)],
)
def test_an_edit_that_changes_nothing_is_none(project: Path, file: str, text: str | None) -> None:
    planned = spec()
    path = project / f"madeup/{file}.py"
    path.write_text(text or '"""Now with a docstring."""\n' + FILES["madeup/step.py"])
    with planned_code(planned):
        assert importlib.import_module("madeup.step").VALUE == 1


def test_an_edit_during_the_step_is_not_seen(project: Path) -> None:
    with planned_code(spec()):
        step = importlib.import_module("madeup.step")
        (project / "madeup/later.py").write_text("VALUE = 11\n")
        assert step.late() == 10


def test_a_compiled_file_of_other_code_is_not_used(project: Path) -> None:
    """Python takes it for current when size and second of change are those of the text."""
    path = project / "madeup/part.py"
    os.utime(path, (1.6e9, 1.6e9))
    py_compile.compile(str(path), doraise=True)
    path.write_text("VALUE = 2\n")
    os.utime(path, (1.6e9, 1.6e9))
    command = [sys.executable, "-c", "from madeup.part import VALUE; print(VALUE)"]
    plain = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert plain.stdout == "1\n"
    with planned_code(spec()):
        assert importlib.import_module("madeup.step").VALUE == 2


def test_a_module_that_the_digest_does_not_count_is_refused(project: Path) -> None:
    with (
        planned_code(spec()),
        pytest.raises(CodeError, match=r"imports madeup\.uncounted by a name made at run time"),
    ):
        importlib.import_module("madeup.uncounted")


def test_code_imported_before_it_was_compared_is_refused(project: Path) -> None:
    importlib.import_module("madeup.part")
    with pytest.raises(CodeError, match=r"expected to import madeup as planned"):
        planned_code(spec()).__enter__()


def test_what_was_prepared_is_found_by_its_text(project: Path) -> None:
    planning.prepare()
    (project / "madeup/part.py").write_text("VALUE = 3\n")
    with planned_code(spec()):
        assert importlib.import_module("madeup.step").VALUE == 3
    (project / "madeup/part.py").write_text("VALUE =")
    planning.prepare()


def test_a_job_imports_nothing_of_the_science_before_that() -> None:
    script = (
        "import sys, hessian_study.jobs.job, hessian_study.provenance.planned_code;"
        "print([n for n in sys.modules if n.startswith('hessian_boundary.')])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    around = "['hessian_boundary.runtime', 'hessian_boundary.runtime.own_modules']\n"
    assert done.stdout == around  # how files of the user's are found, which the check needs
