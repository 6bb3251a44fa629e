"""Prints the model card, every figure of it computed from scores.csv and manifest.json (needs: NumPy).

    python card.py            prints the card
    python card.py --write    writes CARD.md and `metrics` of manifest.json
    python card.py --check    exit status 1 if CARD.md or manifest.json says anything else

--models FOLDER is where these files lie; left out, the folder above this one. Intervals are 95 %, from 2000 bootstrap samples of patients (all
pictures of a drawn patient are drawn), within adults or children.
"""

import argparse
import csv
import difflib
import json
import sys
from pathlib import Path

import numpy as np

DRAWS, SEED = 2000, 1
GROUPS, SPLITS = ("adult", "child"), ("test", "val", "train")
WORDS = {"adult": "adults", "child": "children"}


class Table:
    """Rows of scores.csv as columns."""

    def __init__(self, rows):
        self.rows = rows
        self.text = lambda k: np.array([r[k] for r in rows])

    def __len__(self):
        return len(self.rows)

    def of(self, **asked):
        return Table([r for r in self.rows if all(r[k] == v for k, v in asked.items())])

    def number(self, key):
        return np.array([float(r[key]) for r in self.rows])

    def interval(self, key):
        """Mean, and the 2.5th and 97.5th percentile of the means of samples of patients."""
        patients, of = np.unique(self.text("patient"), return_inverse=True)
        sums, counts = np.bincount(of, self.number(key)), np.bincount(of)
        drawn = np.random.default_rng(SEED).integers(0, len(patients), (DRAWS, len(patients)))
        low, high = np.percentile(sums[drawn].sum(1) / counts[drawn].sum(1), [2.5, 97.5])
        return float(self.number(key).mean()), float(low), float(high)


def words(value, digits=3):
    mean, low, high = value
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def figures(table):
    """`metrics` of the manifest."""
    out = {"evaluation": "patient-wise split, pictures of `test`; 8-bit network; Dice on 256 x 256; no external validation; 95 % intervals"}
    for group in GROUPS:
        test = table.of(group=group, split="test")
        mean, low, high = (round(v, 4) for v in test.interval("dice_int8"))
        out[group] = {"dice": {"value": mean, "low": low, "high": high, "least": round(float(test.number("dice_int8").min()), 4)},
                      "dice_same_map_for_all": round(float(test.number("dice_same_map").mean()), 4),
                      "pictures": len(test), "patients": len(set(test.text("patient")))}
    return out


