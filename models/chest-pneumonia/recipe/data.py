"""Reads the NIH ChestX-ray14 subset (needs: NumPy, Pillow): a folder with images.zip, labels.csv, boxes.csv.

Used are only adults (18 years or older) of one matrix size (`std_matrix` = 1: 2500x2048 or 2048x2500): other
sizes are other equipment, and nearly all of those pictures are positive.
"""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def rows(folder: Path) -> list[dict]:
    """The table, only pictures that may be used, with numbers as numbers."""
    out = []
    with open(folder / "labels.csv", newline="") as f:
        for r in csv.DictReader(f):
            if r["std_matrix"] != "1" or int(r["age"]) < 18:
                continue
            out.append({"file": r["file"], "label": int(r["label"]), "view": r["view"], "patient": r["patient"],
                        "fold": int(r["fold"]), "id_range": int(r["id_range"]), "age": int(r["age"])})
    return out


def pictures(folder: Path, table: list[dict]) -> np.ndarray:
    """uint8 [n, 224, 224]."""
    with zipfile.ZipFile(folder / "images.zip") as z:
        return np.stack([np.asarray(Image.open(io.BytesIO(z.read(r["file"])))) for r in table])


def boxes(folder: Path) -> dict[str, tuple[float, float, float, float]]:
    """Pneumonia boxes (x, y, w, h) as parts of the picture."""
    with open(folder / "boxes.csv", newline="") as f:
        return {r["file"]: tuple(float(r[k]) / 224.0 for k in "xywh")
                for r in csv.DictReader(f) if r["finding"] == "Pneumonia"}
