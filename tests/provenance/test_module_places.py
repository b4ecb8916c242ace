"""A step imports nothing whose edits nobody would notice, and everything else."""

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from hessian_boundary.runtime.own_code import own_function
from hessian_study.project import SOURCES
from hessian_study.provenance.code_digest import code_digest
from hessian_study.provenance.module_places import lies_elsewhere
from hessian_study.provenance.planned_code import CodeError, planned_code

NET = "def build():\n    from {0} import VALUE\n    return VALUE\n"
ADVICE = "put it beside the file that imports it and import it relatively"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A study's folder as the current one; what was imported is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    (tmp_path / "nets").mkdir()
    before = set(sys.modules)
    yield tmp_path
    code_digest.cache_clear()
    forget(before)


def forget(before: set[str]) -> None:
    for name in set(sys.modules) - before:
        del sys.modules[name]


def built(module: str) -> Any:
    """Return what `build` of nets/net.py returns in a step; it imports VALUE from a module."""
    forget({name for name in sys.modules if not name.startswith("own_folder_")})
    Path("nets/net.py").write_text(NET.format(module))
    code_digest.cache_clear()
    spec = {"step": "test", "modules": ["nets/net.py"], "code": code_digest("nets/net.py")}
    with planned_code(spec):
        return own_function("nets/net.py", "build")[0]()


def write(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("VALUE = 1\n")
    return file


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("shared_code", "shared_code.py"),
        ("shared_code", "shared_code/__init__.py"),
        ("shared_code.blocks", "shared_code/blocks.py"),  # in a namespace package
    ],
)
def test_a_module_on_the_path_of_python_is_refused(folder: Path, module: str, file: str) -> None:
    """As PYTHONPATH has it, or a line of a .pth file."""
    write(folder / "elsewhere" / file)
    sys.path.insert(0, str(folder / "elsewhere"))
    with pytest.raises(
        CodeError, match=rf"found {module} in {folder}/elsewhere/{file}, .*{ADVICE}"
    ):
        built(module)


def test_a_module_of_an_editable_installation_is_refused(folder: Path) -> None:
    class Editable:
        """As setuptools writes it into site-packages."""

        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
            file = folder / "src/developed.py"
            return spec_from_file_location(name, file) if name == "developed" else None

    write(folder / "src/developed.py")
    sys.meta_path.append(Editable)  # type: ignore[arg-type]
    with pytest.raises(CodeError, match="install it as a package: not with --editable"):
        built("developed")


@pytest.mark.parametrize("file", ["shared_code.py", "shared_code/blocks.py"])
def test_a_module_that_lies_beside_the_study_but_not_beside_the_code_is_named(
    folder: Path, file: str
) -> None:
    write(folder / file)
    module = file.removesuffix(".py").replace("/", ".")
    with pytest.raises(CodeError, match=rf"found shared_code in {folder}/{file}, .*{ADVICE}"):
        built(module)
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        built("nowhere")


@pytest.mark.parametrize("place", ["env/lib/python3/site-packages", "usr/dist-packages"])
def test_an_installed_package_is_imported(folder: Path, place: str) -> None:
    write(folder / place / "installed/__init__.py")
    write(folder / place / "portion/of/namespace.py")
    sys.path.insert(0, str(folder / place))
    assert built("installed") == built("portion.of.namespace") == 1


def test_a_package_that_is_a_link_from_the_installed_ones_is_imported(folder: Path) -> None:
    write(folder / "store/linked/__init__.py")
    (folder / "site-packages").mkdir()
    (folder / "site-packages/linked").symlink_to(folder / "store/linked")
    sys.path.insert(0, str(folder / "site-packages"))
    assert built("linked") == 1


def test_the_standard_library_may_be_an_archive(folder: Path) -> None:
    archive = folder / "python{}{}.zip".format(*sys.version_info)
    with ZipFile(archive, "w") as file:
        file.writestr("standard_by_archive.py", "VALUE = 1\n")
    sys.path.insert(0, str(archive))
    assert built("standard_by_archive") == 1


def _spec(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ValueError:  # a module that has been put in the place of another, without a spec
        return None


def test_all_of_python_and_of_the_environment_may_be_imported() -> None:
    names = {*sys.stdlib_module_names, *packages_distributions(), *sys.builtin_module_names}
    specs = [_spec(name) for name in names - {"__main__"} if name.isidentifier()]
    found = [spec for spec in specs if spec is not None]
    assert len(found) > 200
    assert [spec.name for spec in found if lies_elsewhere(spec)] == []


def test_modules_of_this_project_are_none_that_lie_elsewhere() -> None:
    for folder, name in zip(SOURCES, ("hessian_boundary", "hessian_study"), strict=True):
        spec = spec_from_file_location(name, folder / name / "__init__.py")
        assert spec is not None
        assert not lies_elsewhere(spec)
