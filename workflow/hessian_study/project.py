"""Where the parts of the project lie on the disk, and code of the user's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from hessian_boundary.runtime.own_modules import is_file_name

ROOT = Path(__file__).resolve().parents[2]
SNAKEFILE = ROOT / "Snakefile"
CONFIGURATION = ROOT / "config.yaml"
# folders that hold the project's packages
SOURCES = (ROOT / "pipeline", ROOT / "workflow")
PACKAGE = ROOT / "pipeline" / "hessian_boundary"
GENERATORS = PACKAGE / "data" / "generators"
ARCHITECTURES = PACKAGE / "networks" / "architectures"
LAYOUTS = PACKAGE / "figures" / "layouts"
TEMPLATES = PACKAGE / "report" / "templates"
STEPS = Path(__file__).parent / "steps"
WORKFLOW = ROOT / "workflow"
RULES = WORKFLOW / "rules"
SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
CAPTIONS = WORKFLOW / "report" / "captions.yaml"
CLAIMS = WORKFLOW / "report" / "claims.yaml"
DATA = ROOT / "data"  # raw files of image data, downloaded or the user's own


def modules(package: Path) -> list[str]:
    """Return the names of the modules in a folder, sorted."""
    return sorted(file.stem for file in package.glob("*.py") if file.stem != "__init__")


def source_file(package: Path, name: str) -> Path:
    """Return the file of a configured name: a module of the package, or a file of the user's."""
    return work_folder() / name if is_file_name(name) else package / f"{name}.py"


# the folder that names of the user's files are relative to, where it is not the current one
_ELSEWHERE: list[Path] = []


@cache
def rule_names() -> frozenset[str]:
    """Return the names of the workflow's rules, which no target of one's own may have."""
    texts = [file.read_text(encoding="utf-8") for file in RULES.glob("*.smk")]
    return frozenset(re.findall(r"^ *rule (\w+):", "\n".join(texts), re.MULTILINE))


def work_folder() -> Path:
    """Return the folder of a study's results; names of the user's files are relative to it."""
    return _ELSEWHERE[-1] if _ELSEWHERE else Path.cwd()


def data_folders(name: str | None) -> list[Path]:
    """Return the folder of the configuration's `data_folder`, if it has one, as a list."""
    return [work_folder() / Path(name).expanduser()] if name else []


@contextmanager
def planned_elsewhere(folder: Path) -> Iterator[None]:
    """Let `folder` be a study's folder meanwhile, though it is planned in another one."""
    _ELSEWHERE.append(folder.resolve())
    try:
        yield
    finally:
        _ELSEWHERE.pop()
