"""The report on made-up results: its modules one by one, and the page in a real browser."""

import base64
import io
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from PIL import Image
from tiny_study import ROOT

from pipeline.artifacts import save_artifact, save_table, save_text
from pipeline.correlations import rank_correlations
from pipeline.schema import string_array
from pipeline.tables import COLUMNS, compare_with_published, summarise
from workflow.job import Job
from workflow.scripts import claims as claims_step
from workflow.scripts import report as report_step

TABLES = {
    "table1": {"gaussian": ["normal", "adversarial"], "circle": ["normal", "adversarial"]},
    "table2": {"iris": ["normal", "adversarial"]},
}
MEASURES = (*COLUMNS, *"pieces segments parts length outliers_gap outliers_edge".split())
LAYOUT = {"layout": "alignment_maps", "experiments": ["gaussian/normal", "gaussian/adversarial"]}
CLAIMS = """
- {where: Section 1, says: The first holds., figures: [fig01], checks: ["gaussian/normal:pieces < 1e9"]}
- where: Section 2
  says: "A_1 < B & the second holds for G_θ in one of two."
  figures: [fig01, table1]
  cases: [gaussian, circle]
  checks: ["*/normal:trace < */adversarial:trace", "*/normal:trace > */adversarial:trace"]
- {where: Section 3, says: None., figures: [fig02], checks: ["fig01:gaussian/normal:beta_1 > 5"]}
- {where: Section 4, says: Unknown., figures: [fig24], checks: ["fig24:cifar_127/normal:rank > 1"]}
"""


def tidy_measures() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    rows = [
        (dataset, training, seed, "fitted", measure, value)
        for rows in TABLES.values()
        for dataset, trainings in rows.items()
        for training in trainings
        for seed in range(3)
        for measure, value in zip(MEASURES, draw.uniform(1, 3, len(MEASURES)), strict=True)
    ]
    columns = ["dataset", "training", "seed", "status", "measure", "value"]
    return pd.DataFrame(rows, columns=columns)


def png(width: int = 2000, height: int = 500) -> bytes:
    ramp = np.linspace(0, 255, width * height * 3).reshape(height, width, 3).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "PNG")
    return buffer.getvalue()
