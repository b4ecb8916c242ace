"""Files of one's own as modules: what they import, and what is not mixed up."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from hessian_boundary.runtime.own_code import full_name, own_function, own_module
from hessian_boundary.runtime.own_modules import file_of, module_of
from hessian_study.provenance.code_digest import code_digest, digest_of, read_closure
from hessian_study.provenance.planned_code import CodeError, planned_code

IMPORTS = {
    "import": "import my_blocks\nVALUE = my_blocks.VALUE",
    "import as": "import my_blocks as blocks\nVALUE = blocks.VALUE",
    "from": "from my_blocks import VALUE",
    "relative": "from .my_blocks import VALUE",
    "relative module": "from . import my_blocks\nVALUE = my_blocks.VALUE",
    "in a package": "import parts.deep\nVALUE = parts.deep.VALUE",
    "in a package, as": "import parts.deep as deep\nVALUE = deep.VALUE",
    "from a package": "from parts import deep\nVALUE = deep.VALUE",
    "in a folder": "from loose.leaf import VALUE",
    "relative in a folder": "from .loose import leaf\nVALUE = leaf.VALUE",
    "late": "def value():\n    from my_blocks import VALUE\n    return VALUE\nVALUE = value()",
}
FILES = {
    "my_blocks.py": "VALUE = {0}\n",
    "parts/__init__.py": "",
    "parts/deep.py": "from my_blocks import VALUE\n",
    "loose/leaf.py": "from ..my_blocks import VALUE\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of one's own code as the current one; what was imported is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    code_digest.cache_clear()
    before, finders = set(sys.modules), list(sys.meta_path)
    yield tmp_path
    code_digest.cache_clear()
    sys.meta_path[:] = finders
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, value: int, text: str) -> None:
    for name, content in {**FILES, "net.py": f"{text}\ndef build():\n    return VALUE\n"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content.format(value))


def spec(name: str) -> dict:
    code_digest.cache_clear()
    return {"step": "test", "modules": [name], "code": code_digest(name)}


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("how", IMPORTS)
def test_a_file_imports_what_lies_beside_it(folder: Path, how: str, planned: bool) -> None:
    """Two folders hold files of the same names."""
    write(folder / "one", 1, IMPORTS[how])
    write(folder / "two", 2, IMPORTS[how])
    for name, value in (("one/net.py", 1), ("./two/net.py", 2)):
        if planned:
            with planned_code(spec(name)):
                build, place = own_function(name, "build")
                assert build() == value
        else:
            build, place = own_function(name, "build")
            assert build() == value
        assert place == name
    assert "my_blocks" not in sys.modules


@pytest.mark.parametrize("planned", [False, True])
def test_the_name_of_a_file_may_have_dots(folder: Path, planned: bool) -> None:
    write(folder, 1, IMPORTS["import"])
    (folder / "net.py").rename(folder / "net.v2.py")
    before = spec("net.v2.py")
    with planned_code(before) if planned else nullcontext():
        assert own_function("net.v2.py", "build")[0]() == 1
    (folder / "my_blocks.py").write_text("VALUE = 2\n")
    assert spec("net.v2.py") != before


def test_another_current_folder_has_other_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        write(folder / name, len(name), f"VALUE = {name!r}")
    for name in ("one", "two", "one"):
        monkeypatch.chdir(folder / name)
        assert own_function("net.py", "build")[0]() == name


def test_the_digest_counts_the_file_and_what_it_imports_from_its_folder(folder: Path) -> None:
    write(folder / "one", 1, "import parts.deep\nVALUE = parts.deep.VALUE")
    (folder / "one" / "unrelated.py").write_text("VALUE = 1\n")
    name = "one/net.py"
    before = spec(name)["code"]
    names = {module.split(".", 1)[1] for module in read_closure(name)}
    assert names == {"net", "parts.deep", "parts", "my_blocks"}
    for file in ("net.py", "my_blocks.py", "parts/deep.py", "parts/__init__.py"):
        path = folder / "one" / file
        text = path.read_text()
        path.write_text(f"{text}\nMORE = 1\n")
        assert spec(name)["code"] != before
        path.write_text(f"# a comment\n{text}")
        assert spec(name)["code"] == before
    (folder / "one/unrelated.py").write_text("VALUE = 2\n")
    assert spec(name)["code"] == before


def test_the_digest_stays_where_the_whole_folder_moves(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for place in ("here", "elsewhere/deep"):
        write(folder / place / "nets", 1, "from my_blocks import VALUE")
        monkeypatch.chdir(folder / place)
        digests.append(spec("nets/net.py"))
    assert digests[0] == digests[1]


def test_an_edit_after_planning_is_refused_and_one_while_it_runs_not_seen(folder: Path) -> None:
    write(folder, 1, IMPORTS["late"])
    planned = spec("net.py")
    with planned_code(planned):
        (folder / "my_blocks.py").write_text("VALUE = 2\n")
        assert own_function("net.py", "build")[0]() == 1
    for name in [name for name in sys.modules if name.startswith("own_folder_")]:
        del sys.modules[name]
    with pytest.raises(CodeError, match=r"found other code .*Edited last: \S*my_blocks\.py"):
        planned_code(planned).__enter__()


def test_a_file_by_a_name_made_at_run_time_is_refused_in_a_run(folder: Path) -> None:
    write(folder, 1, "import importlib\nVALUE = importlib.import_module('.my_blocks', __package__)")
    with planned_code(spec("net.py")), pytest.raises(CodeError, match="by a name made at run time"):
        own_module("net.py")


def test_what_is_wrong_with_a_file_is_said(folder: Path) -> None:
    assert digest_of(read_closure("missing.py"))
    with pytest.raises(ValueError, match=r"expected a file missing\.py in .*, found none"):
        own_function("missing.py", "build")
    write(folder, 1, "import broken\nVALUE = 1")
    (folder / "broken.py").write_text("\nVALUE = (\n")
    message = r"expected Python in .*broken\.py, found in line 2"
    with planned_code(spec("net.py")), pytest.raises(ValueError, match=message):
        own_module("net.py")
    with pytest.raises(ValueError, match=message):
        own_module("net.py")
    (folder / "other.py").write_text("build = 3\n")
    with pytest.raises(ValueError, match=r"function `build` in \./other\.py, found int 3"):
        own_function("./other.py", "build")
    (folder / "third.py").write_text("from .my_blocks import no\n")
    with pytest.raises(ImportError, match="cannot import name 'no'"):
        own_module("third.py")


@pytest.mark.parametrize("name", ["os.path", "..evil", "a b", "", "net.pyc"])
def test_other_names_are_those_of_shipped_modules(name: str) -> None:
    with pytest.raises(ValueError, match=r"expected the name of a module of known, or of a file"):
        full_name("known", name)
    assert full_name("known", "mlp") == "known.mlp"
    assert full_name("known", "../a.py") == "../a.py"


@pytest.mark.parametrize(
    "path", ["net.py", "../my code/n_e-t.py", "ä/_2e_/net.py", "/top/net.py", "a.b/net.v2.py"]
)
def test_a_module_says_its_path(folder: Path, path: str) -> None:
    base = folder / "a/b"
    file = (base / path).resolve() if path.startswith("..") else base / path
    if not path.startswith("/"):
        file.parent.mkdir(parents=True)
        file.touch()
        assert file_of(module_of(path), base) == file
    assert all(part.isidentifier() or "-" in part for part in module_of(path).split("."))


def test_a_module_is_imported_once(folder: Path) -> None:
    write(folder, 1, IMPORTS["from"])
    assert own_module("net.py") is own_module("./net.py")
    (folder / "net.py").write_text("import json\n")
    importlib.invalidate_caches()
    assert not hasattr(own_module("./././net.py"), "json")
