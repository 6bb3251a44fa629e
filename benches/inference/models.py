"""The networks of benches/inference.mjs, each with the tensor that it is run on.

usage: python benches/inference/models.py OUT [--meshnet DIR] [--only REGEX]        (pip install numpy onnx onnxruntime)

Writes NAME.f32.onnx, NAME.qdq.onnx and NAME.qop.onnx (QuantizeLinear and DequantizeLinear around float operators, and operators on integers:
onnxruntime's static quantization of the first, activations uint8, weights int8 with a scale a channel), NAME.input.bin (float32, little endian, in the
order of the shape) and table.json, which lists them.

2-D: the graphs of torchvision's ResNet-18, MobileNetV2 and DenseNet-121 as it exports them for inference (a BatchNormalization that
follows a convolution is folded into it; DenseNet's that follow a concatenation stay), and a U-Net of base 32 whose decoder goes up by
ConvTranspose 2x2. Weights are random, from a fixed seed, scaled so that activations keep their size: speed holds, results mean nothing.
3-D: --meshnet DIR, a folder with brainchop's MeshNet files and int8/ beside them, and block64.npz and t1_conformed.nii.gz (a head), whose
real values are the inputs; the spatial extent is fixed to 64 and 96. Without it they are left out. Their integer form is made here as well.
"""

import argparse
import gzip
import json
import logging
import re
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

logging.getLogger().setLevel(logging.ERROR)


