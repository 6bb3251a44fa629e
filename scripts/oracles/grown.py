#!/usr/bin/env python3
"""usage: python3 scripts/oracles/grown.py [--binary target/debug/negatoscope]

Grows regions (`negatoscope grow --seg --sr --out`) in made volumes of CT, tilted, and of an enhanced MR object, and holds the segmentation and
the report against readers that are not ours: dciodvfy (does it say "Error"?), dsrdump, pydicom, highdicom. The mask is that of the .npy of the
same run and of a flood fill by dilation here; volume, mean, deviation and ends are NumPy's of the pixels under the mask that highdicom reads.

Prints what was held, a line each. Exit status 1 if anything differs.

Needs: numpy, pydicom ≥ 3, highdicom ≥ 0.25; dciodvfy and dsrdump on the PATH.
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

sys.path.insert(0, str(Path(__file__).parent))
import measures_files as made  # noqa: E402

failed = 0


def held(what, right, seen=""):
    global failed
    failed += not right
    print(f"{'ok  ' if right else 'FAIL'}  {what}  {seen}")


def values(slices, rows, columns):
    """Two balls in noise."""
    random = np.random.default_rng(5)
    k, y, x = np.mgrid[:slices, :rows, :columns]
    value = 1000 + random.integers(0, 30, (slices, rows, columns))
    value[(x - 30) ** 2 + (y - 22) ** 2 + 9 * (k - slices / 2) ** 2 < 130] += 200
    value[(x - 8) ** 2 + (y - 8) ** 2 < 16] += 200
    return value.astype("<u2")


def component(wanted, seed):
    """What is joined to the seed over faces."""
    found = np.zeros_like(wanted)
    found[seed[2], seed[1], seed[0]] = True
    while True:
        padded = np.pad(found, 1)
        grown = found.copy()
        for axis in range(3):
            for way in (-1, 1):
                grown |= np.roll(padded, way, axis)[1:-1, 1:-1, 1:-1]
        grown &= wanted
        if np.array_equal(grown, found):
            return found
        found = grown


def look(binary, place, files, stored, shape, spacing, rescale, work):
    seg, sr, npy = work / "seg.dcm", work / "sr.dcm", work / "mask.npy"
    seed = [30, 22, shape[0] // 2]
    command = [binary, "grow", place, "--seed", ",".join(map(str, seed)), "--tolerance", "60", "--json", "--seg", seg, "--sr", sr, "--out", npy]
    grown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    inherited = set(made.dciodvfy(files[0]))
    for path in (seg, sr):
        errors = [e for e in made.dciodvfy(path) if e not in inherited]
        held(f"dciodvfy says no error of {path.name}", not errors, " | ".join(errors[:4]))
    held("dsrdump reads the report", *reversed(made.dsrdump(sr)))
    modality = stored * 1.0 + rescale
    level = modality[seed[2], seed[1], seed[0]]
    want = component(np.abs(modality - level) <= 60, seed)
    held("the .npy is the component that NumPy fills", np.array_equal(np.load(npy) > 0, want), want.sum())
    source = [pydicom.dcmread(f, stop_before_pixels=True) for f in files]
    image = hd.seg.segread(seg)
    frames = len(source) == 1
    uids = [source[0].SOPInstanceUID] if frames else [d.SOPInstanceUID for d in source]
    if frames:
        got = image.get_pixels_by_source_frame(uids[0], list(range(1, shape[0] + 1)), assert_missing_frames_are_empty=True)
    else:
        got = image.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    mask = got[..., 0] > 0
    held("highdicom reads the same mask", np.array_equal(mask, want), mask.shape)
    geometry = image.get_volume().get_geometry()
    held("and its place in the patient", np.allclose(sorted(geometry.spacing), sorted(spacing)), geometry.spacing)
    held("the frame of reference is the images'", image.FrameOfReferenceUID == source[0].FrameOfReferenceUID)
    segment = image.get_segment_description(1)
    algorithm = image.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0]
    seeded = f"Seed: column {seed[0] + 1}, row {seed[1] + 1}, image {seed[2] + 1}" in algorithm.AlgorithmParameters
    held("made by a person and a program", segment.algorithm_type.value == "SEMIAUTOMATIC" and seeded, algorithm.AlgorithmParameters)
    report = hd.sr.srread(sr)
    groups = report.content.get_volumetric_roi_measurement_groups()
    held("one volumetric region for highdicom", len(groups) == 1)
    group = groups[0]
    named = group.referenced_segment[0].ReferencedSOPSequence[0]
    held("of that segment", named.ReferencedSOPInstanceUID == image.SOPInstanceUID and named.ReferencedSegmentNumber == 1)
    numbers = made.numbers_of(group[0])
    under = modality[mask]
    ml = mask.sum() * np.prod(spacing) / 1000
    unit = "[hnsf'U]" if rescale else "1"
    wanted = {("118565006", ""): (ml, "ml"), "373098007": (under.mean(), unit), "386136009": (under.std(), unit), "255605001": (under.min(), unit), "56851009": (under.max(), unit)}
    right = len(numbers) == len(wanted)
    for code, value, own, derivation in numbers:
        number, its = wanted[derivation or (code, "")]
        right &= abs(value - number) <= 1e-9 * abs(number) and own == its
    held("volume, mean, deviation and ends are NumPy's", right, [(round(v, 4), u) for _, v, u, _ in numbers])
    held("and those that were printed", abs(grown["ml"] - ml) < 1e-9 and grown["voxels"] == int(mask.sum()))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", type=Path, default=made.ROOT / "target/debug/negatoscope")
    binary = arguments.parse_args().binary
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        print("Slices of a CT")
        folder = work / "volume"
        folder.mkdir()
        slices = made.volume(folder)
        stored = values(len(slices), 48, 60)
        for k, one in enumerate(slices):
            one.PixelData = stored[k].tobytes()
            one.save_as(folder / f"{k:02}.dcm", enforce_file_format=True)
        files = sorted(folder.iterdir())
        look(binary, folder, files, stored, stored.shape, (3, 0.75, 0.5), -1024, work)
        print("Frames of an enhanced MR object")
        one = made.enhanced()
        stored = values(3, 48, 60)
        one.PixelData = stored.tobytes()
        path = work / "enhanced.dcm"
        one.save_as(path, enforce_file_format=True)
        look(binary, path, [path], stored, stored.shape, (3, 0.75, 0.5), 0, work)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
