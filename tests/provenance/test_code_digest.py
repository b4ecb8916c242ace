"""The code digest on a small project written here: what must change it, and what must not."""

import ast

import pytest

from hessian_study.project import ARCHITECTURES, GENERATORS, LAYOUTS, STEPS
from hessian_study.provenance import code_digest as digests

FILES = {
    "pipeline/__init__.py": "",
    "pipeline/base.py": "def base(x):\n    return x + 1\n",
    "pipeline/middle.py": "from pipeline.base import base\n\n\ndef middle(x):\n"
    "    return base(2 * x)\n",
    "pipeline/unrelated.py": "VALUE = 1\n",
    "pipeline/deep/__init__.py": "",
    "pipeline/deep/leaf.py": "LEAF = 3\n",
    "workflow/__init__.py": "",
    "workflow/step.py": '"""A step."""\nimport numpy\nfrom pipeline import middle\n\n\n'
    'def main(job):\n    """Run."""\n    from pipeline.deep import leaf\n\n'
    '    return middle.middle(leaf.LEAF), numpy\n',
}  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes files of the small project; returns the digest of its step."""
    monkeypatch.setattr(digests, "SOURCES", [tmp_path])

    forget = digests.code_digest.cache_clear

    def digest_with(changes=(), module="workflow.step"):
        for name, text in {**FILES, **dict(changes)}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        forget()
        return digests.code_digest(module)

    yield digest_with
    forget()


def test_closure_holds_what_is_imported_directly_or_not_and_nothing_else(project):
    project()
    closure = set(digests.read_closure("workflow.step"))
    imported = {"workflow.step", "pipeline.middle", "pipeline.base", "pipeline.deep.leaf"}
    assert imported <= closure
    assert closure.isdisjoint({"pipeline.unrelated", "numpy"})


COSMETIC = {
    "comment": ("pipeline/base.py", "# why\ndef base(x):\n    return x + 1  # so\n"),
    "docstring": (
        "pipeline/base.py",
        '"""Module."""\ndef base(x):\n    """Add."""\n    return x+1',
    ),
    "other docstring": (
        "workflow/step.py",
        FILES["workflow/step.py"].replace("A step", "Another").replace("Run", "Run it"),
    ),
    "format": ("pipeline/base.py", "def base( x ):\n\n        return (x\n + 1)\n"),
}


@pytest.mark.parametrize("edit", COSMETIC)
def test_comments_docstrings_and_format_leave_the_digest(project, edit):
    assert project([COSMETIC[edit]]) == project()


CODE = {
    "constant": ("pipeline/base.py", "def base(x):\n    return x + 2\n"),
    "type of a constant": ("pipeline/base.py", "def base(x):\n    return x + 1.0\n"),
    "operator": ("pipeline/base.py", "def base(x):\n    return x - 1\n"),
    "default": ("pipeline/base.py", "def base(x=None):\n    return x + 1\n"),
    "decorator": ("pipeline/base.py", "@print\ndef base(x):\n    return x + 1\n"),
    "string that is no docstring": (
        "pipeline/base.py",
        'def base(x):\n    print("a")\n    return x + 1\n',
    ),
    "direct import": (
        "pipeline/middle.py",
        FILES["pipeline/middle.py"].replace("2 * x", "3 * x"),
    ),
    "import inside a function": ("pipeline/deep/leaf.py", "LEAF = 4\n"),
    "the step itself": ("workflow/step.py", FILES["workflow/step.py"].replace("numpy\n", "0\n")),
    "code in a package": ("pipeline/deep/__init__.py", "import os\nos.environ['A'] = '1'\n"),
    "code in the top package": ("pipeline/__init__.py", "SETTING = 1\n"),
}


@pytest.mark.parametrize("edit", CODE)
def test_code_of_the_step_and_of_all_it_imports_changes_the_digest(project, edit):
    assert project([CODE[edit]]) != project()


def test_every_code_edit_gives_another_digest(project):
    found = {project([CODE[edit]]) for edit in CODE if "package" not in edit}
    assert len(found) == len(CODE) - 2


def test_parent_packages_count_because_importing_runs_them(project):
    # imported only as `pipeline.deep.leaf`, never as `from pipeline.deep import …`
    step = ("workflow/step.py", "import pipeline.deep.leaf\n")
    edited = ("pipeline/deep/__init__.py", "SETTING = 1\n")
    assert project([step, edited]) != project([step])


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("pipeline/base.py", "from .unrelated import VALUE"),
        ("pipeline/base.py", "from . import unrelated"),
        ("pipeline/deep/leaf.py", "from ..unrelated import VALUE"),
        ("pipeline/deep/leaf.py", "from .. import unrelated"),
        ("pipeline/deep/__init__.py", "from ..unrelated import VALUE"),
        ("pipeline/__init__.py", "from .unrelated import VALUE"),
    ],
)
def test_relative_imports_are_followed(project, importer, line):
    relative = (importer, f"{line}\n{FILES[importer]}")
    with_one = project([relative])
    assert project([relative, ("pipeline/unrelated.py", "VALUE = 2\n")]) != with_one


def test_a_relative_import_that_leads_nowhere_is_no_concern_of_the_digest(project):
    assert project([("pipeline/base.py", "from ....beyond import all\nfrom .none import x\n")])


def test_unrelated_module_leaves_the_digest(project):
    assert project([("pipeline/unrelated.py", "VALUE = 2\n")]) == project()


def test_new_import_brings_its_module_into_the_digest(project):
    step = ("workflow/step.py", "import pipeline.unrelated\n")
    assert project([step, ("pipeline/unrelated.py", "VALUE = 2\n")]) != project([step])


def test_modules_that_import_each_other_end(project):
    circle = ("pipeline/base.py", "import pipeline.middle\n")
    assert project([circle]) != project()


def test_order_of_modules_does_not_matter_and_more_modules_do(project):
    project()
    both = digests.code_digest("workflow.step", "pipeline.unrelated")
    assert both == digests.code_digest("pipeline.unrelated", "workflow.step")
    assert both != digests.code_digest("workflow.step")


def test_unknown_module_is_refused_by_name(project):
    with pytest.raises(ValueError, match=r"expected a module .* found no file for 'workflow\.ste'"):
        project(module="workflow.ste")


def test_half_edited_file_changes_the_digest_and_does_not_fail(project):
    broken = project([("pipeline/base.py", "def base(x:\n")])
    assert broken != project()
    assert broken != project([("pipeline/base.py", "def base(x):\n    return (\n")])


def test_every_step_of_this_project_has_a_digest():
    steps = sorted(file.stem for file in STEPS.glob("*.py"))
    steps.remove("__init__")
    found = {digests.code_digest(f"hessian_study.steps.{step}") for step in steps}
    assert len(found) == len(steps) > 5


def test_the_package_around_a_neutral_module_counts(project, monkeypatch):
    monkeypatch.setattr(digests, "NEUTRAL", ("pipeline.deep.leaf",))
    step = ("workflow/step.py", "from pipeline.deep.leaf import LEAF\n")
    edited = ("pipeline/deep/leaf.py", "LEAF = 5\n")
    assert project([step, edited]) == project([step])
    package = ("pipeline/deep/__init__.py", "SETTING = 1\n")
    assert project([step, package]) != project([step])


PLUGGED_IN = [
    f"{package}.{file.stem}"
    for package, folder in (
        ("hessian_boundary.data.generators", GENERATORS),
        ("hessian_boundary.figures.layouts", LAYOUTS),
        ("hessian_boundary.networks.architectures", ARCHITECTURES),
    )
    for file in sorted(folder.glob("*.py"))
    if file.stem != "__init__"
]


@pytest.mark.parametrize("module", PLUGGED_IN)
def test_all_that_runs_when_a_module_is_imported_counts(module):
    closure = set(digests.read_closure(module))
    counted = closure | set(digests.NEUTRAL)
    for name in closure:
        tree = ast.parse(digests.find_module(name).read_text())
        imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        for other in filter(None, imported):
            if digests.find_module(other):
                parts = other.split(".")
                packages = {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
                assert packages <= counted, f"{name} imports {other}"
