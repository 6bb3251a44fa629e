"""Small chains of convolutions of every form that the graphics processor runs: tests/data/gpu_networks.zip, held by tests/gpu_networks.rs
against our own kernels, which other oracles hold (networks.py, meshnet_reference.py).

Needs: pip install onnx numpy
usage: python scripts/oracles/gpu_networks.py [--out FILE]
"""
import argparse
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]


class Net:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.values, self.last, self.channels, self.count = [], [], "input", 1, 0

    def constant(self, value, kind=np.float32):
        name = f"k{len(self.values)}"
        self.values.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def node(self, op, *more, first=None, **attributes):
        self.count += 1
        out = f"t{self.count}"
        self.nodes.append(helper.make_node(op, [first or self.last, *more], [out], **attributes))
        return out

    def then(self, op, *more, **attributes):
        self.last = self.node(op, *more, **attributes)

    def weights(self, outputs, kernel):
        # Few digits, so that the archive is small.
        shape = (outputs, self.channels, *kernel)
        w = self.rng.normal(0, (2.0 / np.prod(shape[1:])) ** 0.5, shape)
        return np.round(w * 256) / 256

    def conv(self, outputs, kernel=(3, 3, 3), dilation=(1, 1, 1), bias=True, **other):
        pads = [k // 2 * d for k, d in zip(kernel, dilation)] * 2
        each = self.channels // other.get("group", 1)
        own = [self.constant(self.weights(outputs, kernel)[:, :each])]
        if bias:
            own.append(self.constant(np.round(self.rng.normal(0, 0.2, outputs) * 64) / 64))
        self.then("Conv", *own, kernel_shape=kernel, dilations=dilation, **{"pads": pads, **other})
        self.channels = outputs

    def per_channel(self, low, high):
        return self.constant(np.round(self.rng.uniform(low, high, self.channels) * 64) / 64)

    def batch(self):
        self.then("BatchNormalization", self.per_channel(0.5, 1.5), self.per_channel(-1, 1), self.per_channel(-1, 1), self.per_channel(0.5, 2))

    def instance(self):
        self.then("InstanceNormalization", self.per_channel(0.5, 1.5), self.per_channel(-1, 1), epsilon=1e-5)

    def gelu(self, by_division):
        x = self.last
        scaled = self.node("Div", self.constant(2**0.5)) if by_division else self.node("Mul", self.constant(0.5**0.5))
        plus = self.node("Add", self.constant(1.0), first=self.node("Erf", first=scaled))
        self.last = self.node("Mul", plus, first=x)
        self.then("Mul", self.constant(0.5))

    def quantize(self, scale, zero, kind):
        own = [self.constant(scale), self.constant(zero, kind)]
        self.then("QuantizeLinear", *own)
        self.then("DequantizeLinear", *own)
        self.scale = scale

    def whole(self, outputs, kernel=(3, 3, 3), dilation=(1, 1, 1), kind=np.int8, zero=0, per_channel=True, same=None):
        low, high = (-127, 128) if kind == np.int8 else (0, 256)
        bytes = self.rng.integers(low, high, (outputs, self.channels, *kernel))
        if same is not None:
            bytes[:] = same
        scales = np.float32(self.rng.uniform(0.002, 0.004, outputs if per_channel else 1) / self.channels**0.5)
        scales = scales if per_channel else scales[0]
        zeros = np.full_like(scales, zero, kind)
        w = self.node("DequantizeLinear", self.constant(scales), self.constant(zeros, kind), first=self.constant(bytes, kind), axis=0)
        units = np.broadcast_to(np.float32(self.scale) * scales, outputs).astype(np.float32)
        bias = np.round(self.rng.normal(0, 0.3, outputs) / units)
        b = self.node("DequantizeLinear", self.constant(units), self.constant(np.zeros(outputs), np.int32), first=self.constant(bias, np.int32), axis=0)
        pads = [k // 2 * d for k, d in zip(kernel, dilation)] * 2
        self.then("Conv", w, b, kernel_shape=kernel, dilations=dilation, pads=pads)
        self.channels = outputs

    def model(self):
        self.nodes[-1].output[0] = "logits"
        shape = lambda c: [1, c, "D", "H", "W"]
        # DequantizeLinear of constants come before the convolutions that read them already.
        graph = helper.make_graph(
            self.nodes, "chain",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape(1))],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape(self.channels))], self.values)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def normed():
    net = Net(1)
    for outputs, d in [(5, 2), (8, 4)]:
        net.conv(outputs, dilation=(d, d, d))
        net.instance()
        net.gelu(by_division=d == 2)
    net.conv(3, (1, 1, 1))
    return net


