"""What each table and figure is called and what to see in it."""

from dataclasses import dataclass
from functools import cache

import yaml

from hessian_study.project import CAPTIONS


@dataclass(frozen=True)
class Caption:
    """A title in a line, and what to look at."""

    title: str
    text: str = ""


def caption(name: str) -> Caption:
    """Return the caption of a table or figure; the user's own are called by their name."""
    entry = _captions().get(name)
    return Caption(name.replace("_", " ")) if entry is None else Caption(**entry)


@cache
def _captions() -> dict[str, dict[str, str]]:
    return yaml.safe_load(CAPTIONS.read_text(encoding="utf-8"))
