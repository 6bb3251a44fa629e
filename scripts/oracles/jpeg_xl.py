#!/usr/bin/env python3
"""Writes tests/data/jpeg_xl/: small JPEG XL streams, and the samples that libjxl gives (by imagecodecs).

Needs numpy, pillow and imagecodecs. NAME.jxl is the stream, NAME.u16 the samples: little-endian, components interleaved.
"""
import io
import os

import imagecodecs
import numpy as np
from PIL import Image

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/jpeg_xl")
os.makedirs(OUT, exist_ok=True)
H, W = 29, 37
y, x = np.mgrid[0:H, 0:W]
rgb16 = np.stack(
    [
        32768 + 24000 * np.sin(x / 5) * np.cos(y / 7) + 37 * ((x * y) % 5),
        16000 + 960 * x + 160 * ((3 * x + 5 * y) % 7),
        56000 - 1120 * y + 144 * ((x * 7) % 11),
    ],
    -1,
).astype("u2")
grey16 = rgb16[..., 0].copy()
rgb8 = (rgb16 >> 8).astype("u1")


def keep(name, stream):
    samples = imagecodecs.jpegxl_decode(stream)
    for end, data in (("jxl", stream), ("u16", samples.astype("<u2").tobytes())):
        with open(os.path.join(OUT, f"{name}.{end}"), "wb") as f:
            f.write(data)
    print(name, len(stream), samples.shape, samples.min(), samples.max())
    return samples


for name, picture, bits in [
    ("grey8", (grey16 >> 8).astype("u1"), 8),
    ("grey10", grey16 >> 6, 10),
    ("grey12", grey16 >> 4, 12),
    ("grey16", grey16, 16),
    ("rgb8", rgb8, 8),
]:
    stream = imagecodecs.jpegxl_encode(picture, lossless=True, bitspersample=bits)
    assert (keep(name, stream) == picture).all()
keep("grey12_lossy", imagecodecs.jpegxl_encode(grey16 >> 4, lossless=False, distance=1.0, bitspersample=12))
keep("rgb8_lossy", imagecodecs.jpegxl_encode(rgb8, lossless=False, distance=1.0))
f = io.BytesIO()
Image.fromarray(rgb8).save(f, "JPEG", quality=85, subsampling=1)
keep("jpeg422", imagecodecs.jpegxl_encode_jpeg(f.getvalue()))