def uneven():
    net = Net(2)
    net.conv(7, (1, 3, 3), (1, 2, 3))
    net.then("Elu", alpha=0.7)
    net.conv(9, (3, 3, 3), (2, 1, 3))
    net.then("LeakyRelu", alpha=0.1)
    net.conv(18, (3, 1, 3), (3, 1, 2))
    net.then("Elu")
    net.conv(5, (1, 1, 1))
    return net


def batch():
    net = Net(3)
    net.conv(4, bias=False)
    net.batch()
    net.then("Relu")
    net.conv(17, dilation=(2, 2, 2))
    net.batch()
    net.then("Clip", net.constant(-0.5), net.constant(1.5))
    net.conv(6)
    return net


def wide():
    net = Net(4)
    net.conv(22)
    net.then("Relu")
    net.conv(35, (1, 1, 1))
    net.then("Relu")
    net.conv(130, (1, 1, 1))
    return net


def whole():
    net = Net(5)
    net.quantize(1 / 255, 0, np.uint8)
    net.whole(6, dilation=(2, 2, 2))
    net.then("Relu")
    net.quantize(0.02, 3, np.uint8)
    net.whole(5, zero=0)
    net.quantize(0.015, -7, np.int8)
    net.whole(9, (3, 3, 1), kind=np.uint8, zero=131, per_channel=False)
    net.then("Clip", net.constant(-0.25), net.constant(0.75))
    net.quantize(0.008, 20, np.int8)
    net.whole(4, (1, 1, 1))
    return net


def refused():
    """Chains that are none, by what they have."""

    def of(work, first=4):
        net = Net(6)
        net.conv(first)
        net.then("Relu")
        work(net)
        return net

    def residual(net):
        before = net.last
        net.conv(4)
        net.then("Add", before)
        net.conv(3, (1, 1, 1))

    def sums(net):
        net.nodes, net.channels, net.last = [], 1, "input"
        net.quantize(1 / 255, 0, np.uint8)
        net.whole(32, same=1)
        net.quantize(0.02, 0, np.uint8)
        net.whole(32, same=127)
        net.quantize(0.02, 0, np.uint8)
        net.whole(3, (1, 1, 1))

    def floats_then_bytes(net):
        net.quantize(0.02, 0, np.uint8)
        net.whole(3)

    yield "stride", of(lambda net: net.conv(3, strides=(2, 2, 2)))
    yield "pads", of(lambda net: net.conv(3, pads=[1, 1, 1, 1, 1, 0]))
    yield "groups", of(lambda net: net.conv(4, group=2))
    yield "kernel", of(lambda net: net.conv(3, (5, 3, 3)))
    yield "residual", of(residual)
    yield "sums", of(sums)
    yield "mixed", of(floats_then_bytes)
    yield "softmax", of(lambda net: (net.conv(3), net.then("Softmax", axis=1)))
    yield "one", of(lambda net: net.conv(1))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", type=Path, default=ROOT / "tests/data/gpu_networks.zip")
    out = p.parse_args().out
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        taken = [(make.__name__, make()) for make in (normed, uneven, batch, wide, whole)]
        for name, net in taken + [(f"refused_{name}", net) for name, net in refused()]:
            archive.writestr(zipfile.ZipInfo(f"{name}.onnx", (2024, 1, 1, 0, 0, 0)), net.model(), zipfile.ZIP_DEFLATED, 9)
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
