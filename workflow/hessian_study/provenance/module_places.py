"""Where a module may lie that a step imports: where its edits are seen, or where nobody edits.

The digest of a step's code counts modules of this project, and files of the user's with what they
import from their own folder. Installed packages count by their versions. What lies anywhere else,
such as in the current folder, on PYTHONPATH or in an editable installation, can be edited without
anything being made again.
"""

import os
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from hessian_study.project import SOURCES, work_folder

# Folders of installed packages, in whatever environment, and the standard library as an archive.
# `own_files` says them too: what starts a step imports nothing of the science before it.
INSTALLED = {"site-packages", "dist-packages", "python{}{}.zip".format(*sys.version_info)}


def found_by_others(
    finder: Any, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    """Return what the finders besides `finder` find, as Python asks them."""
    for other in list(sys.meta_path):
        find_spec = None if other is finder else getattr(other, "find_spec", None)
        if find_spec is not None and (spec := find_spec(name, path, target)) is not None:
            return spec
    return None


def lies_elsewhere(spec: ModuleSpec) -> bool:
    """Tell whether a module has a file that neither the digest counts nor a version stands for."""
    if not spec.has_location or spec.origin is None:  # built in, frozen, or a namespace
        return False
    # as it was found and with links followed: either may be what Python calls its own folder
    files = (Path(place(spec.origin)) for place in (os.path.abspath, os.path.realpath))
    folders: list[str | Path] = [*_standard(), *SOURCES]
    return not any(
        INSTALLED & set(file.parts) or any(file.is_relative_to(folder) for folder in folders)
        for file in files
    )


def missed_beside_the_study(name: str | None) -> Path | None:
    """Return the file or folder of a missing module's name in the study's folder, if it is there.

    Python would find it if it were started there in the usual way.
    """
    folder, top = work_folder(), (name or "").split(".")[0]
    found = [*folder.glob(f"{top}.py"), *folder.glob(f"{top}/*.py")] if top.isidentifier() else []
    return found[0] if found else None


def said(name: str, place: str | Path) -> str:
    """Say what is wrong with a module that lies elsewhere, and what to do."""
    return (
        "expected own code to import from its own folder, the standard library and installed "
        f"packages, found {name} in {place}, whose edits would make nothing again; put it beside "
        "the file that imports it and import it relatively, as `from .blocks import block`, or "
        "install it as a package: not with --editable, and not by PYTHONPATH"
    )


@cache
def _standard() -> tuple[str, ...]:
    """Return the folders of the standard library; an environment's `lib` itself is none of them."""
    bases = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    paths = [sysconfig.get_path(name, vars=bases) for name in ("stdlib", "platstdlib")]
    folders = [*paths, os.path.dirname(os.__file__), sysconfig.get_config_var("DESTSHARED")]
    return tuple({place for each in folders if each for place in (each, os.path.realpath(each))})
