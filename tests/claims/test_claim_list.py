"""The list of claims: mistakes in it are named."""

from typing import Any

import pytest

from helpers.one_claim import ENTRY, TARGETS
from hessian_boundary.claims.claim_list import Claim, ClaimError, read_claims


def test_cases_take_the_place_of_the_star() -> None:
    entry = ENTRY | {"cases": ["x", "y"], "checks": ["*/n:g < */a:g", "f:1/2:g > 3"]}
    more = {"caveat": "But.", "premises": ["*/n:t < */a:t"]}
    first, second = read_claims([ENTRY, entry | more], TARGETS)
    assert first == Claim(1, "Section 3", "It holds.", ("fig01",), ("a/b:g < 1",))
    assert (second.number, first.caveat, second.caveat) == (2, "", "But.")
    assert second.checks == ("x/n:g < x/a:g", "y/n:g < y/a:g", "f:1/2:g > 3")
    assert second.premises == ("x/n:t < x/a:t", "y/n:t < y/a:t")
    (several,) = read_claims([ENTRY | {"caveat": ["But.", "And\n"]}], TARGETS)
    assert several.caveat == "But.\nAnd"


def test_a_statement_that_nothing_decides_says_why() -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "checks"}
    (claim,) = read_claims([entry | {"not_testable": "By eye."}], TARGETS)
    assert (claim.checks, claim.reason) == ((), "By eye.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"figure": []}, r"claim 1 \(Section 3\): unknown key 'figure'; did you mean 'figures'\?"),
        (
            {"zzz": 1},
            r"unknown key 'zzz'; known: cases, caveat, checks, figures, not_testable, prem",
        ),
        ({"not_testable": "By eye."}, "expected either 'checks' or 'not_testable', .* found both"),
        ({"not_testable": ""}, "expected text for 'not_testable', found ''"),
        ({"premises": ["a/b:g"]}, r"\(Section 3\): expected 'LEFT < RIGHT'"),
        ({"says": ""}, "expected a value for 'says', found none"),
        ({"checks": []}, "expected a value for 'checks', found none"),
        ({"where": 3}, "expected text for 'where', found 3"),
        ({"caveat": ["But.", " "]}, r"expected text for 'caveat', found \['But.', ' '\]"),
        ({"caveat": []}, r"expected text for 'caveat', found \[\]"),
        ({"caveat": [3]}, r"expected a list of texts for 'caveat', found \[3\]"),
        ({"caveat": " "}, "expected text for 'caveat', found ' '"),
        ({"caveat": None}, "expected a list of texts for 'caveat', found None"),
        ({"caveats": "But."}, r"unknown key 'caveats'; did you mean 'caveat'\?"),
        ({"checks": "a/b:g < 1"}, "expected a list of texts for 'checks', found 'a/b:g < 1'"),
        ({"cases": [0], "checks": ["a/*:g < 1"]}, r"expected a list of texts for 'cases', found"),
        ({"figures": ["fig1"]}, r"'fig1' does not exist; did you mean 'fig0[12]'\?"),
        ({"cases": ["x"]}, r"expected `cases` together with a `\*` .* found cases \['x'\]"),
        ({"checks": ["*:g < 1"]}, r"expected `cases` together .* found cases \[\] and checks"),
        ({"checks": ["a/b:g = 1"]}, r"\(Section 3\): expected 'LEFT < RIGHT', 'LEFT > RIGHT' or"),
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


def test_a_claim_without_checks_and_without_a_reason_is_refused() -> None:
    entry = {key: value for key, value in ENTRY.items() if key != "checks"}
    with pytest.raises(ClaimError, match="the reason why there are none, found neither"):
        read_claims([entry], TARGETS)


def test_an_entry_that_has_no_keys_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"claim 2: expected keys where, says, .* found 'text'"):
        read_claims([ENTRY, "text"], TARGETS)
