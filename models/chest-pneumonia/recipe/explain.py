"""Holds the explanation methods against chance: explain.csv, of which card.py prints the means.

    python explain.py --data DIR --program negatoscope [--pictures 24] [--methods cam eigen-cam score-cam occlusion rise] [--shares]

With --shares only the maps are made, not held against chance (a tenth of the time): the lungs' columns of the explain.csv that is there are
written anew, after each map's share on the border has been found to be the one that stands there.

Draws as many pictures from each of the four class x view cells, writes each as a DICOM file (the JPEG as it is, encapsulated) and lets
`negatoscope analyze --explain METHOD --check` work on them. The lung fields are those of ../../lung-field, which the manifest
names. Needs no package.
"""

import argparse
import csv
import json
import random
import struct
import subprocess
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
METHODS = ("cam", "eigen-cam", "score-cam", "occlusion", "rise")
CHECK = ("deletion", "deletion_random", "insertion", "insertion_random", "shuffled_rank_correlation", "shuffled_ssim")
FIELDS = ("image", "view", "label", "method", "runs", *CHECK, "border", "border_area", "lungs", "lungs_area")


def element(group, number, vr, value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, int):
        value = struct.pack("<H", value)
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value


def dicom(jpeg, row, number):
    """A chest radiograph with the facts that the manifest asks about."""
    uid = f"2.25.{1000 + number}"
    meta = element(2, 2, "UI", "1.2.840.10008.5.1.4.1.1.1") + element(2, 3, "UI", uid) + element(2, 0x10, "UI", "1.2.840.10008.1.2.4.50")
    parts = [element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.1"), element(8, 0x18, "UI", uid), element(8, 0x60, "CS", "CR"),
             element(0x10, 0x1010, "AS", f"{int(row['age']):03d}Y"), element(0x18, 0x15, "CS", "CHEST"), element(0x18, 0x5101, "CS", row["view"]),
             element(0x20, 0xD, "UI", f"{uid}.1"), element(0x20, 0xE, "UI", f"{uid}.2"), element(0x28, 2, "US", 1),
             element(0x28, 4, "CS", "MONOCHROME2"), *(element(0x28, n, "US", v) for n, v in ((0x10, 224), (0x11, 224), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0))),
             element(0x28, 0x1050, "DS", "127.5"), element(0x28, 0x1051, "DS", "256")]
    jpeg += b"\0" * (len(jpeg) % 2)
    item = lambda data: struct.pack("<HHI", 0xFFFE, 0xE000, len(data)) + data
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF) + item(b"") + item(jpeg) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta))
    return b"\0" * 128 + b"DICM" + length + meta + b"".join(parts) + pixels


def drawn(folder, count):
    with open(folder / "labels.csv", newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["std_matrix"] == "1" and int(r["age"]) >= 18]
    rng = random.Random(1)
    cells = [[r for r in rows if r["view"] == v and r["label"] == y] for v in ("AP", "PA") for y in "01"]
    return [r for cell in cells for r in rng.sample(cell, count // 4)]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--program", default="negatoscope")
    p.add_argument("--pictures", type=int, default=24)
    p.add_argument("--methods", nargs="+", default=METHODS)
    p.add_argument("--shares", action="store_true")
    args = p.parse_args()
    there = {}
    if args.shares:
        with open(FOLDER / "explain.csv", newline="") as f:
            there = {(r["image"], r["method"]): r for r in csv.DictReader(f)}
    rows = drawn(args.data, args.pictures)
    out = []
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(args.data / "images.zip") as z:
        for number, r in enumerate(rows):
            Path(folder, f"{number:03d}.dcm").write_bytes(dicom(z.read(r["file"]), r, number))
        for method in args.methods:
            command = [args.program, "analyze", folder, "--model", str(FOLDER), "--explain", method, *([] if there else ["--check"]), "--json"]
            lines = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
            for line in sorted(lines, key=lambda line: line["input"]):
                r, m = rows[int(Path(line["input"]).stem)], line["heatmap"]
                shares = m.get("shares") or {}
                if shares and "field" not in shares:
                    raise SystemExit(f"{r['file']}: no lung fields; is lung-field beside this model?")
                lungs = [shares.get(k) for k in ("border", "border_area")] + list(shares.get("field", (None, None)))
                text = lambda values: ["" if v is None else f"{v:.4f}" for v in values]
                if there:
                    old = there[r["file"], method]
                    if [old["border"], old["border_area"]] != text(lungs[:2]):
                        raise SystemExit(f"{r['file']}, {method}: another map than that of explain.csv: {old['border']}, now {text(lungs)[0]}")
                    checks = [old[k] for k in CHECK]
                else:
                    checks = text([m["check"][k] for k in CHECK])
                out.append([r["file"], r["view"], r["label"], method, m["runs"], *checks, *text(lungs)])
            print(method, len(lines))
    with open(FOLDER / "explain.csv", "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([FIELDS, *out])


if __name__ == "__main__":
    main()
