#!/usr/bin/env python3
"""usage: python3 scripts/oracles/explain.py [--check]

Every explanation method computed a second way, in NumPy float64, on a small made network: writes tests/data/explain.json, which
tests/explain.rs compares with. The file holds the network's weights, the input and the attention as well, so that the test runs the
same network; no code is shared with the viewer. --check writes nothing and fails where the file says anything else.

Needs: numpy.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "tests" / "data" / "explain.json"
CHANNELS, ROWS, COLUMNS = 2, 24, 20
PATCH, STRIDE, MASKS, CELLS, SHOWN, MOST, SEED = 6, 4, 40, 5, 0.5, 4, 7
M64 = (1 << 64) - 1


class SplitMix:
    """Steele, Lea, Flood 2014."""

    def __init__(self, seed):
        self.s = seed & M64

    def bits(self):
        self.s = (self.s + 0x9E3779B97F4A7C15) & M64
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return z ^ (z >> 31)

    def unit(self):
        return (self.bits() >> 11) * 2.0**-53

    def signed(self):
        return 2 * self.unit() - 1

    def below(self, n):
        return int(self.unit() * n)

    def order(self, n):
        out = list(range(n))
        for last in range(n - 1, 0, -1):
            j = self.below(last + 1)
            out[last], out[j] = out[j], out[last]
        return out


# -- the made network: two convolutions, mean, linear layer -------------------------------------------------------------


def convolve(x, w, b, stride):
    """3 x 3, one zero around."""
    height, width = (x.shape[1] + 2 - 3) // stride + 1, (x.shape[2] + 2 - 3) // stride + 1
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::stride, ::stride][:, :height, :width]
    return np.einsum("oikl,ihwkl->ohw", w, windows) + b[:, None, None]


def features(net, x):
    y = np.maximum(convolve(x, net["w1"], net["b1"], 2), 0)
    return np.maximum(convolve(y, net["w2"], net["b2"], 2), 0)


def logits(net, x):
    return net["head"] @ features(net, x).mean(axis=(1, 2)) + net["bias"]


# -- tools -------------------------------------------------------------------------------------------------------------


def overlap(size, cells):
    """[cells, size]: the part of a cell that each pixel fills."""
    edges = np.arange(cells + 1) * size / cells
    low, high = np.maximum(edges[:-1, None], np.arange(size)[None]), np.minimum(edges[1:, None], np.arange(size)[None] + 1)
    return np.maximum(high - low, 0) * cells / size


def to_cells(plane, rows, columns):
    return overlap(plane.shape[0], rows) @ plane @ overlap(plane.shape[1], columns).T


def interpolation(size, to):
    """[to, size]: bilinear weights between the centres of pixels, the border continued."""
    x = np.clip((np.arange(to) + 0.5) * size / to - 0.5, 0, size - 1)
    return np.maximum(1 - np.abs(x[:, None] - np.arange(size)[None]), 0)


def enlarge(plane, rows, columns):
    return interpolation(plane.shape[0], rows) @ plane @ interpolation(plane.shape[1], columns).T


def baseline(x, kind):
    if kind == "zero":
        return np.zeros_like(x)
    if kind == "mean":
        return np.broadcast_to(x.mean(axis=(1, 2), keepdims=True), x.shape)
    sigma = min(x.shape[1:]) / 10

    def weights(n):
        d = np.abs(np.arange(n)[:, None] - np.arange(n)[None])
        w = np.exp(-(d**2) / (2 * sigma**2)) * (d <= np.ceil(3 * sigma))
        return w / w.sum(axis=1, keepdims=True)

    return np.einsum("rs,csd,ed->cre", weights(x.shape[1]), x, weights(x.shape[2]))


# -- the methods -------------------------------------------------------------------------------------------------------


def cam(net, x, c, kind):
    return np.einsum("k,khw->hw", net["head"][c], features(net, x)) + net["bias"][c]


def eigen_cam(net, x, c, kind):
    f = features(net, x)
    a = f.reshape(len(f), -1).T
    v = np.linalg.svd(a)[2][0]
    m = (a @ v).reshape(f.shape[1:])
    return m if m.sum() >= 0 else -m


def score_cam(net, x, c, kind):
    f, b = features(net, x), baseline(x, kind)
    nothing = logits(net, b)[c]
    total = np.zeros(f.shape[1:])
    for k in sorted(range(len(f)), key=lambda k: -f[k].var())[:MOST]:
        m = enlarge(f[k], *x.shape[1:])
        m = (m - m.min()) / (m.max() - m.min())
        total += (logits(net, x * m + b * (1 - m))[c] - nothing) * f[k]
    return np.maximum(total, 0)


def starts(size):
    return sorted(set(range(0, size - PATCH + 1, STRIDE)) | {size - PATCH})


def occlusion(net, x, c, kind):
    b, whole = baseline(x, kind), logits(net, x)[c]
    loss, count = np.zeros(x.shape[1:]), np.zeros(x.shape[1:])
    for r in starts(x.shape[1]):
        for q in starts(x.shape[2]):
            y = x.copy()
            at = np.s_[r : r + PATCH, q : q + PATCH]
            y[:, *at] = b[:, *at]
            loss[at] += whole - logits(net, y)[c]
            count[at] += 1
    return to_cells(loss / count, -(-x.shape[1] // STRIDE), -(-x.shape[2] // STRIDE))


def rise(net, x, c, kind):
    b, rng = baseline(x, kind), SplitMix(SEED)
    tall, wide = -(-x.shape[1] // CELLS), -(-x.shape[2] // CELLS)
    masks, scores = [], []
    for _ in range(MASKS):
        grid = np.array([[float(rng.unit() < SHOWN) for _ in range(CELLS)] for _ in range(CELLS)])
        r, q = rng.below(tall), rng.below(wide)
        m = enlarge(grid, (CELLS + 1) * tall, (CELLS + 1) * wide)[r : r + x.shape[1], q : q + x.shape[2]]
        masks.append(m)
        scores.append(logits(net, x * m + b * (1 - m))[c])
    scores = np.array(scores)
    total = np.einsum("n,nhw->hw", scores - scores.mean(), np.array(masks)) / (MASKS * SHOWN)
    return to_cells(total, min(2 * CELLS, x.shape[1]), min(2 * CELLS, x.shape[2]))


def rollout(attention, before, grid):
    """attention [layers, heads, tokens, tokens]."""
    product = np.eye(attention.shape[-1])
    for layer in attention:
        a = layer.mean(axis=0) + np.eye(len(product))
        product = a / a.sum(axis=1, keepdims=True) @ product
    row = product[0] if before else product.mean(axis=0)
    return row[before:].reshape(grid) * len(product)


# -- the checks --------------------------------------------------------------------------------------------------------


def curve(net, c, start, end, grid, order):
    """Area under the score while the cells go from `start` to `end`."""
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    cell = lambda n, k: ((2 * np.arange(n) + 1) * k) // (2 * n)
    place = rank[cell(ROWS, grid[0])[:, None] * grid[1] + cell(COLUMNS, grid[1])[None]]
    steps = min(len(order), 28)
    gone = [s * len(order) // steps for s in range(steps + 1)]
    score = [1 / (1 + np.exp(-logits(net, np.where(place < g, end, start))[c])) for g in gone]
    return float(np.trapezoid(score, np.array(gone) / len(order)))


def areas(net, x, c, m, random_maps):
    mean, blur = baseline(x, "mean"), baseline(x, "blur")
    both = lambda order: (curve(net, c, x, mean, m.shape, order), curve(net, c, blur, x, m.shape, order))
    own = both(np.argsort(-m.ravel(), kind="stable"))
    rng = SplitMix(0x5EED)
    drawn = np.mean([both(np.array(rng.order(m.size))) for _ in range(random_maps)], axis=0)
    return {"deletion": own[0], "deletion_random": drawn[0], "insertion": own[1], "insertion_random": drawn[1]}


def rank_correlation(a, b):
    def ranks(v):
        v = v.ravel()
        return np.array([(v < u).sum() + ((v == u).sum() - 1) / 2 for u in v])

    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def ssim(a, b):
    a, b = ((v - v.min()) / (v.max() - v.min()) for v in (a, b))
    side = min(7, *a.shape)
    window = lambda v: np.lib.stride_tricks.sliding_window_view(v, (side, side))
    mean = lambda v: window(v).mean(axis=(2, 3))
    ma, mb = mean(a), mean(b)
    va, vb, ab = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    return float((((2 * ma * mb + c1) * (2 * ab + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())


def shares(m, inside):
    p = np.maximum(m, 0)
    edge = 3 / 32
    part = lambda n: np.maximum(np.minimum((np.arange(n) + 1) / n, 1 - edge) - np.maximum(np.arange(n) / n, edge), 0) * n
    border = 1 - np.outer(part(m.shape[0]), part(m.shape[1]))
    field = to_cells(inside.astype(float), *m.shape)
    return {"border": float((p * border).sum() / p.sum()), "border_area": float(border.mean()),
            "field": [float((p * field).sum() / p.sum()), float(field.mean())]}


# -- changed copies ----------------------------------------------------------------------------------------------------

BOUNDS = {"flip": True, "rotate_degrees": 12.0, "shift": 0.1, "zoom": 0.2, "gamma": 0.3}
PIXEL = (1.0, 1.3)


def changed(frame, rng):
    """One draw, and the frame by the matrix from its places to the old ones."""
    flip = rng.unit() < 0.5
    degrees = BOUNDS["rotate_degrees"] * rng.signed()
    down, right = (BOUNDS["shift"] * rng.signed() for _ in range(2))
    zoom, gamma = ((1 + BOUNDS[k]) ** rng.signed() for k in ("zoom", "gamma"))
    rows, columns = frame.shape
    t = np.radians(degrees)
    # a pixel in units of length (y down, x right) from the centre: mirrored, then turned clockwise, enlarged, moved
    mirror = np.diag([1.0, -1.0 if flip else 1.0])
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    forward = zoom * turn @ mirror
    grid = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")).reshape(2, -1).astype(float)
    scale, size = np.array(PIXEL)[:, None], np.array([[rows], [columns]])
    moved = np.array([[down], [right]]) * size
    place = np.linalg.inv(forward) @ ((grid + 0.5 - size / 2 - moved) * scale) / scale + size / 2 - 0.5
    place = np.clip(place, 0, size - 1)
    near = lambda axis, n: np.maximum(1 - np.abs(place[axis][:, None] - np.arange(n)[None]), 0)
    out = np.einsum("pr,rc,pc->p", near(0, rows), frame, near(1, columns)) ** gamma
    return {"flip": bool(flip), "degrees": degrees, "shift": [down, right], "zoom": zoom, "gamma": gamma, "values": listed(out)}


def listed(a):
    return [round(float(v), 9) for v in np.ravel(a)]


def made():
    rng = np.random.default_rng(20)
    draw = lambda *shape: np.round(rng.normal(size=shape), 3)
    net = {"w1": draw(4, CHANNELS, 3, 3) * 0.5, "b1": draw(4) * 0.2, "w2": draw(6, 4, 3, 3) * 0.5, "b2": draw(6) * 0.2,
           "head": draw(2, 6) * 6, "bias": draw(2)}
    net = {k: np.round(v, 3) for k, v in net.items()}
    x = np.round(rng.uniform(size=(CHANNELS, ROWS, COLUMNS)), 3)
    raw = np.exp(rng.normal(size=(3, 2, 13, 13)) * 1.5)
    attention = np.round(raw / raw.sum(axis=-1, keepdims=True), 5)
    inside = (rng.uniform(size=(9, 8)) < 0.4).astype(int)
    frame = np.round(rng.uniform(size=(12, 10)), 3)

    methods = {"cam": cam, "eigen-cam": eigen_cam, "score-cam": score_cam, "occlusion": occlusion, "rise": rise}
    cases = []
    for name, method in methods.items():
        for kind, c in (("mean", 0), ("blur", 1), ("zero", 0)) if name in ("score-cam", "occlusion", "rise") else (("mean", 1),):
            m = method(net, x, c, kind)
            cases.append({"method": name, "baseline": kind, "class": c, "grid": list(m.shape), "map": listed(m)})
    for before in (1, 0):
        part = attention[:, :, 1 - before :, 1 - before :]
        cases.append({"method": "rollout", "baseline": "mean", "class": 0, "before": before, "grid": [3, 4],
                      "map": listed(rollout(part, before, (3, 4)))})
    a, b = cam(net, x, 0, ""), cam(net, x, 1, "")
    copies = SplitMix(11)
    return {
        "shape": [CHANNELS, ROWS, COLUMNS], "input": listed(x),
        "network": {k: {"shape": list(v.shape), "values": listed(v)} for k, v in net.items()},
        "logits": listed(logits(net, x)),
        "attention": {"shape": list(attention.shape), "values": listed(attention)},
        "settings": {"patch": PATCH, "stride": STRIDE, "masks": MASKS, "cells": CELLS, "shown": SHOWN, "channels": MOST, "seed": SEED},
        "cases": cases,
        "areas": areas(net, x, 1, b, 3) | {"class": 1, "random_maps": 3},
        "likeness": {"rank_correlation": rank_correlation(a, b), "ssim": ssim(a, b)},
        "shares": shares(b - b.mean(), inside) | {"map": listed(b - b.mean()), "map_grid": list(b.shape), "inside": inside.ravel().tolist(), "grid": [9, 8]},
        "copies": {"frame": listed(frame), "size": [12, 10], "pixel": list(PIXEL), "bounds": BOUNDS, "seed": 11,
                   "changed": [changed(frame, copies) for _ in range(3)]},
    }


def differences(a, b, at=""):
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for k in a.keys() | b.keys() for d in differences(a.get(k), b.get(k), f"{at}.{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for k, (u, v) in enumerate(zip(a, b)) for d in differences(u, v, f"{at}[{k}]")]
    if isinstance(a, float) and isinstance(b, (int, float)):
        return [] if abs(a - b) < 1e-7 else [f"{at}: {a} and {b}"]
    return [] if a == b else [f"{at}: {a} and {b}"]


def main():
    p = argparse.ArgumentParser(usage=__doc__.splitlines()[0][7:])
    p.add_argument("--check", action="store_true")
    new = made()
    if p.parse_args().check:
        wrong = differences(new, json.loads(FILE.read_text()))
        print("\n".join(wrong[:20]) or f"{FILE.name} says what was computed")
        sys.exit(bool(wrong))
    text = json.dumps(new, separators=(",", ":"))
    FILE.write_text(text.replace('},"', '},\n"').replace('],"', '],\n"').replace("},{", "},\n{") + "\n")


if __name__ == "__main__":
    main()
