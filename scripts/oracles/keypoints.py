#!/usr/bin/env python3
"""usage: python3 scripts/oracles/keypoints.py IMAGE.dcm … [--bin target/debug/negatoscope] [--most 2000] [--contrast 0.04] [--json OUT]
       python3 scripts/oracles/keypoints.py --reference t1-brain-folder      writes tests/data/keypoints.bin

Repeatability and matching of `negatoscope match` beside OpenCV on made transforms of real images: rotation, scale 0.5 to 2, noise, blur,
gamma. Both get the same 8-bit levels, the same number of key points, the same ratio test (0.8) and cross check.

repeatable  share of the key points of the first image (those that the second one shows) that have one of the second image within 3 pixels
            (of the larger of the two images' pixels) and a size within a factor of 1.5 of what the transform makes of it (Mikolajczyk 2005)
correct     matches that are right within 3 pixels, and their share of all matches (precision)
score       correct matches over key points of the smaller set (matching score)

Printed is also, for ours, how far the found similarity transform is from the made one at the corners, pixels.
Exit status 1 if ours is below OpenCV's in the mean of repeatability or of matching score for SIFT.

Needs: numpy, scipy, pydicom, opencv-python-headless.
"""

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ROOT = Path(__file__).resolve().parents[2]
SC = "1.2.840.10008.5.1.4.1.1.7"


def levels(path: Path) -> np.ndarray:
    ds = pydicom.dcmread(path, force=True)
    a = ds.pixel_array.astype(np.float64)
    if a.ndim == 3:
        a = a[0] if ds.get("SamplesPerPixel", 1) == 1 else a @ [0.299, 0.587, 0.114]
    if ds.PhotometricInterpretation == "MONOCHROME1":
        a = -a
    low, high = np.percentile(a, [0.1, 99.9])
    a = np.clip((a - low) / max(high - low, 1e-9), 0, 1)
    side = max(a.shape)
    if side > 1100:  # a few seconds each, not minutes
        a = cv2.resize(a, None, fx=1000 / side, fy=1000 / side, interpolation=cv2.INTER_AREA)
    return (a * 255).round().astype(np.uint8)