class Graph:
    """A graph in the making: every method adds a node and gives the name of its output."""

    def __init__(self, seed, channels, side):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.weights, self.count = [], [], 0
        self.shape = [1, channels, side, side]
        self.channels = {"input": channels}

    def add(self, kind, inputs, channels, **attributes):
        self.count += 1
        name = f"{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=f"node_{name}", **attributes))
        self.channels[name] = channels
        return name

    def constant(self, values):
        self.count += 1
        name = f"weight_{self.count}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def normal(self, shape, deviation):
        return self.constant(self.rng.standard_normal(shape) * deviation)

    def conv(self, x, out, kernel=3, stride=1, groups=1, gain=2.0):
        """A convolution with its normalisation folded in; `gain` over the fan-in is the variance of a weight (2 before a ReLU: He)."""
        into = self.channels[x]
        fan = into // groups * kernel * kernel
        weight = self.normal((out, into // groups, kernel, kernel), np.sqrt(gain / fan))
        pad = kernel // 2
        return self.add(
            "Conv",
            [x, weight, self.normal((out,), 0.05)],
            out,
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            dilations=[1, 1],
            group=groups,
        )

    def up(self, x, out):
        into = self.channels[x]
        weight = self.normal((into, out, 2, 2), np.sqrt(1.0 / into))
        return self.add("ConvTranspose", [x, weight, self.normal((out,), 0.05)], out, kernel_shape=[2, 2], strides=[2, 2])

    def relu(self, x):
        return self.add("Relu", [x], self.channels[x])

    def relu6(self, x):
        if not hasattr(self, "bounds"):
            self.bounds = [self.constant(0.0), self.constant(6.0)]
        return self.add("Clip", [x, *self.bounds], self.channels[x])

    def sum(self, a, b):
        return self.add("Add", [a, b], self.channels[a])

    def concat(self, *parts):
        return self.add("Concat", list(parts), sum(self.channels[part] for part in parts), axis=1)

    def max_pool(self, x, kernel, stride, pad):
        return self.add("MaxPool", [x], self.channels[x], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def average_pool(self, x):
        return self.add("AveragePool", [x], self.channels[x], kernel_shape=[2, 2], strides=[2, 2])

    def normalise(self, x):
        """A BatchNormalization that stays: about what it has after training on standard inputs."""
        n = self.channels[x]
        uniform = lambda low, high: self.constant(self.rng.uniform(low, high, n))
        return self.add("BatchNormalization", [x, uniform(0.8, 1.2), uniform(-0.2, 0.2), uniform(-0.2, 0.2), uniform(0.8, 1.2)], n, epsilon=1e-5)

    def classify(self, x, classes=1000):
        n = self.channels[x]
        pooled = self.add("GlobalAveragePool", [x], n)
        flat = self.add("Flatten", [pooled], n, axis=1)
        weight = self.normal((classes, n), np.sqrt(1.0 / n))
        return self.add("Gemm", [flat, weight, self.normal((classes,), 0.05)], classes, transB=1)

    def model(self, output):
        self.nodes[-1].output[0] = "output"
        assert self.nodes[-1].name == f"node_{output}"
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "network",
            [value("input", TensorProto.FLOAT, self.shape)],
            [value("output", TensorProto.FLOAT, None)],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
        onnx.checker.check_model(model)
        return model


def resnet18():
    g = Graph(18, 3, 224)
    x = g.max_pool(g.relu(g.conv("input", 64, 7, 2)), 3, 2, 1)
    for out, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            # The branch is scaled down, so that eight sums in a row do not grow.
            branch = g.conv(g.relu(g.conv(x, out, 3, stride)), out, gain=0.5)
            short = x if stride == 1 and g.channels[x] == out else g.conv(x, out, 1, stride, gain=1.0)
            x = g.relu(g.sum(branch, short))
    return g.model(g.classify(x))


def mobilenet_v2():
    g = Graph(2, 3, 224)
    x = g.relu6(g.conv("input", 32, 3, 2))
    for expand, out, count, first in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for index in range(count):
            stride = first if index == 0 else 1
            y, wide = x, g.channels[x] * expand
            if expand > 1:
                y = g.relu6(g.conv(y, wide, 1))
            y = g.relu6(g.conv(y, wide, 3, stride, groups=wide))
            y = g.conv(y, out, 1, gain=1.0)
            x = g.sum(x, y) if stride == 1 and g.channels[x] == out else y
    return g.model(g.classify(g.relu6(g.conv(x, 1280, 1))))


def densenet121():
    g = Graph(121, 3, 224)
    x = g.max_pool(g.relu(g.conv("input", 64, 7, 2)), 3, 2, 1)
    for block, layers in enumerate((6, 12, 24, 16)):
        features = [x]
        for _ in range(layers):
            joined = g.concat(*features) if len(features) > 1 else g.concat(features[0])
            y = g.relu(g.conv(g.relu(g.normalise(joined)), 128, 1))
            features.append(g.conv(y, 32, gain=1.0))
        x = g.concat(*features)
        if block < 3:
            x = g.average_pool(g.conv(g.relu(g.normalise(x)), g.channels[x] // 2, 1, gain=1.0))
    return g.model(g.classify(g.relu(g.normalise(x))))


def unet(base=32, depth=4):
    g = Graph(256, 1, 256)
    twice = lambda x, out: g.relu(g.conv(g.relu(g.conv(x, out)), out))
    x, skips = "input", []
    for level in range(depth):
        skips.append(twice(x, base << level))
        x = g.max_pool(skips[-1], 2, 2, 0)
    x = twice(x, base << depth)
    for level in reversed(range(depth)):
        x = twice(g.concat(g.up(x, base << level), skips[level]), base << level)
    return g.model(g.conv(x, 2, 1, gain=1.0))


class Tensors(CalibrationDataReader):
    def __init__(self, name, tensors):
        self.rest = iter([{name: tensor} for tensor in tensors])

    def get_next(self):
        return next(self.rest, None)


def quantize(model, tensors, form, path):
    """Static quantization: uint8 activations, int8 weights with a scale a channel."""
    with tempfile.TemporaryDirectory() as folder:
        raw, ready = Path(folder, "raw.onnx"), Path(folder, "ready.onnx")
        onnx.save(model, raw)
        quant_pre_process(str(raw), str(ready), skip_symbolic_shape=True, skip_optimization=True)
        quantize_static(
            str(ready),
            str(path),
            Tensors(model.graph.input[0].name, tensors),
            quant_format=form,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


def sized(model, shape):
    """The model with its input of this shape, and every shape after it worked out anew."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, extent in zip(dims, shape, strict=True):
        dim.Clear()
        dim.dim_value = extent
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def head(folder):
    """The head beside the models, [i, j, k] as its axes go, uint8 (a NIfTI file, i fastest)."""
    data = gzip.decompress((folder / "t1_conformed.nii.gz").read_bytes())
    start = int(np.frombuffer(data, "<f4", 1, 108)[0])
    return np.frombuffer(data, np.uint8, 256**3, start).reshape((256, 256, 256), order="F")


def main():
    parser = argparse.ArgumentParser(description="Writes the networks of benches/inference.mjs.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--meshnet", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    listed = options.out / "table.json"
    table = json.loads(listed.read_text()) if options.only and listed.exists() else []

    def enter(name, kind, shape, values, path):
        values.astype("<f4").tofile(options.out / f"{name}.input.bin")
        entry = {"name": name, "kind": kind, "file": path.name, "input": "input", "shape": list(shape), "values": f"{name}.input.bin"}
        table[:] = [one for one in table if (one["name"], one["kind"]) != (name, kind)] + [entry]
        print(f"{path.name:40} {path.stat().st_size / 1e6:8.2f} MB")

    for name, build in (("resnet18", resnet18), ("mobilenetv2", mobilenet_v2), ("densenet121", densenet121), ("unet", unet)):
        if not re.search(options.only, name):
            continue
        model = build()
        shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
        rng = np.random.default_rng(5)
        tensors = [rng.standard_normal(shape).astype(np.float32) for _ in range(4)]
        path = options.out / f"{name}.f32.onnx"
        onnx.save(model, path)
        enter(name, "f32", shape, tensors[0], path)
        for kind, form in (("qdq", QuantFormat.QDQ), ("qop", QuantFormat.QOperator)):
            path = options.out / f"{name}.{kind}.onnx"
            quantize(model, tensors, form, path)
            enter(name, kind, shape, tensors[0], path)

    for file in ("model11_gw_ae", "model30chan18cls") if options.meshnet else ():
        whole = head(options.meshnet)
        for side in (64, 96):
            name = f"meshnet-{file.split('_')[0]}-{side}"
            if not re.search(options.only, name):
                continue
            shape = [1, 1, side, side, side]
            # The corner of block64.npz: brain from face to face.
            i, j, k = (96, 84, 98) if side == 64 else (80, 68, 82)
            values = (whole[i : i + side, j : j + side, k : k + side] / np.float32(255)).reshape(shape).astype(np.float32)
            model = sized(onnx.load(options.meshnet / f"{file}.onnx"), shape)
            path = options.out / f"{name}.f32.onnx"
            onnx.save(model, path)
            enter(name, "f32", shape, values, path)
            path = options.out / f"{name}.qdq.onnx"
            onnx.save(sized(onnx.load(options.meshnet / "int8" / f"{file}.onnx"), shape), path)
            enter(name, "qdq", shape, values, path)
            if side == 64:
                path = options.out / f"{name}.qop.onnx"
                quantize(model, [values], QuantFormat.QOperator, path)
                enter(name, "qop", shape, values, path)

    listed.write_text(json.dumps(table, indent=1))


main()
