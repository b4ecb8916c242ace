"""Where tensors live: the same code runs on a CPU and on a GPU, alone on a machine or not."""

import os

import torch

from hessian_boundary.runtime.processes import process_count


def resolve_device(name: str) -> torch.device:
    """Turn the configuration's `device` (auto, cpu, cuda) into a torch device.

    Of several processes (`processes`) each takes a GPU of its own.

    Raises RuntimeError when a GPU is asked for and none is visible, and when there are GPUs, but
    less than processes on this machine.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise RuntimeError(
            "expected a CUDA device because the configuration says `device: cuda`, found none; "
            "set `device: auto` or `device: cpu`"
        )
    if name not in ("auto", "cuda") or not available:
        return torch.device("cpu" if name == "auto" else name)
    if process_count() == 1:
        return torch.device("cuda")
    number, found = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= found:
        raise RuntimeError(
            f"expected a GPU for each process of this machine, found {found} GPUs and process "
            f"{number + 1}; start {found} processes, or set `device: cpu`"
        )
    return torch.device("cuda", number)


def memory_of(device: torch.device) -> int:
    """Return how many bytes of memory a GPU has, or the machine; 4 GB where nobody says."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 4 * 10**9


def is_out_of_memory(error: Exception) -> bool:
    """Say whether memory has run out: PyTorch tells so by a RuntimeError of its allocators."""
    allocator = isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
    return allocator or isinstance(error, MemoryError | torch.OutOfMemoryError)


def processes_of_this_machine() -> int:
    """Return how many of the processes for one computation share this machine."""
    count = process_count()
    return int(os.environ.get("LOCAL_WORLD_SIZE", count)) if count > 1 else 1