def capture(image: np.ndarray, path: Path) -> None:
    """8-bit levels as a Secondary Capture. Corners hold 0 and 255, so that no reader stretches them otherwise."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SC, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = SC, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = generate_uid(), generate_uid(), "OT"
    ds.Rows, ds.Columns = image.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    data = np.ascontiguousarray(image).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds.save_as(path, enforce_file_format=True)


def made(image: np.ndarray, rng: np.random.Generator):
    """(name, image, matrix) for each change."""
    h, w = image.shape

    def warped(degrees, scale, size=None):
        m = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), degrees, scale)
        out = size or (w, h)
        m[:, 2] += (np.array(out) - 1) / 2 - np.array([(w - 1) / 2, (h - 1) / 2])
        source = image.astype(np.float32)
        if scale < 1:  # what a detector with larger pixels would see
            source = cv2.GaussianBlur(source, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1))
        moved = cv2.warpAffine(source, m, out, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        return np.clip(moved.round(), 0, 255).astype(np.uint8), np.vstack([m, [0, 0, 1]])

    for degrees in (10, 45, 90, 160):
        yield (f"rotation {degrees}", *warped(degrees, 1.0))
    for scale in (0.5, 0.7, 1.4, 2.0):
        yield (f"scale {scale}", *warped(0, scale, (round(w * scale), round(h * scale))))
    yield ("rotation 30, scale 0.7", *warped(30, 0.7))
    identity = np.eye(3)
    for sigma in (5, 15):
        noisy = image + rng.normal(0, sigma, image.shape)
        yield (f"noise {sigma}", np.clip(noisy.round(), 0, 255).astype(np.uint8), identity)
    for sigma in (1, 2.5):
        yield (f"blur {sigma}", cv2.GaussianBlur(image, (0, 0), sigma), identity)
    for gamma in (0.6, 1.6):
        yield (f"gamma {gamma}", (255 * (image / 255.0) ** gamma).round().astype(np.uint8), identity)


def ours(binary, a, b, kind, most, contrast):
    command = [binary, "match", a, b, "--json", "--points", "--descriptor", kind, "--most", str(most), "--contrast", str(contrast)]
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if not run.stdout:
        raise SystemExit(run.stderr)
    found = json.loads(run.stdout)
    points = [np.array(found[key], float).reshape(-1, 5)[:, :3] for key in ("points_a", "points_b")]
    return (*points, np.array(found["all_matches"], int).reshape(-1, 2), found.get("a_to_b_px"))


def opencv(a, b, kind, most, contrast):
    tool = cv2.SIFT_create(most, contrastThreshold=contrast) if kind == "sift" else cv2.ORB_create(most, fastThreshold=10)
    sides = []
    for image in (a, b):
        points, descriptors = tool.detectAndCompute(image, None)
        # OpenCV's SIFT doubles the image with a shift of a quarter of a pixel; taken back here, in its favour.
        shift = -0.25 if kind == "sift" else 0.0
        places = np.array([[p.pt[0] + shift, p.pt[1] + shift, p.size] for p in points], float).reshape(-1, 3)
        sides.append((places, descriptors))
    (pa, da), (pb, db) = sides
    matches = []
    if len(pa) > 1 and len(pb) > 1:
        norm = cv2.NORM_L2 if kind == "sift" else cv2.NORM_HAMMING
        matcher = cv2.BFMatcher(norm)
        back = {m[0].queryIdx: m[0].trainIdx for m in matcher.knnMatch(db, da, 1)}
        for first, second in matcher.knnMatch(da, db, 2):
            if first.distance < 0.8 * second.distance and back[first.trainIdx] == first.queryIdx:
                matches.append((first.queryIdx, first.trainIdx))
    return pa, pb, np.array(matches, int).reshape(-1, 2), None


def judged(pa, pb, matches, m, size_a, size_b):
    scale = np.sqrt(abs(np.linalg.det(m[:2, :2])))
    tolerance = 3 * max(1.0, scale)

    def to(p, m):
        q = np.c_[p[:, :2], np.ones(len(p))] @ m.T
        return q[:, :2]

    def within(p, size):
        return ((p > 0) & (p < np.array(size) - 1)).all(1)

    there, back = to(pa, m), to(pb, np.linalg.inv(m))
    seen_a, seen_b = within(there, size_b), within(back, size_a)
    least = max(min(seen_a.sum(), seen_b.sum()), 1)
    repeated = 0
    if len(pa) and len(pb):
        from scipy.spatial import cKDTree

        near = cKDTree(pb[:, :2]).query_ball_point(there, tolerance)
        for n in np.flatnonzero(seen_a):
            ratio = pb[near[n], 2] / (pa[n, 2] * scale) if near[n] else np.array([])
            repeated += bool(((ratio > 1 / 1.5) & (ratio < 1.5)).any())
    right = 0
    if len(matches):
        off = np.linalg.norm(there[matches[:, 0]] - pb[matches[:, 1], :2], axis=1)
        right = int((off < tolerance).sum())
    return repeated / max(seen_a.sum(), 1), right, right / max(len(matches), 1), right / least


def compared(arguments) -> int:
    rng = np.random.default_rng(1)
    rows, means = [], {}
    with tempfile.TemporaryDirectory() as folder:
        fa, fb = Path(folder) / "a.dcm", Path(folder) / "b.dcm"
        for path in arguments.images:
            image = levels(path)
            image[0, 0], image[0, -1] = 0, 255
            capture(image, fa)
            for name, other, m in made(image, rng):
                capture(other, fb)
                size_a, size_b = image.shape[::-1], other.shape[::-1]
                for kind in ("sift", "binary"):
                    for who, call in (
                        ("ours", lambda: ours(arguments.bin, fa, fb, kind, arguments.most, arguments.contrast)),
                        ("opencv", lambda: opencv(image, other, kind, arguments.most, arguments.contrast)),
                    ):
                        pa, pb, matches, found = call()
                        values = judged(pa, pb, matches, m, size_a, size_b)
                        off = None
                        if found is not None:
                            w, h = size_a
                            corners = np.array([[0, 0, 1], [w - 1, 0, 1], [0, h - 1, 1], [w - 1, h - 1, 1]], float)
                            p, q = corners @ np.array(found).T, corners @ m.T
                            off = float(np.linalg.norm(p[:, :2] / p[:, 2:] - q[:, :2], axis=1).max())
                        rows.append({"image": path.name, "change": name, "kind": kind, "who": who, "points": [len(pa), len(pb)],
                                     "repeatable": values[0], "correct": values[1], "precision": values[2], "score": values[3], "corner_px": off})
                        means.setdefault((kind, who, name.split()[0].rstrip(",")), []).append((*values, off if off is not None else np.nan))
    print(f"{'change':10} {'kind':7} {'who':7} {'repeatable':>10} {'correct':>8} {'precision':>9} {'score':>6} {'corners, px (median, found)':>28}")
    total = {}
    for (kind, who, change), values in sorted(means.items(), key=lambda item: (item[0][0], item[0][2], item[0][1])):
        v = np.array(values)
        found = v[~np.isnan(v[:, 4]), 4]
        corners = f"{np.median(found):.2f}, {len(found)} of {len(v)}" if len(found) else ""
        print(f"{change:10} {kind:7} {who:7} {v[:, 0].mean():10.3f} {v[:, 1].mean():8.0f} {v[:, 2].mean():9.3f} {v[:, 3].mean():6.3f} {corners:>28}")
        total.setdefault((kind, who), []).extend(values)
    for (kind, who), values in sorted(total.items()):
        v = np.array(values)
        print(f"{'all':10} {kind:7} {who:7} {v[:, 0].mean():10.3f} {v[:, 1].mean():8.0f} {v[:, 2].mean():9.3f} {v[:, 3].mean():6.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))
    mean = lambda who, column: np.array(total["sift", who])[:, column].mean()
    return int(mean("ours", 0) < mean("opencv", 0) or mean("ours", 3) < mean("opencv", 3))


def reference(folder: Path) -> None:
    """tests/data/keypoints.bin: a slice of a real head, OpenCV's SIFT of it, and the head itself in coarse voxels.

    u32 columns, rows, points; levels u8; for each point x, y, size, angle (f32) and 128 u8; then u32 × 3 columns, rows, slices, f64 × 3
    origin and 3 × 3 steps (LPS, mm), values u8.
    """
    from scipy.ndimage import zoom

    files = [pydicom.dcmread(f) for f in sorted(folder.rglob("*")) if f.is_file()]
    iop = np.array(files[0].ImageOrientationPatient, float)
    normal = np.cross(iop[:3], iop[3:])
    files.sort(key=lambda f: np.dot(normal, np.array(f.ImagePositionPatient, float)))
    volume = np.stack([f.pixel_array for f in files]).astype(np.float32)
    top = np.percentile(volume, 99.9)
    image = np.clip(volume[len(files) // 2] / top * 255, 0, 255)
    image = cv2.resize(image, (180, round(180 * image.shape[0] / image.shape[1])), interpolation=cv2.INTER_AREA).round().astype(np.uint8)
    image[0, 0], image[0, -1] = 0, 255
    points, descriptors = cv2.SIFT_create().detectAndCompute(image, None)
    size = np.array([44, 44, 44])
    spacing = list(map(float, files[0].PixelSpacing))
    first = np.array(files[0].ImagePositionPatient, float)
    step = (np.array(files[-1].ImagePositionPatient, float) - first) / (len(files) - 1)
    steps = np.array([iop[:3] * spacing[1], iop[3:] * spacing[0], step])
    old = np.array(volume.shape[::-1])
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(volume, (old / size)[::-1] / 2.5)
    coarse = zoom(smooth, size[::-1] / old[::-1], order=1, grid_mode=True, mode="nearest")
    factor = old / size
    origin = first + ((factor - 1) / 2) @ steps
    with open(ROOT / "tests/data/keypoints.bin", "wb") as out:
        out.write(struct.pack("<3I", image.shape[1], image.shape[0], len(points)) + image.tobytes())
        for p, d in zip(points, descriptors):
            out.write(struct.pack("<4f", p.pt[0] - 0.25, p.pt[1] - 0.25, p.size, p.angle) + d.astype(np.uint8).tobytes())
        out.write(struct.pack("<3I", *coarse.shape[::-1]))
        out.write(np.concatenate([origin, (steps * factor[:, None]).ravel()]).astype("<f8").tobytes())
        out.write(np.clip(coarse / top * 255, 0, 255).round().astype(np.uint8).tobytes())
    print(f"{len(points)} points, {coarse.shape} voxels, {(ROOT / 'tests/data/keypoints.bin').stat().st_size} bytes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", type=Path)
    parser.add_argument("--bin", default=str(ROOT / "target/debug/negatoscope"))
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--contrast", type=float, default=0.04)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--reference", type=Path)
    arguments = parser.parse_args()
    if arguments.reference:
        reference(arguments.reference)
        return 0
    return compared(arguments)


if __name__ == "__main__":
    sys.exit(main())
