"""The list of claims: mistakes are named, outcomes become a table, the shipped list is sound."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from helpers.tiny_study import ROOT
from hessian_boundary.artifacts.store import open_table, save_table
from hessian_boundary.claims.checks import OPERAND, collect
from hessian_boundary.claims.claim_list import Claim, ClaimError, read_claims
from hessian_boundary.claims.claim_table import (
    claim_notes,
    claim_table,
    display_claims,
    side_text,
    single_runs,
)
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import FROM_TRAINING, model_measures
from hessian_boundary.measures.outliers import outlier_measures
from hessian_boundary.measures.plane import BOUNDARY, plane_measures
from hessian_boundary.statistics.correlations import COLUMNS
from hessian_boundary.wording.glossary import MEANINGS, meaning
from hessian_study.configuration.selection import Selection
from hessian_study.jobs.job import Job
from hessian_study.steps import claims as claims_step
from hessian_study.steps.correlations import OTHERS

SHIPPED = ROOT / "workflow/report/claims.yaml"
ENTRY = {"where": "Section 3", "says": "It holds.", "figures": ["fig01"], "checks": ["a/b:g < 1"]}
TARGETS = ["fig01", "fig02", "table1"]


# reading


def test_cases_take_the_place_of_the_star() -> None:
    entry = ENTRY | {"cases": ["x", "y"], "checks": ["*/n:g < */a:g", "f:1/2:g > 3"]}
    first, second = read_claims([ENTRY, entry | {"caveat": "But."}], TARGETS)
    assert first == Claim(1, "Section 3", "It holds.", ("fig01",), ("a/b:g < 1",))
    assert (second.number, first.caveat, second.caveat) == (2, "", "But.")
    assert second.checks == ("x/n:g < x/a:g", "y/n:g < y/a:g", "f:1/2:g > 3")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"figure": []}, r"claim 1 \(Section 3\): unknown key 'figure'; did you mean 'figures'\?"),
        ({"zzz": 1}, r"unknown key 'zzz'; known: cases, caveat, checks, figures, says, where"),
        ({"says": ""}, "expected a value for 'says', found none"),
        ({"checks": []}, "expected a value for 'checks', found none"),
        ({"where": 3}, "expected text for 'where', found 3"),
        ({"caveat": ["But."]}, r"expected text for 'caveat', found \['But.'\]"),
        ({"caveat": " "}, "expected text for 'caveat', found ' '"),
        ({"caveat": None}, "expected text for 'caveat', found None"),
        ({"caveats": "But."}, r"unknown key 'caveats'; did you mean 'caveat'\?"),
        ({"checks": "a/b:g < 1"}, "expected a list of texts for 'checks', found 'a/b:g < 1'"),
        ({"cases": [0], "checks": ["a/*:g < 1"]}, r"expected a list of texts for 'cases', found"),
        ({"figures": ["fig1"]}, r"'fig1' does not exist; did you mean 'fig0[12]'\?"),
        ({"cases": ["x"]}, r"expected `cases` together with a `\*` .* found cases \['x'\]"),
        ({"checks": ["*:g < 1"]}, r"expected `cases` together .* found cases \[\] and checks"),
        ({"checks": ["a/b:g = 1"]}, r"\(Section 3\): expected 'LEFT < RIGHT' or 'LEFT > RIGHT'"),
        ({"checks": ["a b < 1"]}, "expected a number, 'experiment:measure' or .* found 'a b'"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=message):
        read_claims([ENTRY | change], TARGETS)


@pytest.mark.parametrize("entries", [None, [], {"where": "x"}])
def test_a_file_without_claims_is_refused(entries: Any) -> None:
    with pytest.raises(ClaimError, match="expected a list of claims, found"):
        read_claims(entries, TARGETS)


def test_an_entry_that_has_no_keys_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"claim 2: expected keys where, says, .* found 'text'"):
        read_claims([ENTRY, "text"], TARGETS)


# outcomes


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
    settings = {"targets": TARGETS, "note": "tiny profile: 2 seeds"}
    spec = json.loads(json.dumps({"settings": settings, "wildcards": {}}))
    claims_step.main(Job(spec, paths, outputs, "cpu"))
    assert open_table(outputs["csv"])["verdict"].tolist() == ["reproduced"]
    text = Path(outputs["markdown"]).read_text(encoding="utf-8")
    assert "| 1.50 ± 0.71 < 5.50 ± 0.71 | 2 | holds | reproduced |" in text
    assert "- Not the full study: tiny profile: 2 seeds." in text


# the list that comes with the project


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "config.yaml").read_text())


@pytest.fixture(scope="module")
def shipped(config: dict[str, Any]) -> list[Claim]:
    targets = [*Selection(config).figures(), *config["tables"]]
    return claims_step.open_claims(SHIPPED, targets)


def operands(claims: list[Claim]) -> set[tuple[str, str, str]]:
    """(source, key, quantity) of every side of a check that names a number."""
    sides = {side for claim in claims for check in claim.checks for side in check.split()}
    matches = (OPERAND.fullmatch(side) for side in sides if ":" in side)
    return {(m["source"] or "", m["key"], m["quantity"]) for m in matches if m}


def known_measures() -> tuple[set[str], set[str]]:
    """Names of the measures of every model, and of models of planar inputs, as the code gives."""
    samples = xr.Dataset(
        {
            "alignment": (("eigen", "sample"), np.eye(3)[:, :2]),
            "random_alignment": (("direction", "sample"), np.full((2, 2), 0.1)),
            "resolved_share": ("sample", np.ones(2)),
            "label": ("sample", [0, 1]),
        },
        coords={"eigenvalue": ("eigen", [2.0, 1.0, -0.5])},
        attrs={"rank": 3, "null_space_dimension": 1, "not_computed": 0, "complete": True,
               "certificate": 0.0, "trace_by_samples": 2.5},
    )  # fmt: skip
    model = dict.fromkeys(FROM_TRAINING, 1.0)
    grid = xr.Dataset(
        {
            "prediction": (("y", "x"), [[0, 0, 1]]),
            "alignment": (("eigen", "y", "x"), [[[0.1, 0.6, -0.7]]]),
        }
    )
    about = {**dict.fromkeys(BOUNDARY, 1), "untraced": "", "window": [[0, 1], [0, 1]]}
    piece = {
        "start": (("piece", "feature"), [[0.0, 0.0]]),
        "classes": (("piece", "side"), [[0, 1]]),
    }
    piece["end"] = ("piece", "feature"), [[1.0, 1.0]]
    boundary = xr.Dataset({"distance": ("sample", [0.1, 0.2]), **piece}, attrs=about)
    general = model_measures(samples, model) | localisation(samples, 2)
    general |= outlier_measures(samples["eigenvalue"].values)
    return set(general), set(plane_measures(grid, samples, boundary))


def test_every_claim_that_is_shipped_can_be_judged(shipped: list[Claim]) -> None:
    assert len(shipped) >= 25
    assert [claim.number for claim in shipped] == list(range(1, len(shipped) + 1))
    assert all(claim.where.startswith(("Section", "Appendix", "Abstract")) for claim in shipped)


def test_caveats_that_are_shipped(shipped: list[Claim]) -> None:
    """Where a check cannot fail or does not test what the claim says."""
    caveats = {claim.number for claim in shipped if claim.caveat}
    by_construction, incomplete, outliers = {3, 17, 18}, {31, 32, 34}, {8, 9, 10, 14}
    participation = {c.number for c in shipped if any("participation" in k for k in c.checks)}
    assert caveats == by_construction | incomplete | outliers | participation


def test_measures_that_claims_compare_are_measured(
    shipped: list[Claim], config: dict[str, Any]
) -> None:
    general, planar = known_measures()
    tabulated = {
        f"{dataset}/{training}"
        for rows in config["tables"].values()
        for dataset, trainings in rows.items()
        for training in trainings
    }
    for source, key, quantity in operands(shipped):
        if source == "":
            assert key in tabulated
            assert quantity in general | planar
            assert quantity in general or key.split("/")[0] in config["planar"]
        elif source == "correlations":
            assert key == "all" or key in config["planar"]
            assert re.sub(r"_(low|high)$", "", quantity) in OTHERS
        else:
            assert key in config["figures"][source]["experiments"]


def test_figures_whose_numbers_decide_a_claim_are_shown_with_it(shipped: list[Claim]) -> None:
    for claim in shipped:
        sources = {source for source, _, _ in operands([claim])} - {"", "correlations"}
        assert sources <= set(claim.figures)


def test_the_glossary_explains_every_quantity_that_is_compared(shipped: list[Claim]) -> None:
    unexplained = {quantity for _, _, quantity in operands(shipped) if not meaning(quantity)}
    assert unexplained == set()
    assert meaning("largest_bottom_on_grid") == MEANINGS["largest_*_on_grid"]
    assert meaning("mass_of_the_moon") == ""
