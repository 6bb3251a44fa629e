"""Changes of the training pictures (needs: NumPy, TensorFlow). All random numbers of a step come from its seed, so a run can be
continued, and repeated, step by step.

Each picture is turned and mirrored by one of the eight ways (orient.py), which is what is learned. Before that: turned by up to 15 degrees, moved by up to a
tenth, 0.75 to 1.2 times as large, narrower or wider by up to a quarter. Grey: contrast, brightness, gamma, sharpness, noise, a slow field over the
picture; and at last, in half of the cases, inverted.

What must not be learned are the marks that a hospital puts on its pictures (an L or R, a name, collimation), since those need not lie as the chest
does. So in three of five cases a border of up to 18 % a side is replaced, by one grey or by another patient's picture that lies in a way of its own,
and in a third of the cases up to three patches anywhere are covered with a grey.
"""

import numpy as np
import tensorflow as tf

import orient
from prepare import SIZE

PATCHES = 3


def draw(rng: np.random.Generator, n: int) -> dict:
    """The numbers for n pictures."""
    u = lambda lo, hi, *more: rng.uniform(lo, hi, (n, *more)).astype(np.float32)
    way = rng.integers(0, orient.WAYS, n)
    angle, side, ratio = u(-0.26, 0.26), np.exp(u(-0.182, 0.288)), np.exp(u(-0.25, 0.25))
    w, h = side * np.sqrt(ratio), side / np.sqrt(ratio)
    small = np.stack([w * np.cos(angle), -h * np.sin(angle), w * np.sin(angle), h * np.cos(angle)], 1).reshape(n, 2, 2)
    a, b, c, d = (small @ np.stack([orient.places(k) for k in way])).reshape(n, 4).T
    mid = (SIZE - 1) / 2
    cx, cy = mid + u(-0.1, 0.1) * SIZE, mid + u(-0.1, 0.1) * SIZE
    zero = np.zeros(n)
    column = lambda v: np.asarray(v, np.float32).reshape(n, 1, 1, 1)
    return {
        "way": way.astype(np.int32), "inverted": (rng.random(n) < 0.5).astype(np.float32),
        "place": np.stack([a, b, cx - mid * (a + b), c, d, cy - mid * (c + d), zero, zero], 1).astype(np.float32),
        "sharp": column(u(-0.8, 0.8)), "contrast": column(u(0.7, 1.35)), "bright": column(u(-0.12, 0.12)),
        "gamma": column(np.exp(u(-0.5, 0.5))),
        "field": (rng.standard_normal((n, 4, 4, 1)) * u(0.0, 0.16)[:, None, None, None]).astype(np.float32),
        "noise": column(u(0.0, 0.04)), "grain": rng.standard_normal((n, SIZE, SIZE, 1), np.float32),
        "edges": np.where(rng.random((n, 4)) < 0.7, u(0.0, 0.18, 4), 0.0).astype(np.float32) * (rng.random((n, 1)) < 0.6).astype(np.float32),
        "border": column(rng.choice([0.0, 1.0, 0.5], n) * u(0.6, 1.0)), "foreign": column(rng.random(n) < 0.4),
        "patch": np.concatenate([u(0, 1, PATCHES, 2), u(0.03, 0.12, PATCHES, 2), u(0, 1, PATCHES, 1)], 2)
        * np.where(rng.random((n, 1, 1)) < 0.35, 1.0, np.array([1, 1, 0, 0, 1.0])).astype(np.float32),
    }


def apply(x, p):
    """Pictures [n, SIZE, SIZE, 1], upright -> as the network is shown them."""
    x = tf.raw_ops.ImageProjectiveTransformV3(
        images=x, transforms=p["place"], output_shape=[SIZE, SIZE], fill_value=0.0, interpolation="BILINEAR", fill_mode="CONSTANT")
    x = x + p["sharp"] * (x - tf.nn.avg_pool2d(x, 3, 1, "SAME"))
    x = x + tf.image.resize(p["field"], [SIZE, SIZE], "bilinear")
    x = tf.clip_by_value((x - 0.5) * p["contrast"] + 0.5 + p["bright"], 0.0, 1.0)
    x = tf.pow(x + 1e-6, p["gamma"])
    at = (tf.range(SIZE, dtype=tf.float32) + 0.5) / SIZE
    across, down = at[None, None, :, None], at[None, :, None, None]
    left, right, top, bottom = (p["edges"][:, i, None, None, None] for i in range(4))
    inside = tf.cast((across > left) & (across < 1 - right) & (down > top) & (down < 1 - bottom), tf.float32)
    outside = p["foreign"] * tf.roll(x, 1, 0) + (1 - p["foreign"]) * p["border"]
    x = inside * x + (1 - inside) * outside
    for i in range(PATCHES):
        cx, cy, w, h, grey = (p["patch"][:, i, j, None, None, None] for j in range(5))
        covered = tf.cast((tf.abs(across - cx) < w / 2) & (tf.abs(down - cy) < h / 2), tf.float32)
        x = x * (1 - covered) + grey * covered
    x = tf.clip_by_value(x + p["noise"] * p["grain"], 0.0, 1.0)
    inverted = p["inverted"][:, None, None, None]
    return inverted * (1 - x) + (1 - inverted) * x
