"""Small networks whose results are known exactly, and the results of whole ones: tests/data/networks.zip, held by tests/networks.rs.

Needs: pip install onnx numpy (and onnxruntime for --check).
usage: python scripts/oracles/networks.py [--out FILE] [--check]
       python scripts/oracles/networks.py --whole FOLDER --to FOLDER [--layers] [--standard]    (see `whole`)

The results are those of networks_exact.py. onnxruntime is no reference for bytes: without VNNI its products of uint8 and int8 saturate. --check
compares it all the same, graph as it stands, without its optimizations.

In the archive: models, inputs (float32, little endian) and outputs (float32, rounded to 20 binary digits, or bytes), each kind as one file, and
index.json: form (float, qdq, qop), where model, input and outputs lie (first byte, length), shapes, kinds, and whether the network is one layer,
whose bytes may be off by one step at most. Inputs and weights have few digits, so that the archive is small.
"""
import argparse, itertools, json, math, os, zipfile
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from networks_exact import BYTES, along, conv, dequantize, interpret, real, step, transposed

MS = "com.microsoft"


class Skip(Exception):
    """The form has no such layer."""


class T:
    """A tensor of the network: its name, its values before any quantization (for scales), and its quantization: names of bytes, scale, zero."""

    def __init__(self, name, value, bytes=None):
        self.name, self.value, self.bytes = name, value, bytes


