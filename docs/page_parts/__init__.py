"""Parts of pages that would go stale if they were written by hand; none is kept in a file."""

from collections.abc import Callable

from page_parts.api import module_map, public_names
from page_parts.benchmarks import peers
from page_parts.configuration import configuration_keys
from page_parts.contracts import artifact_contracts
from page_parts.fast_paths import fast_path_table
from page_parts.figures import figure_table
from page_parts.measures import measure_meanings
from page_parts.results import run_tables
from page_parts.scaling import scaling

# name in a page -> what writes it
PARTS: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        *(artifact_contracts, configuration_keys, fast_path_table, figure_table),
        *(measure_meanings, module_map, peers, public_names, run_tables, scaling),
    )
}
