"""Which code a step depends on, as one short digest.

Snakemake sees neither the modules that a step imports nor their content. So each rule carries, in
its parameters, a digest of the syntax trees of the step's module and of every module of this
project that it imports, directly or not. Comments, docstrings and formatting leave it unchanged.
Third-party versions are not part of it: they are recorded in the artifacts instead.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from hessian_boundary.runtime.own_modules import file_of, is_own, module_of, package_of
from hessian_study.project import SOURCES, work_folder

# What decides nothing about results: an edit of one of these makes nothing again.
NEUTRAL = (
    # the public API names what lies deeper, and imports it only when it is asked for; a step
    # that asked for a name here would be refused (hessian_study.provenance.planned_code)
    "hessian_boundary",
    # hands a step its paths and settings, and what it wrote to the record
    "hessian_study.jobs.job",
    # refuses an artifact that is not of its kind, and changes none
    "hessian_boundary.artifacts.schema",
    # writes lines to the log
    "hessian_boundary.runtime.progress",
)


@cache
def code_digest(*modules: str) -> str:
    """Return the digest of the modules named and of all they import from this project.

    A name that ends in .py is a file of the user's: it counts with all that it imports from its
    folder. Raises ValueError for a module that does not exist in the project.
    """
    return digest_of(read_closure(*modules))


def digest_of(sources: Mapping[str, bytes]) -> str:
    """Return the digest of modules, given as name and text."""
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(f"{name} {_fingerprint(sources[name])[0]}\n".encode())
    return digest.hexdigest()[:16]


def read_closure(*modules: str) -> dict[str, bytes]:
    """Return the text of the modules named and of all modules of this project they import.

    Each file is read once. A file of the user's that is missing is empty: its own step says so.
    Raises ValueError for a module that does not exist in the project.
    """
    find = cache(find_module)
    sources: dict[str, bytes] = {}
    pending = list(map(module_of, modules))
    while pending:
        name = pending.pop()
        if name in sources:
            continue
        file = find(name)
        if file is None and is_own(name):
            sources[name] = b""
            continue
        if file is None:
            raise ValueError(f"expected a module of this project, found no file for {name!r}")
        sources[name] = file.read_bytes()
        parent = name.rpartition(".")[0]  # importing a module runs its packages first
        package = name if file.name == "__init__.py" else parent
        imported = [_absolute(text, package) for text in _fingerprint(sources[name])[1]]
        if is_own(name):  # what lies beside it
            imported += [f"{package_of(name)}.{text}" for text in imported]
        # a neutral module does not count, but the package around it runs all the same
        around = {module.rpartition(".")[0] for module in imported if module in NEUTRAL}
        candidates = {parent, *around, *imported} - {"", *NEUTRAL}
        pending += [candidate for candidate in candidates if find(candidate) is not None]
    return sources


def find_module(name: str) -> Path | None:
    """Return the file of a module of this project or of the user's, or None."""
    if is_own(name):
        return file_of(name, work_folder())
    for base in (source.joinpath(*name.split(".")) for source in SOURCES):
        for candidate in (base / "__init__.py", base.with_suffix(".py")):  # as Python looks
            if candidate.is_file():
                return candidate
    return None


@cache
def _fingerprint(source: bytes) -> tuple[str, tuple[str, ...]]:
    """Return (digest of the syntax tree, what it may import as written) of a module's text."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # a half-edited file makes its own steps stale, no more
        return hashlib.sha256(source).hexdigest(), ()
    imported = {name for node in ast.walk(tree) for name in _imports(node)}
    return hashlib.sha256(_canonical(tree).encode()).hexdigest(), tuple(sorted(imported))


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield names a node may import: for `from a import b` both `a` and `a.b`; relative ones
    with their leading dots.
    """
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        dots, module = "." * node.level, node.module or ""
        yield dots + module
        separator = "." if module else ""
        yield from (f"{dots}{module}{separator}{alias.name}" for alias in node.names)


def _absolute(name: str, package: str) -> str:
    """Return a name as it is meant in a package: there `.a` is `package.a`, `..a` is its
    parent's; "" for what leads out of the top.
    """
    relative = name.lstrip(".")
    level = len(name) - len(relative)
    if not level:
        return name
    parts = package.split(".")
    if level > len(parts):
        return ""
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{relative}" if relative else base


def _canonical(node: object) -> str:
    """Write a syntax tree out without positions and docstrings, alike in all Python versions.

    `ast.dump` would do but for its text changing between versions; empty fields are left out
    because new versions add some.
    """
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for field, value in ast.iter_fields(node):
        if field == "body" and isinstance(value, list) and _is_docstring(value[:1]):
            value = value[1:]
        if value == [] or (value is None and not isinstance(node, ast.Constant)):
            continue
        if field not in ("ctx", "kind", "type_comment"):
            parts.append(f"{field}={_canonical(value)}")
    return f"{type(node).__name__}({','.join(parts)})"


def _is_docstring(statements: list[ast.stmt]) -> bool:
    return any(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        for statement in statements
    )
