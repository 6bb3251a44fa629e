"""Scores a network on every picture of `test`, turned by none to three quarters (needs: NumPy, Pillow, onnxruntime).

    python evaluate.py --data DIR --models FOLDER        # FOLDER: model.onnx; writes FOLDER/scores.csv; --file NAME for another network

Exit status 1 where the network does not reach the gates on a group of GATED: then it is not to be shipped.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort

import data
import orient

GATED = ("nih", "children")
GATES = {"turn": 0.98, "side": 0.95, "grey": 0.98}


def probabilities(path: Path, inputs: np.ndarray) -> np.ndarray:
    """[n, 5], computed as the graph is written, node by node."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    run = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    return np.concatenate([run.run(["probabilities"], {"input": np.ascontiguousarray(x)[None, None]})[0] for x in inputs])


def told(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn (0 to 3 quarters clockwise), mirrored, inverted, as the viewer's threshold of a half shows them; a turn is the likeliest."""
    turn = np.concatenate([1 - p[:, :3].sum(1, keepdims=True), p[:, :3]], 1).argmax(1)
    return turn, p[:, 3] >= 0.5, p[:, 4] >= 0.5


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--models", type=Path, required=True)
    p.add_argument("--file", default="model.onnx")
    p.add_argument("--splits", nargs="+", default=["test"])
    p.add_argument("--most", type=int, help="of each group, for a quick look; scores.csv is not written")
    args = p.parse_args()
    table = []
    for group in data.GROUPS:
        those = [r for r in data.rows(args.data) if r["split"] in args.splits and r["group"] == group]
        table += those[:: max(1, len(those) // args.most)] if args.most else those
    x = data.pictures(args.data, table)
    right = {k: np.zeros(len(x), int) for k in GATES}
    fine, upright = np.zeros(len(x), bool), None
    for k in range(4):
        # Of a mirrored or inverted picture the network's answer is the mirrored or inverted one, by its construction: half are shown so, to see that.
        sides, greys = np.arange(len(x)) % 2 * (k > 0), np.arange(len(x)) // 2 % 2 * (k > 0)
        found = probabilities(args.models / args.file, [orient.turned(1 - one if g else one, k + 4 * s) for one, s, g in zip(x, sides, greys)])
        turn, side, grey = told(found)
        right["turn"] += turn == k
        right["side"] += side == (sides > 0)
        right["grey"] += grey == (greys > 0)
        if k == 0:
            upright, fine = found, (turn == 0) & ~side & ~grey
    rows = [{"group": r["group"], "patient": r["patient"], "name": r["member"], "view": r["view"],
             # out of the four turns in which it was shown
             **{k: int(right[k][i]) for k in GATES}, "upright_right": int(fine[i]),
             **{f"upright_p{n}": f"{v:.3f}" for n, v in enumerate(upright[i])}} for i, r in enumerate(table)]
    met = True
    for group in data.GROUPS:
        those = [r for r in rows if r["group"] == group]
        if not those:
            continue
        shares = {k: np.mean([r[k] for r in those]) / 4 for k in GATES}
        false = 1 - np.mean([r["upright_right"] for r in those])
        print(f"{group}: {len(those)} pictures, {', '.join(f'{k} {v:.4f}' for k, v in shares.items())}; upright ones called otherwise {false:.4f}")
        met &= group not in GATED or all(shares[k] >= GATES[k] for k in GATES)
    if not args.most:
        with open(args.models / "scores.csv", "w", newline="") as f:
            out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
            out.writeheader()
            out.writerows(rows)
    print(f"gates {GATES} for {GATED}: {'met' if met else 'not met'}")
    sys.exit(not met)


if __name__ == "__main__":
    main()
