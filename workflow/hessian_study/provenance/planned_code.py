"""A job runs the very code that the run was planned with, or not at all.

Between planning and a job, and while a job runs, files can be edited, and edited back. So the job
reads all the modules that its step may import once, compares their digest with the plan's, and
imports them from what it has read: a later edit cannot reach it. Python's compiled files are not
used, since it takes them for current by time and size alone.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from hessian_boundary.runtime.own_modules import compiled, is_own, own_spec, package_of
from hessian_study.project import SOURCES
from hessian_study.provenance.code_digest import NEUTRAL, digest_of, find_module, read_closure
from hessian_study.provenance.module_places import (
    found_by_others,
    lies_elsewhere,
    missed_beside_the_study,
    said,
)

# what starts a step and checks it; it is at work before the step's code is read
AROUND_A_STEP = (
    *("hessian_study", "hessian_study.project"),
    *("hessian_boundary.runtime", "hessian_boundary.runtime.own_modules"),
)
WITH_WHAT_IS_IN_THEM = ("hessian_study.jobs", "hessian_study.provenance")


class CodeError(RuntimeError):
    """The code on the disk is not the code that the run was planned with."""


@contextmanager
def planned_code(spec: Mapping[str, Any]) -> Iterator[None]:
    """Import the project's modules as they were planned: as `spec` digests them.

    `spec["modules"]` names the modules that the step starts from, `spec["code"]` is their digest
    (`code_digest`). Raises CodeError where the code was edited since, and, while the step runs,
    for a module of this project that the digest does not count, and for one whose edits nobody
    would notice (`module_places`).
    """
    sources = read_closure(*spec["modules"])
    if (found := digest_of(sources)) != spec["code"]:
        raise CodeError(
            f"expected the code of the step {spec['step']} as the run was planned with "
            f"({spec['code']}), found other code ({found}): it was edited while the workflow ran. "
            f"Edited last: {_edited_last(sources)}. Run again"
        )
    early = sorted(name for name in sources.keys() & sys.modules.keys() if not _is_around(name))
    if early:
        raise CodeError(f"expected to import {early[0]} as planned, found it imported before")
    finder = _PlannedFinder(sources)
    sys.meta_path.insert(0, finder)
    try:
        yield
    except ModuleNotFoundError as error:
        place = missed_beside_the_study(error.name)
        if place is None:
            raise
        raise CodeError(said(str(error.name), place)) from error
    finally:
        sys.meta_path.remove(finder)


class _PlannedFinder(MetaPathFinder, SourceLoader):  # type: ignore[misc]  # typeshed's bases differ
    """Finds and loads modules in texts that were read before."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._files = {name: str(find_module(name)) for name in sources}
        self._texts = {file: sources[name] for name, file in self._files.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a planned module is; others as Python does, but none of this project."""
        if fullname in self._sources:
            if is_own(fullname):
                return own_spec(fullname, Path(self._files[fullname]), self)
            return spec_from_file_location(fullname, self._files[fullname], loader=self)
        if is_own(fullname) and any(name.startswith(f"{fullname}.") for name in self._sources):
            return own_spec(fullname, None, self)
        if fullname not in NEUTRAL and not _is_around(fullname) and find_module(fullname):
            raise CodeError(
                f"expected a step that imports what its code digest counts, found that it imports "
                f"{fullname} by a name made at run time; import it with an import statement, or "
                "name it in the rule's spec (its argument `code`)"
            )
        spec = found_by_others(self, fullname, path, target)
        if spec is not None and lies_elsewhere(spec):
            raise CodeError(said(fullname, str(spec.origin)))
        return spec

    def get_filename(self, fullname: str) -> str:
        """Return where a module's text was read."""
        return self._files[fullname]

    def get_code(self, fullname: str) -> CodeType | None:
        """Compile a module's text; in a user's, imports mean what was read with it."""
        if not is_own(fullname):
            return super().get_code(fullname)
        package, file = package_of(fullname), self._files[fullname]
        text = self._sources[fullname]
        return compiled(text, file, fullname, lambda name: f"{package}.{name}" in self._sources)

    def source_to_code(self, data: Any, path: Any) -> CodeType:  # type: ignore[override]
        """Compile a module's text, once for all processes that are forked from this one."""
        return _compiled(bytes(data), str(path))

    def get_data(self, path: str) -> bytes:
        """Return the text that was read; anything else comes from the disk."""
        return self._texts[path] if path in self._texts else Path(path).read_bytes()


@cache
def _compiled(source: bytes, file: str) -> CodeType:
    return compile(source, file, "exec", dont_inherit=True)


def prepare() -> None:
    """Digest and compile all modules as they are now, for jobs that are forked from this process.

    What is kept is found by a module's text, so a job sees every later edit.
    """
    for file in (file for folder in SOURCES for file in folder.rglob("*.py")):
        source = file.read_bytes()
        digest_of({file.stem: source})
        with suppress(SyntaxError, ValueError):  # a half-edited file concerns its own steps only
            _compiled(source, str(file))


def _is_around(name: str) -> bool:
    packages = WITH_WHAT_IS_IN_THEM
    return name in (*AROUND_A_STEP, *packages) or name.startswith(tuple(f"{p}." for p in packages))


def _edited_last(sources: Mapping[str, bytes]) -> str:
    times = {file: file.stat().st_mtime for file in map(find_module, sources) if file}
    last = max(times, key=lambda file: times[file])
    return f"{last} ({time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(times[last]))})"