class Net:
    """A network in one of the forms float, qdq and qop. Odd zero points, and scales without a pattern."""

    def __init__(self, form, seed, shape, signed=False):
        self.form, self.rng, self.signed = form, np.random.default_rng(seed), signed
        self.nodes, self.constants, self.outputs, self.count = [], [], [], 0
        self.shape = list(shape)
        x = (np.rint(self.rng.standard_normal(shape) * 12) / 12).astype(np.float32)
        self.input = x
        self.x = T("x", real(x))

    def name(self, of="t"):
        self.count += 1
        return f"{of}{self.count}"

    def put(self, value, of="c"):
        name = self.name(of)
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op, inputs, domain="", outputs=1, **attributes):
        out = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, out, domain=domain, **attributes))
        return out[0] if outputs == 1 else out

    def need(self, *forms):
        if self.form not in forms:
            raise Skip

    def scale(self, value, signed=None):
        """Names of a scale and zero point that fit the values, and both."""
        signed = self.signed if signed is None else signed
        low, high = min(float(value.min()), 0.0), max(float(value.max()), 0.0)
        scale = np.float32(max(high - low, 1e-3) / 255 * self.rng.uniform(0.93, 1.04))
        zero = int(np.clip(np.rint(-low / scale), 0, 255)) | (1 if low < 0 else 0)
        zero = np.int8(zero - 128) if signed else np.uint8(zero)
        return self.put(scale, "s"), self.put(np.array(zero, np.int8 if signed else np.uint8), "z"), scale, zero

    def q(self, t, like=None, signed=None):
        """Quantized, in the forms that are."""
        if self.form == "float":
            return t
        s, z, scale, zero = like.bytes[1:] if like else self.scale(t.value, signed)
        y = self.node("QuantizeLinear", [t.name, s, z])
        return self.of(y, t.value, s, z, scale, zero)

    def of(self, name, value, s, z, scale, zero):
        if self.form == "qdq":
            return T(self.node("DequantizeLinear", [name, s, z]), value, (name, s, z, scale, zero))
        return T(name, value, (name, s, z, scale, zero))

    def dq(self, t):
        """As floats, in whatever form."""
        if self.form == "qop":
            return T(self.node("DequantizeLinear", list(t.bytes[:3])), t.value)
        return t

    def start(self):
        return self.q(self.x)

    def out(self, t, floats=False):
        """The tensor leaves the graph: as bytes where it has them."""
        name, kind = t.name, TensorProto.FLOAT
        if t.bytes and not floats:
            name, kind = t.bytes[0], TensorProto.INT8 if t.bytes[4].dtype == np.int8 else TensorProto.UINT8
        self.outputs.append(helper.make_tensor_value_info(name, kind, list(t.value.shape)))
        return self

    def weights(self, shape, axis, per_channel, unsigned):
        fan = max(1, int(np.prod(shape[1:])))
        w = self.rng.standard_normal(shape) / math.sqrt(fan)
        w *= self.rng.uniform(0.4, 1.7, [n if a == axis else 1 for a, n in enumerate(shape)])
        if self.form == "float":
            w = (np.rint(w * 32) / 32).astype(np.float32)
            return self.put(w, "w"), real(w), None
        over = tuple(a for a in range(w.ndim) if a != axis) if per_channel else None
        top = np.abs(w).max(over)
        scale = np.asarray(top / 127, np.float32)
        zero = np.full(scale.shape, 131 if unsigned else 0, np.uint8 if unsigned else np.int8)
        low, high = (0, 255) if unsigned else (-128, 127)
        own = np.rint(w / along(real(scale), axis, w.ndim) / 13) * 13 + 1 + real(along(zero, axis, w.ndim))
        own = np.clip(own, low, high).astype(zero.dtype)
        names = self.put(own, "w"), self.put(scale, "s"), self.put(zero, "z")
        return names, dequantize(own, scale, zero, axis), scale

    def biased(self, x, outputs, scale, kind):
        """The bias: whole numbers in units of the sum, whole numbers of another scale, or floats."""
        b = self.rng.standard_normal(outputs) * 0.3
        if self.form == "float" or kind == "float":
            if self.form == "qop":
                raise Skip
            b = b.astype(np.float32)
            return self.put(b, "b"), real(b)
        unit = (np.float32(x.bytes[3]) * scale).astype(np.float32)
        if kind == "other":
            unit = np.asarray(np.float32(0.000317))
        own = np.rint(b / real(unit)).astype(np.int32)
        name = self.put(own, "b")
        if self.form == "qop":
            if kind != "units":
                raise Skip
            return name, own * real(unit)
        zero = self.put(np.zeros(unit.shape, np.int32), "z")
        return self.node("DequantizeLinear", [name, self.put(unit, "s"), zero], axis=0), own * real(unit)

    def act(self, name, value, kind):
        """An activation of floats."""
        if kind is None:
            return name, value
        attributes, inputs = {}, [name]
        if kind == "Clip":
            inputs += [self.put(np.float32(-0.35)), self.put(np.float32(1.1))]
        if kind == "LeakyRelu":
            attributes["alpha"] = 0.17
        if kind == "Elu":
            attributes["alpha"] = 0.8
        given = [value] + [np.float32(-0.35), np.float32(1.1)][: len(inputs) - 1]
        return self.node(kind, inputs, **attributes), step(attributes, kind, given)[0]

    def conv(self, x, outputs, kernel, act=None, per_channel=True, unsigned=False, bias="units", raw=False, transpose=False, w=None, **a):
        """Conv or ConvTranspose, its activation, and (but for raw) its quantization."""
        group, rank = a.get("group", 1), len(kernel)
        c = x.value.shape[1]
        shape = [c, outputs // group, *kernel] if transpose else [outputs, c // group, *kernel]
        axis = 1 if transpose else 0
        name, own, scale = w or self.weights(shape, axis, per_channel, unsigned)
        self.last_weights = (name, own, scale)
        value = (transposed if transpose else conv)(x.value, own, a)
        inputs = [x.name]
        if self.form == "qop":
            if transpose or raw:
                raise Skip
            b = [] if bias is None else [self.biased(x, outputs, scale, bias)]
            value = value + (along(b[0][1], 1, rank + 2) if b else 0)
            if act == "Relu":
                value = np.maximum(value, 0)
            elif act not in (None, "LeakyRelu", "Sigmoid"):
                raise Skip
            s, z, sc, ze = self.scale(value)
            y = self.node("QLinearConv", [*x.bytes[:3], *name, s, z] + [n for n, _ in b], **a)
            y = T(y, value, (y, s, z, sc, ze))
            return y if act in (None, "Relu") else self.byte_act(y, act)
        if self.form == "qdq":
            inputs.append(self.node("DequantizeLinear", list(name), axis=axis))
        else:
            inputs.append(name)
        if bias is not None:
            b, v = self.biased(x, outputs, scale, bias)
            inputs.append(b)
            value = value + along(v, 1, rank + 2)
        y = self.node("ConvTranspose" if transpose else "Conv", inputs, **a)
        y = T(*self.act(y, value, act))
        return y if raw else self.q(y)

    def byte_act(self, x, act):
        """QLinearSigmoid, QLinearLeakyRelu."""
        attributes = {"alpha": 0.17} if act == "LeakyRelu" else {}
        value = step(attributes, act, [x.value])[0]
        s, z, sc, ze = self.scale(value)
        y = self.node("QLinear" + act, [*x.bytes[:3], s, z], MS, **attributes)
        return T(y, value, (y, s, z, sc, ze))

    def unary(self, x, act):
        if self.form == "qop":
            return self.byte_act(x, act)
        return self.q(T(*self.act(x.name, x.value, act)))

    def pair(self, op, x, y, act=None, raw=False):
        value = step({}, op, [x.value, y.value])[0]
        if self.form == "qop":
            if act not in (None, "Relu") or raw:
                raise Skip
            value = np.maximum(value, 0) if act else value
            s, z, sc, ze = self.scale(value)
            t = self.node("QLinear" + op, [*x.bytes[:3], *y.bytes[:3], s, z], MS)
            return T(t, value, (t, s, z, sc, ze))
        t = T(*self.act(self.node(op, [x.name, y.name]), value, act))
        return t if raw else self.q(t)

    def concat(self, parts, axis=1):
        value = np.concatenate([p.value for p in parts], axis)
        if self.form == "qop":
            s, z, sc, ze = self.scale(value)
            t = self.node("QLinearConcat", [s, z] + [n for p in parts for n in p.bytes[:3]], MS, axis=axis)
            return T(t, value, (t, s, z, sc, ze))
        return self.q(T(self.node("Concat", [p.name for p in parts], axis=axis), value))

    def average(self, x, **a):
        op = "AveragePool" if a else "GlobalAveragePool"
        value = step(a, op, [x.value])[0]
        if self.form == "qop":
            s, z, sc, ze = self.scale(value)
            t = self.node("QLinear" + op, [*x.bytes[:3], s, z], MS, **a)
            return T(t, value, (t, s, z, sc, ze))
        return self.q(T(self.node(op, [x.name], **a), value))

    def move(self, op, x, *constants, again=True, value=None, outputs=1, **a):
        """What moves values, or takes the greatest: bytes stay what they are. In qdq a QuantizeLinear of the same scale follows."""
        names = [c if c is None else self.put(c) for c in constants]
        given = {k: v.encode() if isinstance(v, str) else v for k, v in a.items()}
        values = step(given, op, [x.value, *constants])
        inputs = [x.name] + [n or "" for n in names]
        out = self.node(op, inputs, outputs=outputs, **a)
        made = []
        for name, value in zip([out] if outputs == 1 else out, values):
            if self.form == "qop":
                made.append(T(name, value, (name, *x.bytes[1:])))
            elif self.form == "qdq" and again:
                made.append(self.q(T(name, value), like=x))
            else:
                made.append(T(name, value))
        return made[0] if outputs == 1 else made

    def gemm(self, x, n, across=True, bias="units", per_channel=True, op="Gemm"):
        k = x.value.shape[-1]
        name, own, scale = self.weights([n, k] if across else [k, n], 0 if across else 1, per_channel, False)
        a = {"transB": int(across)} if op == "Gemm" else {}
        value = x.value @ (own.T if across else own)
        b = [] if bias is None else [self.biased(x, n, scale, bias)]
        value = value + (b[0][1] if b else 0)
        if self.form == "qop":
            s, z, sc, ze = self.scale(value)
            if op == "Gemm":
                t = self.node("QGemm", [*x.bytes[:3], *name, b[0][0] if b else "", s, z], MS, **a)
            else:
                t = self.node("QLinearMatMul", [*x.bytes[:3], *name, s, z])
            return T(t, value, (t, s, z, sc, ze))
        w = name if self.form == "float" else self.node("DequantizeLinear", list(name), axis=0 if across else 1)
        return self.q(T(self.node(op, [x.name, w] + [n for n, _ in b], **a), value))

    def batch_norm(self, x):
        c = x.value.shape[1]
        numbers = [self.rng.uniform(0.5, 1.5, c), self.rng.standard_normal(c) * 0.2, self.rng.standard_normal(c) * 0.2, self.rng.uniform(0.5, 1.5, c)]
        numbers = [n.astype(np.float32) for n in numbers]
        value = step({}, "BatchNormalization", [x.value, *numbers])[0]
        return T(self.node("BatchNormalization", [x.name] + [self.put(n) for n in numbers]), value)

    def relu(self, x, kind="Relu"):
        return T(*self.act(x.name, x.value, kind))

    def outputs_of_places(self, x):
        """The place of the greatest, which is a whole number in the graph."""
        for axis in range(x.value.ndim):
            y = self.node("ArgMax", [x.name], axis=axis, keepdims=axis % 2)
            value = np.argmax(x.value, axis, keepdims=bool(axis % 2))
            self.outputs.append(helper.make_tensor_value_info(y, TensorProto.INT64, list(value.shape)))

    def done(self, constants_as_nodes=False):
        nodes, constants = self.nodes, self.constants
        if constants_as_nodes:
            # Each just before its first reader, as some writers have it.
            mixed, open_ = [], {c.name: c for c in constants}
            for node in nodes:
                for name in node.input:
                    if name in open_:
                        mixed.append(helper.make_node("Constant", [], [name], value=open_.pop(name)))
                mixed.append(node)
            nodes, constants = mixed, []
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)], self.outputs, constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(MS, 1)], producer_name="")
        model.ir_version = 8
        return model


