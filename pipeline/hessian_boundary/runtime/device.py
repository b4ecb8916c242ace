"""Where tensors live: the same code runs on a CPU and on a GPU."""

import torch


def resolve_device(name: str) -> torch.device:
    """Turn the configuration's `device` (auto, cpu, cuda) into a torch device.

    Raises RuntimeError when a GPU is asked for and none is visible.
    """
    available = torch.cuda.is_available()
    if name == "auto":
        return torch.device("cuda" if available else "cpu")
    if name == "cuda" and not available:
        raise RuntimeError(
            "expected a CUDA device because the configuration says `device: cuda`, found none; "
            "set `device: auto` or `device: cpu`"
        )
    return torch.device(name)
