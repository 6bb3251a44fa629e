#!/usr/bin/env python3
"""usage: python3 scripts/oracles/registration.py SERIES-FOLDER [--bin target/debug/negatoscope]

A series whose planes were moved in the patient by a known rigid motion (Image Position and Orientation rewritten by pydicom, pixels untouched)
against the series itself: `negatoscope register` has to find the motion, its Spatial Registration has to say the same to pydicom, and the
resampled volume has to be the original one. Checks coordinates (LPS), directions and signs by a second way.

Exit status 1 if the motion is off by more than 0.2 degrees or 0.3 mm, or a file says something else.

Needs: numpy, pydicom.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import generate_uid

ROOT = Path(__file__).resolve().parents[2]


def rotation(x: float, y: float, z: float) -> np.ndarray:
    """About x, then y, then z, degrees, right hand."""
    a, b, c = np.radians([x, y, z])
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rz @ ry @ rx


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", type=Path)
    parser.add_argument("--bin", default=str(ROOT / "target/debug/negatoscope"))
    arguments = parser.parse_args()
    files = [pydicom.dcmread(f) for f in sorted(arguments.series.rglob("*")) if f.is_file()]
    positions = np.array([f.ImagePositionPatient for f in files], float)
    centre = positions.mean(0)
    degrees, shift = (6.0, -4.0, 9.0), np.array([12.0, -8.0, 15.0])
    turn = rotation(*degrees)
    known = np.eye(4)
    known[:3, :3], known[:3, 3] = turn, centre + shift - turn @ centre
    series, frame = generate_uid(), generate_uid()
    with tempfile.TemporaryDirectory() as folder:
        moved, out = Path(folder) / "moved", Path(folder) / "out"
        moved.mkdir()
        for n, ds in enumerate(files):
            iop = np.array(ds.ImageOrientationPatient, float)
            place = known @ np.r_[np.array(ds.ImagePositionPatient, float), 1]
            ds.ImagePositionPatient = [f"{v:.9g}" for v in place[:3]]
            ds.ImageOrientationPatient = [f"{v:.9g}" for v in np.r_[turn @ iop[:3], turn @ iop[3:]]]
            ds.SeriesInstanceUID, ds.FrameOfReferenceUID, ds.SOPInstanceUID = series, frame, generate_uid()
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            ds.save_as(moved / f"{n}.dcm")
        run = subprocess.run([arguments.bin, "register", arguments.series, moved, "--json", "--out", out], capture_output=True, text=True)
        if run.returncode != 0:
            print(run.stdout, run.stderr)
            return 1
        found = json.loads(run.stdout)
        matrix = np.array(found["b_to_a"])
        left = matrix @ known  # of the original's places, there and back
        angle = np.degrees(np.arccos(np.clip((np.trace(left[:3, :3]) - 1) / 2, -1, 1)))
        off = np.linalg.norm((left @ np.r_[centre, 1])[:3] - centre)
        print(f"off by {angle:.3f} degrees, {off:.3f} mm; information {found['information']}; {found['seconds']:.1f} s")
        good = angle < 0.2 and off < 0.3
        inverse = np.array(found["a_to_b"]) @ matrix
        good &= bool(np.allclose(inverse, np.eye(4), atol=1e-9))
        angles, move, middle = (np.array(found[key]) for key in ("angles_degrees", "translation_mm", "centre_mm"))
        again = np.eye(4)
        again[:3, :3] = rotation(*angles)
        again[:3, 3] = middle + move - again[:3, :3] @ middle
        good &= bool(np.allclose(again, matrix, atol=1e-6))
        object_ = pydicom.dcmread(out / "registration.dcm")
        items = object_.RegistrationSequence
        says = np.array(items[1].MatrixRegistrationSequence[0].MatrixSequence[0].FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
        good &= bool(np.allclose(says, matrix, atol=1e-6))
        good &= object_.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.1" and items[1].FrameOfReferenceUID == frame
        good &= items[0].FrameOfReferenceUID == object_.FrameOfReferenceUID != frame
        good &= len(items[0].ReferencedImageSequence) == len(items[1].ReferencedImageSequence) == len(files)
        volume = np.load(out / "resampled.npy")
        good &= volume.shape[0] == len(files)
        original = {f.SOPInstanceUID: f for f in map(pydicom.dcmread, filter(Path.is_file, sorted(arguments.series.rglob("*"))))}
        iop = np.array(next(iter(original.values())).ImageOrientationPatient, float)
        normal = np.cross(iop[:3], iop[3:])
        stack = sorted(original.values(), key=lambda f: np.dot(normal, np.array(f.ImagePositionPatient, float)))
        values = np.stack([f.pixel_array * float(f.get("RescaleSlope", 1)) + float(f.get("RescaleIntercept", 0)) for f in stack])
        known_voxels = ~np.isnan(volume)
        by_direction = [np.corrcoef(v[known_voxels], volume[known_voxels])[0, 1] for v in (values, values[::-1])]
        print(f"resampled: {known_voxels.mean():.1%} known, correlation {max(by_direction):.5f}")
        good &= known_voxels.mean() > 0.95 and max(by_direction) > 0.99
        print("as it should be" if good else "NOT as it should be")
        return int(not good)


if __name__ == "__main__":
    sys.exit(main())
