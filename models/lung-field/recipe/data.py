"""Reads the lung-field pairs (needs: NumPy, Pillow): a folder with labels.csv and pairs.zip (img/NAME.jpg, mask/NAME.png, 256 x 256).

A mask holds 0 (background), 1 (not to be counted) and 2 (lung field).
The splits are those of labels.csv: no patient is in two.
"""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from prepare import SIZE, area, prepare

GROUPS = ("adult", "child")
SPLITS = ("train", "val", "test")
REPOSITORIES = ("10.6084/m9.figshare.12275009", "10.17632/rscbjbr9sj.2")
BACKGROUND, IGNORE, LUNG = 0, 1, 2


def rows(folder: Path) -> list[dict]:
    """The table in the order of the file, with `group`, one of GROUPS, for its source."""
    out = []
    with open(folder / "labels.csv", newline="") as f:
        for r in csv.DictReader(f):
            group = {"covid-adult": "adult", "kermany-child": "child"}[r["source"]]
            if r["split"] not in SPLITS:
                raise SystemExit(f"{r['name']}: split {r['split']!r}")
            # some articles' DOI in the table is that of another article, their address is right
            source = f"doi:{r['doi']}" if r["doi"] in REPOSITORIES else r["url"]
            view = "AP" if r["view"].startswith("AP") else r["view"]
            out.append({"name": r["name"], "group": group, "split": r["split"], "patient": r["patient"], "view": view,
                        "licence": r["licence"], "source": source})
    owners = {}
    for r in out:
        if owners.setdefault((r["group"], r["patient"]), r["split"]) != r["split"]:
            raise SystemExit(f"patient {r['patient']} is in two splits")
    return out


def pairs(folder: Path, table: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and masks, uint8 [n, 256, 256] each."""
    with zipfile.ZipFile(folder / "pairs.zip") as z:
        read = lambda path: np.asarray(Image.open(io.BytesIO(z.read(path))))
        pictures = np.stack([read(f"img/{r['name']}.jpg") for r in table])
        masks = np.stack([read(f"mask/{r['name']}.png") for r in table])
    if pictures.ndim != 3 or pictures.shape != masks.shape or masks.max() > LUNG:
        raise SystemExit(f"pictures {pictures.shape}, masks {masks.shape} with values up to {masks.max()}")
    return pictures, masks


def inputs(pictures: np.ndarray) -> np.ndarray:
    """What the network sees: float32 [n, 1, SIZE, SIZE]."""
    return np.concatenate([prepare(p) for p in pictures])


def targets(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell of the network's grid the share that is lung, and the share that is not counted: float32 [n, SIZE, SIZE] each."""
    share = lambda value: area(masks == value).astype(np.float32)
    return share(LUNG), share(IGNORE)


def dice(found: np.ndarray, mask: np.ndarray) -> float:
    """Of a map of True and False with the mask of the same picture, pixels that are not to be counted left out; 1 where both are empty."""
    counted, lung = mask != IGNORE, mask == LUNG
    both, all_ = (found & lung & counted).sum(), (found & counted).sum() + (lung & counted).sum()
    return float(2 * both / all_) if all_ else 1.0
