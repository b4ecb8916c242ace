"""Every measure of a model, by the file that has it, with what it is."""

from hessian_boundary.measures.g_theta import AT_LEAST, AT_MOST
from hessian_boundary.wording.glossary import meaning
from hessian_study.configuration.targets.columns import MEASURED
from page_parts.markdown import table

BOUNDS = (AT_LEAST, AT_MOST)
REPEATED = "training_measures"  # all of these are among `measures`


def measure_meanings() -> str:
    """Return a section with a table for each file of measures; bounds are said above them."""
    return "\n".join(
        f"### {kind}.csv\n\n{_meanings(names)}"
        for kind, names in MEASURED.items()
        if kind != REPEATED
    )


def _meanings(names: tuple[str, ...]) -> str:
    rows = [(f"`{name}`", meaning(name)) for name in names if not name.endswith(BOUNDS)]
    return table(("measure", "what it is"), rows)
