"""An interpreter of ONNX graphs in exact arithmetic, independent of every runtime: what networks.py writes comes from it.

Needs: pip install onnx numpy. It is no script.

Sums of bytes are whole numbers (exact in float64, far below 2^53), everything else is float64, and the only rounding is that of QuantizeLinear:
saturate(rint(v / scale) + zero_point), halves to even, at the places where the graph has it. QDQ graphs and QOperator graphs (QLinearConv,
QLinearMatMul, and of com.microsoft QGemm, QLinearAdd, -Mul, -Concat, -AveragePool, -GlobalAveragePool, -Sigmoid, -LeakyRelu).

With `standard` scales are multiplied as the standard's own reference does it (onnx.reference): a sum of bytes by the float32 x_scale · w_scale /
y_scale, a value by the float32 scale. Over many layers that matters: the exact quotient differs from it by 1e-7, which is a step for one value in
two million, and every layer after sees it. In QDQ graphs a layer between DequantizeLinear and QuantizeLinear is such a sum too.
"""
import itertools, math
import numpy as np
from onnx import helper, numpy_helper

BYTES = (np.uint8, np.int8)


def real(v):
    return np.asarray(v).astype(np.float64)


def along(v, axis, rank):
    """One value, or one for each place along an axis."""
    v = np.asarray(v)
    if v.size == 1:
        return v.reshape(())
    return v.reshape([-1 if a == axis % rank else 1 for a in range(rank)])


# Scales as onnx.reference multiplies them; see the top.
STANDARD = False


class Sums(np.ndarray):
    """Values that are whole numbers times a unit: what DequantizeLinear and layers of it give."""

    sums = unit = None


def summed(sums, unit, axis=1):
    """`unit`: float32, one or one for each place along the axis."""
    v = (sums * real(along(unit, axis, sums.ndim))).view(Sums)
    v.sums, v.unit, v.axis = sums, np.asarray(unit, np.float32), axis
    return v


def rescaled(sums, unit, scale, zero, axis=1):
    """Sums of bytes as bytes of another scale."""
    if STANDARD:
        by = real(along(np.asarray(unit, np.float32) / np.asarray(scale, np.float32), axis, sums.ndim))
    else:
        by = real(along(unit, axis, sums.ndim)) / real(scale)
    return limited(np.rint(sums * by) + real(zero), zero)


def limited(v, zero):
    low, high = (0, 255) if zero.dtype == np.uint8 else (-128, 127)
    return np.clip(v, low, high).astype(zero.dtype)


def product(x, w):
    """Of two scales."""
    return np.asarray(x, np.float32) * np.asarray(w, np.float32) if STANDARD else real(x) * real(w)


def quantize(v, scale, zero):
    if not STANDARD:
        return limited(np.rint(real(v) / real(scale)) + real(zero), zero)
    if isinstance(v, Sums) and v.sums is not None:
        return rescaled(v.sums, v.unit, scale, zero, v.axis)
    return limited(np.rint(np.asarray(v, np.float32) / np.asarray(scale, np.float32)) + np.float32(zero), zero)


def dequantize(q, scale, zero, axis=1):
    rank = q.ndim
    zero = np.zeros((), np.int64) if zero is None else zero
    whole = real(q) - real(along(zero, axis, rank))
    if not STANDARD:
        return whole * real(along(scale, axis, rank))
    v = real(whole.astype(np.float32) * np.asarray(along(scale, axis, rank), np.float32)).view(Sums)
    v.sums, v.unit, v.axis = whole, np.asarray(scale, np.float32), axis
    return v


