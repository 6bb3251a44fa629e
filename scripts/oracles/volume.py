"""Planes and slabs of volumes by SciPy: needs numpy and scipy. Writes tests/data/volume.zip, which tests/volume.rs compares with.

Usage: python scripts/oracles/volume.py

Each case is a volume by its slice positions, a plane and what is shown of it. The values come from scipy.ndimage.map_coordinates of order 1
(order 0 for labels) with mode 'nearest', in float64, at coordinates that numpy.linalg.inv gives; what lies further than half a voxel beyond
the outer centres, or within a gap further than half of the distance beside it from both of its
ends, is NaN.
"""

import json
import pathlib
import zipfile

import numpy as np
from scipy.ndimage import map_coordinates

rng = np.random.default_rng(20)
out = pathlib.Path(__file__).parents[2] / "tests" / "data" / "volume.zip"


def unit(v):
    v = np.asarray(v, float)
    return v / np.linalg.norm(v)


def turned(a, b):
    """Two directions at right angles, from any two."""
    a = unit(a)
    b = np.asarray(b, float)
    return a, unit(b - a * (a @ b))


COLUMNS, ROWS, SLICES = 22, 18, 13
k, j, i = np.mgrid[0:SLICES, 0:ROWS, 0:COLUMNS]
smooth = 900 * np.sin(i / 3.1 + k / 2.3) * np.cos(j / 2.7) - 200
values = np.clip(np.round(smooth + rng.normal(0, 120, smooth.shape)), -1024, 3071).astype(np.int16)

