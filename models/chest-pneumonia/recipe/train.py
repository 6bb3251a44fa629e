"""Trains the chest model (needs: NumPy, Pillow, tensorflow-cpu 2.21).

    python train.py --data DIR --out RUNS --runs 0 1 2 3 4 final [--epochs 40] [--seed 1]

Run k leaves out fold k (patient-wise) and scores it; `final` uses all folds. Each run writes RUNS/k.npz: the weights
with batch normalisation folded into the convolutions, which is all that later steps need.

Leaks of the data and what is done against them: the four class x view cells are drawn equally often; the crop, the
aspect ratio, rotation, brightness, contrast, gamma, sharpness and noise are random; the outer part of the picture
(0 to 12 % a side) is often replaced by that of another patient's picture, by a flat grey or by noise, so
that collimation, markers and borders do not go with the label.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

import data
from prepare import SIZE, area_average, limits

WIDTHS = (16, 24, 48, 64)  # stem, then three residual blocks
STRIDES = (2, 2, 1)  # of the blocks; the stem has stride 2: 112 -> 56 -> 28 -> 14 -> 14


def conv(x, c, k, s, name):
    if k > 1:
        x = tf.keras.layers.ZeroPadding2D(k // 2)(x)
    x = tf.keras.layers.Conv2D(c, k, s, use_bias=False, kernel_initializer="he_normal", name=name)(x)
    return tf.keras.layers.BatchNormalization(momentum=0.95, epsilon=1e-4, name=name + "_bn")(x)


def network(dropout):
    relu = tf.keras.layers.ReLU
    inp = x = tf.keras.Input((SIZE, SIZE, 1))
    x = relu()(conv(x, WIDTHS[0], 3, 2, "stem"))
    for i, (c, s) in enumerate(zip(WIDTHS[1:], STRIDES), 1):
        y = relu()(conv(x, c, 3, s, f"block{i}_a"))
        y = conv(y, c, 3, 1, f"block{i}_b")
        x = relu()(tf.keras.layers.Add()([y, conv(x, c, 1, s, f"block{i}_skip")]))
    g = tf.keras.layers.Dropout(dropout)(tf.keras.layers.GlobalAveragePooling2D()(x))
    return tf.keras.Model(inp, tf.keras.layers.Dense(1, name="head")(g))


def fold_weights(model):
    out = {}
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.Conv2D):
            bn = model.get_layer(layer.name + "_bn")
            gamma, beta, mean, var = (v.numpy().astype(np.float64) for v in bn.weights)
            f = gamma / np.sqrt(var + bn.epsilon)
            out[layer.name + ".w"] = (layer.kernel.numpy().astype(np.float64) * f).transpose(3, 2, 0, 1).astype(np.float32)
            out[layer.name + ".b"] = (beta - mean * f).astype(np.float32)
    head = model.get_layer("head")
    out["head.w"] = head.kernel.numpy()[:, 0]
    out["head.b"] = head.bias.numpy()
    return out


def uniform(n, lo, hi):
    return tf.random.uniform([n, 1, 1, 1], lo, hi)


@tf.function
def augment(x, frame_p):
    """x [n, 224, 224, 1], grey limits at 0 and 1 but not clipped -> [n, SIZE, SIZE, 1]."""
    n = tf.shape(x)[0]
    u = lambda lo, hi: tf.random.uniform([n], lo, hi)
    side, ratio, angle = u(0.85, 1.0), tf.exp(u(-0.286, 0.286)), u(-0.12, 0.12)
    w, h = side * tf.sqrt(ratio), side / tf.sqrt(ratio)
    flip = tf.where(u(0.0, 1.0) < 0.5, -1.0, 1.0)
    a, b, c, d = w * flip * tf.cos(angle), -h * tf.sin(angle), w * flip * tf.sin(angle), h * tf.cos(angle)
    mid = 111.5
    cx = mid + u(-1.0, 1.0) * tf.maximum(0.04, tf.abs(1 - w) / 2) * 224
    cy = mid + u(-1.0, 1.0) * tf.maximum(0.04, tf.abs(1 - h) / 2) * 224
    zero = tf.zeros([n])
    t = tf.stack([a, b, cx - mid * (a + b), c, d, cy - mid * (c + d), zero, zero], 1)
    x = tf.raw_ops.ImageProjectiveTransformV3(images=x, transforms=t, output_shape=[224, 224], fill_value=0.0,
                                              interpolation="BILINEAR", fill_mode="CONSTANT")
    x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    soft = tf.nn.avg_pool2d(x, 3, 1, "SAME")
    x = x + uniform(n, -0.8, 0.8) * (x - soft)
    x = tf.clip_by_value((x - 0.5) * uniform(n, 0.75, 1.3) + 0.5 + uniform(n, -0.1, 0.1), 0.0, 1.0)
    x = tf.pow(x + 1e-6, tf.exp(uniform(n, -0.4, 0.4)))
    # the frame: left, right, top, bottom each 0 to 12 % wide
    pos = (tf.range(SIZE, dtype=tf.float32) + 0.5) / SIZE
    px, py = pos[None, None, :, None], pos[None, :, None, None]
    inside = tf.cast((px > uniform(n, 0.0, 0.12)) & (px < 1 - uniform(n, 0.0, 0.12))
                     & (py > uniform(n, 0.0, 0.12)) & (py < 1 - uniform(n, 0.0, 0.12)), tf.float32)
    flat = uniform(n, 0.0, 1.0) + uniform(n, 0.0, 0.3) * tf.random.normal(tf.shape(x))
    other = tf.random.shuffle(x)
    kind = uniform(n, 0.0, 1.0)
    frame = tf.where(kind < 0.6, other, tf.clip_by_value(flat, 0.0, 1.0))
    keep = tf.maximum(inside, tf.cast(uniform(n, 0.0, 1.0) > frame_p, tf.float32))
    x = keep * x + (1 - keep) * frame
    return tf.clip_by_value(x + uniform(n, 0.0, 0.03) * tf.random.normal(tf.shape(x)), 0.0, 1.0)


def train(x224, table, args, seed):
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    cells = [np.array([i for i, r in enumerate(table) if r["label"] == l and r["view"] == v])
             for l in (0, 1) for v in ("AP", "PA")]
    steps = max(1, len(table) // args.batch)
    model = network(args.dropout)
    model(np.zeros((1, SIZE, SIZE, 1), np.float32))
    total = steps * args.epochs
    rate = tf.keras.optimizers.schedules.CosineDecay(0.0, total - total // 10, warmup_target=args.rate, warmup_steps=total // 10)
    opt = tf.keras.optimizers.AdamW(rate, weight_decay=args.decay, global_clipnorm=2.0)
    loss_fn = tf.keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=args.smooth)

    @tf.function
    def step(x, y):
        x = augment(x, args.frame)
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
        opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    # cells drawn without replacement until used up
    queues = [[] for _ in cells]

    def draw(k, m):
        while len(queues[k]) < m:
            queues[k].extend(rng.permutation(cells[k]))
        out, queues[k] = queues[k][:m], queues[k][m:]
        return out

    average, start = None, time.time()
    for e in range(args.epochs):
        losses = []
        for _ in range(steps):
            idx = np.concatenate([draw(k, args.batch // 4) for k in range(4)])
            rng.shuffle(idx)
            y = np.array([[table[i]["label"]] for i in idx], np.float32)
            losses.append(step(tf.constant(x224[idx]), tf.constant(y)))
            if e >= args.epochs // 2:  # mean of the weights, exponential
                now = [v.numpy() for v in model.weights]
                average = now if average is None else [0.99 * a + 0.01 * b for a, b in zip(average, now)]
        if e % 5 == 4:
            print(f"epoch {e + 1} loss {float(np.mean(losses)):.4f} {time.time() - start:.0f} s", flush=True)
    model.set_weights(average)
    return model


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--runs", nargs="+", default=["0", "1", "2", "3", "4", "final"])
    p.add_argument("--epochs", type=int, default=40)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--decay", type=float, default=0.02)
    p.add_argument("--dropout", type=float, default=0.3)
    p.add_argument("--smooth", type=float, default=0.1)
    p.add_argument("--frame", type=float, default=0.75)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    table = data.rows(args.data)
    pics = data.pictures(args.data, table)
    x224 = np.empty((*pics.shape, 1), np.float32)
    for i, pic in enumerate(pics):
        lo, hi = limits(area_average(pic))
        x224[i, ..., 0] = (pic - lo) / (hi - lo)
    for run in args.runs:
        use = [i for i, r in enumerate(table) if run == "final" or r["fold"] != int(run)]
        model = train(x224[use], [table[i] for i in use], args, args.seed)
        np.savez(args.out / f"{run}.npz", **fold_weights(model))
        if run != "final":
            test = [i for i, r in enumerate(table) if r["fold"] == int(run)]
            small = np.clip(x224[test].reshape(-1, SIZE, 2, SIZE, 2, 1).mean((2, 4)), 0, 1)
            z = model.predict(small, verbose=0)[:, 0]
            for v in ("AP", "PA"):
                pos = np.array([z[k] for k, i in enumerate(test) if table[i]["label"] and table[i]["view"] == v])
                neg = np.array([z[k] for k, i in enumerate(test) if not table[i]["label"] and table[i]["view"] == v])
                print(f"run {run} {v}: AUC {(pos[:, None] > neg).mean() + (pos[:, None] == neg).mean() / 2:.3f}", flush=True)


if __name__ == "__main__":
    main()
