"""What the MeshNet models give on whole heads, computed without any of the project's code.

    python scripts/oracles/meshnet_reference.py --series FOLDER --out FOLDER [--nifti FILE] [--vector]

Needs: numpy, onnxruntime; pydicom for --series (one T1 series); nothing more for --nifti (a conformed .nii.gz, uint8, 256 cubed).
Writes for each volume, into OUT/series and OUT/nifti, what tests/meshnet.rs reads when NEGATOSCOPE_MESHNET_ORACLE names OUT:
    volume.f32, volume.json     the source's values (columns fastest), dims, origin and steps (LPS, mm), bytes
    conformed.u8                256^3 bytes by the authors' steps (trilinear, histogram scaling, truncation)
    NAME.labels.u8, NAME.json   onnxruntime's float labels of the crop, before the largest component is kept; the crop
    NAME.close.u8               1 where the two largest logits are closer than 1e-3: there labels may differ
--family writes tests/data/above.onnx, a network of two labels, 1 where a value is above 0.7 (needs: onnx), and tests/data/meshnet_family.bin (and needs no other option): a 20-cubed part of the block in tests/data/meshnet.bin, seen by each model of FAMILY: for each its labels, 1 where the two largest logits are closer than 1e-3, and all its logits at 27 places, little-endian float32.
--vector also writes tests/data/meshnet.bin: a 32-cubed block of the conformed series t1-brain (which is in the public domain), then for each model its labels and the logits at (16,16,16), 3 little-endian float32.
"""
import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("brain-tissue-light", "brain-mask")
# With the number that bytes are divided by: so bright that a block so small, which these networks hardly know for a part of a head, gets several
# labels, and beyond 1, as values are where they are scaled by quantiles.
FAMILY = (("brain-tissue", 67), ("brain-regions-18", 153), ("brain-regions-104", 153))


def series(folder):
    """values[k, j, i], origin, steps (3 x 3: columns, rows, slices), all LPS mm."""
    import pydicom

    heads = [pydicom.dcmread(f) for f in sorted(Path(folder).rglob("*")) if f.is_file()]
    cosines = np.array(heads[0].ImageOrientationPatient, float).reshape(2, 3)
    cosines /= np.linalg.norm(cosines, axis=1, keepdims=True)
    normal = np.cross(*cosines)
    heads.sort(key=lambda d: float(np.dot(normal, np.array(d.ImagePositionPatient, float))))
    place = [np.array(d.ImagePositionPatient, float) for d in heads]
    between_rows, between_columns = map(float, heads[0].PixelSpacing)
    steps = np.array([cosines[0] * between_columns, cosines[1] * between_rows, (place[-1] - place[0]) / (len(heads) - 1)])
    slope, intercept = float(heads[0].get("RescaleSlope", 1)), float(heads[0].get("RescaleIntercept", 0))
    values = np.stack([d.pixel_array for d in heads]) * slope + intercept
    return values.astype(np.float32), place[0], steps, False


def nifti(path):
    raw = gzip.decompress(Path(path).read_bytes())
    dims = np.frombuffer(raw, "<i2", 8, 40)[1:4]
    kind = int(np.frombuffer(raw, "<i2", 1, 70)[0])
    if kind != 2:
        raise SystemExit("uint8 is expected")
    affine = np.frombuffer(raw, "<f4", 12, 280).reshape(3, 4).astype(float)
    affine = affine * np.array([[-1], [-1], [1]])  # RAS to LPS
    start = int(np.frombuffer(raw, "<f4", 1, 108)[0])
    values = np.frombuffer(raw, np.uint8, int(np.prod(dims)), start).reshape(dims[::-1])
    return values.astype(np.float32), affine[:, 3], affine[:, :3].T, True


def conform(values, origin, steps, is_bytes):
    """256^3 bytes [i, j, k]: i to the left, j down, k to the front."""
    n = np.array(values.shape[::-1])
    to_mm = steps.T  # columns: one voxel along i, j, k
    centre = origin + to_mm @ (n / 2)
    ijk = np.moveaxis(np.indices((256, 256, 256), dtype=np.float64), 0, -1) - 128
    out = np.empty((256, 256, 256), np.float64)
    inside = np.empty((256, 256, 256), bool)
    inverse = np.linalg.inv(to_mm)
    for i in range(256):
        d = ijk[i]
        # LPS: +x is left, +z is up (j goes down), +y is back (k goes to the front).
        mm = centre + np.stack([d[..., 0], -d[..., 2], -d[..., 1]], -1)
        p = (mm - origin) @ inverse.T
        p = np.where(np.abs(p - np.rint(p)) < 1e-6, np.rint(p), p)
        low, high = np.floor(p), np.ceil(p)
        inside[i] = ((low >= 0) & (high < n)).all(-1)
        a = np.clip(low, 0, n - 1).astype(int)
        b = np.clip(high, 0, n - 1).astype(int)
        f = p - low
        v = 0.0
        for c in range(8):
            pick = [(a if not c >> axis & 1 else b)[..., axis] for axis in range(3)]
            weight = np.prod([f[..., axis] if c >> axis & 1 else 1 - f[..., axis] for axis in range(3)], axis=0)
            v = v + weight * values[pick[2], pick[1], pick[0]]
        out[i] = v
    out[~inside] = 0
    flat = values.astype(np.float64).ravel()
    low, factor = flat.min(), 1.0
    if not is_bytes and flat.max() > low:
        width = (flat.max() - low) / 1000
        bins = np.minimum(((flat - low) / width).astype(int), 999)
        sums = np.cumsum(np.bincount(bins, minlength=1000))
        enough = flat.size - int(0.001 * (np.abs(flat) >= 1e-15).sum())
        top = low + int(np.argmax(sums >= enough)) * width
        factor = 255 / (top - low) if top != low else 1.0
    return np.clip((out - low) * factor, 0, 255).astype(np.uint8)


