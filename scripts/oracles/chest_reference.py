#!/usr/bin/env python3
"""usage: python3 scripts/oracles/chest_reference.py FILE.dcm … [--out tests/data/chest_expected.json | --check EXPECTED.json]

Scores and class activation maps of the chest model, computed a second way: from the DICOM file to the number, in NumPy
alone. No code is shared with the viewer or the recipe: the area average is a difference of running sums, the
float network is computed in float64, the 8-bit network in 64-bit integers. Weights are read out of the ONNX files.

Printed is also how far the float ONNX file in onnxruntime (if installed) is from this, and the test vectors
(tests/data/chest_vectors.*) are computed again. Exit status 1 if anything is off by more than it may be.

Needs: pydicom with a JPEG 2000 plug-in (pylibjpeg-openjpeg), numpy, onnx; onnxruntime is optional.
"""

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from pydicom import dcmread

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "chest-pneumonia"
N = 112
LAYERS = ("stem", "block1_a", "block1_b", "block1_skip", "block2_a", "block2_b", "block2_skip", "block3_a", "block3_b", "block3_skip")
STRIDE = {"stem": 2, "block1_a": 2, "block1_skip": 2, "block2_a": 2, "block2_skip": 2}
CAM_TOLERANCE = 1e-5  # decimals kept in the JSON, and more


# -- from the file to the network's input ------------------------------------------------------------------------------


def grey(ds) -> np.ndarray:
    """Display-sense grey, 0 to 1, bright is dense; float64, nothing rounded."""
    x = ds.pixel_array.astype(np.float64)
    if x.ndim != 2:
        raise SystemExit("one frame of one sample is expected")
    if "ModalityLUTSequence" in ds or "VOILUTSequence" in ds:
        raise SystemExit("look-up tables in the file are not covered by this reference")
    x = x * float(ds.get("RescaleSlope", 1) or 1) + float(ds.get("RescaleIntercept", 0) or 0)
    first = lambda v: float(v[0]) if hasattr(v, "__len__") and not isinstance(v, str) else float(v)
    center, width = first(ds.WindowCenter), first(ds.WindowWidth)
    function = ds.get("VOILUTFunction", "LINEAR") or "LINEAR"
    if function == "LINEAR":
        y = (x - (center - 0.5)) / (width - 1) + 0.5
    elif function == "LINEAR_EXACT":
        y = (x - center) / width + 0.5
    else:
        y = 1 / (1 + np.exp(-4 * (x - center) / width))
    y = np.minimum(np.maximum(y, 0.0), 1.0)
    return 1.0 - y if ds.PhotometricInterpretation == "MONOCHROME1" else y


def shrink(x: np.ndarray, axis: int) -> np.ndarray:
    """Mean over N equal parts of an axis: differences of the running integral, which is linear inside a pixel."""
    x = np.moveaxis(x, axis, 0)
    total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    out = np.empty((N + 1, x.shape[1]))
    for i in range(N + 1):
        whole, part = divmod(i * x.shape[0], N)
        out[i] = total[whole] + (x[whole] * (part / N) if part else 0.0)
    return np.moveaxis(np.diff(out, axis=0) * N / x.shape[0], 0, axis)


def percentile(ordered: np.ndarray, p: float) -> float:
    """Linear between order statistics."""
    at = (len(ordered) - 1) * p / 100
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (ordered[high] - ordered[low]) * (at - low))


def prepared(picture: np.ndarray) -> tuple[np.ndarray, float, float]:
    small = shrink(shrink(picture, 0), 1)
    ordered = np.sort(small, axis=None)
    low, high = percentile(ordered, 0.5), percentile(ordered, 99.5)
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        return np.zeros((N, N), np.float32), low, high
    return np.minimum(np.maximum((small - low) / (high - low), 0), 1).astype(np.float32), low, high


# -- the network -------------------------------------------------------------------------------------------------------


