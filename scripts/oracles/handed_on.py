#!/usr/bin/env python3
"""usage: python3 scripts/oracles/handed_on.py SERIES [--enhanced FILE] [--binary target/release/negatoscope]

Holds a Key Object Selection Document (`keys --out`) and a Spatial Registration (`register --out`) of the series in the folder SERIES against
readers that are not ours: dciodvfy (does it say "Error"?), dcmdump, pydicom, and for the key images highdicom. Compared are the images that
are named, frames of the enhanced object FILE as well, the words, the study, and the matrix with the JSON of the same run. For the
registration the series' copy is moved by a known turn and shift, in its Image Position and Orientation, so that the matrix is known too.

Prints what was held, a line each. Exit status 1 if anything differs.

Needs: numpy, pydicom ≥ 3, highdicom ≥ 0.25; dciodvfy and dcmdump on the PATH.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.uid import generate_uid

failed = 0


def held(what, right, seen=""):
    global failed
    failed += not right
    print(f"{'ok  ' if right else 'FAIL'}  {what}  {seen}")


def outside(path):
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True).stderr.decode("latin1")
    errors = [line for line in said.splitlines() if line.startswith("Error")]
    held("dciodvfy says no error", not errors, " | ".join(errors[:3]))
    held("dcmdump reads it", subprocess.run(["dcmdump", "-q", str(path)], capture_output=True).returncode == 0)


def keys(binary, folder, enhanced, work):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    source = {str(ds.SOPInstanceUID): ds for ds in (pydicom.dcmread(path, stop_before_pixels=True) for path in files)}
    print(f"\nKey Object Selection Document of {len(source)} images")
    out = work / "keys.dcm"
    subprocess.run([binary, "keys", str(folder), "--words", "Größe, 大小", "--out", str(out)], check=True)
    outside(out)
    ds = pydicom.dcmread(out)
    document = hd.ko.KeyObjectSelectionDocument.from_dataset(ds)
    first = next(iter(source.values()))
    held("highdicom: Study Instance UID", document.StudyInstanceUID == first.StudyInstanceUID)
    named = {(str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID), str(item.ReferencedSOPSequence[0].ReferencedSOPClassUID))
             for item in ds.ContentSequence if item.ValueType == "IMAGE"}
    held("highdicom reads the images that were given", named == {(uid, str(one.SOPClassUID)) for uid, one in source.items()}, len(named))
    by_series = {str(reference.ReferencedSOPInstanceUID): str(series.SeriesInstanceUID) for study in ds.CurrentRequestedProcedureEvidenceSequence
                 for series in study.ReferencedSeriesSequence for reference in series.ReferencedSOPSequence}
    held("the evidence lists each by its series", by_series == {uid: str(one.SeriesInstanceUID) for uid, one in source.items()})
    held("the words", "Größe, 大小" in [item.TextValue for item in ds.ContentSequence if item.ValueType == "TEXT"])
    back = json.loads(subprocess.run([binary, "keys", str(folder), str(out), "--json"], capture_output=True, check=True).stdout)
    read = {image["sop_instance_uid"] for image in back["documents"][0]["images"]}
    held("read back here", read == set(source) and all(image["file"] for image in back["documents"][0]["images"]))
    if enhanced:
        out = work / "frames.dcm"
        subprocess.run([binary, "keys", str(enhanced), "--frame", "1,3", "--out", str(out)], check=True)
        print("\nTwo frames of an object with several")
        outside(out)
        ds = pydicom.dcmread(out)
        frames = [item.ReferencedSOPSequence[0].ReferencedFrameNumber for item in ds.ContentSequence if item.ValueType == "IMAGE"]
        held("Referenced Frame Number", [list(one) for one in frames] == [[1, 3]], frames)


def registration(binary, folder, work):
    print("\nSpatial Registration of the series and its moved copy")
    turn = np.radians(4.0)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    shift = np.array([7.0, -5.0, 3.0])
    moved = work / "moved"
    moved.mkdir()
    frame, series = generate_uid(), generate_uid()
    for at, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        ds = pydicom.dcmread(path)
        ds.ImagePositionPatient = [float(f"{v:.6f}") for v in rotation @ np.array(ds.ImagePositionPatient, float) + shift]
        row, column = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
        ds.ImageOrientationPatient = [float(f"{v:.8f}") for v in [*(rotation @ row), *(rotation @ column)]]
        ds.FrameOfReferenceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = frame, series, generate_uid()
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(moved / f"{at}.dcm")
    out = work / "register.dcm"
    said = subprocess.run([binary, "register", str(folder), str(moved), "--json", "--out", str(out)], capture_output=True)
    if said.returncode:
        held("registered", False, said.stderr.decode()[:300])
        return
    document = json.loads(said.stdout)
    outside(out)
    ds = pydicom.dcmread(out)
    matrices = {str(item.FrameOfReferenceUID): np.array(item.MatrixRegistrationSequence[0].MatrixSequence[0].FrameOfReferenceTransformationMatrix, float).reshape(4, 4)
                for item in ds.RegistrationSequence if "FrameOfReferenceUID" in item}
    held("both frames of reference, in one of them", frame in matrices and ds.FrameOfReferenceUID in matrices, len(matrices))
    own = matrices[frame]
    kind = ds.RegistrationSequence[-1].MatrixRegistrationSequence[0].MatrixSequence[0].FrameOfReferenceTransformationMatrixType
    held("a rigid matrix", kind == "RIGID" and np.allclose(own[:3, :3] @ own[:3, :3].T, np.eye(3), atol=1e-6) and np.isclose(np.linalg.det(own[:3, :3]), 1))
    # From the moved series' coordinates to the fixed ones: the motion undone.
    known = np.linalg.inv(np.block([[rotation, shift[:, None]], [np.zeros((1, 3)), np.ones((1, 1))]]))
    middle = known @ np.append(shift, 1)
    apart = np.linalg.norm((own @ np.append(shift, 1) - middle)[:3])
    angle = np.degrees(np.arccos(np.clip((np.trace(own[:3, :3] @ known[:3, :3].T) - 1) / 2, -1, 1)))
    held("the motion that was made, within 1 mm and 1 degree", apart < 1 and angle < 1, f"{apart:.3f} mm, {angle:.3f} degrees")
    held("the matrix of the JSON", np.allclose(own, document["b_to_a"], atol=1e-6))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("series", type=Path)
    arguments.add_argument("--enhanced", type=Path)
    arguments.add_argument("--binary", default="target/release/negatoscope")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as work:
        keys(asked.binary, asked.series, asked.enhanced, Path(work))
        registration(asked.binary, asked.series, Path(work))
    sys.exit(failed > 0)


main()
