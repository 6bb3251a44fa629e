"""Holds a label map of the browser's runtime against onnxruntime's labels on the same volume (needs: NumPy, SciPy).

    python scripts/oracles/meshnet_reference.py --series DIR ...       # writes FOLDER: volume, conformed.u8, NAME.labels.u8, NAME.json
    node benches/model.mjs --volume FOLDER --model NAME --out OUT.u8   # the whole way: conform, crop, slabs, labels, back to the source
    python scripts/oracles/meshnet_compare.py FOLDER NAME OUT.u8

The reference's labels are put back into the 256-cube, all but the largest component is dropped, and each voxel of the source takes the
nearest label: written here a second time, from the description alone. Prints how many voxels differ, and Dice by label.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

SIDE = 256

folder, name, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
about = json.loads((folder / "volume.json").read_text())
box = json.loads((folder / f"{name}.json").read_text())
(a, b, c), (d, e, f) = box["from"], box["to"]
grid = np.zeros((SIDE, SIDE, SIDE), np.uint8)
grid[a:d, b:e, c:f] = np.fromfile(folder / f"{name}.labels.u8", np.uint8).reshape(d - a, e - b, f - c)
parts, count = ndimage.label(grid > 0, np.ones((3, 3, 3)))
if count > 1:
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    grid[parts != sizes.argmax()] = 0

nx, ny, nz = about["dims"]
origin, steps = np.array(about["origin"], float), np.array(about["steps"], float)
centre = origin + sum(steps[i] * about["dims"][i] / 2 for i in range(3))
theirs = np.zeros((nz, ny, nx), np.uint8)
i, j = np.meshgrid(np.arange(nx), np.arange(ny))
for k in range(nz):
    p = origin + i[..., None] * steps[0] + j[..., None] * steps[1] + k * steps[2] - centre
    # Half away from zero, as the reference of the standard library rounds.
    at = np.stack([128 + p[..., 0], 128 - p[..., 2], 128 - p[..., 1]], -1)
    at = (np.sign(at) * np.floor(np.abs(at) + 0.5)).astype(int)
    inside = ((at >= 0) & (at < SIDE)).all(-1)
    at = at.clip(0, SIDE - 1)
    theirs[k] = np.where(inside, grid[at[..., 0], at[..., 1], at[..., 2]], 0)

ours = np.fromfile(out, np.uint8).reshape(nz, ny, nx)
print(f"{name}: {int((ours != theirs).sum())} of {ours.size} voxels differ")
for label in range(1, int(theirs.max()) + 1):
    one, two = ours == label, theirs == label
    print(f"label {label}: Dice {2 * (one & two).sum() / (one.sum() + two.sum()):.5f} ({two.sum()} voxels)")