CASES = {}


def case(one_layer, shape, signed=False, constants_as_nodes=False):
    def add(of):
        CASES[of.__name__] = (of, one_layer, shape, signed, constants_as_nodes)
        return of

    return add


def layer(name, shape, of, signed=False):
    CASES[name] = (lambda n: n.out(of(n, n.start())), True, shape, signed, False)


def sole(name, shape, outputs, kernel, signed=False, **a):
    layer(name, shape, lambda n, x: n.conv(x, outputs, kernel, **a), signed)


P = [1, 1, 1, 1]
sole("conv_1d", [1, 5, 17], 7, [3], pads=[2, 0])
sole("conv_1d_stride_dilation", [1, 6, 31], 9, [5], strides=[2], dilations=[3], pads=[4, 5], group=3)
sole("conv_3d", [1, 3, 5, 6, 7], 5, [3, 3, 3], pads=[1] * 6)
sole("conv_3d_asymmetric", [1, 4, 6, 5, 7], 6, [2, 3, 1], pads=[0, 2, 0, 1, 0, 0], strides=[2, 1, 3])
sole("conv_3d_dilated", [1, 3, 7, 6, 7], 4, [3, 3, 3], dilations=[2, 2, 2], pads=[2] * 6)
sole("conv_2d", [1, 8, 7, 9], 16, [3, 3], pads=P)
sole("conv_2d_one_channel", [1, 1, 12, 13], 9, [5, 5], pads=[2] * 4)
sole("conv_2d_point", [1, 13, 6, 7], 11, [1, 1])
sole("conv_2d_point_stride", [1, 8, 9, 9], 8, [1, 1], strides=[2, 2])
sole("conv_2d_asymmetric", [1, 6, 9, 8], 10, [3, 2], pads=[0, 1, 2, 0], strides=[2, 1])
sole("conv_2d_dilated", [1, 4, 14, 13], 8, [3, 3], dilations=[3, 2], pads=[3, 2, 3, 2])
sole("conv_2d_groups", [1, 12, 7, 8], 8, [3, 3], group=4, pads=P)
sole("conv_2d_depthwise", [1, 11, 9, 10], 11, [3, 3], group=11, pads=P)
sole("conv_2d_depthwise_stride", [1, 16, 11, 10], 16, [5, 5], group=16, pads=[2] * 4, strides=[2, 2])
sole("conv_2d_depthwise_multiplier", [1, 5, 8, 8], 10, [3, 3], group=5, pads=P)
sole("conv_2d_wide", [1, 16, 9, 8], 24, [3, 3], pads=P)
sole("conv_2d_signed", [1, 7, 9, 10], 12, [3, 3], signed=True, pads=P)
sole("conv_2d_signed_depthwise", [1, 9, 8, 9], 9, [3, 3], signed=True, group=9, pads=P)
sole("conv_2d_one_scale", [1, 6, 8, 8], 9, [3, 3], per_channel=False, pads=P)
sole("conv_2d_unsigned_weights", [1, 6, 8, 8], 9, [3, 3], unsigned=True, pads=P)
sole("conv_2d_no_bias", [1, 6, 8, 8], 9, [3, 3], bias=None)
sole("conv_2d_float_bias", [1, 6, 8, 8], 9, [3, 3], bias="float")
sole("conv_2d_bias_of_another_scale", [1, 6, 8, 8], 9, [3, 3], bias="other")
sole("conv_2d_batch", [2, 6, 8, 7], 10, [3, 3], pads=P)
for act in ("Relu", "Clip", "LeakyRelu", "Elu", "Sigmoid"):
    # What the kernel ends with is in one rounding with the sum; QOperator has two.
    CASES[f"conv_2d_{act.lower()}"] = (lambda n, act=act: n.out(n.conv(n.start(), 10, [3, 3], act=act, pads=P)), act != "LeakyRelu" and act != "Sigmoid", [1, 6, 8, 9], False, False)
