"""Holds `negatoscope augment` against SciPy: each copy computed anew from original.npy and changes.jsonl.

    python3 scripts/oracles/augment.py --bin target/release/negatoscope FILE.dcm

Needs Python with numpy and scipy. Prints the largest difference; ends with 1 above 1e-5. Noise is held by its mean and deviation.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates


def changed(values, change, pixel):
    rows, columns = values.shape
    row, column = np.mgrid[0:rows, 0:columns].astype(float)
    y = (row + 0.5 - rows * (0.5 + change["shift"][0])) * pixel[0] / change["zoom"]
    x = (column + 0.5 - columns * (0.5 + change["shift"][1])) * pixel[1] / change["zoom"]
    angle = np.deg2rad(change["degrees"])
    down, right = y * np.cos(angle) - x * np.sin(angle), y * np.sin(angle) + x * np.cos(angle)
    right = -right if change["flip"] else right
    down = -down if change["flip_vertical"] else down
    side, centre = change["crop_side"], change["crop_centre"]
    at = [down / pixel[0] * side + rows * centre[0] - 0.5, right / pixel[1] * side + columns * centre[1] - 0.5]
    out = map_coordinates(values.astype(float), at, order=1, mode="nearest")
    if change["brightness"] != 0 or change["contrast"] != 1:
        out = np.clip((out - 0.5) * change["contrast"] + 0.5 + change["brightness"], 0, 1)
    return np.maximum(out, 0) ** change["gamma"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("--bin", default="target/release/negatoscope")
    arguments.add_argument("--pixel", type=float, nargs=2, default=[1, 1], help="row and column spacing")
    asked = arguments.parse_args()
    worst = 0
    for steps in ("flip=both", "rotate=30", "shift=0.2", "zoom=0.5", "crop=0.4", "jitter=0.3", "gamma=0.5", "flip,rotate=15,crop=0.8,jitter=0.1,gamma=0.2"):
        out = Path(tempfile.mkdtemp())
        subprocess.run([asked.bin, "augment", asked.file, steps, "--seed", "7", "--count", "6", "--out", str(out)], check=True)
        original = np.load(out / "original.npy")
        off = 0
        for line in (out / "changes.jsonl").read_text().splitlines():
            change = json.loads(line)
            found = np.load(out / f"{change['copy']:05}.npy")
            off = max(off, np.abs(found - changed(original, change, asked.pixel)).max())
        print(f"{steps:48} largest difference {off:.2e}")
        worst = max(worst, off)
    out = Path(tempfile.mkdtemp())
    subprocess.run([asked.bin, "augment", asked.file, "noise=0.01", "--count", "3", "--out", str(out)], check=True)
    original = np.load(out / "original.npy")
    inside = (original > 0.05) & (original < 0.95)
    for copy in range(1, 4):
        noise = (np.load(out / f"{copy:05}.npy") - original)[inside]
        print(f"noise=0.01: mean {noise.mean():+.5f}, deviation {noise.std():.5f}")
        worst = max(worst, abs(noise.std() - 0.01) / 100)
    sys.exit(int(worst > 1e-5))


main()