def tensors(path: Path) -> dict[str, np.ndarray]:
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def convolve(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """x [channels, H, W], w [out, channels, k, k]; the edge is continued by k // 2 zeros. Same type as the input."""
    k = w.shape[2]
    height, width = (x.shape[1] - 1) // stride + 1, (x.shape[2] - 1) // stride + 1
    padded = np.zeros((x.shape[0], x.shape[1] + k, x.shape[2] + k), x.dtype)
    padded[:, k // 2 : k // 2 + x.shape[1], k // 2 : k // 2 + x.shape[2]] = x
    out = np.zeros((w.shape[0], height, width), x.dtype)
    for dy in range(k):
        for dx in range(k):
            part = padded[:, dy : dy + stride * (height - 1) + 1 : stride, dx : dx + stride * (width - 1) + 1 : stride]
            out += np.einsum("oc,chw->ohw", w[:, :, dy, dx], part)
    return out


def features_float(x: np.ndarray, t: dict) -> np.ndarray:
    def conv(name, y):
        w, b = t[name + ".w"].astype(np.float64), t[name + ".b"].astype(np.float64)
        return convolve(y, w, STRIDE.get(name, 1)) + b[:, None, None]

    y = np.maximum(conv("stem", x[None].astype(np.float64)), 0)
    for block in ("block1", "block2", "block3"):
        inner = np.maximum(conv(block + "_a", y), 0)
        y = np.maximum(conv(block + "_b", inner) + conv(block + "_skip", y), 0)
    return y


def exponent(scale) -> int:
    """e of scale = 2 ** e; anything else is a fault of the file."""
    mantissa, e = math.frexp(float(scale))
    if mantissa != 0.5:
        raise SystemExit(f"scale {scale} is not a power of two")
    return e - 1


def rounded_shift(v: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """v * 2 ** -shift to the nearest integer, ties to even, in integers."""
    left = np.maximum(-shift, 0)
    shift = np.maximum(shift, 0)
    v = v << left
    half = (np.int64(1) << shift) >> 1
    down = v >> shift
    rest = v - (down << shift)
    up = (rest > half) | ((rest == half) & (shift > 0) & (down & 1 == 1))
    return down + up


def features_int8(x: np.ndarray, t: dict) -> tuple[np.ndarray, int]:
    """uint8 codes of the last map and the exponent of their scale. Integers from the input's codes on."""
    if x.dtype != np.float32:
        raise SystemExit("float32 input is expected")
    scale = {n[:-2]: exponent(t[n]) for n in t if n.endswith(".s") and t[n].ndim == 0}
    codes = np.clip(np.rint(x * np.float32(2.0 ** -scale["x0"])), 0, 255).astype(np.int64)[None]

    def conv(name, y, source):
        """Integers and, per output channel, the exponent of their unit."""
        unit = np.array([exponent(s) for s in t[name + ".ws"]]) + scale[source]
        if [exponent(s) for s in t[name + ".bs"]] != unit.tolist() or t[name + ".z"].any() or t[name + ".bz"].any():
            raise SystemExit(f"{name}: bias scale or zero point")
        got = convolve(y, t[name + ".w8"].astype(np.int64), STRIDE.get(name, 1)) + t[name + ".b32"].astype(np.int64)[:, None, None]
        if np.abs(got).max() >= 2**24:
            raise SystemExit(f"{name}: a sum does not fit float32")
        return got, unit[:, None, None]

    def to_codes(v, unit, target):
        return np.clip(rounded_shift(np.maximum(v, 0), scale[target] - unit), 0, 255)

    y, source = to_codes(*conv("stem", codes, "x0"), "stem"), "stem"
    for block in ("block1", "block2", "block3"):
        inner = to_codes(*conv(block + "_a", y, source), block + "_a")
        b, ub = conv(block + "_b", inner, block + "_a")
        s, us = conv(block + "_skip", y, source)
        unit = np.minimum(ub, us)
        total = (b << (ub - unit)) + (s << (us - unit))
        # the graph adds in float32: the same as long as the sum needs no more than 24 bits
        odd = np.abs(total) >= 2**24
        if odd.any():
            exact = total.astype(np.float64)
            total = np.where(odd, exact.astype(np.float32).astype(np.int64), total)
        y, source = to_codes(total, unit, block), block
    return y, scale["block3"]


def result(features: np.ndarray, t: dict) -> tuple[float, np.ndarray]:
    """Logit, and the map whose mean it is."""
    w, b = t["head.w"][0].astype(np.float64), float(t["head.b"][0])
    cam = np.einsum("k,khw->hw", w, features) + b
    return float(cam.mean()), cam


def both(x: np.ndarray, t: dict, t8: dict) -> dict:
    logit, cam = result(features_float(x, t), t)
    codes, e = features_int8(x, t8)
    logit8, cam8 = result(codes * 2.0**e, t8)
    out = lambda z, m: {"logit": round(z, 6), "cam": [round(float(v), 6) for v in m.ravel()]}
    return {"float": out(logit, cam),
            "int8": out(logit8, cam8) | {"features_sha256": hashlib.sha256(codes.astype(np.uint8).tobytes()).hexdigest()}}


# -- files, vectors ----------------------------------------------------------------------------------------------------


def of_file(path: Path, t: dict, t8: dict, calibration: dict) -> tuple[dict, np.ndarray]:
    ds = dcmread(path)
    x, low, high = prepared(grey(ds))
    got = both(x, t, t8)
    for form in ("float", "int8"):
        z = calibration.get("slope", 1.0) * got[form]["logit"] + calibration.get("offset", 0.0)
        got[form]["calibrated"] = round(1 / (1 + math.exp(-z)), 6)
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "limits": [round(low, 9), round(high, 9)], "input_mean": round(float(x.mean(dtype=np.float64)), 7),
            # every 8th row and column, from (3, 3)
            "input_samples": [round(float(v), 6) for v in x[3::8, 3::8].ravel()]} | got, x


def differences(a, b, at="") -> list[str]:
    if isinstance(a, dict):
        return [d for k in a.keys() | b.keys() for d in differences(a.get(k), b.get(k), f"{at}.{k}")]
    if isinstance(a, list):
        return [d for k, (u, v) in enumerate(zip(a, b, strict=True)) for d in differences(u, v, f"{at}[{k}]")]
    if isinstance(a, float) and isinstance(b, float):
        return [] if abs(a - b) <= CAM_TOLERANCE else [f"{at}: {a} and {b}"]
    return [] if a == b else [f"{at}: {a} and {b}"]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[2], usage=__doc__.splitlines()[0][7:])
    p.add_argument("files", nargs="*", type=Path)
    p.add_argument("--out", type=Path)
    p.add_argument("--check", type=Path)
    args = p.parse_args()
    manifest = json.loads((MODEL / "manifest.json").read_text())
    t, t8 = tensors(MODEL / "model-f32.onnx"), tensors(MODEL / "model.onnx")
    wrong = []
    for key, row in (("weights", t["head.w"]), ("bias", t["head.b"])):
        said = np.array(manifest["explain"]["cam"][key], np.float32)
        if not np.array_equal(said.reshape(row.shape), row) or not np.array_equal(t8["head." + key[0]], row):
            wrong.append(f"explain.cam.{key} is not the network's last layer")

    inputs, listed = [], []
    for path in args.files:
        entry, x = of_file(path, t, t8, manifest["output"]["calibration"])
        listed.append(entry)
        inputs.append(x)
        print(f"{path.name}: logit {entry['float']['logit']:.5f} float, {entry['int8']['logit']:.5f} int8; "
              f"calibrated {entry['float']['calibrated']:.4f}, {entry['int8']['calibrated']:.4f}")

    folder = ROOT / "tests" / "data"
    vectors = json.loads((folder / "chest_vectors.json").read_text())
    raw = np.frombuffer((folder / "chest_vectors.bin").read_bytes(), np.uint8).reshape(-1, N, N)
    for vector, codes in zip(vectors["vectors"], raw, strict=True):
        x = codes.astype(np.float32) / np.float32(255)
        inputs.append(x)
        got = both(x, t, t8)
        want = {"float": {k: vector["float"][k] for k in ("logit", "cam")}, "int8": vector["int8"]}
        wrong += [f"vector {vector['name']}{d}" for d in differences(got, want)]
    print(f"{len(raw)} vectors computed again")

    try:
        import onnxruntime as ort
    except ImportError:
        print("onnxruntime is not installed: ONNX files not run")
    else:
        for name, limit in (("model-f32.onnx", 1e-5), ("model.onnx", 0.0)):
            run = ort.InferenceSession(str(MODEL / name), providers=["CPUExecutionProvider"])
            worst = np.zeros(2)
            for x in inputs:
                z, f = run.run(["logit", "features"], {"input": x[None, None]})
                if name == "model.onnx":
                    codes, e = features_int8(x, t8)
                    want = codes * 2.0**e
                else:
                    want = features_float(x, t)
                worst = np.maximum(worst, [np.abs(f[0] - want).max(), abs(float(z[0, 0]) - result(want, t)[0])])
            print(f"{name} in onnxruntime: features differ by at most {worst[0]:.2g}, logits by {worst[1]:.2g}")
            if worst[0] > limit or worst[1] > 1e-5:
                wrong.append(f"{name} in onnxruntime")

    if args.out:
        args.out.write_text(json.dumps({"model_sha256": manifest["file"]["sha256"], "float_sha256": manifest["file_float"]["sha256"],
                                        "files": listed}, indent=1) + "\n")
    if args.check:
        said = {e["file"]: e for e in json.loads(args.check.read_text())["files"]}
        for entry in listed:
            wrong += [f"{entry['file']}{d}" for d in differences(said.get(entry["file"], {}), entry)]
    for line in wrong[:20]:
        print("WRONG", line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