def layer(op, x, w, b, node):
    """Conv, ConvTranspose, Gemm and MatMul of what DequantizeLinear gave: whole numbers. None where it is something else."""
    given = [v for v in (x, w) if isinstance(v, Sums) and v.sums is not None]
    if len(given) < 2 or x.unit.size != 1:
        return None
    own = w.sums
    if op in ("Conv", "ConvTranspose"):
        y = (conv if op == "Conv" else transposed)(x.sums, own, node)
    else:
        y = x.sums @ (own.T if node.get("transB", 0) else own)
    axis = y.ndim - 1 if op in ("Gemm", "MatMul") else 1
    unit = x.unit.reshape(()) * w.unit
    if b is not None:
        if not (isinstance(b, Sums) and np.allclose(b.unit, unit, rtol=1e-5)):
            return None
        y = y + along(b.sums, axis, y.ndim)
    return summed(y, unit, axis)


def windows(x, kernel, strides, dilations, pads, out, fill):
    """For each tap: its place in the kernel, and the values that the output places see there."""
    rank = len(kernel)
    need = [(out[a] - 1) * strides[a] + (kernel[a] - 1) * dilations[a] + 1 for a in range(rank)]
    after = [max(0, need[a] - x.shape[2 + a] - pads[a]) for a in range(rank)]
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[a], after[a]) for a in range(rank)], constant_values=fill)
    for tap in itertools.product(*map(range, kernel)):
        at = [slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s in zip(tap, dilations, out, strides)]
        yield tap, x[(slice(None), slice(None), *at)]


def spatial(node, rank):
    return node.get("strides", [1] * rank), node.get("dilations", [1] * rank), node.get("pads", [0] * 2 * rank)


