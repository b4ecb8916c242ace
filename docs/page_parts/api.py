"""The public names with their docstrings, and a line on every module of the science."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from functools import cached_property

import hessian_boundary
from hessian_study.project import PACKAGE
from page_parts.markdown import table

LINE = 88  # characters of a signature on one line


def public_names() -> str:
    """Return a section per public name: its signature and what its docstring says."""
    return "\n\n".join(_section(name) for name in getattr(hessian_boundary, "__all__", ()))


def module_map() -> str:
    """Return a table of the modules of each room of the library, with their first lines."""
    sections = []
    for room in sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").exists()):
        rows = [
            (f"`{path.relative_to(room)}`", _first_line(path.read_text(encoding="utf-8")))
            for path in sorted(room.rglob("*.py"))
            if path != room / "__init__.py"
        ]
        about = _first_line((room / "__init__.py").read_text(encoding="utf-8"))
        shown = table(("file", "what it says"), rows)
        sections.append(f"### {room.name}/\n\n{about}\n\n{shown}")
    return "\n".join(sections)


def _section(name: str) -> str:
    value = getattr(hessian_boundary, name)
    parts = [f"### {name}", _signature(name, value), _as_markdown(inspect.getdoc(value) or "")]
    members = inspect.getmembers(value) if inspect.isclass(value) else []
    for member, found in members:
        if not member.startswith("_") and (inspect.isfunction(found) or inspect.ismethod(found)):
            text = (inspect.getdoc(found) or "").strip()
            parts += [f"#### {name}.{member}", _signature(member, found), _as_markdown(text)]
        elif not member.startswith("_") and isinstance(found, property | cached_property):
            parts += [f"#### {name}.{member}", _as_markdown(inspect.getdoc(found) or "")]
    origin = importlib.import_module(value.__module__).__name__
    return "\n\n".join([*parts, f"*from `{origin}`*"])


def _signature(name: str, value: Callable[..., object]) -> str:
    """Return how it is called: on one line or, where that is long, an argument a line."""
    signature = inspect.signature(value)
    arguments: list[str] = []
    for parameter in signature.parameters.values():
        first = not any(argument.startswith("*") for argument in arguments)
        if parameter.kind is parameter.KEYWORD_ONLY and first:
            arguments.append("*")
        if parameter.name != "self":
            arguments.append(_without_modules(str(parameter)))
    returned = signature.return_annotation
    arrow = "" if inspect.isclass(value) else inspect.formatannotation(returned)
    end = f") -> {_without_modules(arrow)}" if arrow else ")"
    line = f"{name}({', '.join(arguments)}{end}"
    if len(line) > LINE:
        line = "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), end])
    return f"```python\n{line}\n```"


def _without_modules(annotation: str) -> str:
    """Write `torch.nn.modules.module.Module` as `Module`, and 'Problem' without its quotes."""
    short = re.sub(r"\b(?:[A-Za-z_]\w*\.)+(\w)", r"\1", annotation)
    return re.sub(r"(^|: )'([^']*)'", r"\1\2", short).replace("<factory>", "…")


def _as_markdown(docstring: str) -> str:
    """Make items of a list of lines indented by two, and blocks of code of those by four."""
    lines: list[str] = []
    for line in docstring.splitlines():
        before = lines[-1] if lines else ""
        if re.match(r"  \w[\w, ]*:", line):
            lines += ["", f"- {_escaped(line.strip())}"]
        elif not line.startswith("    "):
            lines.append(_escaped(line))
        elif before.startswith(("- ", "    ")):
            lines.append(line)
        else:  # code needs an empty line before it
            lines += ["", line]
    return "\n".join(lines)


def _escaped(line: str) -> str:
    """Escape what Markdown would take for markup."""
    return re.sub(r"(?<![\w`])([<*_])", r"\\\1", line)


def _first_line(source: str) -> str:
    return (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]
