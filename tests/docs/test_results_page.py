"""The table of statements in the results: those of claims.yaml, counted as the text says."""

import re
from collections import Counter

import yaml

from hessian_study.project import CLAIMS, ROOT

RESULTS = ROOT / "docs" / "results.md"
HISTORY = ROOT / "docs" / "claims_history.md"
ROW = re.compile(r"^\| (\d+) \| (.+?)( ²)? \| ([a-z ]+) \| (–|\d+ of \d+) \|$", re.MULTILINE)

# of the last table there: claim, by the rules of 0.1, of one run, of five seeds
OF_FIVE_SEEDS = re.compile(r"^\| (\d+) \| [a-z –]+ \| [a-z ]+ \| ([a-z ]+) \|$", re.MULTILINE)


def _rows() -> list[tuple[str, str, str, str, str]]:
    return ROW.findall(RESULTS.read_text(encoding="utf-8"))


def test_statements_and_caveats_are_those_of_the_claims() -> None:
    claims = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    expected = [(str(k), claim["says"], "caveat" in claim) for k, claim in enumerate(claims, 1)]
    assert [(number, says, bool(mark)) for number, says, mark, *_ in _rows()] == expected


def test_verdicts_are_counted_as_the_text_says_and_are_those_of_the_history() -> None:
    text = RESULTS.read_text(encoding="utf-8").replace("\n", " ")
    counts = Counter(verdict for *_, verdict, _ in _rows())
    assert f"{counts['reproduced']} are reproduced, {counts['partly']} hold partly" in text
    assert f"{counts['not reproduced']} do not hold, {counts['seen once']} are seen once" in text
    assert f"{counts['not testable']} cannot be tested" in text
    history = OF_FIVE_SEEDS.findall(HISTORY.read_text(encoding="utf-8"))
    assert history == [(number, verdict) for number, _, _, verdict, _ in _rows()]


def test_checks_that_hold_agree_with_the_verdict() -> None:
    for _, _, _, verdict, checks in _rows():
        held, _, total = checks.partition(" of ")
        if verdict in ("reproduced", "seen once"):
            assert held == total
        if verdict == "not reproduced":
            assert held == "0"
        assert (checks == "–") == (verdict == "not testable")