def conv(x, w, node):
    """Values and weights as float64, which may be whole numbers."""
    kernel, rank = w.shape[2:], w.ndim - 2
    strides, dilations, pads = spatial(node, rank)
    assert node.get("auto_pad", b"NOTSET") == b"NOTSET"
    group = node.get("group", 1)
    out = [(x.shape[2 + a] + pads[a] + pads[a + rank] - (kernel[a] - 1) * dilations[a] - 1) // strides[a] + 1 for a in range(rank)]
    n, c, m = x.shape[0], x.shape[1], w.shape[0]
    y = np.zeros([n, m] + out)
    for tap, part in windows(x, kernel, strides, dilations, pads, out, 0.0):
        own = w[(slice(None), slice(None), *tap)]
        if group == c and m == c:
            y += part * own.reshape([1, m] + [1] * rank)
            continue
        for b in range(n):
            for g in range(group):
                i, o = slice(g * c // group, (g + 1) * c // group), slice(g * m // group, (g + 1) * m // group)
                y[b, o] += (own[o] @ part[b, i].reshape(c // group, -1)).reshape([-1] + out)
    return y


def transposed(x, w, node):
    kernel, rank = w.shape[2:], w.ndim - 2
    strides, dilations, pads = spatial(node, rank)
    more = node.get("output_padding", [0] * rank)
    group = node.get("group", 1)
    n, c, each = x.shape[0], x.shape[1], w.shape[1]
    full = [(x.shape[2 + a] - 1) * strides[a] + (kernel[a] - 1) * dilations[a] + 1 + more[a] for a in range(rank)]
    y = np.zeros([n, each * group] + full)
    for tap in itertools.product(*map(range, kernel)):
        at = [slice(t * d, t * d + (i - 1) * s + 1, s) for t, d, i, s in zip(tap, dilations, x.shape[2:], strides)]
        own = w[(slice(None), slice(None), *tap)]
        for b in range(n):
            for g in range(group):
                i = slice(g * c // group, (g + 1) * c // group)
                part = (own[i].T @ x[b, i].reshape(c // group, -1)).reshape([each] + list(x.shape[2:]))
                y[(b, slice(g * each, (g + 1) * each), *at)] += part
    return y[(slice(None), slice(None), *[slice(pads[a], full[a] - pads[a + rank]) for a in range(rank)])]


def pool_size(n, kernel, stride, dilation, before, after, ceil):
    room = n + before + after - (kernel - 1) * dilation - 1
    if not ceil:
        return room // stride + 1
    out = -(-room // stride) + 1
    return out - 1 if (out - 1) * stride >= n + before else out


def pool(x, node, greatest):
    """Of numbers; the mean's divisor is exact."""
    kernel = node["kernel_shape"]
    rank = len(kernel)
    strides, dilations, pads = spatial(node, rank)
    out = [
        pool_size(x.shape[2 + a], kernel[a], strides[a], dilations[a], pads[a], pads[a + rank], node.get("ceil_mode", 0)) for a in range(rank)
    ]
    if greatest:
        least = -np.inf if x.dtype == np.float64 else np.iinfo(x.dtype).min
        return np.max([part for _, part in windows(x, kernel, strides, dilations, pads, out, least)], axis=0)
    y = sum(part for _, part in windows(x, kernel, strides, dilations, pads, out, 0.0))
    # Which places count: those of the input, or those within the declared padding too.
    ones = np.ones((1, 1) + x.shape[2:])
    if node.get("count_include_pad", 0):
        ones = np.pad(ones, [(0, 0), (0, 0)] + [(pads[a], pads[a + rank]) for a in range(rank)], constant_values=1.0)
        pads = [0] * 2 * rank
    return y / sum(part for _, part in windows(ones, kernel, strides, dilations, pads, out, 0.0))


def resize(x, node, scales, sizes):
    scales = None if scales is None or scales.size == 0 else [float(s) for s in scales]
    to = [int(v) for v in sizes] if scales is None else [math.floor(n * s) for n, s in zip(x.shape, scales)]
    scales = [t / n for t, n in zip(to, x.shape)] if scales is None else scales
    how = node.get("coordinate_transformation_mode", b"half_pixel").decode()
    for axis, (n, m, s) in enumerate(zip(x.shape, to, scales)):
        if n == m and s == 1:
            continue
        i = np.arange(m)
        at = {
            "half_pixel": (i + 0.5) / s - 0.5,
            "asymmetric": i / s,
            "align_corners": i * (n - 1) / max(m - 1, 1),
        }[how]
        if node.get("mode", b"nearest") == b"nearest":
            by = {b"round_prefer_floor": lambda v: np.ceil(v - 0.5), b"floor": np.floor}[node.get("nearest_mode", b"round_prefer_floor")]
            x = np.take(x, np.clip(by(at), 0, n - 1).astype(int), axis)
            continue
        at = np.clip(at, 0, n - 1)
        low = np.floor(at).astype(int)
        part = along(at - low, axis, x.ndim)
        x = np.take(x, low, axis) * (1 - part) + np.take(x, np.minimum(low + 1, n - 1), axis) * part
    return x


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def step(node, op, a):
    """The outputs of one node. `a`: its inputs, None for one that is left out; bytes are NumPy's uint8 and int8."""
    if op not in ("QuantizeLinear", "Conv", "ConvTranspose", "Gemm", "MatMul", "Identity"):
        # What is moved or changed is values.
        a = [np.asarray(v) if isinstance(v, Sums) else v for v in a]
    x = a[0] if a else None
    get = lambda i: a[i] if len(a) > i else None
    whole = lambda i, zero: real(a[i]) - real(a[zero])
    if op == "Constant":
        return [numpy_helper.to_array(node["value"])]
    if op == "QuantizeLinear":
        return [quantize(x, a[1], get(2) if get(2) is not None else np.zeros((), np.uint8))]
    if op == "DequantizeLinear":
        return [dequantize(x, a[1], get(2), node.get("axis", 1))]
    if STANDARD and op in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        y = layer(op, x, a[1], get(2), node)
        if y is not None:
            return [y]
    if op in ("Conv", "ConvTranspose"):
        y = (conv if op == "Conv" else transposed)(real(x), real(a[1]), node)
        return [y if get(2) is None else y + real(along(a[2], 1, y.ndim))]
    if op == "QLinearConv":
        w = real(a[3]) - real(along(a[5], 0, a[3].ndim))
        y = conv(whole(0, 2), w, node)
        if get(8) is not None:
            y = y + real(along(a[8], 1, y.ndim))
        return [rescaled(y, product(a[1], a[4]), a[6], a[7])]
    if op == "QLinearMatMul":
        y = whole(0, 2) @ (real(a[3]) - real(a[5]))
        return [rescaled(y, product(a[1], a[4]), a[6], a[7], y.ndim - 1)]
    if op == "QGemm":
        w = real(a[3]) - real(along(a[5], 0 if node.get("transB", 0) else 1, 2))
        y = whole(0, 2) @ (w.T if node.get("transB", 0) else w)
        y = y if get(6) is None else y + real(a[6])
        if get(7) is None:
            return [y * real(product(a[1], a[4]))]
        return [rescaled(y, product(a[1], a[4]), a[7], a[8])]
    if op in ("QLinearAdd", "QLinearMul"):
        p, q = dequantize(x, a[1], a[2]), dequantize(a[3], a[4], a[5])
        return [quantize(real(p) + real(q) if op == "QLinearAdd" else real(p) * real(q), a[6], a[7])]
    if op == "QLinearConcat":
        return [np.concatenate([quantize(dequantize(*a[i : i + 3]), a[0], a[1]) for i in range(2, len(a), 3)], node["axis"])]
    if op in ("QLinearSigmoid", "QLinearLeakyRelu", "QLinearAveragePool", "QLinearGlobalAveragePool"):
        v = real(dequantize(x, a[1], a[2]))
        if op == "QLinearSigmoid":
            v = sigmoid(v)
        elif op == "QLinearLeakyRelu":
            v = np.where(v < 0, float(np.float32(node.get("alpha", 0.01))) * v, v)
        elif op == "QLinearAveragePool":
            v = pool(v, node, False)
        else:
            v = v.mean(tuple(range(2, v.ndim)), keepdims=True)
        return [quantize(v, a[3], a[4])]
    if op == "MaxPool":
        return [pool(x if x.dtype.type in BYTES else real(x), node, True)]
    if op == "AveragePool":
        return [pool(real(x), node, False)]
    if op == "GlobalAveragePool":
        return [real(x).mean(tuple(range(2, x.ndim)), keepdims=True)]
    if op == "GlobalMaxPool":
        return [x.max(tuple(range(2, x.ndim)), keepdims=True)]
    if op == "Gemm":
        p, q = (real(v).T if node.get(k, 0) else real(v) for v, k in ((x, "transA"), (a[1], "transB")))
        y = node.get("alpha", 1.0) * (p @ q)
        return [y if get(2) is None else y + node.get("beta", 1.0) * real(a[2])]
    if op == "MatMul":
        return [real(x) @ real(a[1])]
    if op == "BatchNormalization":
        s, b, m, v = (along(real(t), 1, x.ndim) for t in a[1:5])
        return [(real(x) - m) / np.sqrt(v + node.get("epsilon", 1e-5)) * s + b]
    if op in ("Add", "Mul", "Sub", "Div"):
        by = {"Add": np.add, "Mul": np.multiply, "Sub": np.subtract, "Div": np.divide}[op]
        return [by(real(x), real(a[1]))]
    if op == "Relu":
        return [np.maximum(x, 0)]
    if op == "Clip":
        low, high = get(1), get(2)
        y = x if low is None else np.maximum(x, real(low))
        return [y if high is None else np.minimum(y, real(high))]
    if op == "LeakyRelu":
        return [np.where(x < 0, float(np.float32(node.get("alpha", 0.01))) * x, x)]
    if op == "Elu":
        return [np.where(x < 0, float(np.float32(node.get("alpha", 1.0))) * np.expm1(x), x)]
    if op == "Sigmoid":
        return [sigmoid(real(x))]
    if op == "Softmax":
        axis = node.get("axis", -1)
        e = np.exp(real(x) - np.max(x, axis, keepdims=True))
        return [e / e.sum(axis, keepdims=True)]
    if op == "Concat":
        return [np.concatenate(a, node["axis"])]
    if op == "Resize":
        return [resize(x, node, get(2), get(3))]
    if op == "Reshape":
        return [x.reshape([x.shape[i] if n == 0 else int(n) for i, n in enumerate(a[1])])]
    if op == "Flatten":
        axis = node.get("axis", 1)
        return [x.reshape(int(np.prod(x.shape[:axis])), -1)]
    if op == "Transpose":
        return [x.transpose(node.get("perm"))]
    if op == "Squeeze":
        return [np.squeeze(x, tuple(int(n) for n in a[1]))]
    if op == "Unsqueeze":
        return [np.expand_dims(x, tuple(int(n) for n in a[1]))]
    if op == "Slice":
        at = [slice(None)] * x.ndim
        for i, axis in enumerate(a[3]):
            at[int(axis)] = slice(int(a[1][i]), int(a[2][i]), 1 if get(4) is None else int(a[4][i]))
        return [x[tuple(at)]]
    if op == "Pad":
        rank = x.ndim
        pads = [(int(a[1][i]), int(a[1][i + rank])) for i in range(rank)]
        if node.get("mode", b"constant") != b"constant":
            return [np.pad(x, pads, mode=node["mode"].decode())]
        return [np.pad(x, pads, constant_values=0 if get(2) is None else float(a[2]))]
    if op == "Split":
        return np.split(x, np.cumsum(a[1])[:-1].astype(int), node.get("axis", 0))
    if op in ("ReduceMean", "ReduceMax"):
        by = np.mean if op == "ReduceMean" else np.max
        return [by(x, tuple(node["axes"]), keepdims=bool(node.get("keepdims", 1)))]
    if op == "ArgMax":
        y = np.argmax(x, node["axis"], keepdims=bool(node.get("keepdims", 1)))
        return [y.astype(np.int64)]
    if op == "Gather":
        return [np.take(x, a[1].astype(int), node.get("axis", 0))]
    if op == "Tile":
        return [np.tile(x, a[1])]
    if op == "Expand":
        return [x * np.ones([int(n) for n in a[1]])]
    if op == "PRelu":
        return [np.where(x < 0, x * real(a[1]), x)]
    if op == "InstanceNormalization":
        over = tuple(range(2, x.ndim))
        d = x - x.mean(over, keepdims=True)
        d = d / np.sqrt((d * d).mean(over, keepdims=True) + node.get("epsilon", 1e-5))
        return [d * real(along(a[1], 1, x.ndim)) + real(along(a[2], 1, x.ndim))]
    if op in ("DepthToSpace", "SpaceToDepth"):
        n, c, h, w = x.shape
        k = node["blocksize"]
        if op == "SpaceToDepth":
            y = x.reshape(n, c, h // k, k, w // k, k).transpose(0, 3, 5, 1, 2, 4)
            return [y.reshape(n, c * k * k, h // k, w // k)]
        y = x.reshape(n, k, k, c // (k * k), h, w).transpose(0, 3, 4, 1, 5, 2)
        return [y.reshape(n, c // (k * k), h * k, w * k)]
    if op in ("Identity", "Dropout"):
        return [x]
    raise NotImplementedError(op)


def interpret(model, x, standard=False, see=None):
    """The outputs of a network for its one input. Values that nobody needs any more are dropped. `see` gets each node, its inputs and outputs."""
    global STANDARD
    STANDARD = standard
    graph = model.graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    [entry] = [i.name for i in graph.input if i.name not in values]
    values[entry] = real(x)
    outputs = [o.name for o in graph.output]
    left = {}
    for name in [i for node in graph.node for i in node.input] + outputs:
        left[name] = left.get(name, 0) + 1
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[i] if i else None for i in node.input]
        own = step(attributes, node.op_type, inputs)
        if see:
            see(node, inputs, own)
        values.update(zip(node.output, own))
        for name in node.input:
            left[name] = left.get(name, 0) - 1
            if left[name] == 0:
                values.pop(name, None)
    return [values[o] for o in outputs]
