"""`python -m benchmarks [name …]`, each a module of this folder: speed against baselines."""

import sys
from importlib import import_module

NAMES = ("training", "alignment", "spectrum", "eigensolver", "gauss_newton", "certificates")


def main(names: list[str]) -> None:
    """Print one table; everything runs in float64 (training: float32) on one thread."""
    print("| what | baseline | here | ratio |\n| --- | --- | --- | --- |", flush=True)
    for name in names or NAMES:
        for row in import_module(f"benchmarks.{name}").main():
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
