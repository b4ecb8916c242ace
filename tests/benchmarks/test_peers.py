"""The comparison with other libraries: what is late or inexact says so, and no row is lost."""

import csv
import time

import pytest
from benchmarks.peers.table import HEADINGS, OURS, TABLE, keep, merged, row
from benchmarks.peers.time_limit import TimeIsUpError, processor_time_limit

FOUND = {"seconds": 30.0, "products": 1234, "peak": 2.25, "residual": 3e-9, "outermost": [2.0, 1.0]}


def test_an_answer_that_is_exact_enough():
    cells = row("pairs", 1e-8, "another", FOUND, 10.0)
    assert cells == ("pairs", "another", "30.0 s", "1,234", "3e-09", "2.2 GB", "3.0")
    assert len(cells) == len(HEADINGS)


@pytest.mark.parametrize("residual", [2e-8, float("nan")])
def test_an_answer_that_is_not_exact_enough_says_so(residual):
    cells = row("pairs", 1e-8, "another", FOUND | {"residual": residual}, 10.0)
    assert cells[4] == f"{residual:.0e} (not reached)"


def test_an_answer_that_is_late_says_so():
    late = {"seconds": 1200.0, "products": 0, "peak": 1.0}
    cells = row("pairs", 1e-8, "another", late, 10.0)
    assert cells == ("pairs", "another", "> 1,200.0 s", "", "stopped", "1.0 GB", "> 120.0")


def test_new_rows_take_the_place_of_old_ones():
    old = [("a", "x", "1"), ("a", "y", "2"), ("b", "x", "3")]
    new = [("a", "y", "4"), ("c", "x", "5"), ("a", "z", "6")]
    assert merged(old, new) == [
        ("a", "x", "1"), ("a", "y", "4"), ("a", "z", "6"), ("b", "x", "3"), ("c", "x", "5"),
    ]  # fmt: skip


def test_rows_are_kept_in_the_file(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("what,library\na,x\n")
    keep([("b", "y")], table)
    keep([("a", "x")], table)
    with table.open(newline="") as file:
        assert list(csv.reader(file)) == [list(HEADINGS), ["a", "x"], ["b", "y"]]


def test_a_new_row_of_ours_changes_the_ratios_of_the_others(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("what,library\n")
    late = {"seconds": 1200.0, "products": 0, "peak": 1.0}
    others = [row("a", 1e-8, "one", FOUND, 10.0), row("a", 1e-8, "another", late, 10.0)]
    keep([row("a", 1e-8, OURS, FOUND | {"seconds": 10.0}, 10.0), *others], table)
    keep([row("a", 1e-8, OURS, FOUND | {"seconds": 5.0}, 5.0)], table)
    with table.open(newline="") as file:
        assert [cells[-1] for cells in csv.reader(file)][1:] == ["1.0", "6.0", "> 240.0"]


def test_the_kept_table_is_whole():
    with TABLE.open(newline="") as file:
        headings, *rows = csv.reader(file)
    assert tuple(headings) == HEADINGS
    assert {len(cells) for cells in rows} == {len(HEADINGS)}
    keys = [tuple(cells[:2]) for cells in rows]
    assert len(keys) == len(set(keys))


def spend(seconds):
    start = time.process_time()
    while time.process_time() < start + seconds:
        pass


def limited(seconds, limit):
    with processor_time_limit(limit):
        spend(seconds)


def test_what_takes_too_long_is_stopped():
    with pytest.raises(TimeIsUpError, match=r"answer in 0\.05 s of the processor, found none"):
        limited(30, limit=0.05)


def test_the_limit_ends_with_what_it_is_for():
    limited(0, limit=0.05)
    spend(0.1)
