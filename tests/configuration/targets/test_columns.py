"""What columns can show, and in which files it stands."""

from helpers.alignments import partial_samples
from helpers.one_training import MEASURES
from helpers.tiny_study import TinyStudy
from hessian_boundary.artifacts.store import open_table
from hessian_boundary.measures.localisation import localisation
from hessian_boundary.measures.model import model_measures
from hessian_boundary.measures.sample_outliers import outliers_of
from hessian_boundary.wording.glossary import meaning
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
    every = ["measures", "plane_measures", "gauss_newton_measures"]
    assert measure_files(["gauss_newton_rank", "pieces"], ENTRIES) == every
    assert measure_files(["gauss_newton_rank", "trace"], ENTRIES) == [every[0], every[2]]
    assert measure_files(["test_error", "a"], ENTRIES) == ["measures"]
    assert measure_files(["pieces"], [{"pieces": 1}]) == ["measures"]  # a key


def test_no_spectrum_of_the_hessian_is_taken_where_none_is_shown() -> None:
    columns = ["a", "gauss_newton_rank", "test_error"]
    assert measure_files(columns, ENTRIES) == ["training_measures", "gauss_newton_measures"]
    assert set(MEASURED["training_measures"]) < set(MEASURED["measures"])


def test_columns_are_the_measures_that_are_written(finished: TinyStudy) -> None:
    """Of a model with a whole spectrum, as its file has them, and of one with its upper end."""
    written = set(open_table(finished.directory / MEASURES)["measure"])
    partial = partial_samples().assign_attrs(bottom_pairs=0).assign(label=("sample", [0, 1, 0]))
    bounded = {**model_measures(partial, None), **localisation(partial, 25), **outliers_of(partial)}
    assert set(MEASURED["measures"]) == written | set(bounded)


def test_every_measure_has_a_meaning() -> None:
    names = {name for names in MEASURED.values() for name in names}
    assert [name for name in sorted(names) if not meaning(name)] == []
    assert meaning("float32_uncut_g_theta_max") != meaning("gauss_newton_g_theta_max") != ""
