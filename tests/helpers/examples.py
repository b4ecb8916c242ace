"""How many examples Hypothesis draws: few that are always the same, or thousands of new ones.

`HYPOTHESIS_PROFILE=deep` draws 5,000 of each property, others at each run; `--hypothesis-seed=N`
repeats them. `HYPOTHESIS_EXAMPLES` says how many in place of 5,000.
"""

import os

from hypothesis import HealthCheck, Phase, settings

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"


def examples(count: int) -> settings:
    """Draw so many examples, the same at each run; in the deep profile many, and others."""
    return settings(
        max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", 5000)) if DEEP else count,
        derandomize=not DEEP,
        database=None,
        deadline=None,
        print_blob=DEEP,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
