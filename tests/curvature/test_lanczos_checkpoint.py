"""The state of a Lanczos run on disk: kills at every file operation, damage, other settings."""

import dataclasses
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from helpers.lanczos_runs import KEY, restarted_run
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint

CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_before_change: list[Callable[[], None]] = []  # called before every change of the disk


def _audit(event: str, _arguments: tuple) -> None:
    if event in CHANGES and _before_change:
        observer = _before_change.pop()  # which changes the disk itself
        observer()
        _before_change.append(observer)


sys.addaudithook(_audit)  # for good, since Python has no way to remove one


def _copy(state: KrylovState) -> KrylovState:
    return dataclasses.replace(state, basis=state.basis.clone())


def _equal(one: KrylovState, other: KrylovState) -> bool:
    names = ("basis", "projected", "coupling")
    return one.products == other.products and all(
        torch.equal(getattr(one, name), getattr(other, name)) for name in names
    )


def _content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def _loaded(tmp_path: Path, content: dict[str, bytes]) -> KrylovState | None:
    """What a new process loads from a folder with this content."""
    unfinished = LanczosCheckpoint(tmp_path / "copy", KEY)
    shutil.rmtree(unfinished.folder, ignore_errors=True)
    unfinished.folder.mkdir()
    for name, data in content.items():
        (unfinished.folder / name).write_bytes(data)
    return unfinished.load()


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Every state of a run, and what was on disk before each change while it was saved."""
    unfinished = LanczosCheckpoint(tmp_path_factory.mktemp("run") / "spectrum.zarr.zip", KEY)
    states: list[KrylovState] = []
    moments: list[list[dict[str, bytes]]] = []

    def save(state: KrylovState):
        states.append(_copy(state))
        moments.append([])
        _before_change.append(lambda: moments[-1].append(_content(unfinished.folder)))
        try:
            unfinished.save(state)
        finally:
            _before_change.clear()
        moments[-1].append(_content(unfinished.folder))

    restarted_run(save)
    return states, moments


def _torn_writes(before: dict[str, bytes], after: dict[str, bytes]):
    """What a kill between two moments can leave: a file that is written in part."""
    for name, new in after.items():
        old = before.get(name, b"")
        if new != old and new not in before.values():  # a file that is renamed is whole
            same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
            same = min(len(old), len(new)) if same is None else same
            middle = (same + len(new)) // 2
            yield before | {name: new[:middle]}
            yield before | {name: new[:middle] + old[middle:]}


def test_a_kill_at_any_moment_leaves_the_last_state_or_the_one_before(tmp_path, history):
    states, moments = history
    restarts = sum(state.changed == 0 for state in states[1:])
    assert restarts >= 2
    assert min(map(len, moments)) >= 3
    previous: KrylovState | None = None
    for state, contents in zip(states, moments, strict=True):
        torn = [
            content
            for before, after in pairwise(contents)
            for content in _torn_writes(before, after)
        ]
        assert torn
        for content in contents + torn:
            found = _loaded(tmp_path, content)
            if found is None:
                assert previous is None
            else:
                assert _equal(found, state) or (previous and _equal(found, previous))
        assert _equal(_loaded(tmp_path, contents[-1]), state)
        previous = state


def test_the_disk_holds_one_basis_and_appends_to_it(history):
    states, moments = history
    for state, contents in zip(states, moments, strict=True):
        content = contents[-1]
        assert set(map(len, (content, contents[0]))) <= {0, 2}
        (basis,) = (data for name, data in content.items() if name.startswith("rows"))
        assert basis == state.basis.numpy().tobytes()


def test_rows_that_did_not_change_are_not_written_again(tmp_path, history):
    states, _ = history
    unfinished = LanczosCheckpoint(tmp_path / "a", KEY)
    unfinished.save(states[0])
    (basis,) = unfinished.folder.glob("rows*")
    damaged = b"\0" * 8 + basis.read_bytes()[8:]
    basis.write_bytes(damaged)
    unfinished.save(states[1])
    assert basis.read_bytes()[: len(damaged)] == damaged


def _saved(tmp_path: Path, count: int, states: list[KrylovState]) -> LanczosCheckpoint:
    unfinished = LanczosCheckpoint(tmp_path / "a", KEY)
    for state in states[:count]:
        unfinished.save(state)
    return unfinished


@pytest.mark.parametrize("name", ["state", "rows*"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "missing"])
def test_damaged_work_is_discarded_with_a_line_in_the_log(tmp_path, history, capsys, name, damage):
    folder = _saved(tmp_path, 4, history[0]).folder
    (file,) = folder.glob(name)
    content = file.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes({"cut": content[:-1], "emptied": b"", "flipped": flipped}[damage])
    again = LanczosCheckpoint(tmp_path / "a", KEY)
    assert again.load() is None
    if (name, damage) != ("state", "missing"):  # as before the first state
        assert f"discarded unfinished work in {folder}: " in capsys.readouterr().err
        assert not folder.exists()
    again.save(history[0][0])  # a fresh start
    assert _equal(LanczosCheckpoint(tmp_path / "a", KEY).load(), history[0][0])


def test_work_of_another_configuration_is_discarded(tmp_path, history, capsys):
    folder = _saved(tmp_path, 2, history[0]).folder
    assert LanczosCheckpoint(tmp_path / "a", KEY.replace("1", "2")).load() is None
    message = "expected work of this configuration and inputs, found other work"
    assert message in capsys.readouterr().err
    assert not folder.exists()


def test_what_it_goes_on_from_is_said(tmp_path, history, capsys):
    saved = _saved(tmp_path, 3, history[0])
    loaded = LanczosCheckpoint(tmp_path / "a", KEY).load()
    line = f"going on from {loaded.products:,} products in {saved.folder}"
    assert line in capsys.readouterr().err
    assert loaded.products == history[0][2].products


def test_saving_without_loading_starts_afresh(tmp_path, history):
    folder = _saved(tmp_path, 4, history[0]).folder
    _saved(tmp_path, 1, history[0])
    assert _equal(LanczosCheckpoint(tmp_path / "a", KEY).load(), history[0][0])
    assert len(list(folder.iterdir())) == 2


def test_what_a_killed_write_left_is_cleaned_up(tmp_path, history):
    folder = _saved(tmp_path, 4, history[0]).folder
    (folder / ".state.123.tmp").write_text("half")
    LanczosCheckpoint(tmp_path / "a", KEY).load()
    assert sorted(file.name[:4] for file in folder.iterdir()) == ["rows", "stat"]


def test_nothing_to_load_or_remove_is_no_error(tmp_path):
    unfinished = LanczosCheckpoint(tmp_path / "a", KEY)
    assert unfinished.load() is None
    unfinished.remove()
    assert list(tmp_path.iterdir()) == []


def test_single_precision_comes_back_as_it_was(tmp_path, history):
    state = dataclasses.replace(history[0][0], basis=history[0][0].basis.float())
    LanczosCheckpoint(tmp_path / "a", KEY).save(state)
    assert _equal(LanczosCheckpoint(tmp_path / "a", KEY).load(), state)
