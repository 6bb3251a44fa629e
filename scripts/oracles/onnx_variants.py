"""Operators in many forms, as onnxruntime computes them: tests/data/onnx_variants.zip.

Needs: pip install onnx onnxruntime numpy. usage: python scripts/oracles/onnx_variants.py [--seed N] [--rounds N] [--out FILE]

ONNX's own node tests show most attributes alone; here they are drawn at random, together, for 1 to 3 axes, for the operator sets that
changed them, with operands broadcast either way. The archive is as that of onnx_nodes.py: NAME.onnx, NAME.in, NAME.out, index.json.

Left out, as onnxruntime itself goes its own way there: align_corners with factors that leave a broken length, pads for SAME where the stride
is longer than the kernel, and MeanVarianceNormalization over two values; numbers cut to float16 within a network, which are kept in float32.
"""
import argparse, json, os, zipfile
import numpy as np
import onnxruntime as ort
from onnx import TensorProto as T, helper, numpy_helper

ort.set_default_logger_severity(4)
ONE = (1980, 1, 1, 0, 0, 0)


class Archive:
    def __init__(self, path, seed):
        self.zip = zipfile.ZipFile(path, "w")
        self.random = np.random.default_rng(seed)
        self.cases, self.refused, self.counts = [], {}, {}

    def pick(self, *of):
        return of[self.random.integers(len(of))]

    def flag(self, share=0.5):
        return bool(self.random.random() < share)

    def whole(self, low, high):
        return int(self.random.integers(low, high + 1))

    def wholes(self, count, low, high):
        return [self.whole(low, high) for _ in range(count)]

    def floats(self, *shape):
        return np.asarray(self.random.normal(0, 1, shape), dtype=np.float32)

    def put(self, name, data):
        self.zip.writestr(zipfile.ZipInfo(name, ONE), data, zipfile.ZIP_DEFLATED, 9)

    def case(self, nodes, x, constants, outputs, opset):
        """A graph whose input is "x". `outputs`: names, those of whole numbers or truths after "!"."""
        op = nodes[-1].op_type
        name = f"{op.lower()}_{self.counts.get(op, 0)}"
        nodes, results = list(nodes), []
        for o in outputs:
            if o.startswith("!"):
                nodes.append(helper.make_node("Cast", [o[1:]], [o[1:] + "_"], to=T.FLOAT))
                o = o[1:] + "_"
            results.append(helper.make_tensor_value_info(o, T.FLOAT, None))
        kept = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
        graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", T.FLOAT, x.shape)], results, kept)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            found = [np.asarray(o) for o in session.run(None, {"x": x})]
        except Exception:
            self.refused[op] = self.refused.get(op, 0) + 1
            return
        if any(o.size == 0 for o in found):
            return
        self.counts[op] = self.counts.get(op, 0) + 1
        self.cases.append(
            {
                "name": name,
                "op": op,
                "shape": list(x.shape),
                "outputs": [list(o.shape) for o in found],
                "kinds": [str(o.dtype) for o in found],
            }
        )
        self.put(name + ".onnx", model.SerializeToString())
        self.put(name + ".in", x.astype("<f4").tobytes())
        self.put(name + ".out", np.concatenate([o.astype("<f4").ravel() for o in found]).tobytes())

    def one(self, op, x, attributes=None, constants=(), opset=18, outputs=("o",)):
        """One node: x, then constants; None for an input that is left out."""
        names = ["" if c is None else f"c{i}" for i, c in enumerate(constants)]
        node = helper.make_node(op, ["x", *names], [o.lstrip("!") for o in outputs], **(attributes or {}))
        self.case([node], x, {n: c for n, c in zip(names, constants) if n}, outputs, opset)

    def close(self):
        index = {"onnx": "onnxruntime " + ort.__version__, "left_out": self.refused, "cases": self.cases}
        self.put("index.json", json.dumps(index))
        self.zip.close()


def numbers(*values):
    return np.array(values, np.int64)


def sizes(axes):
    return (3, 5) if axes == 3 else (5, 8)