sole("conv_2d_signed_relu", [1, 6, 8, 9], 10, [3, 3], signed=True, act="Relu", pads=P)
sole("transposed_2d", [1, 7, 6, 5], 6, [2, 2], transpose=True, strides=[2, 2], per_channel=False)
sole("transposed_2d_columns", [1, 7, 6, 5], 6, [3, 3], transpose=True, strides=[2, 2], pads=P, output_padding=[1, 1])
sole("transposed_2d_groups", [1, 8, 5, 6], 6, [3, 4], transpose=True, strides=[2, 1], pads=[1, 0, 0, 1], group=2, per_channel=False)
sole("transposed_2d_dilated", [1, 4, 5, 6], 5, [3, 3], transpose=True, strides=[1, 2], dilations=[2, 1], act="Relu")
sole("transposed_1d", [1, 5, 9], 6, [4], transpose=True, strides=[2], pads=[1, 1])
sole("transposed_3d", [1, 4, 3, 4, 3], 3, [2, 2, 2], transpose=True, strides=[2, 2, 2])
for signed in (False, True):
    s = "_signed" if signed else ""
    layer("add" + s, [1, 6, 7, 8], lambda n, x: n.pair("Add", x, n.unary(x, "Sigmoid")), signed)
    layer("mul" + s, [1, 6, 7, 8], lambda n, x: n.pair("Mul", x, n.unary(x, "Sigmoid")), signed)
    layer("concat" + s, [1, 6, 7, 8], lambda n, x: n.concat([x, n.unary(x, "Sigmoid"), x]), signed)
    layer("max_pool" + s, [1, 6, 9, 8], lambda n, x: n.move("MaxPool", x, kernel_shape=[3, 3], pads=P, strides=[2, 2]), signed)
    layer("average_pool" + s, [1, 6, 9, 8], lambda n, x: n.average(x, kernel_shape=[3, 3], pads=P, strides=[2, 2]), signed)
    layer("global_average_pool" + s, [1, 6, 9, 8], lambda n, x: n.average(x), signed)
    layer("sigmoid" + s, [1, 6, 9, 8], lambda n, x: n.unary(x, "Sigmoid"), signed)
    layer("leaky_relu" + s, [1, 6, 9, 8], lambda n, x: n.unary(x, "LeakyRelu"), signed)
    layer("gemm" + s, [3, 37], lambda n, x: n.gemm(x, 11), signed)