def network(name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    about = json.loads((ROOT / "models" / name / "manifest.json").read_text())
    file = about.get("file_float", about["file"])["name"]
    return onnxruntime.InferenceSession(str(ROOT / "models" / name / file), options)


def write(out, source):
    out.mkdir(parents=True, exist_ok=True)
    values, origin, steps, is_bytes = source
    values.tofile(out / "volume.f32")
    about = {"dims": values.shape[::-1], "origin": origin.tolist(), "steps": steps.tolist(), "bytes": is_bytes}
    (out / "volume.json").write_text(json.dumps(about))
    conformed = conform(*source)
    conformed.tofile(out / "conformed.u8")
    for name in MODELS:
        asked = json.loads((ROOT / "models" / name / "manifest.json").read_text())["input"]
        at = np.argwhere(conformed > asked["crop_threshold"] * conformed.max())
        low = np.maximum(at.min(0) - asked["crop_padding"], 0)
        high = np.minimum(at.max(0) + 1 + asked["crop_padding"], 256)
        crop = conformed[tuple(slice(a, b) for a, b in zip(low, high))]
        x = (crop.astype(np.float32) - np.float32(conformed.min())) / np.float32(conformed.max() - conformed.min())
        logits = network(name).run(None, {"input": x[None, None]})[0][0]
        labels = logits.argmax(0).astype(np.uint8)
        labels.tofile(out / f"{name}.labels.u8")
        top = np.sort(logits, 0)
        close = (top[-1] - top[-2] < 1e-3).astype(np.uint8)
        close.tofile(out / f"{name}.close.u8")
        about = {"from": low.tolist(), "to": high.tolist(), "histogram": np.bincount(labels.ravel(), minlength=3).tolist()}
        (out / f"{name}.json").write_text(json.dumps(about))
        print(out.name, name, about, "close:", int(close.sum()))
    return conformed


def vector(conformed):
    # In the brain, at a place where both networks give every label to a block that is seen alone.
    block = np.ascontiguousarray(conformed[120:152, 48:80, 141:173])
    data = block.tobytes()
    for name in MODELS:
        logits = network(name).run(None, {"input": (block / np.float32(255)).astype(np.float32)[None, None]})[0][0]
        labels = logits.argmax(0).astype(np.uint8)
        top = np.sort(logits, 0)
        print("vector", name, np.bincount(labels.ravel(), minlength=3), "close:", int((top[-1] - top[-2] < 1e-3).sum()))
        data += labels.tobytes() + logits[:, 16, 16, 16].astype("<f4").tobytes()
    (ROOT / "tests/data/meshnet.bin").write_bytes(data)


def family():
    block = np.frombuffer((ROOT / "tests/data/meshnet.bin").read_bytes(), np.uint8, 32**3).reshape(32, 32, 32)
    block, data = block[12:32, 6:26, 6:26], b""
    for name, divisor in FAMILY:
        logits = network(name).run(None, {"input": (block / np.float32(divisor)).astype(np.float32)[None, None]})[0][0]
        labels = logits.argmax(0).astype(np.uint8)
        top = np.sort(logits, 0)
        close = (top[-1] - top[-2] < 1e-3).astype(np.uint8)
        print("family", name, {int(k): int((labels == k).sum()) for k in np.unique(labels)}, "close:", int(close.sum()))
        data += labels.tobytes() + close.tobytes() + np.ascontiguousarray(logits[:, 1::9, 1::9, 1::9], "<f4").tobytes()
    (ROOT / "tests/data/meshnet_family.bin").write_bytes(data)
    (ROOT / "tests/data/above.onnx").write_bytes(above())


def above():
    from onnx import TensorProto, helper, numpy_helper

    shape = lambda channels: [1, channels, "D", "H", "W"]
    values = [numpy_helper.from_array(np.array(v, np.float32).reshape(s), n) for n, v, s in (("w", (0, 1), (2, 1, 1, 1, 1)), ("b", (0.7, 0), 2))]
    graph = helper.make_graph([helper.make_node("Conv", ["input", "w", "b"], ["logits"], kernel_shape=[1, 1, 1])], "above",
                              [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape(1))],
                              [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape(2))], values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--series", type=Path)
    p.add_argument("--nifti", type=Path)
    p.add_argument("--out", type=Path)
    p.add_argument("--vector", action="store_true")
    p.add_argument("--family", action="store_true")
    args = p.parse_args()
    if args.family:
        family()
    if (args.nifti or args.series) and not args.out:
        p.error("--out FOLDER is needed")
    if args.nifti:
        write(args.out / "nifti", nifti(args.nifti))
    if args.series:
        conformed = write(args.out / "series", series(args.series))
        if args.vector:
            vector(conformed)


if __name__ == "__main__":
    main()