def convolutions(a, axes):
    groups = a.pick(1, 1, 2, 3)
    into, out = groups * a.whole(1, 3), groups * a.whole(1, 3)
    kernel, steps = a.wholes(axes, 1, 4), a.wholes(axes, 1, 3)
    x = a.floats(a.whole(1, 2), into, *a.wholes(axes, *sizes(axes)))
    attributes = {"group": groups, "strides": steps, "dilations": a.wholes(axes, 1, 2)}
    pads = a.pick("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
    if pads == "NOTSET":
        attributes["pads"] = a.wholes(2 * axes, 0, 2)
    else:
        attributes["auto_pad"] = pads
    if pads.startswith("SAME"):
        attributes["dilations"] = [1] * axes
        kernel = [max(k, s) for k, s in zip(kernel, steps)]
    bias = [a.floats(out)] if a.flag(0.7) else []
    a.one("Conv", x, attributes, [a.floats(out, into // groups, *kernel), *bias], a.pick(1, 11, 18))
    attributes = {"group": groups, "strides": steps, "dilations": attributes["dilations"]}
    kernel = [max(k, s) for k, s in zip(kernel, steps)]
    how = a.pick("pads", "pads", "shape", "SAME_UPPER", "SAME_LOWER", "VALID")
    if how == "pads":
        attributes["pads"] = a.wholes(2 * axes, 0, 1)
        attributes["output_padding"] = [a.whole(0, s - 1) for s in steps]
    elif how == "shape":
        attributes["output_shape"] = [n * s + a.whole(0, 1) for n, s in zip(x.shape[2:], steps)]
    else:
        attributes["auto_pad"] = how
    a.one("ConvTranspose", x, attributes, [a.floats(into, out // groups, *kernel), *bias], a.pick(1, 11, 18))


def pools(a, axes):
    x = a.floats(a.whole(1, 2), a.whole(1, 3), *a.wholes(axes, *sizes(axes)))
    kernel, steps = a.wholes(axes, 1, 3), a.wholes(axes, 1, 3)
    attributes = {"kernel_shape": kernel, "strides": steps}
    pads = a.pick("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
    if pads == "NOTSET":
        attributes["pads"] = [a.whole(0, k - 1) for k in kernel] * 2
    else:
        attributes["auto_pad"] = pads
    if pads.startswith("SAME"):
        attributes["kernel_shape"] = kernel = [max(k, s) for k, s in zip(kernel, steps)]
    opset = a.pick(7, 10, 11, 18, 19)
    if opset >= 10:
        attributes["ceil_mode"] = a.whole(0, 1)
    spread = {"dilations": a.wholes(axes, 1, 2)} if pads == "NOTSET" else {}
    a.one("MaxPool", x, {**attributes, **(spread if opset >= 10 else {})}, (), opset)
    mean = {**attributes, "count_include_pad": a.whole(0, 1)}
    a.one("AveragePool", x, {**mean, **(spread if opset >= 19 else {})}, (), opset)
    attributes.pop("ceil_mode", None)
    a.one("LpPool", x, {**attributes, "p": a.whole(1, 3)}, (), a.pick(2, 11))
    a.one("GlobalAveragePool", x)
    a.one("GlobalMaxPool", x)
    a.one("GlobalLpPool", x, {"p": a.whole(1, 3)})


def resizes(a, axes):
    x = a.floats(a.whole(1, 2), a.whole(1, 2), *a.wholes(axes, *sizes(axes)))
    factors = np.array([1, 1] + [a.pick(0.5, 0.6, 1, 1.5, 2, 2.7, 3) for _ in range(axes)], np.float32)
    a.one("Upsample", x, {"mode": a.pick("nearest", "linear")}, [np.maximum(factors, 1)], 9)
    opset = a.pick(10, 11, 13, 18, 19)
    if opset == 10:
        return a.one("Resize", x, {"mode": a.pick("nearest", "linear")}, [factors], 10)
    mode = a.pick("nearest", "linear", "cubic" if axes == 2 else "linear")
    places = ["half_pixel", "asymmetric", "pytorch_half_pixel", "align_corners", "tf_crop_and_resize"]
    place = a.pick(*places, *(["half_pixel_symmetric"] if opset >= 19 else []))
    attributes = {"mode": mode, "coordinate_transformation_mode": place}
    if mode == "nearest":
        attributes["nearest_mode"] = a.pick("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    if mode == "cubic":
        attributes.update(cubic_coeff_a=a.pick(-0.75, -0.5), exclude_outside=a.whole(0, 1))
    if opset >= 18 and mode != "nearest":
        attributes["antialias"] = a.whole(0, 1)
    region = np.array([], np.float32) if opset < 13 else None
    if place == "tf_crop_and_resize":
        region = np.array([0, 0] + [0.1] * axes + [1, 1] + [0.8] * axes, np.float32)
    if place == "align_corners" or a.flag():
        wanted = np.maximum(1, np.array(x.shape) * factors).astype(np.int64)
        a.one("Resize", x, attributes, [region, np.array([], np.float32) if opset < 13 else None, wanted], opset)
    else:
        a.one("Resize", x, attributes, [region, factors], opset)


def norms(a, axes):
    x = a.floats(a.whole(1, 2), a.whole(1, 4), *a.wholes(axes, 3, 6))
    c, rank, small = x.shape[1], axes + 2, {"epsilon": 1e-3}
    a.one("BatchNormalization", x, small, [a.floats(c), a.floats(c), a.floats(c), np.abs(a.floats(c)) + 0.1], a.pick(7, 9, 14, 15))
    a.one("InstanceNormalization", x, small, [a.floats(c), a.floats(c)])
    a.one("LRN", x, {"size": a.pick(1, 3, 5), "alpha": 0.1, "beta": 0.6, "bias": 1.5}, (), 13)
    axis = a.whole(-rank, rank - 1)
    scale = [a.floats(*x.shape[axis:]) for _ in range(a.whole(1, 2))]
    a.one("LayerNormalization", x, {"axis": axis, **small}, scale, 17)
    a.one("MeanVarianceNormalization", x, {"axes": a.pick([0, 2], [2], list(range(2, rank)))}, (), 13)
    a.one("LpNormalization", x, {"axis": a.pick(-1, 0, 1, 2), "p": a.whole(1, 2)})
    a.one("GroupNormalization", x, {"num_groups": a.pick(1, c), **small}, [a.floats(c), a.floats(c)], 21)
    a.one("PRelu", x, {}, [a.floats(c, *[1] * axes)])


def pads(a, axes):
    x = a.floats(a.whole(1, 2), a.whole(1, 3), *a.wholes(axes, *sizes(axes)))
    opset, mode = a.pick(2, 11, 13, 18, 19), a.pick("constant", "reflect", "edge")
    by = a.wholes(2 * x.ndim, -1 if opset > 2 and mode == "constant" else 0, 2)
    if mode != "constant":
        by = [min(p, x.shape[i % x.ndim] - 1) for i, p in enumerate(by)]
    if opset == 2:
        return a.one("Pad", x, {"mode": mode, "pads": by, "value": 0.5}, (), 2)
    if opset == 19 and mode != "constant":
        mode = a.pick(mode, "wrap")
    a.one("Pad", x, {"mode": mode}, [np.array(by, np.int64)] + ([np.array(0.5, np.float32)] if a.flag(0.6) else []), opset)


def slices(a):
    x = a.floats(*a.wholes(4, 1, 5))
    steps = [a.pick(1, 2, -1, -2) for _ in range(3)]
    starts = [a.pick(100, -1, 3) if s < 0 else a.pick(0, 1, -1, 2, -100) for s in steps]
    ends = [a.pick(-100, 0, -3) if s < 0 else a.pick(3, -1, 100, 1) for s in steps]
    axes = [int(v) - (4 if a.flag() else 0) for v in a.random.permutation(4)[:3]]
    a.one("Slice", x, {}, [numbers(*starts), numbers(*ends), numbers(*axes), numbers(*steps)], a.pick(10, 13))
    a.one("Slice", x, {"starts": [0, 1], "ends": [100, -1], "axes": [2, 3]}, (), 1)
    axis = a.whole(-4, 3)
    n = x.shape[axis]
    a.one("Split", x, {"axis": axis, "num_outputs": 2}, (), 18, ("o", "p"))
    if n > 1:
        a.one("Split", x, {"axis": axis}, [numbers(1, n - 1)], 13, ("o", "p"))
        a.one("Split", x, {"axis": axis, "split": [1, n - 1]}, (), a.pick(2, 11), ("o", "p"))
    at = a.random.integers(-n, n, a.wholes(a.whole(0, 2), 1, 3))
    a.one("Gather", x, {"axis": axis}, [np.asarray(at, dtype=a.pick(np.int32, np.int64))])
    shape = list(x.shape)
    shape[axis] = 3
    a.one("GatherElements", x, {"axis": axis}, [a.random.integers(-n, n, shape)])
    low = a.pick(0, -1)
    at = [a.random.integers(low * x.shape[j], x.shape[j], (2, 3)) for j in range(a.whole(1, 3))]
    a.one("GatherND", x, {}, [np.stack(at, -1)], a.pick(11, 13))
    few = [max(1, v - 1) for v in x.shape]
    few[axis] = min(2, n)
    line = a.random.permutation(n)[: few[axis]].reshape([-1 if j == axis % 4 else 1 for j in range(4)])
    a.one("ScatterElements", x, {"axis": axis}, [np.ascontiguousarray(np.broadcast_to(line, few)), a.floats(*few)], 11)
    how = {"reduction": a.pick("add", "mul", "max", "min")}
    a.one("ScatterElements", x, {"axis": axis, **how}, [a.random.integers(-n, n, few), a.floats(*few)], 18)
    pairs = np.stack([a.random.integers(0, x.shape[j], (4,)) for j in range(2)], -1)
    a.one("ScatterND", x, how, [pairs, a.floats(4, *x.shape[2:])], 18)
    pairs = np.unique(pairs, axis=0)
    a.one("ScatterND", x, {}, [pairs, a.floats(len(pairs), *x.shape[2:])], a.pick(11, 13))


def shapes(a):
    x = a.floats(*a.wholes(4, 1, 5))
    a.one("Tile", x, {}, [np.array(a.wholes(4, 1, 3), np.int64)])
    wide = [v if v > 1 else a.pick(1, 3) for v in x.shape]
    a.one("Expand", x, {}, [np.array(a.pick(wide, [2] + wide, [1]), np.int64)])
    a.one("Transpose", x, {"perm": [int(v) for v in a.random.permutation(4)]} if a.flag(0.8) else {})
    a.one("Flatten", x, {"axis": a.whole(-4, 4)}, (), a.pick(11, 13))
    a.one("Reshape", x, {}, [numbers(*a.pick((-1,), (0, -1), (0, 0, -1), (1, -1, 1)))])
    thin = a.floats(1, 3, 1, 2)
    a.one("Squeeze", thin, {}, [numbers(*a.pick((0,), (2,), (-2,), (0, 2)))], 13)
    a.one("Squeeze", thin, a.pick({}, {"axes": [0]}, {"axes": [0, 2]}), (), a.pick(1, 11))
    a.one("Unsqueeze", x, {}, [numbers(*a.pick((0,), (-1,), (1, 3), (0, -1)))], 13)
    b = a.whole(1, 3)
    a.one("DepthToSpace", a.floats(2, b * b * 2, 3, 2), {"blocksize": b, "mode": a.pick("DCR", "CRD")}, (), 13)
    a.one("SpaceToDepth", a.floats(2, 3, b * 2, b * 3), {"blocksize": b})
    flat = a.floats(3, 5)
    a.one("Trilu", flat, {"upper": a.whole(0, 1)}, [np.array(a.whole(-2, 2), np.int64)])
    a.one("EyeLike", flat, {"k": a.whole(-2, 2), "dtype": T.FLOAT})


def reductions(a):
    x = a.floats(*a.wholes(4, 1, 5))
    rounded = np.round(x * 1.2)
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        a.one(op, x, {"axis": a.whole(-4, 3)} if a.flag(0.7) else {}, (), 13)
        a.one(op, x, {"axis": a.whole(0, 3)} if a.flag(0.7) else {}, (), a.pick(1, 11))
    for op in "Mean Sum Max Min Prod L1 L2 SumSquare LogSumExp LogSum".split():
        y = np.abs(x) + 0.1 if op == "LogSum" else x
        axes = [int(v) - (4 if a.flag(0.4) else 0) for v in a.random.permutation(4)[: a.whole(1, 3)]]
        kept = {"keepdims": a.whole(0, 1)}
        op = "Reduce" + op
        a.one(op, y, kept, [np.array(axes, np.int64)] if a.flag(0.8) else [], 13 if op == "ReduceSum" else 18)
        a.one(op, y, {**kept, "axes": [v % 4 for v in axes]} if a.flag(0.8) else kept, (), a.pick(1, 11))
        a.one(op, y, {**kept, "noop_with_empty_axes": 1}, [] if a.flag() else [np.array([], np.int64)], 18)
    for op in ("ArgMax", "ArgMin"):
        which = {"axis": a.whole(-4, 3), "keepdims": a.whole(0, 1), "select_last_index": a.whole(0, 1)}
        a.one(op, rounded, which, (), a.pick(12, 13), ("!o",))
    axis = a.whole(-4, 3)
    count = numbers(a.whole(1, x.shape[axis]))
    a.one("TopK", a.pick(x, rounded), {"axis": axis, "largest": a.whole(0, 1)}, [count], 11, ("o", "!p"))
    a.one("TopK", x, {"axis": axis}, [count], 10, ("o", "!p"))
    a.one("CumSum", x, {"exclusive": a.whole(0, 1), "reverse": a.whole(0, 1)}, [np.array(axis, a.pick(np.int32, np.int64))])
    a.one("NonZero", rounded, {}, (), 13, ("!o",))


UNARY = [("Elu", {"alpha": 1.7}), ("Celu", {"alpha": 0.5}), ("Celu", {}), ("Selu", {"alpha": 1.5, "gamma": 0.9}), ("Selu", {})]
UNARY += [("LeakyRelu", {"alpha": 0.3}), ("LeakyRelu", {}), ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}), ("HardSigmoid", {})]
UNARY += [("ThresholdedRelu", {"alpha": 0.7}), ("Shrink", {"lambd": 0.7, "bias": 0.2})]
UNARY += [(op, {}) for op in "Softplus Softsign Mish HardSwish Erf Round Sign Floor Ceil Sigmoid Tanh Exp Abs Neg Sin Cos Atan Asinh".split()]


def elementwise(a):
    y = np.concatenate([a.floats(20) * 2, np.array([0, -0.0, 0.5, -0.5, 1.5, 2.5, -1.5, 100, -100], np.float32)])
    for op, attributes in UNARY:
        a.one(op, y, attributes)
    a.one("Gelu", a.floats(20) * 2, {"approximate": a.pick("none", "tanh")}, (), 20)
    low, high = np.array(-0.5, np.float32), np.array(0.7, np.float32)
    a.one("Clip", y, {}, a.pick([low, high], [None, high], [low], [high, low]), 13)
    a.one("Clip", y, a.pick({"min": -0.3, "max": 0.4}, {"max": 0.4}, {"min": -0.3}), (), 6)
    for kind in (T.INT64, T.INT32, T.UINT8, T.INT8, T.BOOL, T.DOUBLE):
        a.one("Cast", np.clip(np.abs(y) if kind == T.UINT8 else y, -120, 120), {"to": kind}, (), 13, ("!o",))


SHAPES = [((3, 4), (2, 1, 3, 4)), ((2, 1, 3, 4), (3, 4)), ((1, 4), (3, 1)), ((3, 1), (1, 4)), ((4,), (3, 4)), ((2, 3, 4), (1,)), ((1,), (2, 3, 4))]
SHAPES += [((3, 4), (3, 4)), ((3, 4), ()), ((1, 1, 1), (3, 4))]


def binary(a):
    """Two operands, the second one a constant or the first one, of floats, truths or whole numbers."""
    for op in "Sub Div Pow Mod Max Min Mean Less Greater LessOrEqual GreaterOrEqual Equal And Xor Div_ Mod_ Where".split():
        for left, right in SHAPES:
            first, second = a.floats(*left), a.floats(*right)
            name, whole, truths = op.rstrip("_"), op.endswith("_"), op in ("And", "Xor")
            if op == "Pow":
                first = np.abs(first) + np.float32(0.1)
            if op == "Equal":
                first, second = np.round(first), np.round(second)
            if whole:
                second = np.round(second * 3)
                first, second = np.round(first * 7), np.where(second == 0, 2, second)
            swap = bool(right) and a.flag()
            x, c = (second, first) if swap else (first, second)
            nodes, names = [], ["x", "c"]
            constants = {"c": np.asarray(c, np.float32), "t": np.array(0.2, np.float32)}
            if whole:
                nodes = [helper.make_node("Cast", [n], [n + "_"], to=T.INT64) for n in names]
            elif truths:
                nodes = [helper.make_node("Greater", [n, "t"], [n + "_"]) for n in names]
            if nodes:
                names = [n + "_" for n in names]
            if swap:
                names.reverse()
            if op == "Where":
                nodes.append(helper.make_node("Greater", ["x", "t"], ["q"]))
                names = ["q", *names]
            attributes = {"fmod": 0 if whole and a.flag() else 1} if name == "Mod" else {}
            nodes.append(helper.make_node(name, names, ["o"], **attributes))
            floats = not whole and name in ("Sub", "Div", "Pow", "Mod", "Max", "Min", "Mean", "Where")
            a.case(nodes, np.asarray(x, np.float32), constants, ["o" if floats else "!o"], 18)


PRODUCTS = [((2, 3, 4, 5), (5, 3)), ((4, 5), (2, 3, 5, 2)), ((5,), (5, 3)), ((4, 5), (5,)), ((5,), (5,)), ((2, 1, 4, 5), (1, 3, 5, 2))]
PRODUCTS += [((2, 4, 5), (5,)), ((5,), (2, 5, 3))]
SUMS = [("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), ("ij,jk", (3, 4), (4, 5)), ("...ij,...jk->...ik", (2, 2, 3, 4), (2, 2, 4, 5))]
SUMS += [("bhid,bhjd->bhij", (1, 2, 3, 4), (1, 2, 5, 4)), ("nchw,cd->ndhw", (1, 3, 2, 2), (3, 4)), ("ij,ij->i", (3, 4), (3, 4))]
SUMS += [("i,j->ij", (3,), (4,)), ("ij,kl->il", (3, 4), (2, 5)), ("ij,ij->", (3, 4), (3, 4))]


def products(a):
    m, k, n = a.wholes(3, 1, 6)
    turned = {"transA": a.whole(0, 1), "transB": a.whole(0, 1), "alpha": a.pick(1.0, 0.5), "beta": a.pick(1.0, 0.25)}
    left = a.floats(*((k, m) if turned["transA"] else (m, k)))
    right = a.floats(*((n, k) if turned["transB"] else (k, n)))
    bias = [a.pick(a.floats(n), a.floats(m, n), a.floats(1), a.floats(m, 1), a.floats(1, n), a.floats())] if a.flag(0.8) else []
    a.one("Gemm", left, turned, [right, *bias], a.pick(11, 13))
    a.one("Gemm", left, turned, [right, a.floats(m, n)], a.pick(7, 9))
    left, right = a.pick(*PRODUCTS)
    a.one("MatMul", a.floats(*left), {}, [a.floats(*right)])
    equation, left, right = a.pick(*SUMS)
    a.one("Einsum", a.floats(*left), {"equation": equation}, [a.floats(*right)], 12)
    a.one("Einsum", a.floats(3, 3), {"equation": a.pick("ij->ji", "ij->", "ij->i")}, (), 12)
    for kind, low, high in ((np.uint8, 0, 255), (np.int8, -128, 127)):
        zero = a.random.integers(low, high, 3).astype(kind)
        scale = np.abs(a.floats(3)) + np.float32(0.05)
        a.one("QuantizeLinear", a.floats(2, 3, 4), {"axis": 1}, [scale, zero], 13, ("!o",))
        a.one("QuantizeLinear", a.floats(2, 3, 4) * 3, {}, [scale[0], zero[0]], 10, ("!o",))


def recurrent(a):
    steps, batch, size = a.whole(2, 4), a.whole(1, 2), 4
    for op, gates, usual in (("LSTM", 4, ["Sigmoid", "Tanh", "Tanh"]), ("GRU", 3, ["Sigmoid", "Tanh"]), ("RNN", 1, ["Tanh"])):
        direction = a.pick("forward", "forward", "reverse", "bidirectional")
        ways = 2 if direction == "bidirectional" else 1
        attributes = {"hidden_size": size, "direction": direction}
        constants = [a.floats(ways, gates * size, 3), a.floats(ways, gates * size, size)]
        if a.flag(0.7):
            constants.append(a.floats(ways, 2 * gates * size))
            if a.flag():
                constants += [None if a.flag() else a.random.integers(1, steps + 1, batch).astype(np.int32), a.floats(ways, batch, size)]
                if op == "LSTM":
                    constants += [a.floats(ways, batch, size)] + ([a.floats(ways, 3 * size)] if a.flag() else [])
        if op == "GRU":
            attributes["linear_before_reset"] = a.whole(0, 1)
        if op == "LSTM" and a.flag(0.15):
            attributes["input_forget"] = 1
        if a.flag(0.15):
            attributes["clip"] = 0.5
        if a.flag(0.4):
            attributes["activations"] = (usual if a.flag() else usual[:-1] + ["Relu"]) * ways
        outputs = ("o", "p", "q") if op == "LSTM" else ("o", "p")
        a.one(op, a.floats(steps, batch, 3), attributes, constants, a.pick(7, 14), outputs)


def places(a):
    edge = {"padding_mode": a.pick("zeros", "border", "reflection"), "align_corners": a.whole(0, 1)}
    at = np.clip(a.floats(2, 3, 4, 2), -1.3, 1.3)
    a.one("GridSample", a.floats(2, 2, 5, 4), {"mode": a.pick("bilinear", "nearest", "bicubic"), **edge}, [at], 16)
    at = np.clip(a.floats(1, 3, 4, 2, 3), -1.3, 1.3)
    a.one("GridSample", a.floats(1, 2, 4, 5, 4), {"mode": a.pick("linear", "nearest"), **edge}, [at], 20)
    boxes = np.sort(np.abs(a.floats(1, 6, 2, 2)), axis=2).reshape(1, 6, 4)
    limits = [numbers(a.whole(1, 4)), np.array(a.pick(0.1, 0.5, 0.8), np.float32)] + ([np.array(0.3, np.float32)] if a.flag() else [])
    a.one("NonMaxSuppression", boxes, {"center_point_box": a.whole(0, 1)}, [np.abs(a.floats(1, 2, 6)), *limits], 13, ("!o",))
    n = a.pick(4, 5, 8)
    a.one("DFT", a.floats(1, n, 3, 2), {"inverse": a.whole(0, 1), "axis": a.whole(1, 2)}, (), 17)
    a.one("DFT", a.floats(1, n, 1), {"axis": 1, "onesided": a.whole(0, 1)}, (), 17)


def pairs(a):
    """Two nodes that a runtime may do in one, or in the other order."""
    x, weights = a.floats(1, 2, 5, 6), a.floats(3, 2, 3, 3)
    convolution = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4)
    for op in ("Add", "Sub", "Mul", "Div"):
        for other in (a.floats(), np.abs(a.floats(3, 1, 1)) + np.float32(0.5), np.abs(a.floats(6)) + np.float32(0.5)):
            for operands in (["y", "c"], ["c", "y"]):
                a.case([convolution, helper.make_node(op, operands, ["o"])], x, {"w": weights, "c": other}, ["o"], 13)
    x = a.floats(2, 3, 6, 8)
    every = {"s": numbers(0), "e": numbers(100), "n": numbers(2)}
    for axis in (1, 2, 3):
        for normal in (
            helper.make_node("Softmax", ["x"], ["y"], axis=3),
            helper.make_node("Softmax", ["x"], ["y"], axis=2),
            helper.make_node("LayerNormalization", ["x", "g"], ["y"]),
        ):
            cut = helper.make_node("Slice", ["y", "s", "e", "a", "n"], ["o"])
            constants = {**every, "a": numbers(axis), **({"g": a.floats(8)} if normal.op_type != "Softmax" else {})}
            a.case([normal, cut], x, constants, ["o"], 17)
    for strides in ([1, 2], [2, 1]):
        normal = helper.make_node("Softmax", ["x"], ["y"], axis=3)
        a.case([normal, helper.make_node("Conv", ["y", "w"], ["o"], strides=strides)], x, {"w": a.floats(2, 3, 1, 1)}, ["o"], 13)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/data/onnx_variants.zip"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    archive = Archive(arguments.out, arguments.seed)
    for _ in range(arguments.rounds):
        for axes in (1, 2, 3):
            for family in (convolutions, pools, resizes, norms, pads):
                family(archive, axes)
        for family in (slices, shapes, reductions, elementwise, products, recurrent, recurrent, places):
            family(archive)
    binary(archive)
    pairs(archive)
    archive.close()
    print(len(archive.cases), "cases,", os.path.getsize(arguments.out), "bytes; onnxruntime refuses:", archive.refused)


main()
