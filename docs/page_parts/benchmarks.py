"""The comparison with other libraries, as `make bench-peers` left it."""

import pandas as pd

from hessian_study.project import ROOT
from page_parts.markdown import table


def peers() -> str:
    """Return benchmarks/peers.csv as a table; what is compared stands in the first row of each."""
    frame = pd.read_csv(ROOT / "benchmarks" / "peers.csv", dtype=str).fillna("")
    frame["what"] = frame["what"].where(~frame["what"].duplicated(), "")
    return table([str(name) for name in frame.columns], frame.to_numpy().tolist())
