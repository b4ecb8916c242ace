"""What `snakemake --report` has in its page."""

import json
from typing import Any

from helpers.tiny_study import TinyStudy


def report_page(study: TinyStudy, *targets: str) -> str:
    """Return the page of Snakemake's report of some targets."""
    file = study.directory / "snakemake.html"
    result = study.run(*targets, "--report", str(file))
    assert result.returncode == 0, result.stderr
    return file.read_text(encoding="utf-8")


def report_results(page: str) -> dict[str, dict[str, Any]]:
    """Return the entries of the report: path -> caption, labels, data and more."""
    return _value(page, "results")


def report_categories(page: str) -> dict[str, dict[str, list[str]]]:
    """Return the paths of the results by category and subcategory."""
    return _value(page, "categories")


def _value(page: str, name: str) -> dict[str, Any]:
    """Return the value that a script of the page gives a variable, which is JSON."""
    start = page.index("{", page.index(f'<script id="{name}">'))
    return json.JSONDecoder().raw_decode(page, start)[0]
