"""Verdicts as a table, with their caveats, as data and for reading."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from helpers.one_claim import CHECKS, ENTRY, TARGETS, numbers
from hessian_boundary.artifacts.store import open_table, save_table
from hessian_boundary.claims.claim_list import read_claims
from hessian_boundary.claims.claim_table import (
    claim_notes,
    claim_table,
    display_claims,
    effect_text,
    outcome_text,
    side_texts,
    single_runs,
)
from hessian_boundary.claims.findings import finding
from hessian_boundary.claims.numbers import collect
from hessian_boundary.statistics.correlations import COLUMNS
from hessian_study.jobs.job import Job
from hessian_study.steps import claims as claims_step

STATES = ["holds", "holds, not clearly", "fails, not clearly", "holds, not clearly", "not known"]


def test_the_table_has_a_line_per_check(tmp_path: Path) -> None:
    found = numbers()
    claims = read_claims([ENTRY | {"checks": CHECKS}, ENTRY], TARGETS)
    collected = collect(
        found["measures"], {"fig01": found["fig01"].assign(seed=0)}, found["correlations"]
    )
    table = claim_table(claims, collected)
    assert table["number"].tolist() == [1] * 5 + [2]
    assert table["verdict"].tolist() == ["partly"] * 5 + ["not testable"]
    assert table.loc[0, ["left", "right", "runs"]].tolist() == [1.5, 5.55, 2]
    assert table.loc[0, "left_std"] == pytest.approx(math.sqrt(0.5))
    assert table["holds"].isna().tolist() == [False] * 4 + [True] * 2
    save_table(table, tmp_path / "claims.csv")
    for version in (table, open_table(tmp_path / "claims.csv")):
        shown = display_claims(version)
        assert shown["Outcome"].tolist() == [*STATES, "not known"]
        assert shown["Measured"][0] == "1.50 ± 0.71 < 5.55 ± 0.78"
        assert shown["Measured"][3] == "0.5 > 0.1"
        assert shown["Measured"][4] == "– < 1"


def judged() -> pd.DataFrame:
    """Four claims: by two runs, by one, by a correlation, and not testable; two with a caveat."""
    found = numbers()
    known = {"dataset": "all", "measure": "g", "models": 9, "tau": 0.5, "low": 0.2, "high": 0.8}
    found["correlations"] = pd.DataFrame([known], columns=COLUMNS)
    changes: list[dict[str, Any]] = [
        {"checks": ["a/n:g < a/m:g"], "caveat": "Always, g_θ."},
        {"checks": ["fig01:a/n:q > 0.1", "b/n:g < 1"]},
        {"checks": ["correlations:all:g > 0"], "caveat": ["Always, g_θ.", "And so."]},
        {"checks": ["b/n:g < 1"]},
    ]
    claims = read_claims([ENTRY | change for change in changes], TARGETS)
    collected = collect(
        found["measures"], {"fig01": found["fig01"].assign(seed=0)}, found["correlations"]
    )
    return claim_table(claims, collected)


def test_the_table_says_which_claims_have_a_caveat(tmp_path: Path) -> None:
    save_table(judged(), tmp_path / "claims.csv")
    for table in (judged(), open_table(tmp_path / "claims.csv")):
        verdicts = display_claims(table)["Verdict"].tolist()
        assert verdicts == ["reproduced*", *["partly¹"] * 2, "reproduced*", "not testable"]
        counts, once, sign, caveat, further = claim_notes(table)
        assert "a caveat to 2 of the 2 claims" in counts
        assert "a single run decides 1 of the 3 tested" in counts
        assert once == "A verdict marked ¹ is of a single run and never clear."
        assert sign.startswith("A verdict marked * comes with a caveat, which says what")
        assert (caveat, further) == ("Claims 1 and 3: Always, g_θ.", "Claim 3: And so.")


def premised() -> pd.DataFrame:
    """A claim with a premise that fails, and a statement that nothing decides."""
    entry = {key: value for key, value in ENTRY.items() if key != "checks"}
    found = numbers()
    entries = [
        entry | {"checks": ["a/n:g < a/m:g"], "premises": ["a/n:g > a/m:g"]},
        entry | {"not_testable": "By eye."},
    ]
    collected = collect(found["measures"], {}, found["correlations"])
    return claim_table(read_claims(entries, TARGETS), collected)


def test_premises_change_no_verdict_and_reasons_stand_for_checks(tmp_path: Path) -> None:
    save_table(premised(), tmp_path / "claims.csv")
    for table in (premised(), open_table(tmp_path / "claims.csv")):
        assert table["role"].tolist() == ["check", "premise", "check"]
        assert table["verdict"].tolist() == ["reproduced", "reproduced", "not testable"]
        shown = display_claims(table)
        assert shown["Check"].tolist() == [
            "`a/n:g < a/m:g`", "presumed: `a/n:g > a/m:g`", "–"
        ]  # fmt: skip
        assert shown["Outcome"].tolist() == ["holds", "fails", "By eye."]
        first, second = (finding(table[table["number"] == n]) for n in (1, 2))
        assert first.startswith("Reproduced: 1 of 1 comparisons hold; for instance a/n:g = 1.50 ± ")
        assert first.endswith("presumes what does not hold: a/n:g = 1.5 is not above 5.55.")
        assert second == "Not testable: By eye."


def test_without_caveats_there_is_no_sign_to_explain(tmp_path: Path) -> None:
    save_table(judged().assign(caveat=""), tmp_path / "claims.csv")
    for table in (judged().assign(caveat=""), open_table(tmp_path / "claims.csv")):
        assert len(claim_notes(table)) == 2  # how many verdicts, and the sign of a single run
        assert not display_claims(table)["Verdict"].str.contains("*", regex=False).any()


def test_correlations_over_all_models_are_not_a_single_run() -> None:
    assert single_runs(judged()) == {2}


def test_constants_stand_as_they_are_written() -> None:
    line = next(premised().itertuples())._replace(check="1.50 < a/b:g < 2 × c/d:g")
    line = line._replace(left=1.5, right=1.7, right_std=0.0, third=3.0, third_std=0.5, runs=5)
    assert [value for _, value in side_texts(line)] == ["1.50", "1.7 ± 0", "3.00 ± 0.50"]


def test_what_fails_says_what_was_needed() -> None:
    line = next(premised().itertuples())._replace(
        left=1.5, right=2.5, third=3.5, left_std=0.0, right_std=0.0, third_std=0.0, runs=1
    )
    for check, holds, text in (
        ("a/b:g > 0.8", True, "1.5 > 0.8"),
        ("a/b:g > 2.5", False, "1.5, needed > 2.5"),
        ("a/b:g > c/d:g", False, "1.5, needed > 2.5"),
        ("1.5 > c/d:g", False, "2.5, needed < 1.5"),
        ("1.5 < c/d:g < 2", False, "2.5, needed 1.5 < … < 2"),
        ("a/b:g > 0.8", None, "1.5 > 0.8"),
    ):
        assert outcome_text(line._replace(check=check, holds=holds)) == text


def test_effects_are_shown_where_there_are_runs_to_compare() -> None:
    line = next(premised().itertuples())
    assert effect_text(line) == "d = 57.28 [1.794, 128.4], p 0.008"
    assert effect_text(line._replace(effect=math.nan)) == ""


def test_the_step_writes_verdicts_as_data_and_for_reading(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump([ENTRY | {"checks": ["a/n:g < a/m:g"]}]))
    for name, table in numbers().items():
        save_table(table, tmp_path / f"{name}.csv")
    paths = {"measures": str(tmp_path / "measures.csv")}
    paths |= {"correlations": [str(tmp_path / "correlations.csv")]}
    paths |= {"claims": str(tmp_path / "claims.yaml"), "numbers": [str(tmp_path / "fig01.csv")]}
    outputs = {"csv": str(tmp_path / "out.csv"), "markdown": str(tmp_path / "out.md")}
    settings = {"targets": TARGETS, "paper": [], "note": "tiny profile: 2 seeds", "drawn_seed": 0}
    spec = json.loads(json.dumps({"settings": settings, "wildcards": {}}))
    claims_step.main(Job(spec, paths, outputs, "cpu"))
    assert open_table(outputs["csv"])["verdict"].tolist() == ["reproduced"]
    text = Path(outputs["markdown"]).read_text(encoding="utf-8")
    assert (
        "| 1.50 ± 0.71 < 5.55 ± 0.78 | 2 | d = 57.28 [1.794, 128.4], p 0.008 | holds | reproduced |"
        in text
    )
    assert "- Not the full study: tiny profile: 2 seeds." in text
