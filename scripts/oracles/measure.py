#!/usr/bin/env python3
"""usage: python3 scripts/oracles/measure.py [--out tests/data/measure.json]

What NumPy, SciPy and scikit-image say of outlines, ellipses and angles on one picture, for tests/measure.rs: which pixels are inside
(skimage.measure.points_in_poly; the inequality of an ellipse), their statistics (NumPy, ddof 0), areas, circumferences
(scipy.special.ellipe), angles (arccos of the normalised dot product). Pixels are 0.4 mm wide and 0.7 mm high.

Needs: numpy, scipy, scikit-image.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy.special import ellipe
from skimage.measure import points_in_poly

ROWS, COLUMNS = 48, 64
ROW_MM, COLUMN_MM = 0.7, 0.4


def picture() -> np.ndarray:
    """The same formula stands in the test: signed values with rough texture."""
    r, c = np.mgrid[:ROWS, :COLUMNS].astype(np.int64)
    return ((r * 7919 + c * 104729 + r * c * 31) % 2003) - 1000


def statistics(values: np.ndarray) -> dict:
    return {
        "count": int(values.size),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=0)),
        "min": float(values.min()),
        "max": float(values.max()),
        "median": float(np.median(values)),
    }


def on_border(on: np.ndarray, points: np.ndarray) -> bool:
    """Whether a centre lies on a side: which side it belongs to is a rule, and not the same one everywhere. Exact: all are 64ths."""
    p = (on * 64).astype(np.int64)
    corners = (points * 64).astype(np.int64)
    for a, b in zip(corners, np.roll(corners, -1, 0)):
        level = (b[0] - a[0]) * (p[:, 1] - a[1]) == (b[1] - a[1]) * (p[:, 0] - a[0])
        between = ((p - a) * (p - b) <= 0).all(1)
        if (level & between).any():
            return True
    return False


def polygon(rng) -> dict:
    """A star-shaped outline: its sides do not cross."""
    n = int(rng.integers(3, 40))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    if np.diff(np.append(angle, angle[0] + 2 * np.pi)).max() > np.pi * 0.95:
        return polygon(rng)
    radius = rng.uniform(4, 17, n)
    points = np.stack([32 + radius * 1.3 * np.cos(angle), 24 + radius * np.sin(angle)], 1)
    # Places are kept to a 64th.
    points = np.round(points * 64) / 64
    on = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)), -1).reshape(-1, 2)
    # Rows whose centres are level with a point are decided by a rule, not by geometry: not here.
    points[:, 1] += (points[:, 1] % 1 == 0) / 64
    if on_border(on, points):
        return polygon(rng)
    inside = points_in_poly(on, points).reshape(ROWS, COLUMNS)
    mm = points * [COLUMN_MM, ROW_MM]
    x, y = mm.T
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    around = np.linalg.norm(np.roll(mm, -1, 0) - mm, axis=1).sum()
    return {
        "kind": "polygon",
        "points": points.tolist(),
        "values": {"area": float(area), "perimeter": float(around)},
        "statistics": statistics(picture()[inside]),
    }


def ellipse(rng) -> dict:
    """Any conjugate diameters, not only those at right angles."""
    centre = rng.uniform([24, 18], [40, 30])
    u, v = rng.uniform(-14, 14, (2, 2))
    ends = np.round(np.array([centre - u, centre + u, centre - v, centre + v]) * 64) / 64
    centre, u, v = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2, (ends[3] - ends[2]) / 2
    matrix = np.stack([u, v], 1)
    if abs(np.linalg.det(matrix)) < 12:
        return ellipse(rng)
    r, c = np.mgrid[:ROWS, :COLUMNS]
    s, t = np.tensordot(np.linalg.inv(matrix), np.stack([c - centre[0], r - centre[1]]), 1)
    inside = s**2 + t**2 <= 1
    axes = np.linalg.svd(np.diag([COLUMN_MM, ROW_MM]) @ matrix, compute_uv=False)
    long, short = axes.max(), axes.min()
    return {
        "kind": "ellipse",
        "points": ends.tolist(),
        "values": {
            "area": float(np.pi * long * short),
            "perimeter": float(4 * long * ellipe(1 - (short / long) ** 2)),
            "long-axis": float(2 * long),
            "short-axis": float(2 * short),
        },
        "statistics": statistics(picture()[inside]),
    }


def lines(rng) -> list[dict]:
    a, b, c = np.round(rng.uniform(0, 40, (3, 2)) * 64) / 64
    mm = np.array([COLUMN_MM, ROW_MM])
    p, q = (a - b) * mm, (c - b) * mm
    angle = np.degrees(np.arccos(np.dot(p, q) / np.linalg.norm(p) / np.linalg.norm(q)))
    return [
        {"kind": "angle", "points": [a.tolist(), b.tolist(), c.tolist()], "values": {"angle": float(angle)}},
        {"kind": "length", "points": [a.tolist(), b.tolist()], "values": {"length": float(np.linalg.norm(p))}},
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "tests/data/measure.json")
    out = parser.parse_args().out
    rng = np.random.default_rng(20261129)
    cases = [polygon(rng) for _ in range(40)] + [ellipse(rng) for _ in range(40)]
    cases += [case for _ in range(20) for case in lines(rng)]
    cases = [case for case in cases if case.get("statistics", {"count": 1})["count"] > 0]
    out.write_text(json.dumps({"rows": ROWS, "columns": COLUMNS, "spacing_mm": [ROW_MM, COLUMN_MM], "cases": cases}, indent=None) + "\n")
    print(f"{len(cases)} cases, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
