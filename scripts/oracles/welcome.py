"""Networks that somebody brings, from volume to labels, in NumPy: small made networks (random weights, no models of anything) and what comes out of
them on made images, for tests/welcome.rs. Nothing of the program's is used; sliding windows are those of sliding_window.py.
Needs NumPy and onnx (to write the files). python scripts/oracles/welcome.py tests/data/welcome
"""
import hashlib, json, pathlib, sys
import numpy as np, onnx
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from sliding_window import sliding_window

rng = np.random.default_rng(29)
folder = pathlib.Path(sys.argv[1])
expected = {}


def save(name, nodes, constants, shape, outputs, opset=17):
    graph = h.make_graph(nodes, name, [h.make_tensor_value_info("image", T.FLOAT, shape)],
                         [h.make_tensor_value_info(n, T.FLOAT, s) for n, s in outputs],
                         [nh.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=8, producer_name="scripts/oracles/welcome.py")
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    (folder / f"{name}.onnx").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def conv(x, w, b):
    """Cross-correlation with zeros around, float32 in, float64 sums."""
    n = x.ndim - 1
    k = w.shape[2:]
    xp = np.pad(x.astype(np.float64), [(0, 0)] + [(s // 2, s // 2) for s in k])
    y = np.zeros((w.shape[0], *x.shape[1:]))
    for t in np.ndindex(*k):
        part = xp[(slice(None), *(slice(a, a + s) for a, s in zip(t, x.shape[1:])))]
        y += np.einsum("oc,c...->o...", w[(slice(None), slice(None), *t)].astype(np.float64), part)
    return (y + b.reshape((-1,) + (1,) * n)).astype(np.float32)


def two_layers(axes, channels, hidden, out):
    w1 = (rng.standard_normal((hidden, channels, *(3,) * axes)) * 0.4).astype(np.float32)
    b1 = (rng.standard_normal(hidden) * 0.2).astype(np.float32)
    w2 = rng.standard_normal((out, hidden, *(1,) * axes)).astype(np.float32)
    b2 = (rng.standard_normal(out) * 0.2).astype(np.float32)
    nodes = [h.make_node("Conv", ["image", "w1", "b1"], ["a"], kernel_shape=[3] * axes, pads=[1] * 2 * axes),
             h.make_node("Relu", ["a"], ["r"]), h.make_node("Conv", ["r", "w2", "b2"], ["logits"], kernel_shape=[1] * axes)]
    return nodes, dict(w1=w1, b1=b1, w2=w2, b2=b2), lambda x: conv(np.maximum(conv(x, w1, b1), 0), w2, b2)


def volume(columns, rows, slices):
    """[k, j, i], as tests/welcome.rs makes it."""
    k, j, i = np.meshgrid(np.arange(slices), np.arange(rows), np.arange(columns), indexing="ij")
    return ((i * 37 + j * 101 + k * 211) % 257 * 2 + (i - columns // 2) ** 2 * 3 - (j - rows // 2) ** 2 + k * 20 - 400).astype(np.float64)


def linear(x, axis, places):
    n = x.shape[axis]
    p = np.clip(places, 0, n - 1)
    low = np.floor(p).astype(int)
    high = np.minimum(low + 1, n - 1)
    part = (p - low).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    return np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part


# --- a volume by windows: turned to RAS, resampled, HU window, Gaussian blending, and back ---
nodes, constants, net = two_layers(3, 1, 4, 3)
sha = save("volume", nodes, constants, [1, 1, "d", "h", "w"], [("logits", [1, 3, "d", "h", "w"])])
columns, rows, slices = 20, 18, 9
spacing = (0.9, 0.8, 3.0)  # columns to the left, rows to the back, slices up
x = volume(columns, rows, slices).transpose(2, 1, 0)[::-1, ::-1]  # R, A, S
new = (1.5, 1.2, 2.0)
back = []
for axis, (old, to) in enumerate(zip(spacing, new)):
    n = x.shape[axis]
    count = int(np.round((n - 1) * old / to + 1))
    x = linear(x, axis, np.arange(count) * to / old)
    back.append(np.minimum(np.floor(np.arange(n) * old / to + 0.5).astype(int), count - 1))
x = np.clip((x - -300) / (300 - -300), 0, 1).astype(np.float32)
logits = sliding_window(x, (8, 7, 6), (0.5,) * 3, "gaussian", 0.125, "constant", 0.0, lambda part: net(part[None]))
top = np.sort(logits, 0)
labels = logits.argmax(0)
source = labels[np.ix_(*back)][::-1, ::-1].transpose(2, 1, 0)
expected["volume"] = dict(sha256=sha, dims=[columns, rows, slices], grid=list(x.shape), labels="".join(map(str, source.ravel())),
                          counts=[int((labels == n).sum()) for n in range(3)], margin=float((top[-1] - top[-2]).min()))

# --- pictures out of a stack, three neighbouring slices as channels, each label on its own ---
nodes, constants, net = two_layers(2, 3, 4, 2)
sha = save("slices", nodes, constants, [1, 3, "h", "w"], [("logits", [1, 2, "h", "w"])])
columns, rows, slices = 14, 11, 5
x = volume(columns, rows, slices)
x = ((x - x.mean()) / x.std()).astype(np.float32)
found, margin = [], 1e9
for k in range(slices):
    near = np.stack([x[min(max(k + d, 0), slices - 1)] for d in (-1, 0, 1)])
    # Windows of each channel, put together again.
    out = []
    def part_of(index):
        state = {"nth": 0}
        wins = []
        sliding_window(near[index], (8, 8), (0.25,) * 2, "constant", 0.125, "constant", 0.0, lambda p: (wins.append(p), p[None])[1])
        return wins
    wins = list(zip(*(part_of(c) for c in range(3))))
    nth = iter(wins)
    logits = sliding_window(near[1], (8, 8), (0.25,) * 2, "constant", 0.125, "constant", 0.0, lambda p: net(np.stack(next(nth))))
    best = logits.max(0)
    margin = min(margin, np.abs(best).min(), np.abs(logits[0] - logits[1])[best > 0].min())
    found.append(np.where(best > 0, logits.argmax(0) + 1, 0))
expected["slices"] = dict(sha256=sha, dims=[columns, rows, slices], labels="".join(map(str, np.stack(found).ravel())), margin=float(margin))

# --- a frame: resized, three channels, fixed mean and deviation, one of three labels ---
w = (rng.standard_normal((4, 3, 3, 3)) * 0.4).astype(np.float32)
b = (rng.standard_normal(4) * 0.2).astype(np.float32)
f = rng.standard_normal((3, 4)).astype(np.float32)
sha = save("frame", [h.make_node("Conv", ["image", "w", "b"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]), h.make_node("Relu", ["a"], ["r"]),
                     h.make_node("GlobalAveragePool", ["r"], ["p"]), h.make_node("Flatten", ["p"], ["f"]), h.make_node("Gemm", ["f", "c"], ["scores"], transB=1)],
           dict(w=w, b=b, c=f), [1, 3, 16, 12], [("scores", [1, 3])])
columns, rows = 30, 27
x = ((np.arange(rows * columns) * 7919 % 1009) / 1009).reshape(rows, columns)
for axis, m in enumerate((16, 12)):
    n = x.shape[axis]
    x = linear(x, axis, (np.arange(m) + 0.5) * n / m - 0.5)
mean, sd = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
t = np.stack([(x - a) / s for a, s in zip(mean, sd)]).astype(np.float32)
logits = f @ np.maximum(conv(t, w, b), 0).mean((1, 2))
p = np.exp(logits - logits.max())
expected["frame"] = dict(sha256=sha, columns=columns, rows=rows, scores=[float(v) for v in p / p.sum()])

# --- boxes: fixed places, scores from the picture ---
places = np.array([[[2, 3, 10, 9], [3, 3, 11, 9], [0, 0, 6, 6], [9, 8, 30, 40]]], np.float32)
weights = np.array([[0.9, 0.8, 0.1, 0.7]], np.float32)
sha = save("boxes", [h.make_node("ReduceMean", ["image"], ["m"], axes=[1, 2, 3], keepdims=0), h.make_node("Reshape", ["m", "one"], ["s"]),
                     h.make_node("Mul", ["s", "k"], ["sk"]), h.make_node("Reshape", ["sk", "three"], ["scores"]),
                     h.make_node("Mul", ["s", "zero"], ["z"]), h.make_node("Reshape", ["z", "ones3"], ["z3"]), h.make_node("Add", ["z3", "places"], ["boxes"])],
           dict(one=np.array([1, 1], np.int64), k=weights, three=np.array([1, 4, 1], np.int64), zero=np.zeros((1, 1), np.float32),
                ones3=np.array([1, 1, 1], np.int64), places=places), [1, 1, 20, 16], [("boxes", [1, 4, 4]), ("scores", [1, 4, 1])])
columns, rows = 32, 60  # twice and three times the tensor
expected["boxes"] = dict(sha256=sha, columns=columns, rows=rows, kept=[0, 3], scores=[0.9, 0.7],
                         extents=[[2 * 2 - 0.5, 3 * 3 - 0.5, 10 * 2 - 0.5, 9 * 3 - 0.5], [9 * 2 - 0.5, 8 * 3 - 0.5, 31.5, 59.5]])

# --- a network that takes as long as its input is large: many channels, a large kernel ---
w = np.full((64, 1, 1, 1), 0.01, np.float32)
nodes, last = [h.make_node("Conv", ["image", "w"], ["c0"], kernel_shape=[1, 1])], "c0"
for nth in range(40):
    nodes += [h.make_node("Conv", [last, "k"], [f"c{nth + 1}"], kernel_shape=[15, 15], pads=[7] * 4, group=64)]
    last = f"c{nth + 1}"
nodes += [h.make_node("Conv", [last, "o"], ["y"], kernel_shape=[1, 1])]
save("hang", nodes, dict(w=w, k=np.full((64, 1, 15, 15), 1 / 225, np.float32)[:64], o=np.full((2, 64, 1, 1), 0.01, np.float32)), [1, 1, "h", "w"], [("y", [1, 2, "h", "w"])])

# --- the first network, which says the number of the label itself: it is compared with the first one ---
one = onnx.load(folder / "volume.onnx")
nodes = list(one.graph.node) + [h.make_node("ArgMax", ["logits"], ["best"], axis=1, keepdims=0), h.make_node("Cast", ["best"], ["labels"], to=T.UINT8)]
graph = h.make_graph(nodes, "argmax", one.graph.input, [h.make_tensor_value_info("labels", T.UINT8, [1, "d", "h", "w"])], one.graph.initializer)
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="scripts/oracles/welcome.py")
onnx.checker.check_model(model, full_check=True)
data = model.SerializeToString()
(folder / "argmax.onnx").write_bytes(data)
expected["argmax"] = dict(sha256=hashlib.sha256(data).hexdigest(), dims=expected["volume"]["dims"])

for name in ("volume", "slices"):
    assert expected[name]["margin"] > 1e-5, (name, expected[name]["margin"], "float32 could decide: take another seed")
    assert min(expected[name]["labels"].count(n) for n in "012") > 50, (name, "a label is hardly there: take another seed")
(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
print({k: {a: b for a, b in v.items() if a not in ("labels", "sha256")} for k, v in expected.items()})
