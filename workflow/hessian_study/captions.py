"""What each table and figure is called and what to see in it."""

import re
from dataclasses import dataclass
from functools import cache

import yaml

from hessian_study.project import CAPTIONS


@dataclass(frozen=True)
class Caption:
    """A title in a line, and what to look at."""

    title: str
    text: str = ""

    @property
    def restructured_text(self) -> str:
        """Both as reStructuredText, for Snakemake's report."""
        title, text = (re.sub(r"([\\*`|_])", r"\\\1", part) for part in (self.title, self.text))
        return f"**{title}**\n\n{text}"


def caption(name: str) -> Caption:
    """Return the caption of a table or figure; the user's own are called by their name."""
    entry = _captions().get(name)
    return Caption(name.replace("_", " ")) if entry is None else Caption(**entry)


def captioned() -> list[str]:
    """Return the names of the paper's tables and figures: each has a caption."""
    return list(_captions())


@cache
def _captions() -> dict[str, dict[str, str]]:
    return yaml.safe_load(CAPTIONS.read_text(encoding="utf-8"))
