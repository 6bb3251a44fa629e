"""The lung-field network, a small U-Net (needs: NumPy; `keras_network` needs TensorFlow).

    128 x 128 x 1   input
     64 x  64 x 16  enter_a (stride 2), enter_b                leave_b, leave_a (of 16 + 16)      head: 2 x 2 transposed, one logit a cell
     32 x  32 x 32  down1_a (stride 2), down1_b                up1_a (of 32 + 32), up1_up
     16 x  16 x 48  down2_a (stride 2), down2_b                up2_a (of 48 + 48), up2_up
      8 x   8 x 64  down3_a (stride 2), down3_b, down3_c       up3_up

Convolutions are 3 x 3 with batch normalisation and ReLU, `_up` are 2 x 2 transposed with stride 2, batch normalisation and ReLU. Everything is
done at half the input's resolution or less, and the head alone makes four cells of one: outlines are smooth, and the whole runs at a quarter of the cost.
Each place of the lowest level sees the whole picture. With batch normalisation folded, what remains is Conv, ConvTranspose, Relu, Concat.
"""

import numpy as np

from prepare import SIZE

WIDTHS = (16, 32, 48, 64)

# Each layer: name, kind, inputs (two are laid one after the other), channels it makes. Of kind: down (3 x 3, stride 2), conv (3 x 3), up, head.
LAYERS = (
    ("enter_a", "down", ("input",), WIDTHS[0]), ("enter_b", "conv", ("enter_a",), WIDTHS[0]),
    ("down1_a", "down", ("enter_b",), WIDTHS[1]), ("down1_b", "conv", ("down1_a",), WIDTHS[1]),
    ("down2_a", "down", ("down1_b",), WIDTHS[2]), ("down2_b", "conv", ("down2_a",), WIDTHS[2]),
    ("down3_a", "down", ("down2_b",), WIDTHS[3]), ("down3_b", "conv", ("down3_a",), WIDTHS[3]), ("down3_c", "conv", ("down3_b",), WIDTHS[3]),
    ("up3_up", "up", ("down3_c",), WIDTHS[2]),
    ("up2_a", "conv", ("down2_b", "up3_up"), WIDTHS[2]), ("up2_up", "up", ("up2_a",), WIDTHS[1]),
    ("up1_a", "conv", ("down1_b", "up2_up"), WIDTHS[1]), ("up1_up", "up", ("up1_a",), WIDTHS[0]),
    ("leave_a", "conv", ("enter_b", "up1_up"), WIDTHS[0]), ("leave_b", "conv", ("leave_a",), WIDTHS[0]),
    ("head", "head", ("leave_b",), 1),
)


def keras_network():
    """For training: [n, SIZE, SIZE, 1] -> logits of the same shape."""
    import tensorflow as tf

    keras = tf.keras.layers
    made = {"input": tf.keras.Input((SIZE, SIZE, 1))}
    for name, kind, sources, width in LAYERS:
        x = made[sources[0]] if len(sources) == 1 else keras.Concatenate()([made[s] for s in sources])
        if kind == "head":
            made[name] = keras.Conv2DTranspose(width, 2, 2, kernel_initializer="glorot_normal", dtype="float32", name=name)(x)
            continue
        if kind == "up":
            x = keras.Conv2DTranspose(width, 2, 2, use_bias=False, kernel_initializer="he_normal", name=name)(x)
        else:
            # one place on each side, as the exported layer has it; Keras' "same" would be uneven with a stride
            x = keras.ZeroPadding2D(1)(x) if kind == "down" else x
            x = keras.Conv2D(width, 3, 2 if kind == "down" else 1, "valid" if kind == "down" else "same", use_bias=False,
                             kernel_initializer="he_normal", name=name)(x)
        x = keras.BatchNormalization(momentum=0.97, epsilon=1e-4, name=name + "_bn")(x)
        made[name] = keras.ReLU()(x)
    return tf.keras.Model(made["input"], made["head"])


def fold(model) -> dict[str, np.ndarray]:
    """Weights with batch normalisation folded, in ONNX's order: Conv [out, in, 3, 3], ConvTranspose [in, out, 2, 2], biases [out]."""
    out = {}
    for name, kind, _, _ in LAYERS:
        layer = model.get_layer(name)
        # Keras: [h, w, in, out], transposed [h, w, out, in]
        w = layer.kernel.numpy().astype(np.float64).transpose(3, 2, 0, 1)
        if kind == "head":
            b = layer.bias.numpy()
        else:
            norm = model.get_layer(name + "_bn")
            gamma, beta, mean, var = (v.numpy().astype(np.float64) for v in norm.weights)
            f = gamma / np.sqrt(var + norm.epsilon)
            w = w * (f[None, :, None, None] if kind == "up" else f[:, None, None, None])
            b = beta - mean * f
        out[name + ".w"], out[name + ".b"] = w.astype(np.float32), b.astype(np.float32)
    return out


def onnx_network(weights: dict[str, np.ndarray]) -> bytes:
    """`input` [1, 1, SIZE, SIZE] -> `logit` [1, 1, SIZE, SIZE], float32, opset 13."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = []
    for name, kind, sources, _ in LAYERS:
        source = sources[0]
        if len(sources) > 1:
            source = name + ".in"
            nodes.append(helper.make_node("Concat", list(sources), [source], name + ".concat", axis=1))
        made = "logit" if kind == "head" else name + ".y"
        given = [source, name + ".w", name + ".b"]
        if kind in ("up", "head"):
            nodes.append(helper.make_node("ConvTranspose", given, [made], name, kernel_shape=[2, 2], strides=[2, 2]))
        else:
            stride = 2 if kind == "down" else 1
            nodes.append(helper.make_node("Conv", given, [made], name, kernel_shape=[3, 3], strides=[stride] * 2, pads=[1] * 4))
        if kind != "head":
            nodes.append(helper.make_node("Relu", [made], [name], name + ".relu"))
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, SIZE, SIZE])
    values = [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in weights.items()]
    graph = helper.make_graph(nodes, "lung-field", [info("input")], [info("logit")], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="negatoscope recipe", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
