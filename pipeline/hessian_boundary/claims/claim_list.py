"""The list of the paper's claims, checked when it is read: a mistake is named, not ignored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hessian_boundary.claims.check_text import expand, parse_check
from hessian_boundary.wording.suggestion import suggestion

REQUIRED = ("where", "says", "figures")
CHECKS, REASON = "checks", "not_testable"  # one of the two
KEYS = (*REQUIRED, CHECKS, REASON, "cases", "premises", "caveat")


class ClaimError(ValueError):
    """The list of claims cannot be judged; the message names the claim and what to change."""


@dataclass(frozen=True)
class Claim:
    """One claim: where the paper says what, what shows it, and the comparisons that decide it."""

    number: int  # from 1, in the order of the list
    where: str
    says: str
    figures: tuple[str, ...]  # targets of the workflow
    checks: tuple[str, ...] = ()  # with each case in the place of `*`
    premises: tuple[str, ...] = ()  # comparisons that it presumes; they change no verdict
    reason: str = ""  # why nothing decides it: then it has no checks
    caveat: str = ""  # what the checks do not show, a line each; it changes no verdict


def read_claims(entries: Any, targets: Collection[str]) -> list[Claim]:
    """Return the claims of a parsed YAML list; `targets` are the figures and tables that exist.

    Raises ClaimError for an unknown or missing key, a value of another type, a target that does
    not exist, a check of another form, where `*` and `cases` do not come together, and for a claim
    that has neither checks nor a reason why it has none, or both.
    """
    if not isinstance(entries, list) or not entries:
        raise ClaimError(f"expected a list of claims, found {entries!r}")
    return [_claim(number, entry, targets) for number, entry in enumerate(entries, start=1)]


def _claim(number: int, entry: Any, targets: Collection[str]) -> Claim:
    if not isinstance(entry, Mapping):
        raise ClaimError(f"claim {number}: expected keys {', '.join(REQUIRED)}, found {entry!r}")
    place = f"claim {number} ({entry.get('where', 'without a place')})"
    for key in entry:
        if key not in KEYS:
            raise ClaimError(f"{place}: unknown key {key!r}; {suggestion(str(key), KEYS)}")
    for key in REQUIRED:
        if not entry.get(key):
            raise ClaimError(f"{place}: expected a value for {key!r}, found none")
    for key in ("where", "says", REASON):
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            raise ClaimError(f"{place}: expected text for {key!r}, found {entry[key]!r}")
    caveat = entry.get("caveat", [])
    caveats = _texts(place, "caveat", [caveat] if isinstance(caveat, str) else caveat)
    if "caveat" in entry and not (caveats and all(text.strip() for text in caveats)):
        raise ClaimError(f"{place}: expected text for 'caveat', found {caveat!r}")
    if (CHECKS in entry) == (REASON in entry):
        raise ClaimError(
            f"{place}: expected either {CHECKS!r} or {REASON!r}, the reason why there are none, "
            f"found {'both' if CHECKS in entry else 'neither'}"
        )
    figures, cases, checks, premises = (
        _texts(place, key, entry.get(key, [])) for key in ("figures", "cases", CHECKS, "premises")
    )
    if CHECKS in entry and not checks:
        raise ClaimError(f"{place}: expected a value for {CHECKS!r}, found none")
    for name in figures:
        if name not in targets:
            raise ClaimError(f"{place}: {name!r} does not exist; {suggestion(name, targets)}")
    expanded, presumed = (_expanded(place, part, cases) for part in (checks, premises))
    if any("*" in check for check in checks) != bool(cases):
        raise ClaimError(
            f"{place}: expected `cases` together with a `*` in the checks that stands for them, "
            f"found cases {list(cases)} and checks {list(checks)}"
        )
    says, reason, caveat = entry["says"], entry.get(REASON, ""), "\n".join(map(str.strip, caveats))
    return Claim(number, entry["where"], says, figures, expanded, presumed, reason, caveat)


def _expanded(place: str, checks: tuple[str, ...], cases: tuple[str, ...]) -> tuple[str, ...]:
    expanded = tuple(one for check in checks for one in expand(check, cases))
    for check in expanded:
        try:
            parse_check(check)
        except ValueError as error:
            raise ClaimError(f"{place}: {error}") from error
    return expanded


def _texts(place: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ClaimError(f"{place}: expected a list of texts for {key!r}, found {value!r}")
    return tuple(value)
