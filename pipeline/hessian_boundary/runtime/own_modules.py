"""Modules in files of the user's: every folder is a package of its own.

The file `nets/net.py` is imported as the module `own_folder_nets.net`. In it, `import blocks`,
`from blocks import block` and `from .blocks import block` all mean nets/blocks.py, as they do where
Python is started in that folder; so files of one name in two folders are two modules. A file that
lies beside comes before an installed package of its name.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

SUFFIX = ".py"  # what a name of a file ends in, and no name of a module
PREFIX = "own_folder_"
INIT = "__init__.py"
DOT = "_2e_"  # stands for a dot in the name of a file, which in that of a module parts packages

Has = Callable[[str], bool]  # whether a folder has a module of this dotted name


def is_file_name(name: str) -> bool:
    """Tell whether a configured name is that of a file of the user's, not of a shipped module."""
    return name.endswith(SUFFIX)


def module_of(file: str) -> str:
    """Return the name of the module that a file is imported as; other names as they are."""
    if not is_file_name(file):
        return file
    folder, name = os.path.split(os.path.normpath(file))
    return f"{PREFIX}{_escaped(folder or '.')}.{name.removesuffix(SUFFIX).replace('.', DOT)}"


def is_own(module: str) -> bool:
    """Tell whether a module is one of the user's files, or a folder of them."""
    return module.startswith(PREFIX)


def package_of(module: str) -> str:
    """Return the package of a user's module: the folder that its imports are looked for in."""
    return module.split(".")[0]


def place_of(module: str, base: Path) -> Path:
    """Return the path of a user's module or folder, without the suffix of a file.

    `base` is the folder that names of files are relative to.
    """
    package, *names = module.split(".")
    folder = re.sub("_([0-9a-f]+)_", lambda found: chr(int(found[1], 16)), package[len(PREFIX) :])
    return Path(os.path.normpath(base / folder), *(name.replace(DOT, ".") for name in names))


def file_of(module: str, base: Path) -> Path | None:
    """Return the file of a user's module, None where there is none: for a folder, for instance."""
    place = place_of(module, base)
    # as Python looks: a folder with an __init__.py before a file
    candidates = [place / INIT, *([Path(f"{place}{SUFFIX}")] if "." in module else [])]
    return next(filter(Path.is_file, candidates), None)


def _escaped(folder: str) -> str:
    """Return a path as part of a Python name, which says the whole path."""
    return re.sub("[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", folder)


def compiled(source: bytes, file: str, module: str, has: Has) -> CodeType:
    """Compile the text of a user's module, with imports from its folder spelt out.

    `has` says of a dotted name whether the folder has such a module. Raises SyntaxError.
    """
    tree = _SpeltOut(package_of(module), has).visit(ast.parse(source, file))
    return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)


def own_spec(module: str, file: Path | None, loader: Any) -> ModuleSpec | None:
    """Return the spec of a user's module, or of a folder that has no `file` of its own.

    No folder is searched by Python itself, only by the finder that returns this.
    """
    if file is None:
        return ModuleSpec(module, None, is_package=True)
    spec = spec_from_file_location(module, file, loader=loader)
    if spec is not None and spec.submodule_search_locations is not None:
        spec.submodule_search_locations.clear()
    return spec


class _SpeltOut(ast.NodeTransformer):
    """Writes `import blocks` as `from own_folder_nets import blocks`."""

    def __init__(self, package: str, has: Has) -> None:
        self._package, self._has = package, has

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        return [
            ast.copy_location(statement, node)
            for alias in node.names
            for statement in self._imported(alias)
        ]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if any(map(self._is_beside, names)):
                node.module = f"{self._package}.{node.module}"
        return node

    def _imported(self, alias: ast.alias) -> Iterator[ast.stmt]:
        if not self._is_beside(alias.name):
            yield ast.Import([alias])
            return
        full = f"{self._package}.{alias.name}"
        parent, _, last = full.rpartition(".")
        if alias.asname or parent == self._package:
            yield ast.ImportFrom(parent, [ast.alias(last, alias.asname)], 0)
        else:  # `import a.b` imports both and names a
            yield ast.Import([ast.alias(full)])
            yield ast.ImportFrom(self._package, [ast.alias(alias.name.split(".")[0])], 0)

    def _is_beside(self, name: str) -> bool:
        parts = name.split(".")
        return any(self._has(".".join(parts[:end])) for end in range(1, len(parts) + 1))


class OwnFinder(MetaPathFinder):
    """Finds the user's modules on the disk, below the folder that is the current one then."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where a user's module is; leave others to Python."""
        if not is_own(fullname):
            return None
        file = file_of(fullname, Path.cwd())
        if file is None and not place_of(fullname, Path.cwd()).is_dir():
            return None
        return own_spec(fullname, file, _OwnLoader(fullname, str(file)))


class _OwnLoader(SourceFileLoader):
    """Loads a user's module; never from a compiled file, which may be of an earlier text."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the text as it is now."""
        file, package, base = self.get_filename(fullname), package_of(fullname), Path.cwd()

        def has(name: str) -> bool:
            return file_of(f"{package}.{name}", base) is not None

        return compiled(self.get_data(file), file, fullname, has)
