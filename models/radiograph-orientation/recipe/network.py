"""The orientation network, a residual network of twelve layers (needs: NumPy; `keras_network` needs TensorFlow).

    64 x 64 x 1   input
    32 x 32 x 16  stem: 3 x 3, stride 2
    16 x 16 x 24  block1 (stride 2)
     8 x  8 x 48  block2 (stride 2), block3
     4 x  4 x 96  block4 (stride 2), block5
     mean over the places, one linear layer: eight ways, and whether the grey scale is inverted

The exported network asks this four times: of the picture, of its mirror image, and of both in inverted grey; it takes the mean of the logits, each as it is of the
picture itself. So it favours no side and no polarity: a picture and its mirror image get opposite answers, a picture and its negative too.

A block is conv, ReLU, conv, to which its input is added (by a 1 x 1 convolution where it makes other channels or places), then ReLU: He et al. 2016. Convolutions
are 3 x 3 with batch normalisation, which is folded into them afterwards; what remains is Slice, Sub and Concat for the four, Conv, Relu, Add, ReduceMean, Gemm, and at the end Gather, MatMul, Softmax,
Sigmoid and Concat, which make the five probabilities of orient.py.
"""

import numpy as np

import orient
from prepare import SIZE

STEM = 16
BLOCKS = (("block1", 24, 2), ("block2", 48, 2), ("block3", 48, 1), ("block4", 96, 2), ("block5", 96, 1))
HEAD = orient.WAYS + 1


def convolutions() -> list[tuple[str, int, int]]:
    """Name, channels in, channels out."""
    out, c = [("stem", 1, STEM)], STEM
    for name, width, stride in BLOCKS:
        out += [(name + "_a", c, width), (name + "_b", width, width)]
        if stride > 1 or c != width:
            out.append((name + "_skip", c, width))
        c = width
    return out


def keras_network(dropout: float):
    """For training: [n, SIZE, SIZE, 1] -> [n, HEAD] logits."""
    import tensorflow as tf

    keras = tf.keras.layers

    def conv(x, c, k, s, name):
        if k > 1:  # one place on each side, as the exported layer has it; Keras' "same" would be uneven with a stride
            x = keras.ZeroPadding2D(k // 2)(x)
        x = keras.Conv2D(c, k, s, use_bias=False, kernel_initializer="he_normal", name=name)(x)
        return keras.BatchNormalization(momentum=0.97, epsilon=1e-4, name=name + "_bn")(x)

    given = tf.keras.Input((SIZE, SIZE, 1))
    x, c = keras.ReLU()(conv(given, STEM, 3, 2, "stem")), STEM
    for name, width, stride in BLOCKS:
        y = keras.ReLU()(conv(x, width, 3, stride, name + "_a"))
        y = conv(y, width, 3, 1, name + "_b")
        skip = conv(x, width, 1, stride, name + "_skip") if stride > 1 or c != width else x
        x, c = keras.ReLU()(keras.Add()([y, skip])), width
    x = keras.Dropout(dropout)(keras.GlobalAveragePooling2D()(x))
    return tf.keras.Model(given, keras.Dense(HEAD, dtype="float32", name="head")(x))


def fold(model) -> dict[str, np.ndarray]:
    """Weights with batch normalisation folded, in ONNX's order: Conv [out, in, k, k], head [HEAD, in], biases."""
    out = {}
    for name, _, _ in convolutions():
        layer, norm = model.get_layer(name), model.get_layer(name + "_bn")
        gamma, beta, mean, var = (v.numpy().astype(np.float64) for v in norm.weights)
        f = gamma / np.sqrt(var + norm.epsilon)
        out[name + ".w"] = (layer.kernel.numpy().astype(np.float64) * f).transpose(3, 2, 0, 1).astype(np.float32)
        out[name + ".b"] = (beta - mean * f).astype(np.float32)
    head = model.get_layer("head")
    out["head.w"], out["head.b"] = head.kernel.numpy().T.copy(), head.bias.numpy()
    return out


def onnx_network(weights: dict[str, np.ndarray]) -> bytes:
    """`input` [1, 1, SIZE, SIZE] -> `probabilities` [1, 5], float32, opset 13."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = []
    node = lambda kind, given, made, **about: nodes.append(helper.make_node(kind, given, [made], made, **about))

    def conv(x, name, k, s):
        node("Conv", [x, name + ".w", name + ".b"], name + ".y", kernel_shape=[k] * 2, strides=[s] * 2, pads=[k // 2] * 4)
        return name + ".y"

    node("Slice", ["input", "last", "before", "across", "back"], "mirrored")
    node("Concat", ["input", "mirrored"], "both", axis=0)
    node("Sub", ["one", "both"], "negatives")
    node("Concat", ["both", "negatives"], "four", axis=0)
    node("Relu", [conv("four", "stem", 3, 2)], "stem")
    x, c = "stem", STEM
    for name, width, stride in BLOCKS:
        node("Relu", [conv(x, name + "_a", 3, stride)], name + "_a")
        y = conv(name + "_a", name + "_b", 3, 1)
        skip = conv(x, name + "_skip", 1, stride) if stride > 1 or c != width else x
        node("Add", [y, skip], name + ".sum")
        node("Relu", [name + ".sum"], name)
        x, c = name, width
    node("ReduceMean", [x], "mean", axes=[2, 3], keepdims=0)
    node("Gemm", ["mean", "way.w", "way.b"], "way", transB=1)
    node("Gemm", ["mean", "grey.w", "grey.b"], "grey", transB=1)
    node("Gather", ["way", "straight"], "own", axis=0)
    node("Gather", ["way", "turned_over"], "others", axis=0)
    node("MatMul", ["others", "swap"], "swapped")
    node("Concat", ["own", "swapped"], "ways", axis=0)
    node("ReduceMean", ["ways"], "way_mean", axes=[0], keepdims=1)
    node("Softmax", ["way_mean"], "eight", axis=1)
    node("MatMul", ["eight", "margins"], "turned")
    node("Mul", ["grey", "signs"], "greys")
    node("ReduceMean", ["greys"], "grey_mean", axes=[0], keepdims=1)
    node("Sigmoid", ["grey_mean"], "inverted")
    node("Concat", ["turned", "inverted"], "probabilities", axis=1)
    held = {k: v for k, v in weights.items() if not k.startswith("head.")}
    for part, rows in (("way", slice(0, orient.WAYS)), ("grey", slice(orient.WAYS, HEAD))):
        held[part + ".w"], held[part + ".b"] = weights["head.w"][rows], weights["head.b"][rows]
    held["margins"], held["swap"] = orient.MARGINS, orient.SWAP
    held["one"], held["signs"] = np.float32(1), np.array([[1], [1], [-1], [-1]], np.float32)
    index = lambda *values: np.array(values, np.int64)
    held["last"], held["before"], held["across"], held["back"] = index(-1), index(-SIZE - 1), index(3), index(-1)
    held["straight"], held["turned_over"] = index(0, 2), index(1, 3)
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    values = [numpy_helper.from_array(np.asarray(v), k) for k, v in held.items()]
    outputs = [info("probabilities", [1, len(orient.LABELS)])]
    graph = helper.make_graph(nodes, "radiograph-orientation", [info("input", [1, 1, SIZE, SIZE])], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="negatoscope recipe", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
