"""Networks drawn at random, three to twelve nodes each, as onnxruntime computes them: tests/data/onnx_graphs.zip.

Needs: pip install onnx onnxruntime numpy. usage: python scripts/oracles/onnx_graphs.py [--seed N] [--count N] [--out FILE]

One axis to three; results are read twice, joined, broadcast and turned, so that what a runtime does in one step, or in place, or in another
layout, meets every neighbour. The archive is as that of onnx_variants.py.
"""
import argparse, json, os, zipfile
import numpy as np
import onnxruntime as ort
from onnx import TensorProto as T, helper, numpy_helper

ort.set_default_logger_severity(4)
MOST = 3000  # values of a tensor that may still grow
ACTIVATIONS = "Relu Relu Relu LeakyRelu Sigmoid Tanh Elu HardSwish HardSigmoid Softplus Neg Abs Erf Sin Identity Dropout".split()


def run(nodes, shape, constants, outputs, opset, x):
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", T.FLOAT, shape)],
        [helper.make_tensor_value_info(o, T.FLOAT, None) for o in outputs],
        [c for c in constants if c.name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return model, [np.asarray(v) for v in session.run(None, {"x": x})]


class Drawn:
    """A network as it grows. `shapes`: of each tensor that a node may read."""

    def __init__(self, random):
        self.random = random
        self.axes = self.pick(1, 2, 2, 2, 3)
        self.opset = self.pick(13, 17, 18)
        self.shape = [self.whole(1, 2), self.whole(1, 5)] + [self.whole(4, 7) for _ in range(self.axes)]
        self.nodes, self.constants, self.count = [], [], 0
        self.shapes = {"x": tuple(self.shape)}

    def pick(self, *of):
        return of[self.random.integers(len(of))]

    def whole(self, low, high):
        return int(self.random.integers(low, high + 1))

    def floats(self, *shape):
        return self.keep(np.asarray(self.random.normal(0, 1, shape), dtype=np.float32))

    def keep(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def numbers(self, *values):
        return self.keep(np.array(values, np.int64))

    def tensor(self, fits=lambda shape: True):
        """One of those that fit, the newest most often."""
        found = [name for name, shape in self.shapes.items() if fits(shape)]
        if not found:
            return None
        weights = np.arange(1, 2 * len(found), 2, dtype=float)
        return found[self.random.choice(len(found), p=weights / weights.sum())]

    def add(self, op, inputs, outputs=1, **attributes):
        names = [f"t{self.count + i}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names

    def image(self):
        """A node that needs channels and as many axes as the input."""
        name = self.tensor(lambda shape: len(shape) == self.axes + 2)
        if name is None:
            return
        shape, axes = self.shapes[name], self.axes
        c, small = shape[1], np.prod(shape) < MOST
        op = self.pick("Conv", "Conv", "Conv", "ConvTranspose", "BatchNormalization", "InstanceNormalization", "PRelu", "Pool", "Global", "Resize")
        if op == "Conv":
            groups = self.pick(1, 1, c)
            out = groups * self.whole(1, 3)
            kernel, spread = [self.pick(1, 3) for _ in range(axes)], [self.pick(1, 1, 2) for _ in range(axes)]
            pads = [d * (k // 2) for k, d in zip(kernel, spread)]
            inputs = [name, self.floats(out, c // groups, *kernel)] + ([self.floats(out)] if self.pick(0, 1) else [])
            steps = [self.pick(1, 1, 2) for _ in range(axes)]
            self.add(op, inputs, group=groups, dilations=spread, pads=pads + pads, strides=steps)
        elif op == "ConvTranspose" and small:
            out = self.whole(1, 3)
            inputs = [name, self.floats(c, out, *[self.pick(2, 3) for _ in range(axes)])] + ([self.floats(out)] if self.pick(0, 1) else [])
            self.add(op, inputs, strides=[self.pick(1, 2) for _ in range(axes)])
        elif op == "BatchNormalization":
            spread = self.keep(np.abs(self.random.normal(0, 1, c)).astype(np.float32) + np.float32(0.3))
            self.add(op, [name, self.floats(c), self.floats(c), self.floats(c), spread], epsilon=1e-3)
        elif op == "InstanceNormalization":
            self.add(op, [name, self.floats(c), self.floats(c)], epsilon=1e-2)
        elif op == "PRelu":
            self.add(op, [name, self.floats(c, *[1] * axes)])
        elif op == "Pool":
            kernel = [min(self.whole(1, 3), n) for n in shape[2:]]
            steps, ceil = [self.whole(1, 2) for _ in range(axes)], self.pick(0, 0, 1)
            self.add(self.pick("MaxPool", "AveragePool"), [name], kernel_shape=kernel, strides=steps, pads=[k // 2 for k in kernel] * 2, ceil_mode=ceil)
        elif op == "Global":
            self.add(self.pick("GlobalAveragePool", "GlobalMaxPool"), [name])
        elif op == "Resize" and small:
            factors = self.keep(np.array([1, 1] + [self.pick(0.5, 1, 2, 2) for _ in range(axes)], np.float32))
            place = self.pick("half_pixel", "asymmetric")
            mode = self.pick("nearest", "linear")
            self.add(op, [name, "", factors], mode=mode, coordinate_transformation_mode=place, nearest_mode="floor")

    def two(self):
        name = self.tensor()
        shape = self.shapes[name]

        def fits(other):
            return len(other) <= len(shape) and all(a in (b, 1) for a, b in zip(other[::-1], shape[::-1]))

        other = self.tensor(fits)
        if self.pick(0, 1):
            like = [(), (1,), shape, shape[-1:], (2,) + (1,) * len(shape) if len(shape) < 5 else ()]
            like += [(shape[1],) + (1,) * (len(shape) - 2)] * 2 if len(shape) > 2 else []
            other = self.floats(*self.pick(*like))
        pair = [name, other] if self.pick(0, 1) else [other, name]
        self.add(self.pick("Add", "Add", "Add", "Mul", "Sub", "Sub", "Max", "Min"), pair)

    def joined(self):
        name = self.tensor(lambda shape: len(shape) > 0)
        shape = self.shapes[name]
        axis = self.whole(0, len(shape) - 1)
        other = self.tensor(lambda s: len(s) == len(shape) and all(a == b for i, (a, b) in enumerate(zip(s, shape)) if i != axis))
        all_of = self.pick([name, other], [name, other, name], [name, self.floats(*shape)])
        self.add("Concat", all_of, axis=axis - self.pick(0, 0, len(shape)))

    def taken(self):
        name = self.tensor(lambda shape: len(shape) > 1)
        if name is None:
            return
        shape = self.shapes[name]
        rank = len(shape)
        axis = self.whole(0, rank - 1)
        op = self.pick("Slice", "Pad", "Split", "Transpose", "Reshape", "Flatten", "Unsqueeze", "Squeeze", "Tile", "Expand", "DepthToSpace")
        if op == "Slice":
            limits = [self.numbers(self.pick(0, 0, 1, -2)), self.numbers(self.pick(1000, -1, shape[axis]))]
            self.add(op, [name, *limits, self.numbers(axis), self.numbers(self.pick(1, 1, 2))])
        elif op == "Pad" and np.prod(shape) < MOST:
            mode = self.pick("constant", "constant", "edge", "reflect")
            by = [min(self.whole(0, 1), shape[i % rank] - (mode == "reflect")) for i in range(2 * rank)]
            self.add(op, [name, self.numbers(*by)], mode=mode)
        elif op == "Split" and shape[axis] > 1:
            self.add(op, [name, self.numbers(1, shape[axis] - 1)], 2, axis=axis)
        elif op == "Transpose":
            self.add(op, [name], perm=[int(v) for v in self.random.permutation(rank)])
        elif op == "Reshape":
            forms = [[-1], [shape[0], -1], [0, -1, 1], [1, *shape], [*shape[:-2], shape[-2] * shape[-1]]]
            self.add(op, [name, self.numbers(*self.pick(*forms))])
        elif op == "Flatten":
            self.add(op, [name], axis=axis)
        elif op == "Unsqueeze" and rank < 5:
            self.add(op, [name, self.numbers(axis)])
        elif op == "Squeeze" and 1 in shape:
            self.add(op, [name, self.numbers(shape.index(1))])
        elif op == "Tile" and np.prod(shape) < MOST:
            self.add(op, [name, self.numbers(*[self.pick(1, 1, 2) for _ in shape])])
        elif op == "Expand" and rank < 5 and np.prod(shape) < MOST:
            self.add(op, [name, self.numbers(2, *[1] * rank)])
        elif op == "DepthToSpace" and rank == 4 and shape[1] % 4 == 0:
            self.add(op, [name], blocksize=2, mode=self.pick("DCR", "CRD"))

    def summed(self):
        name = self.tensor(lambda shape: len(shape) > 1)
        if name is None:
            return
        shape = self.shapes[name]
        rank = len(shape)
        op = self.pick("Softmax", "Reduce", "LayerNormalization", "MatMul", "Gemm", "Clip")
        if op == "Softmax":
            self.add(op, [name], axis=self.whole(-rank, rank - 1))
        elif op == "Reduce":
            op, kept = self.pick("ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2"), self.whole(0, 1)
            axes = [int(v) for v in self.random.permutation(rank)[: self.whole(1, rank)]]
            if op == "ReduceSum" or self.opset >= 18:
                self.add(op, [name, self.numbers(*axes)], keepdims=kept)
            else:
                self.add(op, [name], axes=axes, keepdims=kept)
        elif op == "LayerNormalization" and self.opset >= 17:
            self.add(op, [name, self.floats(shape[-1]), self.floats(shape[-1])], epsilon=1e-2)
        elif op == "MatMul":
            self.add(op, self.pick([name, self.floats(shape[-1], self.whole(1, 4))], [self.floats(3, shape[-2]), name]))
        elif op == "Gemm" and rank == 2:
            n = self.whole(1, 4)
            self.add(op, [name, self.floats(n, shape[1]), self.floats(n)], transB=1)
        elif op == "Clip":
            self.add(op, [name, self.keep(np.array(self.pick(0, -0.5), np.float32)), self.keep(np.array(self.pick(6, 0.7), np.float32))])

    def grown(self):
        before = len(self.nodes)
        how = self.pick(self.image, self.image, self.image, self.two, self.two, self.joined, self.taken, self.taken, self.summed, None, None)
        if how is None:
            self.add(self.pick(*ACTIVATIONS), [self.tensor()])
        else:
            how()
        if len(self.nodes) == before:
            return
        outputs = list(self.nodes[-1].output)
        try:
            zero = np.zeros(self.shape, np.float32)
            _, found = run(self.nodes, self.shape, self.constants, outputs, self.opset, zero)
        except Exception:
            found = []
        if not found or any(v.size == 0 or v.size > 20_000 for v in found):
            self.nodes.pop()
        else:
            self.shapes.update((name, v.shape) for name, v in zip(outputs, found))

    def whole_network(self):
        for _ in range(self.whole(3, 12)):
            self.grown()
        if not self.nodes:
            return None
        used = {name for node in self.nodes for name in node.input}
        leaves = [name for node in self.nodes for name in node.output if name not in used]
        within = self.pick(*[name for name in self.shapes if name != "x"])
        if within not in leaves and self.pick(0, 0, 1):
            leaves.append(within)
        x = np.asarray(self.random.normal(0, 1, self.shape), dtype=np.float32)
        model, found = run(self.nodes, self.shape, self.constants, leaves, self.opset, x)
        if not all(np.isfinite(v).all() and np.abs(v).max() < 1e6 for v in found):
            return None
        return model, x, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/data/onnx_graphs.zip"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    cases = []
    with zipfile.ZipFile(arguments.out, "w") as archive:

        def put(name, data):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)

        for number in range(arguments.count):
            drawn = Drawn(random)
            made = drawn.whole_network()
            if made is None:
                continue
            model, x, found = made
            name = f"graph_{number}"
            shapes = [list(v.shape) for v in found]
            cases.append({"name": name, "op": "Graph", "shape": drawn.shape, "outputs": shapes, "kinds": ["float32"] * len(found)})
            put(name + ".onnx", model)
            put(name + ".in", x.astype("<f4").tobytes())
            put(name + ".out", np.concatenate([v.astype("<f4").ravel() for v in found]).tobytes())
        put("index.json", json.dumps({"onnx": "onnxruntime " + ort.__version__, "left_out": {}, "cases": cases}))
    print(len(cases), "networks,", os.path.getsize(arguments.out), "bytes")


main()