def compute(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    with open(folder / "scores.csv", newline="") as f:
        table = Table(list(csv.DictReader(f)))
    sizes = {k: (folder / manifest[k]["name"]).stat().st_size for k in ("file", "file_float")}
    data = manifest["training_data"]
    test = {g: table.of(group=g, split="test") for g in GROUPS}
    line = lambda *cells: "| " + " | ".join(str(c) for c in cells) + " |"

    splits = []
    for split in SPLITS:
        seen = "learned from" if split in data["splits"] else "not seen"
        for group in GROUPS:
            t = table.of(group=group, split=split)
            dice = t.number("dice_int8")
            splits.append(line(f"{split}, {seen}", WORDS[group], f"{len(t)} of {len(set(t.text('patient')))}", words(t.interval("dice_int8")),
                               f"{np.median(dice):.3f}", f"{dice.min():.3f}", words(t.interval("dice")), words(t.interval("dice_same_map"))))
    parts = []
    for group in GROUPS:
        for view in sorted(set(test[group].text("view"))):
            t = test[group].of(view=view)
            parts.append(line(WORDS[group], view, len(t), words(t.interval("dice_int8"))))
    use = [line(name, *(words(test[g].interval(key)) for g in GROUPS)) for name, key in (
        ("share of the lung field that is covered", "covered"), ("share of what is shown that is lung field", "within"),
        ("edge of the frame around the lungs that is furthest off, share of the side", "frame_off"))]
    use.append(line("the same, largest of all pictures", *(f"{test[g].number('frame_off').max():.3f}" for g in GROUPS)))
    low = []
    for g in GROUPS:
        low.append(f"{(test[g].number('dice_int8') < 0.9).sum()} of {len(test[g])} {WORDS[g]}")
    equal = 1 - np.concatenate([test[g].number("cells_equal") for g in GROUPS]).mean()
    works = {}
    for r in table.rows:
        if not r["source"].startswith("doi:"):
            works.setdefault(r["source"], []).append(r["name"].removeprefix("a_"))
    articles = "\n".join(f"  - <{source}>: {', '.join(f'`{n}`' for n in names)}" for source, names in sorted(works.items()))
    learned = {g: f"{data['pictures'][g]} pictures of {data['patients'][g]} {WORDS[g]}" for g in GROUPS}
    refuse = "\n".join(f"- {one}" for one in manifest["not_for"])
    text = f"""# Lung field on a frontal chest radiograph

> A finder of the lung fields for framing a picture and for saying how much of another model's attention lies inside them; learned from {learned['adult']} and
> {learned['child']}; Dice on pictures that it has not seen {words(test['adult'].interval('dice_int8'), 2)} in adults,
> {words(test['child'].interval('dice_int8'), 2)} in children; no external validation; **not a medical device**.

Every figure about this model is printed again by `python recipe/card.py` from `scores.csv` and `manifest.json` in this folder.

## What it is

A small U-Net ({data['weights']:,} weights, `recipe/network.py`; input 128 x 128) that was trained from nothing. For each of 128 x 128 cells it gives one logit: lung field where it
is above 0. The viewer lays the cells over the picture, each pixel taking its nearest, so an outline is a stair of cells.

"Lung field" is as the people drew it whose masks it learned from: **with the lung behind the heart and, where it shows, behind the diaphragm**. Other
collections (JSRT, Montgomery) leave that out: figures about those cannot be compared with these.

It must not be used for:
{refuse}

The viewer refuses what is not CR or DX of the chest, or is known to be another view than PA or AP; it warns where the view is not known.

## Networks

`model.onnx` has int8 weights and activations ({sizes['file']:,} bytes) and is computed in whole numbers; `model-f32.onnx` is the float network ({sizes['file_float']:,} bytes).
On the pictures of `test` {equal:.2%} of the cells have another label by one than by the other.

## Data

- Masks: V7 Labs and CloudFactory, COVID-19 chest X-ray dataset, 2020, <https://github.com/v7labs/covid-19-xray-dataset>, CC BY 4.0: drawn by people with a program's help, and reviewed.
- Adults: H. B. Winther and others, COVID-19 Image Repository, Hannover Medical School, doi 10.6084/m9.figshare.12275009, CC BY 3.0 ({len(table.of(source='doi:10.6084/m9.figshare.12275009'))} pictures); and
  {sum(map(len, works.values()))} pictures of {len(works)} articles under CC BY 4.0:
{articles}
- Children of 1 to 5 years: D. Kermany, K. Zhang, M. Goldbaum, Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for Classification, Mendeley Data v2, doi 10.17632/rscbjbr9sj.2,
  CC BY 4.0 ({len(table.of(group='child'))} pictures, a third each without finding, with bacterial and with viral pneumonia).

Changed: cut to a square by stretching, made smaller, 8-bit grey. Nearly all adults have COVID-19, most were seen at one hospital; there are no pictures of people between 5 and 18 years, and hardly any of
healthy adults. Splits are by patient. Learned from: {learned['adult']}, {learned['child']} ({' and '.join(data['splits'])}).

## How well it finds them

Dice on the mask's own 256 x 256 pixels. Intervals are 95 %, from {DRAWS} bootstrap samples of patients. The opponent shows the same map on every picture: lung where more than half of the training
pictures of that group have it.

| split | of | pictures of patients | Dice, 8-bit | median | least | Dice, float32 | Dice, same map for all |
| --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(splits)}

| `test` | view | pictures | Dice, 8-bit |
| --- | --- | --- | --- |
{chr(10).join(parts)}

Below 0.9: {', '.join(low)} of `test`.

| `test`, 8-bit | adults | children |
| --- | --- | --- |
{chr(10).join(use)}

The last line is why a frame made from it is a place to begin looking, and the whole picture stays one step away.

## How it was made

`recipe/`: `prepare.py` (the preparation, which the viewer does as well), `augment.py` (how pictures were changed; mirrored too, which does no harm here as both sides have one label), `train.py` (PyPI tensorflow-cpu 2.21,
{data['steps']:,} steps of {data['batch']} pictures), `export.py` (ONNX, 8-bit form by onnxruntime), `evaluate.py` (`scores.csv`), `card.py`.

Weights: {manifest['license']}. The pictures and masks that they come from ask for the names above to be kept.
"""
    return text, manifest, manifest | {"metrics": figures(table)}


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
        print(text, end="")


if __name__ == "__main__":
    main()
