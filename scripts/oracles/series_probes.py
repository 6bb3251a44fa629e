#!/usr/bin/env python3
"""Values of single pixels of whole series, read by pydicom: what tests/page/series.test.mjs expects.

usage: series_probes.py FOLDER      FOLDER holds t1-brain, ct-lung, mr-dwi and ct-head-tilt, a folder a series

Writes tests/data/series_probes.json: for each series its number of files, of series and of positions that a reader must
see, and 24 probes: SOP Instance UID, column, row (from 0), stored value, modality value. Needs pydicom and numpy. The
places are drawn with a fixed seed.
"""

import json
import pathlib
import random
import sys

import pydicom

SERIES = ("t1-brain", "ct-lung", "mr-dwi", "ct-head-tilt")
PROBES = 24


def modality(data, stored):
    """C.11.1.1.2: Rescale Slope and Intercept; the identity where they are absent."""
    return stored * float(getattr(data, "RescaleSlope", 1)) + float(getattr(data, "RescaleIntercept", 0))


def probes(folder, rng):
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    heads = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    result = []
    for path in rng.sample(paths, PROBES):
        data = pydicom.dcmread(path)
        pixels = data.pixel_array
        rows, columns = pixels.shape
        # Half of the places anywhere, half near the middle, where there is anatomy.
        span = 1.0 if len(result) % 2 else 0.4
        row = int(rows * (0.5 + (rng.random() - 0.5) * span))
        column = int(columns * (0.5 + (rng.random() - 0.5) * span))
        stored = int(pixels[row, column])
        found = {"sop": data.SOPInstanceUID, "column": column, "row": row}
        result.append({**found, "stored": stored, "modality": modality(data, stored)})
    positions = {tuple(round(float(v), 2) for v in head.ImagePositionPatient) for head in heads}
    return {
        "files": len(paths),
        "series": len({head.SeriesInstanceUID for head in heads}),
        "positions": len(positions),
        "modality": heads[0].Modality,
        "rows": int(heads[0].Rows),
        "columns": int(heads[0].Columns),
        "probes": result,
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rng = random.Random(20261125)
    found = {name: probes(pathlib.Path(sys.argv[1]) / name, rng) for name in SERIES}
    out = pathlib.Path(__file__).resolve().parents[2] / "tests/data/series_probes.json"
    about = {"made_by": "scripts/oracles/series_probes.py", "pydicom": pydicom.__version__, "series": found}
    out.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


main()
