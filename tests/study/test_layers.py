"""Who may import what and who may open files, read from the syntax trees."""

import ast
from functools import cache

import pytest

from helpers.tiny_study import ROOT

SOURCES = {"hessian_boundary": ROOT / "pipeline", "hessian_study": ROOT / "workflow"}
FILES = {
    ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): file
    for package, folder in SOURCES.items()
    for file in sorted((folder / package).rglob("*.py"))
}
SCIENCE = [name for name in FILES if name.startswith("hessian_boundary")]

# calls that reach a file, by the last part of the name
FILE_CALLS = {
    "open", "savefig", "to_zarr", "open_zarr", "open_dataset", "to_netcdf", "read_csv",
    "write_text", "write_bytes", "read_text", "read_bytes", "loadtxt", "savetxt", "fromfile",
    "tofile", "genfromtxt", "savez", "savez_compressed", "mkdir", "unlink", "touch", "ZipFile",
    "TemporaryFile", "NamedTemporaryFile", "TemporaryDirectory", "mkstemp", "mkdtemp",
}  # fmt: skip
# calls that reach a file when they are given a path; without one they return text
PATH_CALLS = {"to_csv", "to_latex", "to_markdown", "to_json", "to_html"}
# functions of a module: `torch.load` opens a file, `dataset.load()` does not
MODULE_CALLS = {
    ("torch", "load"), ("torch", "save"), ("np", "load"), ("np", "save"), ("json", "load"),
    ("json", "dump"), ("pickle", "load"), ("pickle", "dump"), ("os", "replace"), ("os", "remove"),
    ("yaml", "safe_load"),
}  # fmt: skip
TORCH_FREE_ROOMS = ("artifacts", "claims", "figures", "report", "statistics", "tables", "wording")


def _imports(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@cache
def _imports_of(name: str) -> frozenset[str]:
    return frozenset(_imports(_read(name)))


def _packages(source: str) -> set[str]:
    return {name.split(".")[0] for name in _imports(source)}


def _file_calls(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        if ast.unparse(function).startswith("super()."):
            continue  # a method that passes its caller's path on
        if any(keyword.arg == "fileobj" for keyword in node.keywords):
            continue  # an archive that is already in memory
        has_path = bool(node.args) or any(k.arg in ("path_or_buf", "buf") for k in node.keywords)
        if last in FILE_CALLS or (owner, last) in MODULE_CALLS or (last in PATH_CALLS and has_path):
            found.append(f"line {node.lineno}: {last}")
    return found


def _read(name: str) -> str:
    return FILES[name].read_text(encoding="utf-8")


def _room(name: str) -> str:
    """The folder of the science that a module is in: "curvature", "figures", …"""
    return name.split(".")[1] if "." in name else ""


def _is_module(name: str) -> bool:
    return FILES[name].name != "__init__.py"


def _folder(name: str) -> str:
    return name.rpartition(".")[0] if _is_module(name) else name


@pytest.mark.parametrize(
    "line",
    [
        "open('a')", "Path('a').open()", "frame.to_csv('a.csv')", "frame.to_csv(path_or_buf=p)",
        "dataset.to_zarr(store)", "figure.savefig(p)", "pd.read_csv(p)", "torch.load(p)",
        "np.save(p, x)", "path.write_text('')",
    ],
)  # fmt: skip
def test_the_search_finds_calls_that_open_files(line):
    assert _file_calls(line)


@pytest.mark.parametrize(
    "line",
    ["frame.to_csv(index=False)", "dataset.load()", "json.loads(x)", "tarfile.open(fileobj=x)"],
)
def test_the_search_passes_calls_that_do_not(line):
    assert _file_calls(line) == []


def test_the_search_sees_the_project():
    assert len(SCIENCE) > 80
    assert len(FILES) > len(SCIENCE) + 30
    assert _file_calls(_read("hessian_boundary.artifacts.store"))
    assert "torch" in _packages(_read("hessian_boundary.networks.parameters"))


@pytest.mark.parametrize("name", SCIENCE)
def test_the_science_knows_neither_workflow_nor_configuration(name):
    assert _packages(_read(name)).isdisjoint({"hessian_study", "snakemake", "yaml", "tests"})


# artifacts.store is the place for artifacts, image_files for raw data from elsewhere,
# user_files for what users bring, unfinished for the state of long computations, scratch for what
# does not fit into memory
FILE_EDGES = {
    "hessian_boundary.artifacts.scratch",
    "hessian_boundary.artifacts.store",
    "hessian_boundary.artifacts.unfinished",
    "hessian_boundary.data.image_files",
    "hessian_boundary.data.user_files",
}


@pytest.mark.parametrize("name", sorted(set(SCIENCE) - FILE_EDGES))
def test_files_are_opened_in_these_modules_only(name):
    assert _file_calls(_read(name)) == []


@pytest.mark.parametrize("name", [n for n in SCIENCE if _room(n) in TORCH_FREE_ROOMS])
def test_presentation_and_files_do_without_torch(name):
    assert "torch" not in _packages(_read(name))


@pytest.mark.parametrize("name", [n for n in SCIENCE if _room(n) != "figures"])
def test_only_figures_draw(name):
    assert "matplotlib" not in _packages(_read(name))


def _project_imports(name: str) -> set[str]:
    return {candidate for candidate in FILES if candidate in _imports_of(name)} - {name}


def _assert_one_way(imports: dict[str, set[str]]) -> None:
    """Take away what imports none of the rest, again and again: nothing must remain."""
    remaining = dict(imports)
    while remaining:
        free = {name for name, found in remaining.items() if not found & set(remaining) - {name}}
        assert free, f"these import each other: {sorted(remaining)}"
        remaining = {name: found for name, found in remaining.items() if name not in free}


def test_modules_import_only_lower_ones():
    _assert_one_way({name: _project_imports(name) for name in FILES})


def test_folders_import_only_lower_ones():
    imports: dict[str, set[str]] = {}
    for name in FILES:
        found = {_folder(other) for other in _project_imports(name) if _is_module(other)}
        imports.setdefault(_folder(name), set()).update(found)
    assert len(imports) > 20
    _assert_one_way(imports)


def test_a_circle_is_found():
    with pytest.raises(AssertionError, match=r"import each other: \['a', 'b'\]"):
        _assert_one_way({"a": {"b"}, "b": {"a"}, "c": set()})


# steps: one file per rule of the workflow
@pytest.mark.parametrize("folder", sorted({_folder(name) for name in FILES if _is_module(name)}))
def test_no_folder_is_a_long_list(folder):
    modules = [name for name in FILES if _is_module(name) and _folder(name) == folder]
    assert len(modules) <= (34 if folder == "hessian_study.steps" else 12), modules
