"""The node tests of ONNX that a network of one float input can hold: tests/data/onnx_nodes.zip.

Needs: pip install onnx numpy. usage: python scripts/oracles/onnx_nodes.py [--out FILE]

Each case of onnx.backend.test becomes a model whose first input is the run's and whose others are constants, as real files have them (scales,
pads, axes, zero points). A first input of uint8 or int8 comes out of a QuantizeLinear of scale 1. Cases of other types (strings, sequences,
float16, bfloat16, whole numbers as the first input) and the `_expanded` variants, which test the expansion, are left out, and counted.
In the archive: NAME.onnx, NAME.in and NAME.out (float32, little endian, all outputs one after the other), and index.json.
"""
import argparse, collections, io, json, os, sys, zipfile
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

# The families of operators that networks for images are made of.
OPERATORS = set(
    """Conv ConvTranspose ConvInteger QLinearConv MaxPool AveragePool GlobalMaxPool GlobalAveragePool LpPool GlobalLpPool MaxUnpool Gemm MatMul
    QLinearMatMul MatMulInteger BatchNormalization InstanceNormalization GroupNormalization LayerNormalization RMSNormalization LpNormalization LRN
    MeanVarianceNormalization Relu LeakyRelu PRelu Elu Selu Celu Clip Sigmoid HardSigmoid HardSwish Swish Tanh Softplus Softsign Mish Gelu Erf
    ThresholdedRelu Exp Log Sqrt Abs Neg Floor Ceil Round Sign Reciprocal Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Add Sub Mul Div Pow
    Mod Min Max Sum Mean Concat Softmax LogSoftmax Hardmax ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare
    ReduceLogSum ReduceLogSumExp ArgMax ArgMin TopK Resize Upsample GridSample AffineGrid Slice Split Pad Gather GatherElements GatherND Expand Tile
    Transpose DepthToSpace SpaceToDepth Reshape Flatten Squeeze Unsqueeze Identity Dropout Cast QuantizeLinear DequantizeLinear
    DynamicQuantizeLinear Einsum Where Equal Greater Less CumSum NonMaxSuppression RoiAlign Shape Size Constant ConstantOfShape Trilu CenterCropPad
    Col2Im Attention""".split()
)
FLOATS = {np.dtype(np.float32)}
BYTES = {np.dtype(np.uint8): TensorProto.UINT8, np.dtype(np.int8): TensorProto.INT8}


def made(case):
    """The model, the input, the expected outputs; or why not."""
    model, (inputs, outputs) = case.model, case.data_sets[0]
    inputs, outputs = ([np.asarray(v) if isinstance(v, np.generic) else v for v in all] for all in (inputs, outputs))
    graph = model.graph
    if len(graph.node) != 1:
        return "more than one node"
    node = graph.node[0]
    if node.op_type not in OPERATORS:
        return "another family"
    if not all(isinstance(v, np.ndarray) for v in list(inputs) + list(outputs)):
        return "sequences, maps or left out inputs"
    named = [i.name for i in graph.input]
    if not named or len(named) != len(inputs):
        return "no input"
    x = inputs[0]
    if x.size == 0 or any(o.size == 0 for o in outputs):
        return "tensors without values"
    if x.dtype not in FLOATS and x.dtype not in BYTES:
        return f"a first input of {x.dtype}"
    if any(o.dtype.kind not in "fiub" or o.dtype.itemsize == 2 and o.dtype.kind == "f" for o in outputs):
        return "outputs of other types"
    out = onnx.ModelProto()
    out.CopyFrom(model)
    g = out.graph
    del g.input[:]
    g.input.append(helper.make_tensor_value_info("_x", TensorProto.FLOAT, x.shape))
    own = g.node[0]
    if x.dtype in BYTES:
        opset = max(o.version for o in out.opset_import if o.domain in ("", "ai.onnx"))
        if opset < 10:
            return "an operator set without QuantizeLinear"
        one = numpy_helper.from_array(np.array(1, np.float32), "_scale")
        zero = numpy_helper.from_array(np.array(0, x.dtype), "_zero")
        g.initializer.extend([one, zero])
        cut = helper.make_node("QuantizeLinear", ["_x", "_scale", "_zero"], [named[0]])
        nodes = [cut] + list(g.node)
        del g.node[:]
        g.node.extend(nodes)
    else:
        for at, name in enumerate(own.input):
            if name == named[0]:
                own.input[at] = "_x"
    for name, value in zip(named[1:], inputs[1:]):
        if value.dtype == object or value.dtype.name in ("bfloat16", "float8_e4m3fn"):
            return "constants of other types"
        g.initializer.append(numpy_helper.from_array(value, name))
    out.producer_name = ""
    return out, x.astype(np.float32), [o.astype(np.float32) for o in outputs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/data/onnx_nodes.zip"))
    arguments = parser.parse_args()
    left = collections.Counter()
    index = []
    with zipfile.ZipFile(arguments.out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:

        def put(name, data):
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)

        for case in sorted(collect_testcases(None), key=lambda c: c.name):
            if "_expanded" in case.name or case.model is None:
                left["expanded variants"] += 1
                continue
            one = made(case)
            if isinstance(one, str):
                left[one] += 1
                continue
            model, x, outputs = one
            data = model.SerializeToString()
            values = np.concatenate([o.ravel() for o in outputs])
            if len(data) + x.nbytes + values.nbytes > 60_000:
                left["larger than 60 kB"] += 1
                continue
            op = model.graph.node[-1].op_type
            kinds = [str(np.asarray(o).dtype) for o in case.data_sets[0][1]]
            index.append({"name": case.name, "op": op, "shape": list(x.shape), "outputs": [list(o.shape) for o in outputs], "kinds": kinds})
            put(case.name + ".onnx", data)
            put(case.name + ".in", x.astype("<f4").tobytes())
            put(case.name + ".out", values.astype("<f4").tobytes())
        put("index.json", json.dumps({"onnx": onnx.__version__, "left_out": dict(left), "cases": index}))
    print(len(index), "cases,", os.path.getsize(arguments.out), "bytes; left out:", dict(left))


main()
