"""Counts the remarks about framing (src/model/framing.rs) on pictures as they come, and cut, turned, inverted and made small (needs: NumPy, Pillow, SciPy, onnxruntime).

    python framing.py --data DIR        # DIR: chest-nih/, kermany/, lung/, each with labels.csv and its zip

The rules are written here a second time. Of NIH's adults and of the children the split `val` is counted, which `lung-field` did not learn from.
"""

import argparse
import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image
from scipy import ndimage

from prepare import prepare

CRUMB, LEAST, ALONG_EDGE, SMALL = 0.01, 0.03, 0.08, 0.5
SOURCES = (("nih", "chest-nih", "images.zip", "file", 150), ("children", "kermany", "images.zip", "file", 80), ("hannover", "lung", "pairs.zip", "name", 83))


def pictures(folder: Path):
    rng = np.random.default_rng(0)
    for group, name, archive, key, most in SOURCES:
        with open(folder / name / "labels.csv", newline="") as f:
            rows = [r for r in csv.DictReader(f) if (r["source"] == "covid-adult" if group == "hannover" else r["split"] == "val")]
        z = zipfile.ZipFile(folder / name / archive)
        for i in rng.permutation(len(rows))[:most]:
            member = f"img/{rows[i][key]}.jpg" if group == "hannover" else rows[i][key]
            yield group, np.asarray(Image.open(io.BytesIO(z.read(member))).convert("L"))


def forms(grey: np.ndarray):
    height, width = grey.shape
    yield "as they come", grey
    for part in (0.2, 0.3):
        yield f"left {part:.0%} cut off", grey[:, int(width * part):]
        yield f"top {part:.0%} cut off", grey[int(height * part):]
        yield f"bottom {part:.0%} cut off", grey[: int(height * (1 - part))]
    yield "turned a quarter clockwise", np.rot90(grey, -1)
    yield "turned a quarter anticlockwise", np.rot90(grey)
    yield "upside down", np.rot90(grey, 2)
    yield "inverted", 255 - grey
    for part in (0.5, 0.35):
        wide = np.zeros((int(height / part), int(width / part)), np.uint8)
        top, left = (wide.shape[0] - height) // 2, (wide.shape[1] - width) // 2
        wide[top : top + height, left : left + width] = grey
        yield f"{part:.0%} of the picture's width", wide


def remarks(inside: np.ndarray) -> set[str]:
    labels, count = ndimage.label(inside)
    sizes = ndimage.sum(inside, labels, range(1, count + 1))
    large = [i + 1 for i in np.argsort(-sizes, kind="stable") if sizes[i] >= CRUMB * inside.size]
    field = np.isin(labels, large) & inside
    if field.sum() < LEAST * inside.size:
        return {"none"}
    said = set()
    if max(edge.mean() for edge in (field[:, 0], field[0], field[:, -1], field[-1])) > ALONG_EDGE:
        said.add("cut")
    middles = [ndimage.center_of_mass(labels == one) for one in large[:2]]
    if len(middles) < 2 or abs(middles[0][1] - middles[1][1]) < abs(middles[0][0] - middles[1][0]):
        said.add("not side by side")
    extent = max((np.ptp(np.flatnonzero(field.any(axis))) + 1) / field.shape[1 - axis] for axis in (0, 1))
    return said | ({"small"} if extent < SMALL else set())


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    args = p.parse_args()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    path = Path(__file__).resolve().parent.parent / "model.onnx"
    run = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    found = {}
    for group, grey in pictures(args.data):
        for form, shown in forms(grey):
            (logit,) = run.run(["logit"], {"input": prepare(shown)})
            found.setdefault(form, {}).setdefault(group, []).append(remarks(logit[0, 0] > 0))
    kinds = ("cut", "not side by side", "small", "none")
    print("| pictures | " + " | ".join(f"{kind}: {', '.join(s[0] for s in SOURCES)}" for kind in kinds) + " |")
    print("| --- |" + " --- |" * len(kinds))
    for form, groups in found.items():
        share = lambda kind: ", ".join(f"{np.mean([kind in said for said in groups[s[0]]]):.2f}" for s in SOURCES)
        print(f"| {form} | " + " | ".join(share(kind) for kind in kinds) + " |")


if __name__ == "__main__":
    main()
