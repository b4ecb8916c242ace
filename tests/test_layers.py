"""Who may import what and who may open files, read from the syntax trees."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "pipeline").rglob("*.py"))
NAMES = [file.relative_to(ROOT / "pipeline").as_posix() for file in FILES]

# calls that reach a file, by the last part of the name
FILE_CALLS = {
    "open", "savefig", "to_zarr", "open_zarr", "open_dataset", "to_netcdf", "read_csv",
    "write_text", "write_bytes", "read_text", "read_bytes", "loadtxt", "savetxt", "fromfile",
    "tofile", "genfromtxt", "savez", "savez_compressed", "mkdir", "unlink", "touch", "ZipFile",
}  # fmt: skip
# calls that reach a file when they are given a path; without one they return text
PATH_CALLS = {"to_csv", "to_latex", "to_markdown", "to_json", "to_html"}
# functions of a module: `torch.load` opens a file, `dataset.load()` does not
MODULE_CALLS = {
    ("torch", "load"), ("torch", "save"), ("np", "load"), ("np", "save"), ("json", "load"),
    ("json", "dump"), ("pickle", "load"), ("pickle", "dump"), ("os", "replace"), ("os", "remove"),
    ("yaml", "safe_load"),
}  # fmt: skip
TORCH_FREE = ("tables.py", "table_formats.py", "measures.py", "artifacts.py", "schema.py")


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
    return (ROOT / "pipeline" / name).read_text(encoding="utf-8")


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


def test_the_search_sees_the_pipeline():
    assert len(NAMES) > 25
    assert _file_calls(_read("artifacts.py"))
    assert "torch" in _packages(_read("models.py"))


@pytest.mark.parametrize("name", NAMES)
def test_pipeline_knows_neither_workflow_nor_configuration(name):
    assert _packages(_read(name)).isdisjoint({"workflow", "snakemake", "yaml", "tests"})


@pytest.mark.parametrize("name", NAMES)
def test_imports_are_absolute_so_that_code_digests_see_them(name):
    assert not any(imported.startswith(".") for imported in _imports(_read(name)))


# artifacts.py is the place for artifacts, image_files.py for raw data from elsewhere, unfinished.py
# for the state of long runs
FILE_EDGES = ("artifacts.py", "image_files.py", "unfinished.py")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FILE_EDGES])
def test_files_are_opened_in_three_modules_only(name):
    assert _file_calls(_read(name)) == []


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("figures/") or n in TORCH_FREE])
def test_presentation_and_files_do_without_torch(name):
    assert "torch" not in _packages(_read(name))


@pytest.mark.parametrize("name", TORCH_FREE)
def test_torch_free_modules_exist(name):
    assert name in NAMES


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("figures/")])
def test_only_figures_draw(name):
    assert "matplotlib" not in _packages(_read(name))


def _project_imports(name: str) -> set[str]:
    return {
        candidate for candidate in NAMES
        if f"pipeline.{candidate.removesuffix('.py').replace('/', '.')}" in _imports_of(name)
    }  # fmt: skip


def test_modules_import_only_lower_ones():
    # no circle: taking away modules that import none of the rest must end with nothing
    remaining = {name: _project_imports(name) for name in NAMES}
    while remaining:
        free = {name for name, imported in remaining.items() if not imported & set(remaining)}
        assert free, f"these import each other: {sorted(remaining)}"
        remaining = {name: rest for name, rest in remaining.items() if name not in free}
