"""The machine: devices, processes, seeds, progress, memory, and code that users bring."""
