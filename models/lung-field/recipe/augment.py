"""Changes of the training pictures (needs: NumPy, TensorFlow). All random numbers of a step come from its seed, so a run can be
continued, and repeated, step by step.

Mirrored left-right in half of the cases. That would be wrong for a model that must tell left from right (heart, stomach, a marker's letter);
here only "lung field or not" is asked, both sides have the same label, and a mirrored chest (situs inversus, a picture turned over) has
lung fields as well. Never upside down. Turned by up to 12 degrees, moved by up to a tenth, 0.75 to 1.25 times as large, narrower or wider by
up to a quarter (all pictures are stretched to a square). Grey: contrast, brightness, gamma, sharpness, noise, a slow field over the picture
(uneven exposure, hazy lungs). Collimation: a border of up to 15 % a side, of one grey, mostly black. What lies outside
the picture or under such a border is background.
"""

import numpy as np
import tensorflow as tf

from prepare import SIZE


def draw(rng: np.random.Generator, n: int) -> dict:
    """The numbers for n pictures."""
    u = lambda lo, hi: rng.uniform(lo, hi, n).astype(np.float32)
    angle, side, ratio = u(-0.21, 0.21), np.exp(u(-0.223, 0.288)), np.exp(u(-0.25, 0.25))
    flip = np.where(u(0, 1) < 0.5, -1.0, 1.0)
    # output place -> input place, about the middle
    w, h = side * np.sqrt(ratio), side / np.sqrt(ratio)
    a, b, c, d = w * flip * np.cos(angle), -h * np.sin(angle), w * flip * np.sin(angle), h * np.cos(angle)
    mid = (SIZE - 1) / 2
    cx, cy = mid + u(-0.1, 0.1) * SIZE, mid + u(-0.1, 0.1) * SIZE
    zero = np.zeros(n)
    edges = np.where(rng.random((n, 4)) < 0.5, rng.uniform(0.0, 0.15, (n, 4)), 0.0) * (rng.random((n, 1)) < 0.5)
    column = lambda v: np.asarray(v, np.float32).reshape(n, 1, 1, 1)
    return {
        "place": np.stack([a, b, cx - mid * (a + b), c, d, cy - mid * (c + d), zero, zero], 1).astype(np.float32),
        "sharp": column(u(-0.8, 0.8)), "contrast": column(u(0.7, 1.35)), "bright": column(u(-0.12, 0.12)),
        "gamma": column(np.exp(u(-0.45, 0.45))),
        "field": (rng.standard_normal((n, 4, 4, 1)) * u(0.0, 0.16)[:, None, None, None]).astype(np.float32),
        "noise": column(u(0.0, 0.04)), "grain": rng.standard_normal((n, SIZE, SIZE, 1), np.float32),
        "edges": edges.astype(np.float32), "border": column(np.where(u(0, 1) < 0.6, 0.0, u(0, 1))),
    }


def apply(x, lung, ignored, p):
    """Pictures, share of lung and share that is not counted, [n, SIZE, SIZE, 1] each -> the same, changed."""
    all_ = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.concat([x, lung, ignored], 3), transforms=p["place"], output_shape=[SIZE, SIZE], fill_value=0.0,
        interpolation="BILINEAR", fill_mode="CONSTANT")
    x, lung, ignored = all_[..., :1], all_[..., 1:2], all_[..., 2:]
    x = x + p["sharp"] * (x - tf.nn.avg_pool2d(x, 3, 1, "SAME"))
    x = x + tf.image.resize(p["field"], [SIZE, SIZE], "bilinear")
    x = tf.clip_by_value((x - 0.5) * p["contrast"] + 0.5 + p["bright"], 0.0, 1.0)
    x = tf.pow(x + 1e-6, p["gamma"])
    at = (tf.range(SIZE, dtype=tf.float32) + 0.5) / SIZE
    across, down = at[None, None, :, None], at[None, :, None, None]
    left, right, top, bottom = (p["edges"][:, i, None, None, None] for i in range(4))
    inside = tf.cast((across > left) & (across < 1 - right) & (down > top) & (down < 1 - bottom), tf.float32)
    x = inside * x + (1 - inside) * p["border"]
    x = tf.clip_by_value(x + p["noise"] * p["grain"], 0.0, 1.0)
    return x, inside * lung, inside * ignored
