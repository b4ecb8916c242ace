"""Which code a step depends on, as one short digest.

Snakemake sees neither the modules that a step imports nor their content. So each rule carries, in
its parameters, a digest of the syntax trees of the step's module and of every module of this
project that it imports, directly or not. Comments, docstrings and formatting leave it unchanged.
Third-party versions are not part of it: they are recorded in the artifacts instead.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

from hessian_study.project import SOURCES

# what runs, watches or checks the steps, or names the public API, and decides nothing about
# results: an edit of one of these (a log line, a further kind of artifact) makes nothing again
NEUTRAL = (
    "hessian_boundary",
    "hessian_study.jobs.job",
    "hessian_boundary.artifacts.schema",
    "hessian_boundary.runtime.progress",
)


@cache
def code_digest(*modules: str) -> str:
    """Return the digest of the modules named and of all they import from this project.

    Raises ValueError for a module that does not exist in the project.
    """
    digest = hashlib.sha256()
    for name in import_closure(*modules):
        digest.update(f"{name} {_fingerprint(name)[0]}\n".encode())
    return digest.hexdigest()[:16]


@cache
def import_closure(*modules: str) -> tuple[str, ...]:
    """Return, sorted, the modules named and all modules of this project they import."""
    pending, seen = list(modules), set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        if _file_of(name) is None:
            raise ValueError(f"expected a module of this project, found no file for {name!r}")
        seen.add(name)
        pending.extend(_fingerprint(name)[1])
        parent = name.rpartition(".")[0]  # importing a module runs its packages first
        if parent and parent not in NEUTRAL:
            pending.append(parent)
    return tuple(sorted(seen))


@cache
def _fingerprint(name: str) -> tuple[str, tuple[str, ...]]:
    """Return (digest of the syntax tree, project modules imported) of one module."""
    file = _file_of(name)
    assert file is not None
    source = file.read_bytes()
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a half-edited file makes its own steps stale, not the workflow fail
        return hashlib.sha256(source).hexdigest(), ()
    imported = {
        candidate
        for node in ast.walk(tree)
        for candidate in _imports(node)
        if candidate not in (name, *NEUTRAL) and _file_of(candidate) is not None
    }
    return hashlib.sha256(_canonical(tree).encode()).hexdigest(), tuple(sorted(imported))


def _imports(node: ast.AST) -> list[str]:
    """Names a node may import: for `from a import b`, both `a` and `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


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


@cache
def _file_of(name: str) -> Path | None:
    for base in (source.joinpath(*name.split(".")) for source in SOURCES):
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None
