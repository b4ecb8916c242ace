"""Which figures and tables a profile makes; captions and layouts are found by name."""

from pathlib import Path

import pytest
import yaml

from helpers.tiny_study import ROOT
from hessian_study.captions import caption
from hessian_study.configuration import layouts
from hessian_study.configuration.study import completed
from hessian_study.configuration.targets import selection
from hessian_study.configuration.targets.selection import Selection

IMAGE = "cifar-10-batches-bin/test_batch.bin"
# figures that are not in the paper
BESIDE = ["covariance_epoch0", "covariance_epoch10", "covariance_epoch50"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """The project's configuration, with an empty folder of downloads."""
    monkeypatch.setattr(selection, "DATA", tmp_path / "data")
    return completed(yaml.safe_load((ROOT / "config.yaml").read_text()))


def test_the_paper_profile_leaves_nothing_out(config: dict) -> None:
    paper = Selection(config | {"profile": "paper"})
    assert paper.left_out() == {}
    assert list(dict(paper.rows("table2"))) == [
        *("iris", "mnist_017", "mnist_179", "mnist_0179", "mnist_1379")
    ]
    of_the_paper = [f"fig{number:02}" for number in range(1, 27)]
    assert paper.figures() == [*of_the_paper, *BESIDE]


def test_the_quick_profile_leaves_out_subsets_and_what_needs_a_download(config: dict) -> None:
    quick = Selection(config)
    assert quick.left_out() == {
        "fig23": "mnist_0179, mnist_1379, mnist_179 not part of this profile",
        "fig24": "cifar_127 would have to be downloaded",
        "fig25": "cifar_127 would have to be downloaded",
    }
    assert list(dict(quick.rows("table2"))) == ["iris", "mnist_017"]
    assert quick.figure("fig22")["experiments"] == ["mnist_017/normal", "mnist_017/adversarial"]


@pytest.mark.parametrize("place", ["data", "own"])
def test_a_file_that_is_there_needs_no_download(config: dict, tmp_path: Path, place: str) -> None:
    (tmp_path / place / IMAGE).parent.mkdir(parents=True)
    (tmp_path / place / IMAGE).touch()
    settings = {"data_folder": str(tmp_path / "own")} if place == "own" else {}
    assert list(Selection(config | settings).left_out()) == ["fig23"]


def test_the_table_of_cifar_is_the_papers_alone_and_changes_no_other(config: dict) -> None:
    quick, paper = Selection(config), Selection(config | {"profile": "paper"})
    assert quick.made_tables() == ["table1", "table2"]
    assert paper.made_tables() == ["table1", "table2", "table_cifar"]
    assert paper.table_runs("table_cifar")[-1] == ("cifar_127", "adversarial", 4)
    for selection_ in (quick, paper):
        assert not any(dataset == "cifar_127" for dataset, *_ in selection_.tabulated_runs())
    profile = config["profiles"]["paper"] | {"download": False}
    offline = config | {"profile": "paper", "profiles": config["profiles"] | {"paper": profile}}
    assert Selection(offline).made_tables() == ["table1", "table2"]


def test_a_figure_that_would_be_empty_is_whole_when_asked_for(config: dict) -> None:
    assert len(Selection(config).figure("fig23")["experiments"]) == 6


def test_labels_are_dropped_with_their_experiments(config: dict) -> None:
    config["profiles"]["quick"]["without"] = ["circle"]
    entry = Selection(config).figure("fig12")
    assert entry["experiments"] == ["gaussian/nll", "half_moon/nll", "gaussian/mse"]
    assert [label.split(",")[0] for label in entry["labels"]] == [
        "gaussian",
        "half-moon",
        "gaussian",
    ]


def test_every_table_and_figure_has_a_caption(config: dict) -> None:
    ours = {"table_cifar", *BESIDE}
    for name in [*Selection(config).figures(), *config["tables"]]:
        if name in ours:
            assert "not in the paper" in caption(name).title
            continue
        number = name.removeprefix("fig").removeprefix("table").lstrip("0")
        assert caption(name).title.split(":")[0].endswith(f" {number}")
        assert len(caption(name).text) > 20


def test_a_figure_of_ones_own_is_called_by_its_name() -> None:
    assert caption("my_figure").title == "my figure"


def test_a_layout_that_does_not_say_what_it_reads_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    (tmp_path / "mine.py").write_text("def draw(inputs, settings): ...\n")
    with pytest.raises(
        ValueError, match=r"expected a line `ARTIFACTS = .* in mine\.py, found none"
    ):
        layouts.artifacts_of("mine")


def test_a_layout_says_what_it_needs_alone_or_beside_other_names(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    text = 'ARTIFACTS = ("dataset",)\nNEEDED, OTHER, TAKEN = ("a",), 1 + 1, ()\nFEATURES = 2\n'
    (tmp_path / "mine.py").write_text(text)
    found = {"ARTIFACTS": ("dataset",), "NEEDED": ("a",), "TAKEN": (), "FEATURES": 2}
    assert layouts.declared("mine") == found


def test_what_a_layout_says_is_written_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    (tmp_path / "mine.py").write_text("A = ()\nARTIFACTS = (*A, 'dataset')\n")
    expected = r"expected ARTIFACTS written out in mine\.py, line 2, found `\(\*A, 'dataset'\)`"
    with pytest.raises(ValueError, match=expected):
        layouts.declared("mine")


def test_a_layout_that_is_no_python_does_not_stop_the_planning(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    (tmp_path / "mine.py").write_text("ARTIFACTS = (\n")
    assert layouts.declared("mine") is None
    assert layouts.artifacts_of("mine") == ()


def test_nulls_of_data_sets_that_are_left_out_are_not_made(config: dict) -> None:
    entry = config["profiles"]["quick"] | {"without": ["circle"]}
    changed = config | {"profiles": config["profiles"] | {"quick": entry}}
    assert "circle/normal" in Selection(config).contrasts()
    found = Selection(changed).contrasts()
    assert "gaussian/dynamics/epoch10" in found
    assert not any(name.startswith("circle/") for name in found)
    assert Selection(config | {"contrasts": []}).contrasts() == []


@pytest.mark.parametrize("written", ['ARTIFACTS: tuple = ("dataset",)', 'ARTIFACTS = ("dataset",)'])
def test_a_layout_may_say_of_what_type_its_artifacts_are(tmp_path, monkeypatch, written) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    (tmp_path / "mine.py").write_text(f"{written}\nFEATURES: int\n")
    assert layouts.artifacts_of("mine") == ("dataset",)


def test_a_text_for_a_tuple_of_artifacts_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layouts, "LAYOUTS", tmp_path)
    (tmp_path / "mine.py").write_text('ARTIFACTS = ("dataset")\n')
    with pytest.raises(ValueError, match=r"found the text 'dataset'; write a comma behind it"):
        layouts.artifacts_of("mine")
