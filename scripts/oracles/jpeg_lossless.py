#!/usr/bin/env python3
"""Writes tests/data/jpeg_lossless.json: small streams of JPEG by prediction of every kind that src/codec/predictive.rs decodes, and the
samples that an outside decoder gives.

Needs numpy and imagecodecs (libjpeg-turbo 3, which decodes lossless streams). A stream is kept only when libjpeg-turbo reads it as what
was written. Each has its name, its components, the stream (hexadecimal) and the samples, components interleaved.
"""
import json
import os

import imagecodecs
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/jpeg_lossless.json")
ALL = []
H, W = 13, 17
y, x = np.mgrid[0:H, 0:W]
wave = np.sin(x / 3) * np.cos(y / 4)


class Bits:
    def __init__(self):
        self.out, self.word, self.held = bytearray(), 0, 0

    def push(self, value, width):
        self.word = self.word << width | (value & ((1 << width) - 1))
        self.held += width
        while self.held >= 8:
            self.held -= 8
            byte = self.word >> self.held & 255
            self.out.append(byte)
            if byte == 255:
                self.out.append(0)

    def flush(self):
        if self.held:
            self.push((1 << (8 - self.held)) - 1, 8 - self.held)


def guess(p, predictor, yy, xx, first, half):
    if yy == first:
        return half if xx == 0 else int(p[yy, xx - 1])
    if xx == 0:
        return int(p[yy - 1, 0])
    a, b, c = int(p[yy, xx - 1]), int(p[yy - 1, xx]), int(p[yy - 1, xx - 1])
    return [None, a, b, c, a + b - c, a + (b - c >> 1), b + (a - c >> 1), (a + b) >> 1][predictor]


def scan(planes, predictor, precision, shift, lines):
    """The data of one scan: planes together, `lines` between restart markers (0: none)."""
    planes = [p.astype(np.int64) >> shift for p in planes]
    out, bits, marker = bytearray(), Bits(), 0
    for yy in range(H):
        first = 0 if lines == 0 else yy - yy % lines
        if lines and yy and yy % lines == 0:
            bits.flush()
            out += bits.out + bytes([0xFF, 0xD0 + marker])
            bits, marker = Bits(), (marker + 1) % 8
        for xx in range(W):
            for p in planes:
                d = int(p[yy, xx]) - guess(p, predictor, yy, xx, first, 1 << (precision - 1 - shift))
                d = (d + 32768) % 65536 - 32768
                if d == -32768:
                    bits.push(16, 5)
                    continue
                category = abs(d).bit_length()
                bits.push(category, 5)
                bits.push(d - 1 if d < 0 else d, category)
    bits.flush()
    return bytes(out + bits.out)


def stream(array, precision, predictor, shift=0, lines=0, apart=False):
    planes = [array] if array.ndim == 2 else [array[..., c] for c in range(3)]
    n = len(planes)
    head = b"\xff\xd8\xff\xc3" + bytes([0, 8 + 3 * n, precision, 0, H, 0, W, n])
    head += b"".join(bytes([c + 1, 0x11, 0]) for c in range(n))
    # Seventeen categories, five bits each.
    head += b"\xff\xc4" + bytes([0, 36, 0] + [0, 0, 0, 0, 17] + [0] * 11 + list(range(17)))
    if lines:
        head += b"\xff\xdd" + bytes([0, 4]) + (lines * W).to_bytes(2, "big")
    body = b""
    for group in [[c] for c in range(n)] if apart else [list(range(n))]:
        body += b"\xff\xda" + bytes([0, 6 + 2 * len(group), len(group)])
        body += b"".join(bytes([c + 1, 0]) for c in group) + bytes([predictor, 0, shift])
        body += scan([planes[c] for c in group], predictor, precision, shift, lines)
    return head + body + b"\xff\xd9"


def keep(name, array, precision, predictor, **how):
    data = stream(array, precision, predictor, **how)
    shift = how.get("shift", 0)
    expected = array >> shift << shift
    theirs = imagecodecs.jpeg_decode(data, colorspace=None) if array.ndim == 2 else imagecodecs.jpeg_decode(
        data, colorspace="RGB", outcolorspace="RGB"
    )
    assert np.array_equal(theirs, expected), (name, "libjpeg-turbo reads other samples")
    components = 1 if array.ndim == 2 else 3
    ALL.append({"name": name, "components": components, "stream": data.hex(), "samples": expected.ravel().tolist()})
    print(name, len(data), theirs.dtype, theirs.shape, expected.min(), expected.max())


def grey(bits):
    top = (1 << bits) - 1
    value = top / 2 * (1 + 0.9 * wave) + (x * 7 + y * 3) % 5
    return np.clip(value, 0, top).astype(np.uint8 if bits <= 8 else np.uint16)


for predictor in range(1, 8):
    keep(f"grey16_{predictor}", grey(16), 16, predictor)
    keep(f"grey12_{predictor}_restart", grey(12), 12, predictor, lines=3)
    keep(f"grey12_{predictor}_shift", grey(12), 12, predictor, shift=2)
for bits in [2, 5, 8, 10]:
    keep(f"grey{bits}", grey(bits), bits, 1)
keep("grey8_7_shift_restart", grey(8), 8, 7, shift=3, lines=1)
rgb = np.stack([grey(8), np.roll(grey(8), 5, 1), 255 - grey(8)], -1)
keep("colour8", rgb, 8, 1)
keep("colour8_4_restart", rgb, 8, 4, lines=2)
keep("colour8_apart", rgb, 8, 6, apart=True)
with open(OUT, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(one) for one in ALL) + "\n]\n")
