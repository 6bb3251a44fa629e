"""Sliding windows as MONAI's formula has them (monai/inferers/utils.py and monai/data/utils.py, commit d388d1c, Apache-2.0), in NumPy,
for tests/sliding.rs. MONAI itself is not needed: each function below is one of its formulas, in float32 where it computes in float32.
Needs NumPy. python scripts/oracles/sliding_window.py > tests/data/sliding.json
"""
import itertools, json, math
import numpy as np

f32 = np.float32


def scan_interval(image, roi, overlap):
    return [r if r == i else max(int(r * (1 - o)), 1) for i, r, o in zip(image, roi, overlap)]


def positions(image, roi, interval):
    starts = []
    for i, r, s in zip(image, roi, interval):
        num = math.ceil(i / s)
        count = next((d for d in range(num) if d * s + r >= i), 0) + 1
        starts.append([k * s - max(k * s + r - i, 0) for k in range(count)])
    return list(itertools.product(*starts))


def importance(roi, mode, sigma_scale):
    if mode == "constant":
        return np.ones(roi, f32)
    out = f32(1)
    for n in roi:
        sigma = n * sigma_scale
        x = np.arange(-(n - 1) / 2.0, (n - 1) / 2.0 + 1, dtype=f32)
        x = np.exp(x**2 / f32(-2 * sigma**2))
        out = np.multiply.outer(out, x).astype(f32)
    return np.maximum(out, f32(max(float(out.min()), 1e-3)))


def sliding_window(image, roi, overlap, mode, sigma_scale, padding, cval, predictor):
    roi = [r if r > 0 else n for r, n in zip(roi, image.shape)]
    pads = []
    for n, r in zip(image.shape, roi):
        diff = max(r - n, 0)
        pads.append((diff // 2, diff - diff // 2))
    how = {"constant": dict(mode="constant", constant_values=cval), "replicate": dict(mode="edge"), "reflect": dict(mode="reflect")}
    padded = np.pad(image, pads, **how[padding])
    weight = importance(roi, mode, sigma_scale)
    out, count = None, np.zeros(padded.shape, f32)
    for at in positions(padded.shape, roi, scan_interval(padded.shape, roi, overlap)):
        box = tuple(slice(a, a + r) for a, r in zip(at, roi))
        part = predictor(padded[box])
        if out is None:
            out = np.zeros((part.shape[0], *padded.shape), f32)
        out[(slice(None), *box)] += part * weight
        count[box] += weight
    out /= count
    return out[(slice(None), *(slice(a, a + n) for (a, _), n in zip(pads, image.shape)))]


def predictor(part):
    """Two channels that know where in its window a cell lies, so that blending shows; tests/sliding.rs has the same."""
    where = sum(np.arange(n).reshape([-1 if a == b else 1 for b in range(part.ndim)]) * k for a, (n, k) in enumerate(zip(part.shape, (31, 7, 3)[3 - part.ndim:])))
    where = (where % 13).astype(f32)
    return np.stack([part * f32(0.5) + where, part * f32(-1.5) + where * f32(0.25)])


if __name__ == "__main__":
    cases = []
    for name, dims, roi, overlap, mode, sigma, padding, cval in [
        ("3-D, constant", (6, 7, 8), (3, 4, 4), (0.25,) * 3, "constant", 0.125, "constant", 0.0),
        ("3-D, gaussian", (6, 7, 8), (4, 4, 5), (0.5,) * 3, "gaussian", 0.125, "constant", 0.0),
        ("3-D, wide gaussian, other overlap on each axis", (5, 8, 7), (2, 5, 3), (0.6, 0.3, 0.7), "gaussian", 0.4, "constant", 0.0),
        ("3-D, smaller than the window on two axes", (4, 9, 3), (7, 4, 6), (0.5,) * 3, "gaussian", 0.125, "constant", -2.5),
        ("3-D, replicated border", (3, 4, 5), (6, 4, 8), (0.25,) * 3, "gaussian", 0.125, "replicate", 0.0),
        ("3-D, mirrored border", (4, 5, 6), (7, 8, 6), (0.25,) * 3, "constant", 0.125, "reflect", 0.0),
        ("3-D, whole axis", (5, 6, 7), (-1, 4, 0), (0.5,) * 3, "gaussian", 0.125, "constant", 0.0),
        ("2-D, gaussian", (19, 14), (8, 6), (0.625,) * 2, "gaussian", 0.125, "constant", 0.0),
        ("2-D, smaller than the window", (5, 14), (8, 6), (0.25,) * 2, "gaussian", 0.125, "constant", 7.0),
    ]:
        image = ((np.arange(math.prod(dims)) * 7919 % 1009) / 64 - 5).astype(f32).reshape(dims)
        out = sliding_window(image, roi, overlap, mode, sigma, padding, cval, predictor)
        assert out.dtype == f32 and np.isfinite(out).all()
        windows = len(positions([max(a, b) for a, b in zip(dims, roi)], [b if b > 0 else a for a, b in zip(dims, roi)],
                                scan_interval([max(a, b) for a, b in zip(dims, roi)], [b if b > 0 else a for a, b in zip(dims, roi)], overlap)))
        cases.append(dict(name=name, dims=dims, roi=[max(r, 0) for r in roi], overlap=overlap, mode=mode, sigma_scale=sigma, padding=padding, cval=cval,
                          windows=windows, out=[float(f"{v:.9g}") for v in out.ravel()]))
    print(json.dumps(cases, separators=(",", ":")))
