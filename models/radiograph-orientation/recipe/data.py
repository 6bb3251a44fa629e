"""Reads the frontal chest radiographs (needs: NumPy, Pillow): a folder DIR with chest-nih/, kermany/ and lung/, each with labels.csv and its zip.

| group | pictures of | learned from | scored |
| --- | --- | --- | --- |
| nih | adults, one hospital of the US, 224 x 224 | folds 1 to 4 (fold 1 only with --splits train val) | fold 0 |
| children | children of 1 to 5 years, one hospital in China, 160 x 160 | the makers' train | the makers' test |
| hannover | adults, one hospital in Germany and four articles, 256 x 256 | never | all: another hospital |

Splits are by patient. Every picture is taken to be as it is read: upright, the patient's right at the reader's left, bright means dense. Nobody looked at each
of them: what is wrong with that (a picture that its own publisher has turned, situs inversus) counts against the network.
"""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from prepare import SIZE, area, prepare, stretch

SPLITS = ("train", "val", "test")
GROUPS = ("nih", "children", "hannover")


def table(folder: Path, name: str) -> list[dict]:
    with open(folder / name / "labels.csv", newline="") as f:
        return list(csv.DictReader(f))


def rows(folder: Path) -> list[dict]:
    """Of each picture: group, zip, member, split, patient, view."""
    out = []
    for r in table(folder, "chest-nih"):
        out.append({"group": "nih", "zip": "chest-nih/images.zip", "member": r["file"], "split": r["split"], "patient": r["patient"], "view": r["view"]})
    for r in table(folder, "kermany"):
        out.append({"group": "children", "zip": "kermany/images.zip", "member": r["file"], "split": r["split"], "patient": r["patient"], "view": "AP"})
    for r in table(folder, "lung"):
        if r["source"] == "covid-adult":
            out.append({"group": "hannover", "zip": "lung/pairs.zip", "member": f"img/{r['name']}.jpg", "split": "test", "patient": r["patient"],
                        "view": "AP" if r["view"].startswith("AP") else r["view"]})
    owners = {}
    for r in out:
        if owners.setdefault((r["group"], r["patient"]), r["split"]) != r["split"]:
            raise SystemExit(f"patient {r['patient']} is in two splits")
    return out


def grey(folder: Path, table: list[dict]):
    """Each picture as it is read, uint8 [H, W]."""
    zips = {}
    for r in table:
        z = zips.setdefault(r["zip"], zipfile.ZipFile(folder / r["zip"]))
        yield np.asarray(Image.open(io.BytesIO(z.read(r["member"]))).convert("L"))


def pictures(folder: Path, table: list[dict]) -> np.ndarray:
    """For scoring, what the network sees of each, upright: float32 [n, SIZE, SIZE]."""
    return np.stack([prepare(one)[0, 0] for one in grey(folder, table)])


def learned(folder: Path, table: list[dict]) -> np.ndarray:
    """For training, nearly the same: each cell the mean of four cells of a picture that was prepared at twice the size."""
    halved = lambda one: one.reshape(SIZE, 2, SIZE, 2).mean((1, 3))
    return np.stack([stretch(halved(stretch(area(one, 2 * SIZE, 2 * SIZE)))).astype(np.float32) for one in grey(folder, table)])
