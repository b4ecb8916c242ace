"""Verdicts as a table, with their caveats, as data and for reading."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from helpers.one_claim import ENTRY, TARGETS
from hessian_boundary.artifacts.store import open_table, save_table
from hessian_boundary.claims.checks import collect
from hessian_boundary.claims.claim_list import read_claims
from hessian_boundary.claims.claim_table import (
    claim_notes,
    claim_table,
    display_claims,
    side_text,
    single_runs,
)
from hessian_boundary.statistics.correlations import COLUMNS
from hessian_study.jobs.job import Job
from hessian_study.steps import claims as claims_step


def numbers() -> dict[str, pd.DataFrame]:
    rows = [("a", training, seed, "fitted", "g", value + seed)
            for training, value in (("n", 1.0), ("m", 5.0)) for seed in (0, 1)]  # fmt: skip
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return {
        "measures": pd.DataFrame(rows, columns=columns),
        "correlations": pd.DataFrame(columns=COLUMNS),
        "fig01": pd.DataFrame([("a/n", "q", 0.5)], columns=["experiment", "quantity", "value"]),
    }  # fmt: skip


CHECKS = ["a/n:g < a/m:g", "a/n:g > 1.2", "a/n:g < 1", "fig01:a/n:q > 0.1", "b/n:g < 1"]


STATES = ["holds", "holds, not clearly", "fails, not clearly", "holds", "not known"]


def test_the_table_has_a_line_per_check(tmp_path: Path) -> None:
    found = numbers()
    claims = read_claims([ENTRY | {"checks": CHECKS}, ENTRY], TARGETS)
    collected = collect(found["measures"], {"fig01": found["fig01"]}, found["correlations"])
    table = claim_table(claims, collected)
    assert table["number"].tolist() == [1] * 5 + [2]
    assert table["verdict"].tolist() == ["partly"] * 5 + ["not testable"]
    assert table.loc[0, ["left", "right", "runs"]].tolist() == [1.5, 5.5, 2]
    assert table.loc[0, "left_std"] == pytest.approx(math.sqrt(0.5))
    assert table["holds"].isna().tolist() == [False] * 4 + [True] * 2
    save_table(table, tmp_path / "claims.csv")
    for version in (table, open_table(tmp_path / "claims.csv")):
        shown = display_claims(version)
        assert shown["Outcome"].tolist() == [*STATES, "not known"]
        assert shown["Measured"][0] == "1.50 ± 0.71 < 5.50 ± 0.71"
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
        {"checks": ["correlations:all:g > 0"], "caveat": "Always, g_θ."},
        {"checks": ["b/n:g < 1"]},
    ]
    claims = read_claims([ENTRY | change for change in changes], TARGETS)
    collected = collect(found["measures"], {"fig01": found["fig01"]}, found["correlations"])
    return claim_table(claims, collected)


def test_the_table_says_which_claims_have_a_caveat(tmp_path: Path) -> None:
    save_table(judged(), tmp_path / "claims.csv")
    for table in (judged(), open_table(tmp_path / "claims.csv")):
        verdicts = display_claims(table)["Verdict"].tolist()
        assert verdicts == ["reproduced*", *["reproduced"] * 2, "reproduced*", "not testable"]
        counts, sign, caveat = claim_notes(table)
        assert "a caveat to 2 of the 3 reproduced claims; a single run decides 1 of the 3" in counts
        assert sign.startswith("A verdict marked * comes with a caveat, which was added after")
        assert caveat == "Claims 1 and 3: Always, g_θ."


def test_without_caveats_there_is_no_sign_to_explain(tmp_path: Path) -> None:
    save_table(judged().assign(caveat=""), tmp_path / "claims.csv")
    for table in (judged().assign(caveat=""), open_table(tmp_path / "claims.csv")):
        assert len(claim_notes(table)) == 1
        assert not display_claims(table)["Verdict"].str.contains("*", regex=False).any()


def test_correlations_over_all_models_are_not_a_single_run() -> None:
    assert single_runs(judged()) == {2}


def test_constants_stand_as_they_are_written() -> None:
    assert side_text("1.50", 1.5, 0.0, 5) == "1.50"
    assert side_text("a/b:g", 1.5, 0.0, 5) == "1.5 ± 0"


def test_the_step_writes_verdicts_as_data_and_for_reading(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump([ENTRY | {"checks": ["a/n:g < a/m:g"]}]))
    for name, table in numbers().items():
        save_table(table, tmp_path / f"{name}.csv")
    paths = {name: str(tmp_path / f"{name}.csv") for name in ("measures", "correlations")}
    paths |= {"claims": str(tmp_path / "claims.yaml"), "numbers": [str(tmp_path / "fig01.csv")]}
    outputs = {"csv": str(tmp_path / "out.csv"), "markdown": str(tmp_path / "out.md")}
    settings = {"targets": TARGETS, "paper": [], "note": "tiny profile: 2 seeds"}
    spec = json.loads(json.dumps({"settings": settings, "wildcards": {}}))
    claims_step.main(Job(spec, paths, outputs, "cpu"))
    assert open_table(outputs["csv"])["verdict"].tolist() == ["reproduced"]
    text = Path(outputs["markdown"]).read_text(encoding="utf-8")
    assert "| 1.50 ± 0.71 < 5.50 ± 0.71 | 2 | holds | reproduced |" in text
    assert "- Not the full study: tiny profile: 2 seeds." in text
