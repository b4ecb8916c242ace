"""Snakemake with this project's messages: `python -m hessian_study.terminal.snakemake OPTIONS`.

Snakemake finds logger plugins by the names of installed distributions, and none in a checkout. So
the plugin is registered here, before Snakemake reads its command line.
"""

import sys
from types import ModuleType

from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from hessian_study.terminal.reporter import Reporter

NAME = "study"


def main(arguments: list[str]) -> None:
    """Run Snakemake, which ends the process with its status."""
    registry = LoggerPluginRegistry()
    plugin = ModuleType(f"{registry.module_prefix}{NAME}")
    plugin.LogHandler = Reporter  # type: ignore[attr-defined]
    registry.register_plugin(plugin.__name__, plugin)
    from snakemake.cli import main as snakemake

    snakemake(["--logger", NAME, *arguments])  # what follows `--` is a target


if __name__ == "__main__":
    main(sys.argv[1:])
