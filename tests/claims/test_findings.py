"""What is seen of a claim, in a sentence: of all its data, and of a figure's."""

import math

import pandas as pd
import pytest

from helpers.one_claim import CHECKS, ENTRY, TARGETS, numbers
from hessian_boundary.claims.claim_list import read_claims
from hessian_boundary.claims.claim_table import claim_table
from hessian_boundary.claims.findings import finding
from hessian_boundary.claims.numbers import collect


@pytest.mark.parametrize(
    ("premise", "sentence"),
    [
        ("a/n:g < a/m:g < a/n:g", "a/m:g = 5.55 is not below 1.5."),
        ("a/m:g < a/n:g < a/m:g", "a/m:g = 5.55 is not below 1.5."),
    ],
)
def test_of_a_premise_with_three_sides_the_two_out_of_order_are_named(premise, sentence) -> None:
    entry, found = {key: value for key, value in ENTRY.items() if key != "checks"}, numbers()
    claims = read_claims([entry | {"checks": ["a/n:g < a/m:g"], "premises": [premise]}], TARGETS)
    table = claim_table(claims, collect(found["measures"], {}, found["correlations"]))
    assert finding(table).endswith(f"presumes what does not hold: {sentence}")


def test_what_a_caption_says_is_seen_agrees_with_the_verdict() -> None:
    """Each caption's sentence begins with its claim's verdict and counts what really holds."""
    found = numbers()
    lists = [["a/n:g < a/m:g"], ["a/n:g > 9"], ["a/n:g < a/m:g", "a/n:g > 9"], ["fig01:a/n:q > 0"],
             ["fig01:a/n:q > 5"], CHECKS, ["b/n:g < 1"]]  # fmt: skip
    claims = read_claims([ENTRY | {"checks": checks} for checks in lists], TARGETS)
    figures = {"fig01": found["fig01"].assign(seed=0)}
    table = claim_table(claims, collect(found["measures"], figures, found["correlations"]))
    said = [finding(lines) for _, lines in table.groupby("number")]
    for text, (_, lines) in zip(said, table.groupby("number"), strict=True):
        word = lines["verdict"].iloc[0].capitalize()
        held = int(lines["holds"].fillna(False).sum())
        if word == "Not testable":
            assert text == "Not testable: no number of it is part of this profile."
        else:
            assert text.startswith(word)
            assert f": {held} of {len(lines)} comparisons hold" in text
    assert said[1].endswith("found a/n:g = 1.50 ± 0.71, needed > 9.")
    assert said[3].startswith("Seen once: 1 of 1")
    assert said[4].startswith("Not reproduced, in a single run: 0 of 1")
    assert "1 of them not measured here" in said[5]
    unknown = table[table["number"] == 7].assign(reason=math.nan)  # as it is read from a file
    assert finding(unknown) == "Not testable: no number of it is part of this profile."


def of_two_data_sets(checks: list[str]) -> pd.DataFrame:
    """Return the outcomes of a claim about data sets a and b, of which a's g is 1.5 and b's 7.5."""
    found = numbers()
    other = found["measures"].assign(dataset="b", value=found["measures"]["value"] + 6)
    measures = pd.concat([found["measures"], other])
    known = {"dataset": "all", "measure": "g", "models": 9, "tau": 0.5, "low": 0.2, "high": 0.8}
    correlations = pd.DataFrame([known], columns=found["correlations"].columns)
    claims = read_claims([ENTRY | {"checks": checks}], TARGETS)
    return claim_table(claims, collect(measures, {}, correlations))


def test_a_figure_quotes_numbers_of_the_data_that_it_draws() -> None:
    lines = of_two_data_sets(["a/n:g < 2", "b/n:g < 2", "b/m:g > 9"])
    assert finding(lines).startswith("Partly: 2 of 3 comparisons hold; found b/n:g = 7.50 ± ")
    of_a = finding(lines, {"a"})
    assert of_a.startswith(
        "Partly: 2 of 3 comparisons hold, 1 of 1 on the data drawn here; for instance a/n:g = 1.50"
    )
    of_b = finding(lines, {"b"})
    assert ", 1 of 2 on the data drawn here; found b/n:g = 7.50 ± " in of_b
    assert finding(lines, {"a", "b"}) == finding(lines)
    elsewhere = finding(lines, {"c"})
    assert ", none of them on the data drawn here; found b/n:g = 7.50 ± " in elsewhere


def test_a_number_of_all_models_is_of_every_figure() -> None:
    lines = of_two_data_sets(["b/n:g > 2", "correlations:all:g > 0"])
    assert ", 1 of 1 on the data drawn here; for instance correlations:all:g = 0.5, needed" in (
        finding(lines, {"a"})
    )
    assert finding(lines, {"b"}) == finding(lines)
