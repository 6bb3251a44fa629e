"""A frame and its changed copies in NumPy and onnxruntime, each run by itself, and their mean, for tests/augmented.rs: the networks of
tests/data/welcome (made, random weights). Nothing of the program's is used; what is drawn is drawn anew from the seed.
Needs NumPy, onnxruntime. python scripts/oracles/augmented.py tests/data/welcome tests/data/augmented.json
"""
import json, pathlib, sys
import numpy as np, onnxruntime as ort

folder, to = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ROWS, COLUMNS, SEED, COPIES = 27, 30, 5, 6
BOUNDS = dict(flip=True, rotate_degrees=12.0, shift=0.06, zoom=0.15, gamma=0.2)


class Random:
    """SplitMix64."""
    def __init__(self, seed):
        self.state = seed

    def unit(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / 2.0**53

    def signed(self):
        return 2 * self.unit() - 1


def draw(random):
    flip = random.unit() < 0.5 and BOUNDS["flip"]
    degrees = BOUNDS["rotate_degrees"] * random.signed()
    shift = [BOUNDS["shift"] * random.signed() for _ in range(2)]
    return dict(flip=flip, degrees=degrees, shift=shift, zoom=(1 + BOUNDS["zoom"]) ** random.signed(), gamma=(1 + BOUNDS["gamma"]) ** random.signed())


def bilinear(values, row, column):
    r0, c0 = np.floor(row).astype(int), np.floor(column).astype(int)
    r1, c1 = np.minimum(r0 + 1, ROWS - 1), np.minimum(c0 + 1, COLUMNS - 1)
    v, f, g = values.astype(float), row - r0, column - c0
    return (v[r0, c0] * (1 - g) + v[r0, c1] * g) * (1 - f) + (v[r1, c0] * (1 - g) + v[r1, c1] * g) * f


ROW, COLUMN = np.mgrid[0:ROWS, 0:COLUMNS].astype(float)


def changed(values, c):
    """The changed frame: mirrored, enlarged and turned about the centre, moved, grey values to a power; the border goes on."""
    y = (ROW + 0.5 - ROWS * (0.5 + c["shift"][0])) / c["zoom"]
    x = (COLUMN + 0.5 - COLUMNS * (0.5 + c["shift"][1])) / c["zoom"]
    a = np.deg2rad(c["degrees"])
    down, right = y * np.cos(a) - x * np.sin(a), y * np.sin(a) + x * np.cos(a)
    right = -right if c["flip"] else right
    at = bilinear(values, np.clip(down + ROWS / 2 - 0.5, 0, ROWS - 1), np.clip(right + COLUMNS / 2 - 0.5, 0, COLUMNS - 1))
    return (np.maximum(at, 0) ** c["gamma"]).astype(np.float32)


def laid_back(values, c, own):
    """What lies over the changed frame, over the frame itself: each place is sought where the change has taken it."""
    down, right = ROW + 0.5 - ROWS / 2, COLUMN + 0.5 - COLUMNS / 2
    right = -right if c["flip"] else right
    a = np.deg2rad(c["degrees"])
    y, x = down * np.cos(a) + right * np.sin(a), right * np.cos(a) - down * np.sin(a)
    row = y * c["zoom"] + ROWS * (0.5 + c["shift"][0]) - 0.5
    column = x * c["zoom"] + COLUMNS * (0.5 + c["shift"][1]) - 0.5
    seen = (row >= -0.5) & (row < ROWS - 0.5) & (column >= -0.5) & (column < COLUMNS - 0.5)
    found = bilinear(values, np.clip(row, 0, ROWS - 1), np.clip(column, 0, COLUMNS - 1))
    return np.where(seen, found, own), seen


def linear(x, axis, m):
    n = x.shape[axis]
    p = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
    low = np.floor(p).astype(int)
    part = (p - low).reshape([-1 if a == axis else 1 for a in range(2)])
    return np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, n - 1), axis) * part


def tensor(frame, size, mean, sd):
    for axis, m in enumerate(size):
        frame = linear(frame, axis, m)
    return np.stack([(frame - a) / s for a, s in zip(mean, sd)]).astype(np.float32)[None]


frame = (0.5 + 0.4 * np.sin(COLUMN * 0.31) * np.cos(ROW * 0.23)).astype(np.float32)
random = Random(SEED)
changes = [draw(random) for _ in range(COPIES)]
frames = [frame] + [changed(frame, c) for c in changes]
imagenet = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
sigmoid = lambda v: 1 / (1 + np.exp(-v.astype(float)))
spread = lambda v: dict(copies=COPIES, mean=float(np.mean(v)), sd=float(np.std(v)), low=float(np.min(v)), high=float(np.max(v)))
expected = dict(rows=ROWS, columns=COLUMNS, seed=SEED, augment=BOUNDS)

# --- classification: one of three labels ---
session = ort.InferenceSession(str(folder / "frame.onnx"))
scores = []
for f in frames:
    logits = session.run(None, {"image": tensor(f, (16, 12), *imagenet)})[0][0].astype(float)
    p = np.exp(logits - logits.max())
    scores.append(p / p.sum())
scores = np.array(scores)
expected["scores"] = [float(v) for v in scores[0]]
expected["spreads"] = [spread(scores[:, n]) for n in range(3)]

# --- segmentation: two labels, each on its own ---
session = ort.InferenceSession(str(folder / "slices.onnx"))
size = (18, 20)
nearest = [((2 * np.arange(n) + 1) * m // (2 * n)).clip(max=m - 1) for n, m in zip((ROWS, COLUMNS), size)]
planes, hidden = [], 0
for nth, f in enumerate(frames):
    p = sigmoid(session.run(None, {"image": tensor(f, size, *imagenet)})[0][0])
    p = p[:, nearest[0]][:, :, nearest[1]]
    if nth:
        both = [laid_back(q, changes[nth - 1], own) for q, own in zip(p, planes[0])]
        hidden += int((~both[0][1]).sum())
        p = np.stack([q for q, _ in both])
    planes.append(p)
planes = np.stack(planes)
label = lambda p: np.where(p.max(0) > 0.5, p.argmax(0) + 1, 0)
mean = planes.mean(0)
labels, each = label(mean), [label(p) for p in planes]
expected["mean"] = [[round(float(v), 6) for v in q.ravel()] for q in mean]
expected["labels"] = "".join(map(str, labels.ravel()))
expected["areas"] = [spread([(e == n).mean() for e in each]) for n in (1, 2)]
dice = lambda e, n: 2 * ((e == n) & (labels == n)).sum() / max(1, (e == n).sum() + (labels == n).sum())
expected["agreements"] = [float(np.mean([dice(e, n) for e in each])) for n in (1, 2)]
best = np.sort(mean, 0)
expected["margin"] = float(min(np.abs(best[-1] - 0.5).min(), (best[-1] - best[-2])[best[-1] > 0.5].min()))
assert hidden > 20, "places out of sight of a copy"
assert all((labels == n).sum() > 30 for n in (0, 1, 2)), [(labels == n).sum() for n in (0, 1, 2)]
assert not np.array_equal(labels, each[0]), "the mean gives other labels than the frame alone"
to.write_text(json.dumps(expected, separators=(",", ":")) + "\n")
print({k: v for k, v in expected.items() if k not in ("mean", "labels")}, "hidden", hidden)
