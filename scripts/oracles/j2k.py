#!/usr/bin/env python3
"""Writes tests/data/*.j2k: small JPEG 2000 codestreams of computed pictures, encoded by OpenJPEG.

Needs numpy and pylibjpeg-openjpeg (2.6 was used). The pictures are formulas, which tests/codecs.rs computes again:
grey8      40 x 33, (7 x + 13 y) mod 256, unsigned 8 bits, reversible
signed16   40 x 33, 300 x - 1000 + 17 y, signed 16 bits, reversible
rgb        40 x 33, (9 x, 11 y, 5 (x + y)) mod 256, unsigned 8 bits, reversible, with the component transform
planes     the same without it
"""
import os

import numpy as np
from openjpeg.utils import encode_array

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data")
y, x = np.mgrid[0:33, 0:40]
grey8 = ((7 * x + 13 * y) % 256).astype("u1")
signed16 = (300 * x - 1000 + 17 * y).astype("i2")
rgb = np.stack([9 * x % 256, 11 * y % 256, 5 * (x + y) % 256], axis=-1).astype("u1")
for name, array, options in [
    ("grey8", grey8, {"photometric_interpretation": 2}),
    ("signed16", signed16, {"photometric_interpretation": 2}),
    ("rgb", rgb, {"photometric_interpretation": 1, "use_mct": True}),
    ("planes", rgb, {"photometric_interpretation": 1, "use_mct": False}),
]:
    stream = encode_array(array, codec_format=0, **options)
    with open(os.path.join(OUT, name + ".j2k"), "wb") as f:
        f.write(stream)
    print(name, len(stream))