layer("add_relu", [1, 6, 7, 8], lambda n, x: n.pair("Add", x, n.unary(x, "Sigmoid"), act="Relu"))
layer("add_twice_the_same", [1, 6, 7, 8], lambda n, x: n.pair("Add", x, x))
layer("concat_of_rows", [1, 4, 5, 6], lambda n, x: n.concat([x, n.unary(x, "LeakyRelu")], axis=2))
layer("max_pool_ceil", [1, 5, 10, 9], lambda n, x: n.move("MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1))
layer("max_pool_3d", [1, 5, 6, 5, 7], lambda n, x: n.move("MaxPool", x, kernel_shape=[2, 2, 2], strides=[2, 2, 2]))
layer("max_pool_1d_dilated", [1, 5, 21], lambda n, x: n.move("MaxPool", x, kernel_shape=[3], strides=[2], dilations=[2]))
layer("average_pool_counts_padding", [1, 5, 9, 8], lambda n, x: n.average(x, kernel_shape=[3, 3], pads=[1, 0, 1, 2], strides=[2, 2], count_include_pad=1))
layer("average_pool_3d", [1, 5, 6, 6, 4], lambda n, x: n.average(x, kernel_shape=[2, 3, 2], strides=[2, 1, 2]))
layer("gemm_columns", [3, 37], lambda n, x: n.gemm(x, 11, across=False, per_channel=False))
layer("gemm_no_bias", [2, 64], lambda n, x: n.gemm(x, 5, bias=None))
layer("mat_mul", [2, 3, 19], lambda n, x: n.gemm(x, 8, across=False, bias=None, op="MatMul"))
layer("mat_mul_one_scale", [5, 19], lambda n, x: n.gemm(x, 8, across=False, bias=None, op="MatMul", per_channel=False))


@case(True, [1, 6, 9, 8])
def average_pool_ceil(n):
    n.need("float", "qdq")
    n.out(n.average(n.start(), kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1))


@case(True, [1, 5, 6, 7])
def resize_linear(n):
    n.need("float", "qdq")
    x = n.start()
    n.out(n.q(n.move("Resize", x, None, np.array([1, 1, 2, 2], np.float32), again=False, mode="linear")))


@case(True, [1, 5, 6, 7])
def resize_linear_corners(n):
    n.need("float", "qdq")
    x = n.start()
    n.out(n.q(n.move("Resize", x, None, None, np.array([1, 5, 11, 9]), again=False, mode="linear", coordinate_transformation_mode="align_corners")))


@case(True, [1, 6, 8, 9])
def conv_to_floats(n):
    """No QuantizeLinear after: the layer's end is float32."""
    n.out(n.conv(n.start(), 7, [3, 3], raw=True, act="Relu", pads=P))


@case(True, [1, 6, 8, 9])
def conv_leaves_the_graph_before_it_is_quantized(n):
    y = n.conv(n.start(), 7, [3, 3], raw=True, pads=P)
    n.out(y).out(n.q(y))


@case(True, [1, 6, 8, 9])
def conv_norm(n):
    n.need("float", "qdq")
    n.out(n.q(n.relu(n.batch_norm(n.conv(n.start(), 7, [3, 3], raw=True, pads=P)))))


@case(True, [1, 6, 8, 9])
def conv_read_by_the_norm_and_another(n):
    n.need("float", "qdq")
    y = n.conv(n.start(), 6, [3, 3], raw=True, pads=P)
    n.out(n.q(n.pair("Add", n.relu(n.batch_norm(y)), y, raw=True)))


@case(False, [1, 6, 8, 9])
def norm_conv(n):
    n.need("float", "qdq")
    n.out(n.conv(n.q(n.relu(n.batch_norm(n.start()))), 7, [3, 3], pads=P))


@case(False, [1, 6, 8, 9])
def norm_twice(n):
    n.need("float", "qdq")
    n.out(n.q(n.batch_norm(n.batch_norm(n.conv(n.start(), 7, [3, 3], raw=True, pads=P)))))


def residual(n, turned=False, late=False, leaves=False, act="Relu"):
    x = n.start()
    a = n.conv(x, 8, [3, 3], act="Relu", pads=P)
    if late:
        a = n.conv(a, 8, [3, 3], pads=P)
        b = n.conv(x, 8, [1, 1])
    else:
        b = n.conv(x, 8, [1, 1])
        a = n.conv(a, 8, [3, 3], pads=P)
    y = n.pair("Add", b, a, act) if turned else n.pair("Add", a, b, act)
    if leaves:
        n.out(y)
    n.out(n.conv(y, 5, [3, 3]))


@case(False, [1, 6, 9, 8])
def residual_plain(n):
    residual(n)


@case(False, [1, 6, 9, 8])
def residual_other_order(n):
    residual(n, turned=True)


@case(False, [1, 6, 9, 8])
def residual_shortcut_last(n):
    residual(n, late=True)


@case(False, [1, 6, 9, 8])
def residual_shortcut_last_other_order(n):
    residual(n, turned=True, late=True)


@case(False, [1, 6, 9, 8])
def residual_leaves_the_graph(n):
    residual(n, leaves=True)


@case(False, [2, 6, 9, 8])
def residual_in_batches(n):
    residual(n, act=None)


@case(False, [1, 6, 9, 8], signed=True)
def residual_signed(n):
    residual(n)


@case(False, [1, 6, 9, 8], constants_as_nodes=True)
def residual_constants_as_nodes(n):
    residual(n)


@case(False, [1, 6, 9, 8])
def residual_of_floats(n):
    """Sums before any quantization, and of one tensor with itself."""
    n.need("float", "qdq")
    x = n.start()
    a = n.conv(x, 8, [3, 3], raw=True, pads=P)
    b = n.conv(x, 8, [1, 1], raw=True)
    y = n.relu(n.pair("Add", a, b, raw=True))
    n.out(n.q(n.pair("Add", y, y, raw=True)))


@case(False, [1, 6, 9, 8])
def residual_of_a_branch_used_twice(n):
    x = n.start()
    a = n.conv(x, 6, [3, 3], pads=P)
    b = n.pair("Add", a, x)
    n.out(n.pair("Add", b, a)).out(n.pair("Mul", b, x))


@case(False, [1, 6, 9, 8])
def residual_read_by_a_conv_and_a_pool(n):
    """A DequantizeLinear that three nodes read."""
    a = n.conv(n.start(), 8, [3, 3], act="Relu", pads=P)
    n.out(n.conv(a, 4, [1, 1])).out(n.move("MaxPool", a, kernel_shape=[2, 2])).out(n.average(a))


@case(False, [1, 6, 9, 8])
def dense_block(n):
    x = n.start()
    a = n.conv(x, 4, [3, 3], act="Relu", pads=P)
    c = n.concat([x, a])
    b = n.conv(c, 4, [3, 3], act="Relu", pads=P)
    n.out(n.conv(n.concat([c, b, a]), 6, [1, 1]))


@case(False, [1, 4, 8, 12])
def u_net(n):
    x = n.start()
    a = n.conv(x, 6, [3, 3], act="Relu", pads=P)
    d = n.conv(n.move("MaxPool", a, kernel_shape=[2, 2], strides=[2, 2]), 10, [3, 3], act="Relu", pads=P)
    if n.form == "qop":
        u = n.move("Resize", d, None, np.array([1, 1, 2, 2], np.float32), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    else:
        u = n.conv(d, 6, [2, 2], transpose=True, strides=[2, 2], per_channel=False)
    n.out(n.conv(n.concat([u, a]), 3, [1, 1]))


@case(False, [1, 4, 7, 6])
def squeeze_and_excite(n):
    """Gates of one place are multiplied by broadcasting."""
    n.need("float", "qdq")
    a = n.conv(n.start(), 8, [3, 3], act="Relu", pads=P)
    g = n.conv(n.conv(n.average(a), 3, [1, 1], act="Relu"), 8, [1, 1], act="Sigmoid")
    n.out(n.pair("Mul", a, g))


@case(False, [1, 4, 8, 8])
def classifier(n):
    a = n.conv(n.start(), 10, [3, 3], act="Relu", strides=[2, 2], pads=P)
    n.out(n.gemm(n.move("Flatten", n.average(a), axis=1), 7), floats=n.form == "qdq")


@case(False, [1, 4, 6, 5])
def classifier_of_all_places(n):
    """Flatten of what lies with channels last."""
    a = n.conv(n.start(), 10, [3, 3], act="Relu")
    n.out(n.gemm(n.move("Flatten", a, axis=1), 7))


@case(False, [1, 6, 8, 6])
def moves(n):
    """Bytes that are moved between layers: cut, turned, put together in another way."""
    a = n.conv(n.start(), 8, [3, 3], pads=P)
    a = n.move("Slice", a, np.array([1, -6]), np.array([7, 100]), np.array([2, 3]), np.array([1, 1]))
    a = n.move("Transpose", a, perm=[0, 1, 3, 2])
    a = n.move("Reshape", a, np.array([0, 12, 4, -1]))
    a = n.conv(a, 6, [3, 3], pads=P)
    b, c = n.move("Split", a, np.array([2, 4]), axis=1, outputs=2)
    n.out(n.concat([c, b])).out(n.move("Transpose", c, perm=[0, 2, 3, 1]))


@case(False, [1, 6, 8, 6])
def pads_between(n):
    n.need("float", "qdq")
    a = n.conv(n.start(), 5, [3, 3], act="Relu", pads=P)
    a = n.move("Pad", a, np.array([0, 0, 1, 2, 0, 0, 0, 1]), np.float32(0))
    a = n.conv(a, 5, [3, 3])
    a = n.move("Pad", a, np.array([0, 0, 2, 1, 0, 0, 1, 2]), mode="reflect")
    n.out(n.conv(a, 4, [3, 3]))


@case(False, [1, 6, 12])
def one_axis(n):
    """A list of places that becomes an image and a list again."""
    a = n.conv(n.start(), 8, [3], act="Relu", pads=[1, 1])
    a = n.move("Unsqueeze", a, np.array([2]))
    a = n.conv(a, 8, [1, 3], pads=[0, 1, 0, 1])
    n.out(n.conv(n.move("Squeeze", a, np.array([2])), 4, [3], strides=[2]))


@case(False, [1, 4, 6, 6])
def two_readings_of_one_memory(n):
    """The same values as 4 × 36 and as 9 × 16, both with channels last for their layers."""
    x = n.start()
    a = n.conv(x, 5, [3, 3])
    b = n.conv(n.move("Reshape", x, np.array([1, 9, 4, 4])), 5, [3, 3])
    c = n.conv(n.move("Reshape", x, np.array([2, 2, 6, 6])), 5, [3, 3])
    n.out(a).out(b).out(c)


@case(False, [1, 6, 6, 4])
def tokens(n):
    """A tensor of three axes from one of four, and products of it."""
    a = n.conv(n.start(), 8, [2, 2], strides=[2, 2])
    a = n.move("Reshape", a, np.array([1, 8, 6]))
    a = n.move("Transpose", a, perm=[0, 2, 1])
    n.out(n.gemm(a, 5, across=False, bias=None, op="MatMul"))


@case(False, [1, 6, 7, 8])
def weights_of_two_layers(n):
    x = n.start()
    a = n.conv(x, 6, [3, 3], pads=P)
    b = n.conv(a, 6, [3, 3], pads=P, w=n.last_weights)
    n.out(n.conv(b, 6, [3, 3], bias=None, w=n.last_weights))


@case(False, [2, 3, 10, 10])
def mobile_block(n):
    a = n.conv(n.start(), 8, [3, 3], act="Relu", strides=[2, 2], pads=P)
    b = n.conv(a, 24, [1, 1], act="Relu")
    b = n.conv(b, 24, [3, 3], act="Relu", group=24, pads=P)
    b = n.conv(b, 8, [1, 1])
    n.out(n.pair("Add", a, b))


@case(False, [1, 1, 9, 6, 5])
def volume(n):
    """A chain that keeps the planes."""
    x = n.start()
    for i, d in enumerate([1, 2, 4, 1]):
        x = n.conv(x, 5, [3, 3, 3], act="Relu", dilations=[d] * 3, pads=[d] * 6)
    n.out(n.conv(x, 3, [1, 1, 1]))


@case(True, [1, 5, 8, 7])
def requantized(n):
    """From one scale to another, and from uint8 to int8, without a layer between."""
    n.need("qdq")
    x = n.start()
    wide = T(x.name, x.value * 1.7)
    n.out(n.q(T(x.name, x.value), signed=True)).out(n.q(wide)).out(n.q(T(x.name, x.value), like=x))


@case(False, [1, 5, 8, 7])
def signs_mixed(n):
    """Operands of uint8 and int8."""
    n.need("qdq")
    x = n.start()
    a = n.q(n.conv(x, 5, [3, 3], raw=True, pads=P), signed=True)
    n.out(n.pair("Add", x, a)).out(n.concat([a, x])).out(n.conv(a, 4, [1, 1])).out(n.q(n.pair("Mul", a, x, raw=True), signed=True))


@case(True, [1, 5, 8, 7])
def sum_limited(n):
    n.need("float", "qdq")
    x = n.start()
    n.out(n.pair("Add", x, n.unary(x, "Sigmoid"), act="Clip")).out(n.pair("Add", x, x, act="LeakyRelu"))


@case(True, [1, 5, 8, 7])
def activation_leaves_the_graph(n):
    """What is between a layer and its QuantizeLinear is asked for too."""
    n.need("float", "qdq")
    y = n.conv(n.start(), 6, [3, 3], act="Relu", raw=True, pads=P)
    n.out(y).out(n.q(y)).out(n.unary(y, "Sigmoid"))


@case(True, [1, 5, 8, 7])
def clips_without_limits(n):
    n.need("float", "qdq")
    x = n.start()
    for low, high in ((None, 0.7), (-0.4, None), (None, None)):
        names = [n.put(np.float32(v)) if v is not None else "" for v in (low, high)]
        value = np.clip(x.value, -np.inf if low is None else low, np.inf if high is None else high)
        y = n.conv(x, 6, [1, 1], raw=True)
        limited = step({}, "Clip", [y.value] + [None if v is None else np.float32(v) for v in (low, high)])[0]
        n.out(n.q(T(n.node("Clip", [x.name, *names]), value))).out(n.q(T(n.node("Clip", [y.name, *names]), limited)))


@case(True, [1, 5, 6, 7])
def greatest_of_all(n):
    n.need("float", "qdq")
    n.out(n.move("GlobalMaxPool", n.start()))


@case(False, [1, 5, 8, 7])
def bytes_of_two_scales(n):
    """The same bytes read with two scales, and as bytes."""
    n.need("qdq")
    a = n.conv(n.start(), 6, [3, 3])
    half = n.put(np.float32(a.bytes[3] / 3), "s")
    b = T(n.node("DequantizeLinear", [a.bytes[0], half, a.bytes[2]]), a.value / 3)
    n.out(a).out(n.relu(a, "Elu")).out(n.relu(b, "Elu"))


@case(True, [1, 5, 8, 7])
def limits_beyond_the_bytes(n):
    """Clip whose limits lie above all that the bytes can mean, or below."""
    n.need("qdq")
    x = n.start()
    for low, high in ((9.0, 11.0), (-11.0, -9.0), (-0.5, 0.5), (0.0, 40.0)):
        value = np.clip(x.value, low, high)
        y = T(n.node("Clip", [x.name, n.put(np.float32(low)), n.put(np.float32(high))]), value)
        n.out(y)


@case(False, [1, 5, 8, 7])
def aliases(n):
    """The input, a constant and one tensor under two names leave the graph."""
    n.need("float")
    a = n.conv(n.x, 6, [3, 3])
    n.out(n.x).out(a).out(T(n.node("Identity", [a.name]), a.value))
    c = np.arange(4, dtype=np.float32)
    n.out(T(n.put(c), real(c)))


@case(False, [1, 1, 6, 5])
def one_channel(n):
    """A tensor of one channel, or of one place, is the same in both orders: with other sizes it is not."""
    x = n.start()
    a = n.move("Reshape", x, np.array([1, 6, 5, 1]))
    b = n.conv(a, 4, [3, 1])
    c = n.conv(n.move("Reshape", x, np.array([1, 30, 1, 1])), 8, [1, 1])
    d = n.conv(n.move("Reshape", c, np.array([1, 2, 2, 2])), 3, [1, 1])
    n.out(b).out(c).out(d).out(n.move("Transpose", d, perm=[0, 3, 1, 2]))


def after_layers(n, orders):
    """Operators on what lies with channels last: each axis is another one in memory."""
    rank = n.x.value.ndim
    a = n.conv(n.x, 4, [1] * (rank - 2), raw=True) if n.form == "float" else n.conv(n.start(), 4, [1] * (rank - 2))

    def one(op, *constants, **attributes):
        n.out(n.move(op, a, *constants, **attributes))

    for order in orders:
        one("Transpose", perm=list(order))
    dims = a.value.shape
    for axis in range(rank):
        one("Slice", np.array([-1]), np.array([-100]), np.array([axis]), np.array([-1]))
        one("Gather", np.array([dims[axis] - 1, 0]), axis=axis)
        one("Gather", np.array(0), axis=axis)
        one("Unsqueeze", np.array([axis]))
        one("Tile", np.array([2 if i == axis else 1 for i in range(rank)]))
        one("Flatten", axis=axis)
        one("Concat", axis=axis)
        if n.form == "float":
            one("Pad", np.array([int(i == axis) for i in range(2 * rank)]), np.float32(0.3))
            one("Softmax", axis=axis)
            one("ReduceMean", axes=[axis], keepdims=0)
            one("ReduceMax", axes=[0, axis], keepdims=1) if axis else None
            one("PRelu", (n.rng.standard_normal([dims[i] if i == axis else 1 for i in range(rank)])).astype(np.float32))
    one("Expand", np.array([3, *dims]))
    one("Reshape", np.array([dims[1], dims[0], -1]))
    if n.form == "float":
        numbers = [n.rng.standard_normal(dims[1]).astype(np.float32) for _ in range(2)]
        one("InstanceNormalization", *numbers)
        n.outputs_of_places(a)
    if rank == 4:
        one("DepthToSpace", blocksize=2)
        one("SpaceToDepth", blocksize=1)
    sizes = np.array([*dims[:2], *[2 * d + 1 for d in dims[2:]]])
    one("Resize", None, None, sizes, mode="nearest")
    if n.form == "float":
        one("Resize", None, None, sizes, mode="linear")


@case(False, [2, 3, 5])
def after_layers_1d(n):
    n.need("float", "qdq")
    after_layers(n, itertools.permutations(range(3)))


@case(False, [2, 3, 3, 2])
def after_layers_2d(n):
    n.need("float", "qdq")
    after_layers(n, itertools.permutations(range(4)))


@case(False, [2, 3, 2, 3, 1])
def after_layers_3d(n):
    n.need("float", "qdq")
    after_layers(n, [(0, 2, 3, 4, 1), (0, 4, 1, 2, 3), (4, 3, 2, 1, 0), (1, 0, 2, 3, 4), (0, 1, 3, 2, 4), (2, 3, 4, 0, 1)])


@case(False, [1, 3, 4, 1])
def after_layers_one_column(n):
    n.need("float", "qdq")
    after_layers(n, [(0, 2, 3, 1), (0, 3, 1, 2), (3, 2, 1, 0), (0, 1, 3, 2)])


@case(False, [3, 8])
def rows(n):
    """Two axes: rows are not channels."""
    n.need("float")
    a = n.batch_norm(n.x)
    b = T(n.node("Transpose", [a.name], perm=[1, 0]), a.value.T)
    c = n.relu(b)
    n.out(n.pair("Add", n.relu(a), T(n.node("Transpose", [c.name], perm=[1, 0]), c.value.T)))
    n.out(T(n.node("Reshape", [c.name, n.put(np.array([4, 6]))]), c.value.reshape(4, 6)))


@case(False, [1, 6, 4, 5])
def broadcasts(n):
    """Operands of fewer axes beside channels that lie last."""
    n.need("float")
    a = n.conv(n.x, 8, [1, 1])
    for shape in ([], [5], [4, 5], [8, 1, 1], [8, 4, 5], [1, 8, 1, 5], [2, 8, 4, 5], [1, 1, 1, 1, 5]):
        c = n.rng.standard_normal(shape).astype(np.float32)
        n.out(T(n.node("Add", [a.name, n.put(c)]), a.value + c))


def made(name, form):
    of, one, shape, signed, nodes = CASES[name]
    n = Net(form, sum(map(ord, name)), shape, signed)
    of(n)
    model = n.done(nodes)
    onnx.checker.check_model(model)
    return model, n.input, one


def check(model, x, expected):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    worst = 0
    for found, e in zip(session.run(None, {"x": x}), expected):
        scale = 1 if e.dtype.type in BYTES else max(1e-9, float(np.sqrt(np.mean(real(e) ** 2))))
        worst = max(worst, float(np.abs(real(found) - real(e)).max()) / scale)
    return worst


def one_layer(node, inputs, outputs, constants, opsets):
    """A layer of bytes as a network: its operands are parts of one list of floats. None where it has floats."""
    live = [i for i, name in enumerate(node.input) if name and name not in constants]
    if not live or any(v.dtype.type not in BYTES for v in [inputs[i] for i in live] + outputs):
        return None
    nodes, own, at = [], [constants[name] for name in set(node.input) if name in constants], 0
    names = list(node.input)
    for i in live:
        v = inputs[i]
        t = [numpy_helper.from_array(np.asarray(c), f"{n}{i}") for c, n in (
            (np.array([at]), "_from"), (np.array([at + v.size]), "_to"), (np.array([0]), "_axis"), (np.array(v.shape), "_shape"),
            (np.array(1, np.float32), "_scale"), (np.array(0, v.dtype), "_zero"))]
        own += t
        at += v.size
        nodes += [
            helper.make_node("Slice", ["_x", t[0].name, t[1].name, t[2].name], [f"_part{i}"]),
            helper.make_node("Reshape", [f"_part{i}", t[3].name], [f"_whole{i}"]),
            helper.make_node("QuantizeLinear", [f"_whole{i}", t[4].name, t[5].name], [f"_bytes{i}"]),
        ]
        names[i] = f"_bytes{i}"
    last = onnx.NodeProto()
    last.CopyFrom(node)
    del last.input[:]
    last.input.extend(names)
    kinds = {np.uint8: TensorProto.UINT8, np.int8: TensorProto.INT8}
    infos = [helper.make_tensor_value_info(n, kinds[v.dtype.type], list(v.shape)) for n, v in zip(node.output, outputs)]
    graph = helper.make_graph(nodes + [last], "g", [helper.make_tensor_value_info("_x", TensorProto.FLOAT, [at])], infos, own)
    return helper.make_model(graph, opset_imports=opsets), np.concatenate([real(inputs[i]).ravel() for i in live])


def write(to, stem, group, model, x, outputs, steps):
    with open(os.path.join(to, stem + ".onnx"), "wb") as f:
        f.write(model.SerializeToString())
    x.astype("<f4").tofile(os.path.join(to, stem + ".in"))
    np.concatenate([real(o).ravel() for o in outputs]).astype("<f4").tofile(os.path.join(to, stem + ".out"))
    one = {"group": group, "shape": list(x.shape), "outputs": [list(o.shape) for o in outputs], "steps": steps}
    with open(os.path.join(to, stem + ".json"), "w") as f:
        json.dump(one, f)


def whole(folder, to, standard, layers):
    """The results of quantized networks NAME.qdq.onnx and NAME.qop.onnx for NAME.input.bin (float32), with the step of each output, and those of
    float32 networks NAME.f32.onnx by onnxruntime. `layers`: of each layer of bytes of the QOperator networks, as a network of its own."""
    os.makedirs(to, exist_ok=True)
    for file in sorted(os.listdir(folder)):
        stem = file[:-5]
        if not file.endswith((".qdq.onnx", ".qop.onnx", ".f32.onnx")) or os.path.exists(os.path.join(to, stem + ".out")):
            continue
        model = onnx.load(os.path.join(folder, file))
        shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
        x = np.fromfile(os.path.join(folder, stem.split(".")[0] + ".input.bin"), "<f4")
        x = x.reshape([n or 1 for n in shape])
        constants = {t.name: t for t in model.graph.initializer}
        if layers and not stem.endswith(".qop"):
            continue
        count = [0]

        def see(node, inputs, outputs):
            made = one_layer(node, inputs, outputs, constants, model.opset_import) if layers else None
            if made:
                count[0] += 1
                write(to, f"{stem}.{count[0]:03}", stem + " layers", *made, outputs, [1.0] * len(outputs))

        if file.endswith(".f32.onnx"):
            import onnxruntime as ort
            options = ort.SessionOptions()
            options.intra_op_num_threads = 1
            session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            outputs = session.run(None, {model.graph.input[0].name: x})
        else:
            outputs = interpret(model, x, standard, see)
        if layers:
            print(stem, count[0], "layers", flush=True)
            continue
        makers = {o: n for n in model.graph.node for o in n.output}
        steps = []
        for o in model.graph.output:
            maker = makers[o.name]
            quantized = maker.op_type == "DequantizeLinear"
            steps.append(float(numpy_helper.to_array(constants[maker.input[1]])) if quantized else 0.0)
        write(to, stem, stem, model, x, outputs, steps)
        print(stem, steps, flush=True)


def packed(o):
    if o.dtype.type in BYTES:
        return o.tobytes()
    fraction, exponent = np.frexp(real(o))
    return np.ldexp(np.rint(fraction * (1 << 20)) / (1 << 20), exponent).astype("<f4").tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/data/networks.zip"))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--whole")
    parser.add_argument("--to")
    parser.add_argument("--layers", action="store_true", help="each layer by itself")
    parser.add_argument("--standard", action="store_true", help="scales as onnx.reference multiplies them (see networks_exact.py)")
    arguments = parser.parse_args()
    if arguments.whole:
        return whole(arguments.whole, arguments.to, arguments.standard, arguments.layers)
    index, worst, files, inputs = [], {}, {"models": b"", "inputs": b"", "outputs": b""}, {}

    def put(file, data):
        at = [len(files[file]), len(data)]
        files[file] += data
        return at

    for name in CASES:
        for form in ("float", "qdq", "qop"):
            if form == "float" and any(v in name for v in ("signed", "scale", "float_bias")):
                continue
            try:
                model, x, one = made(name, form)
            except Skip:
                continue
            outputs = interpret(model, x)
            kinds = ["float32" if o.dtype.type not in BYTES else str(o.dtype) for o in outputs]
            own = f"{name}.{form}"
            if arguments.check:
                worst[form] = max(worst.get(form, (0, "")), (check(model, x, outputs), own))
            if name not in inputs:
                inputs[name] = put("inputs", x.astype("<f4").tobytes())
            index.append(
                {
                    "name": own,
                    "form": form,
                    "one": one or form == "float",
                    "shape": list(x.shape),
                    "model": put("models", model.SerializeToString()),
                    "input": inputs[name],
                    "output": put("outputs", b"".join(packed(o) for o in outputs)),
                    "outputs": [list(o.shape) for o in outputs],
                    "kinds": kinds,
                }
            )
    files["index.json"] = json.dumps(index).encode()
    with zipfile.ZipFile(arguments.out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for file, data in files.items():
            z.writestr(zipfile.ZipInfo(file, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    print(len(index), "networks,", os.path.getsize(arguments.out), "bytes; onnxruntime is off by at most", worst or "(not asked)")


main()
