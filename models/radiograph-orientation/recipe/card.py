"""Prints the model card, every figure of it computed from scores.csv and manifest.json (needs: NumPy).

    python card.py            prints the card
    python card.py --write    writes CARD.md and `metrics` of manifest.json
    python card.py --check    exit status 1 if CARD.md or manifest.json say anything else

--models FOLDER is where these files lie; left out, the folder above this one. Intervals are 95 %, from 2000 bootstrap samples of patients (all
pictures of a drawn patient are drawn), within a group.
"""

import argparse
import csv
import difflib
import json
import sys
from pathlib import Path

import numpy as np

DRAWS, SEED = 2000, 1
GROUPS = {"nih": "adults, NIH Clinical Center, US", "children": "children of 1 to 5 years, Guangzhou, China",
          "hannover": "adults, Hannover, Germany, and four articles: no picture of theirs was learned from"}
SHARES = {"turn": ("the quarter turn is right", 4), "side": ("mirrored or not is right", 4), "grey": ("inverted or not is right", 4),
          "upright_right": ("nothing is said of a picture that lies as it should", 1)}


def interval(rows, key, of):
    patients, at = np.unique([r["patient"] for r in rows], return_inverse=True)
    values = np.array([int(r[key]) / of for r in rows])
    sums, counts = np.bincount(at, values), np.bincount(at)
    drawn = np.random.default_rng(SEED).integers(0, len(patients), (DRAWS, len(patients)))
    low, high = np.percentile(sums[drawn].sum(1) / counts[drawn].sum(1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def words(value):
    return "{:.3f} ({:.3f} to {:.3f})".format(*value)


def compute(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    with open(folder / "scores.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    groups = {g: [r for r in rows if r["group"] == g] for g in GROUPS}
    found = {g: {k: interval(those, k, of) for k, (_, of) in SHARES.items()} for g, those in groups.items()}
    patients = {g: len({r["patient"] for r in those}) for g, those in groups.items()}
    sizes = {k: (folder / manifest[k]["name"]).stat().st_size for k in ("file", "file_float")}
    data = manifest["training_data"]
    metrics = {"evaluation": "patient-wise split, pictures of `test`, each in four turns, half of them mirrored, half inverted; 8-bit network; 95 % intervals"}
    for g in GROUPS:
        metrics[g] = {"pictures": len(groups[g]), "patients": patients[g],
                      **{k: dict(zip(("value", "low", "high"), (round(v, 4) for v in found[g][k]))) for k in SHARES}}
    line = lambda *cells: "| " + " | ".join(str(c) for c in cells) + " |"
    table = [line("share of pictures, 8-bit network", *GROUPS.values()), line("---", *["---"] * len(GROUPS)),
             line("pictures of patients", *(f"{len(groups[g])} of {patients[g]}" for g in GROUPS)),
             *(line(name, *(words(found[g][k]) for g in GROUPS)) for k, (name, _) in SHARES.items())]
    worst = {g: sum(int(r["side"]) < 2 for r in groups[g]) for g in GROUPS}
    refuse = "\n".join(f"- {one}" for one in manifest["not_for"])
    text = f"""# How a frontal chest radiograph lies

> Says whether a frontal chest radiograph is turned by quarters, mirrored, or shown in inverted grey; learned from {data['pictures']['nih']} pictures of
> {data['patients']['nih']} adults and {data['pictures']['children']} of {data['patients']['children']} children; a residual network of twelve layers. Mirrored or not is told right in
> {words(found['nih']['side'])} of adults' and {words(found['children']['side'])} of children's pictures at the hospitals that it learned from, and in
> {words(found['hannover']['side'])} at one that it did not; **not a medical device**.

Every figure about this model is printed again by `python recipe/card.py` from `scores.csv` and `manifest.json` in this folder.

## What it is

A residual network ({data['weights']:,} weights, `recipe/network.py`; input 64 x 64) that was trained from nothing. It gives five probabilities, each on its own: turned a quarter clockwise, upside down,
turned a quarter anticlockwise, mirrored, grey scale inverted. From 0.5 on one is said. A picture that is mirrored and turned is mirrored left-right first and then turned.

Nobody labelled anything: pictures that are taken to lie as they are read were turned, mirrored and inverted by the program. A picture that its publisher turned already, and a patient whose heart lies on
the right, count against it.

It looks at the picture, at its mirror image, and at both in inverted grey, and takes the mean. So it favours no side: a mirrored picture is found as often as one that is not mirrored is left alone.

A picture that lies wrongly looks like another patient's: the heart on the wrong side, the wrong lung drained. Software that turns pictures does such things, and headers are often silent.

It must not be used for:
{refuse}

A mirrored chest is told by the heart, the arch of the aorta, the stomach's air and the domes of the diaphragm. Letters and markers were covered in most of the training pictures, since they need not lie as the chest does;
an `L` or `R` in the picture, if there is one, is better evidence than this number.

## Networks

`model.onnx` has int8 weights and activations ({sizes['file']:,} bytes), its convolutions are computed in whole numbers; `model-f32.onnx` is the float network ({sizes['file_float']:,} bytes).

## How well it does

On pictures of patients that it has not seen, each in four turns, half of them mirrored and half in inverted grey. The third column is another hospital, in another country, of which nothing was learned.

{chr(10).join(table)}

Mirrored or not is wrong in more than half of the turns for {', '.join(f'{worst[g]} of {len(groups[g])} {GROUPS[g].split(",")[0]} ({g})' for g in GROUPS)}: of these it is sure and wrong, or the
picture itself is mirrored.

## Data

- Adults: {data['name'].split(' (adults)')[0]}, {data['provider'].split('; ')[0].removeprefix('adults: ')}, <{data['link'].split()[0]}>; {data['citation']}. A subset of 1,000 pictures, half of which mention pneumonia.
- Children: D. Kermany, K. Zhang, M. Goldbaum, Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for Classification, Mendeley Data v2, doi 10.17632/rscbjbr9sj.2, CC BY 4.0.
- For the third column alone: H. B. Winther and others, COVID-19 Image Repository, Hannover Medical School, doi 10.6084/m9.figshare.12275009, CC BY 3.0, and six pictures of four articles under CC BY 4.0 (named in the card of `lung-field`).

Learned from: the split {' and '.join(data['splits'])}, {data['steps']:,} steps of {data['batch']} pictures, half of them adults, on one thread of a CPU. Changed: stretched to a square, 8-bit grey; changes for training are in `recipe/augment.py`.

Weights: {manifest['license']}. The pictures that they come from ask for the names above to be kept.
"""
    return text, manifest, manifest | {"metrics": metrics}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--models", type=Path, default=Path(__file__).resolve().parent.parent)
    p.add_argument("--write", action="store_true")
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    text, manifest, new = compute(args.models)
    card, path = args.models / "CARD.md", args.models / "manifest.json"
    written = lambda m: json.dumps(m, indent=2, ensure_ascii=False) + "\n"
    if args.write:
        card.write_text(text)
        path.write_text(written(new))
    elif args.check:
        wrong = list(difflib.unified_diff(card.read_text().splitlines(), text.splitlines(), "CARD.md", "computed", lineterm="", n=0))
        wrong += difflib.unified_diff(written(manifest).splitlines(), written(new).splitlines(), "manifest.json", "computed", lineterm="", n=0)
        print("\n".join(wrong) or "CARD.md and manifest.json say what was computed")
        sys.exit(bool(wrong))
    else:
        print(text)


if __name__ == "__main__":
    main()
