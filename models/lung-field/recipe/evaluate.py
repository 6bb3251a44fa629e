"""Scores both networks on every picture (needs: NumPy, Pillow, onnxruntime).

    python evaluate.py --data DIR --models FOLDER        # FOLDER: model.onnx, model-f32.onnx; writes FOLDER/scores.csv

Exit status 1 where the mean Dice of the 8-bit network on the pictures of `test` is below GATE for adults or for children: then it is not to be shipped.

Dice is that of the map as the viewer shows it: each pixel of the 256 x 256 mask takes its nearest cell. The opponent knows only
whether the picture is of an adult or of a child: the same map for all, lung where more than half of the pictures of `train` have it.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort

import data
from prepare import on_source

GATE = 0.93


def logits(path: Path, inputs: np.ndarray) -> np.ndarray:
    """[n, SIZE, SIZE], computed as the graph is written, node by node."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    run = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    return np.concatenate([run.run(["logit"], {"input": x[None]})[0][:, 0] for x in inputs])


def frame(lung: np.ndarray) -> np.ndarray:
    """First and last row and column (exclusive) of a map, as shares of its sides: what framing needs. The whole picture where it is empty."""
    ends = []
    for axis in (1, 0):
        at = np.flatnonzero(lung.any(axis))
        n = lung.shape[1 - axis]
        ends += [at[0] / n, (at[-1] + 1) / n] if len(at) else [0.0, 1.0]
    return np.array(ends)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--models", type=Path, required=True)
    args = p.parse_args()
    table = data.rows(args.data)
    pictures, masks = data.pairs(args.data, table)
    inputs = data.inputs(pictures)
    lung, _ = data.targets(masks)
    z, z8 = (logits(args.models / name, inputs) for name in ("model-f32.onnx", "model.onnx"))
    of = lambda group, split: np.array([r["group"] == group and r["split"] == split for r in table])
    same = {g: lung[of(g, "train")].mean(0) > 0.5 for g in data.GROUPS}
    rows = []
    for i, (r, mask) in enumerate(zip(table, masks)):
        shown = lambda cells: on_source(cells, *mask.shape)
        counted, truth, found = mask != data.IGNORE, mask == data.LUNG, shown(z8[i] > 0)
        hit = (found & truth).sum()
        rows.append({
            **{k: r[k] for k in ("name", "group", "split", "patient", "view")},
            "dice": f"{data.dice(shown(z[i] > 0), mask):.4f}",
            "dice_int8": f"{data.dice(found, mask):.4f}",
            "dice_same_map": f"{data.dice(shown(same[r['group']]), mask):.4f}",
            "covered": f"{hit / max(truth.sum(), 1):.4f}",  # share of the lung field that was found
            "within": f"{hit / max((found & counted).sum(), 1):.4f}",  # share of what was found that is lung field
            "frame_off": f"{np.abs(frame(found) - frame(truth)).max():.4f}",  # of the four edges the one that is furthest off
            "cells_equal": f"{((z[i] > 0) == (z8[i] > 0)).mean():.5f}",
            **{k: r[k] for k in ("licence", "source")},
        })
    with open(args.models / "scores.csv", "w", newline="") as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    met = True
    for split in data.SPLITS:
        for group in data.GROUPS:
            those = of(group, split)
            take = lambda k: np.array([float(r[k]) for r, use in zip(rows, those) if use])
            print(f"{split} {group}, {those.sum()} pictures: Dice int8 {take('dice_int8').mean():.4f} (least {take('dice_int8').min():.4f}), "
                  f"float32 {take('dice').mean():.4f}, same map for all {take('dice_same_map').mean():.4f}, "
                  f"frame off {take('frame_off').mean():.4f}, cells equal {take('cells_equal').mean():.5f}")
            met &= split != "test" or take("dice_int8").mean() >= GATE
    print(f"gate {GATE}: {'met' if met else 'not met'}")
    sys.exit(not met)


if __name__ == "__main__":
    main()
