"""What columns can show, and in which files it stands."""

from hessian_study.configuration.targets.columns import (
    MEASURED,
    key_values,
    known_columns,
    measure_files,
)

ENTRIES = [{"a": {"b": [1]}, "epochs": 3}, {"a": "default", "epochs": 4, "c": None}]


def test_keys_are_dotted_and_have_a_value_per_entry() -> None:
    assert known_columns(ENTRIES)[:4] == ["a", "a.b", "epochs", "c"]
    assert key_values(["a.b", "epochs", "trace"], ENTRIES) == {
        "a.b": [[1], None],
        "epochs": [3, 4],
    }


def test_only_the_files_that_have_the_measures_are_read() -> None:
    assert measure_files(["trace", "a"], ENTRIES) == ["measures"]
    assert measure_files(["pieces"], ENTRIES) == ["measures", "plane_measures"]
    assert measure_files(["gauss_newton_rank", "pieces"], ENTRIES) == list(MEASURED)
    assert measure_files(["pieces"], [{"pieces": 1}]) == ["measures"]  # a key
