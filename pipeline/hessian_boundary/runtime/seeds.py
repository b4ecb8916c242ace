"""Every random draw has its own seed, derived from the names of what it is for."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

CPU = torch.device("cpu")


def derive_seed(*names: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on nothing but `names`.

    Two draws never share a stream by accident, and adding one (another seed, another
    experiment) leaves all others as they were. `hash` would not do: it changes between
    interpreter starts.

    Example: `derive_seed(seed, "gaussian/normal", "shuffling")`.
    """
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@contextmanager
def seeded(seed: int, device: torch.device = CPU) -> Iterator[None]:
    """Let global draws within the block come from `seed`, and put all states back afterwards.

    That is torch's generator, on the CPU and on `device`, NumPy's legacy one (`np.random.rand`)
    and Python's `random`: code of one's own may use any of them.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # NumPy's takes no larger one
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)


def random_states(device: torch.device = CPU) -> dict[str, Any]:
    """Return the states of the global generators: torch's, NumPy's, and that of `random`."""
    on_device = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    name, keys, *rest = np.random.get_state()
    return {
        "torch": [torch.get_rng_state(), *on_device],
        "numpy": [name, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "python": random.getstate(),
    }


def set_random_states(states: dict[str, Any], device: torch.device = CPU) -> None:
    """Put the global generators into states that `random_states` returned."""
    on_cpu, *on_device = states["torch"]
    torch.set_rng_state(on_cpu)
    for state in on_device:
        torch.cuda.set_rng_state(state, device)
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
