"""Files of networks that were trained elsewhere: what does not fit is refused, and no code runs."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from helpers.own_networks import layers
from helpers.trained_elsewhere import STATE, dense, normalised
from hessian_boundary.data.user_files import read_parameters
from hessian_boundary.networks.trained_elsewhere.loading import load_trained


def changed(**values: Any) -> dict:
    return {**STATE, **{name.replace("_", "."): value for name, value in values.items()}}


MASKED = torch.tensor([0.0, float("-inf")])
REFUSED: dict[str, tuple[dict, str]] = {
    "missing": ({k: v for k, v in STATE.items() if k != "1.running_var"}, "1 missing: 1.running_v"),
    "unexpected": (changed(**{"7_weight": torch.ones(1)}), "found 1 unexpected: 7.weight; let"),
    "shape": (
        changed(**{"0_weight": torch.ones(7, 2)}),
        r"1 of another shape: 0.weight \(7, 2\) in place of \(6, 2\)",
    ),
    "another network": (
        layers(3, 4, 4, 4, 4, 4).state_dict(),
        r"found 7 missing: .* and 2 more; 8 unexpected: .*; 2 of another shape: 0.weight \(4, 3\)",
    ),
    "not a number": (
        changed(**{"0_bias": torch.full((6,), torch.nan)}),
        "found nan in 0.bias, as 6",
    ),
    "infinite": (changed(**{"0_bias": torch.full((6,), torch.inf)}), "found inf in 0.bias"),
    "overflow": (
        changed(**{"0_bias": torch.full((6,), 1e300, dtype=torch.float64)}),
        r"that torch.float32 holds, .* has 0.bias, found 1e\+300 of torch.float64",
    ),
    "whole": (
        changed(**{"0_bias": torch.full((6,), 2**24 + 1)}),
        "found 16777217 of torch.int64; rescale it",
    ),
    "complex": (
        changed(**{"0_bias": torch.ones(6) * 1j}),
        "real numbers, .* 0.bias of torch.compl",
    ),
    "sparse": (changed(**{"0_bias": torch.ones(6).to_sparse()}), "found 0.bias of .*sparse_coo"),
    "no tensors": ({"epoch": 3, "lr": 0.1}, "found int as epoch, lr; save"),
    "nothing": ({}, "found nothing; save torch.save"),
}


@pytest.mark.parametrize(("found", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_by_name(found: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_trained(normalised(seed=1), found)


def test_a_buffer_may_hold_what_the_network_was_built_with() -> None:
    def masked() -> nn.Module:
        network = nn.Linear(2, 2)
        network.register_buffer("mask", MASKED.clone())
        return network

    load_trained(masked(), masked().state_dict())
    broken = {**masked().state_dict(), "mask": torch.tensor([0.0, float("nan")])}
    with pytest.raises(ValueError, match="expected finite numbers, found nan in mask"):
        load_trained(masked(), broken)
    count = nn.BatchNorm1d(2).state_dict() | {"num_batches_tracked": torch.tensor(2**60)}
    with pytest.raises(
        ValueError, match=r"that torch.int64 holds.* num_batches_tracked, found 115"
    ):
        load_trained(nn.BatchNorm1d(2), count)


class Bomb:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def test_code_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("bomb", {"state_dict": Bomb()}), ("whole", dense())):
        for new in (True, False):
            torch.save(content, f"{name}.pt", _use_new_zipfile_serialization=new)
            message = rf"{name}.pt, found what would have to run code .*; save the parameters alone"
            with pytest.raises(ValueError, match=message):
                read_parameters(tmp_path / f"{name}.pt")
    torch.jit.script(nn.Linear(2, 2)).save("script.pt")
    (tmp_path / "text.pt").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    for name in ("script.pt", "text.pt", "text.safetensors"):
        with pytest.raises(ValueError, match=f"in {name}, found .*; save the parameters alone"):
            read_parameters(tmp_path / name)
    torch.save([torch.ones(2)], "list.pt")
    with pytest.raises(ValueError, match=r"expected tensors by name in list.pt, found list; save"):
        read_parameters(tmp_path / "list.pt")
    assert not (tmp_path / "ran").exists()


def test_a_packed_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", b"")
        archive.writestr("model/data/0", bytes(17_000_000))
    with pytest.raises(ValueError, match="model/data/0 is 17,000,000 bytes when it is unpacked"):
        read_parameters(tmp_path / "model.pt")