plain = (np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
skewed = turned([0.94, 0.21, -0.26], [-0.15, 0.96, 0.24])


def volume(name, directions, spacing, heights, shear=(0.0, 0.0), first=(-31.4, 17.9, -402.6), scales=None, down=False):
    row, column = directions
    normal = np.cross(row, column) * (-1 if down else 1)
    rise = normal + shear[0] * row + shear[1] * column
    positions = [np.asarray(first) + h * rise for h in heights]
    matrix = np.stack([row * spacing[1], column * spacing[0], rise], axis=1)
    return dict(name=name, row=row, column=column, spacing=spacing, heights=np.asarray(heights, float), positions=positions,
                matrix=matrix, scales=scales or [[1.0, 0.0]] * len(heights))


even = np.arange(SLICES) * 2.5
# In two parts, coarser in the second, as heads are scanned: uneven, without a gap.
parts = np.append(np.arange(7) * 2.0, 12 + np.arange(1, 7) * 3.5)
uneven = np.cumsum([0, 2.0, 2.6, 1.9, 2.3, 2.8, 2.2, 2.0, 2.7, 2.4, 2.1, 2.5, 2.2])
gapped = np.array([0, 2, 4, 6, 8, 10, 18, 20, 22, 24, 26, 28, 30], float)
volumes = {
    v["name"]: v
    for v in [
        volume("anisotropic", plain, (0.9, 0.7), even),
        volume("oblique", skewed, (0.8, 0.8), even, down=True),
        volume("tilted", plain, (0.9, 0.9), even, shear=(0.0, np.tan(np.radians(18)))),
        volume("uneven", plain, (1.1, 1.1), uneven),
        volume("parts", plain, (1.0, 1.0), parts),
        volume("gap", plain, (1.0, 1.0), gapped),
        volume("slopes", plain, (1.0, 1.0), even, scales=[[0.5 + 0.25 * n, 10.0 * n - 50] for n in range(SLICES)]),
    ]
}


def sample(v, points, order):
    """Values at patient positions (…, 3); NaN where there are none."""
    data = values.astype(float) * np.array([s for s, _ in v["scales"]])[:, None, None] + np.array([b for _, b in v["scales"]])[:, None, None]
    grid = (points - v["positions"][0]) @ np.linalg.inv(v["matrix"]).T
    x, y, h = grid[..., 0], grid[..., 1], grid[..., 2]
    heights = v["heights"]
    steps = np.diff(heights)
    z = np.interp(h, heights, np.arange(len(heights)))
    inside = (x >= -0.5) & (x <= COLUMNS - 0.5) & (y >= -0.5) & (y <= ROWS - 0.5)
    inside &= (h >= -0.5 * steps[0]) & (h <= heights[-1] + 0.5 * steps[-1])
    beside = np.maximum(np.append(0, steps[:-1]), np.append(steps[1:], 0))
    for n in np.nonzero(steps > 1.5 * beside)[0]:
        low, high = heights[n], heights[n + 1]
        within = (h > low) & (h < high)
        near_low, near_high = within & (h - low <= steps[n - 1] / 2), within & (high - h <= steps[n + 1] / 2)
        z = np.where(near_low, n, np.where(near_high, n + 1, z))
        inside &= ~(within & ~near_low & ~near_high)
    if order == 0:
        x, y, z = (np.floor(np.clip(c, 0, n - 1) + 0.5) for c, n in ((x, COLUMNS), (y, ROWS), (z, SLICES)))
    got = map_coordinates(data, [z, y, x], order=order, mode="nearest")
    return np.where(inside, got, np.nan)


def along(v, normal):
    """Distance of neighbouring voxels along a direction, mm."""
    steps = np.diff(v["heights"])
    step = np.sort(steps)[len(steps) // 2]
    if np.abs(steps - steps.mean()).max() < 0.05 * steps.mean():
        step = steps.mean()
    way = np.linalg.inv(v["matrix"]) @ normal
    return 1 / np.abs(way / [1, 1, step]).max()


cases, blobs = [], {"values": values.tobytes()}


def case(name, of, directions, away=(0, 0, 0), spacing=(0.83, 0.83), size=(34, 30), slab=None, nearest=False):
    v = volumes[of]
    row, column = directions
    middle = v["positions"][0] + v["matrix"] @ [(COLUMNS - 1) / 2, (ROWS - 1) / 2, v["heights"][-1] / 2]
    centre = middle + np.asarray(away)
    rows, columns = size
    c = (np.arange(columns) - (columns - 1) / 2) * spacing[1]
    r = (np.arange(rows) - (rows - 1) / 2) * spacing[0]
    points = centre + c[None, :, None] * row + r[:, None, None] * column
    normal = np.cross(row, column)
    if slab:
        how, thick = slab
        spaces = max(int(np.ceil(thick / (along(v, normal) / 2) - 1e-6)), 1)
        layers = [sample(v, points + normal * thick * (n / spaces - 0.5), 1) for n in range(spaces + 1)]
        project = {"mip": np.nanmax, "minip": np.nanmin, "mean": np.nanmean}[how]
        with np.errstate(all="ignore"):
            import warnings

            warnings.simplefilter("ignore")
            got = project(np.stack(layers), axis=0)
    else:
        got = sample(v, points, 0 if nearest else 1)
    blobs[name] = got.astype(np.float32).tobytes()
    cases.append(dict(name=name, volume=of, centre=list(centre), row=list(row), column=list(column), spacing=list(spacing), rows=rows, columns=columns,
                      slab=list(slab) if slab else None, nearest=nearest))


axial = plain
coronal = (np.array([1.0, 0, 0]), np.array([0, 0, -1.0]))
sagittal = (np.array([0, 1.0, 0]), np.array([0, 0, -1.0]))
any_way = turned([0.62, -0.55, 0.41], [0.33, 0.71, 0.52])
for of in volumes:
    # Above the gap, where there is one.
    case(f"{of}-axial", of, axial, away=(0.11, 0.07, 6.13 if of == "gap" else 1.13))
    case(f"{of}-coronal", of, coronal, away=(0.11, 0.31, 0.17))
    case(f"{of}-sagittal", of, sagittal, away=(0.23, 0.13, 0.17))
    case(f"{of}-oblique", of, any_way, away=(0.31, -0.7, 0.9))
case("own-pixels", "anisotropic", axial, spacing=(0.9, 0.7), size=(18, 22))
case("own-pixels-between", "anisotropic", axial, away=(0.2, 0.3, 0.4), spacing=(0.9, 0.7), size=(18, 22))
case("labels", "anisotropic", any_way, away=(0.31, -0.7, 0.9), nearest=True)
for how in ["mip", "minip", "mean"]:
    case(f"{how}-oblique", "anisotropic", any_way, away=(0.31, -0.7, 0.9), slab=(how, 7.3))
    case(f"{how}-axial", "tilted", axial, away=(0.11, 0.07, 1.13), slab=(how, 9.1))
    case(f"{how}-coronal", "gap", coronal, away=(0.11, 0.31, 0.17), slab=(how, 4.7))

described = [
    dict(name=v["name"], row=list(v["row"]), column=list(v["column"]), spacing=list(v["spacing"]), positions=[list(p) for p in v["positions"]],
         scales=v["scales"])
    for v in volumes.values()
]
document = json.dumps(dict(columns=COLUMNS, rows=ROWS, slices=SLICES, volumes=described, cases=cases))
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in [("volume.json", document.encode()), *blobs.items()]:
        archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
print(f"{len(cases)} cases, {out.stat().st_size} bytes")
