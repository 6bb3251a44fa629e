"""Networks that are quantized while they run, and what onnxruntime makes of them: tests/data/dynamic.zip.

Needs: pip install onnx onnxruntime numpy. usage: python scripts/oracles/dynamic.py [--out FILE]

Small networks of random weights (no models of anything) go through onnxruntime's quantize_dynamic, as people's networks do; each has
DynamicQuantizeLinear, ConvInteger or MatMulInteger. In the archive: NAME.onnx, NAME.in and NAME.out (float32, little endian), index.json.
"""
import argparse, json, logging, os, pathlib, tempfile, zipfile
import numpy as np, onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from onnxruntime.quantization import QuantType, quantize_dynamic

rng = np.random.default_rng(11)
normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)


def network(name, nodes, constants, shape, out):
    graph = h.make_graph(nodes, name, [h.make_tensor_value_info("x", T.FLOAT, shape)], [h.make_tensor_value_info("y", T.FLOAT, out)],
                         [nh.from_array(v, k) for k, v in constants.items()])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="scripts/oracles/dynamic.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def conv(pads, groups, strides, signed):
    """Two convolutions, with a bias; the first one's input has both signs, the second's has not."""
    nodes = [h.make_node("Conv", ["x", "w", "b"], ["a"], kernel_shape=[3, 3], pads=pads, strides=strides, group=groups), h.make_node("Relu", ["a"], ["r"]),
             h.make_node("Conv", ["r", "v"], ["y"], kernel_shape=[1, 1])]
    return nodes, dict(w=normal(8, 4 // groups, 3, 3), b=normal(8), v=normal(5, 8, 1, 1)), [1, 4, 9, 7], [1, 5, None, None], signed


def perceptron(per_channel):
    nodes = [h.make_node("MatMul", ["x", "w"], ["a"]), h.make_node("Add", ["a", "b"], ["c"]), h.make_node("Tanh", ["c"], ["t"]), h.make_node("MatMul", ["t", "v"], ["y"])]
    return nodes, dict(w=normal(20, 12), b=normal(12), v=normal(12, 6)), [1, 3, 20], [1, 3, 6], per_channel


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "../../tests/data/dynamic.zip"))
    arguments = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    made = {"conv": conv([1, 1, 1, 1], 1, [1, 1], False), "conv_uneven": conv([0, 2, 1, 0], 1, [2, 1], False), "conv_groups": conv([1, 0, 1, 0], 2, [1, 1], False),
            "perceptron": perceptron(False), "perceptron_columns": perceptron(True)}
    index = []
    with zipfile.ZipFile(arguments.out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z, tempfile.TemporaryDirectory() as folder:
        put = lambda name, data: z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
        for name, (nodes, constants, shape, out, special) in made.items():
            before, after = pathlib.Path(folder) / "f32.onnx", pathlib.Path(folder) / "dynamic.onnx"
            before.write_bytes(network(name, nodes, constants, shape, out).SerializeToString())
            convolves = any(n.op_type == "Conv" for n in nodes)
            # onnxruntime's ConvInteger takes uint8 weights alone.
            quantize_dynamic(before, after, weight_type=QuantType.QUInt8 if convolves else QuantType.QInt8, per_channel=special)
            model = after.read_bytes()
            operators = sorted({n.op_type for n in onnx.load_from_string(model).graph.node})
            assert "DynamicQuantizeLinear" in operators and {"ConvInteger", "MatMulInteger"} & set(operators), operators
            options = ort.SessionOptions()
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            x = rng.standard_normal(shape).astype(np.float32)
            (y,) = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})
            index.append({"name": name, "shape": shape, "output": list(y.shape), "operators": operators})
            put(name + ".onnx", model), put(name + ".in", x.astype("<f4").tobytes()), put(name + ".out", y.astype("<f4").tobytes())
        put("index.json", json.dumps({"onnxruntime": ort.__version__, "networks": index}))
    print(index, os.path.getsize(arguments.out), "bytes")


main()
