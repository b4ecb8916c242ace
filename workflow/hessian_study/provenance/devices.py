"""What a step was computed on."""

import platform
import sys
from pathlib import Path


def device_name() -> str:
    """Return the processor's model and, where this process computed on GPUs, the GPU's.

    Only what the process has used counts: nothing is imported, no GPU is woken.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return f"{torch.cuda.get_device_name()} and {_processor()}"
    return _processor()


def _processor() -> str:
    """Return the model as Linux tells it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
