#!/usr/bin/env python3
"""Writes tests/data/jpegls.json: small JPEG-LS codestreams of computed pictures, encoded by CharLS, and what they decode to.

Needs numpy, pyjpegls (1.5 was used) and imagecodecs (2026.3). Each entry: the codestream in hexadecimal, and the SHA-256 of its samples,
interleaved, 8 or 16 bits little-endian, as CharLS (imagecodecs) decodes them; where CharLS does not know a feature (DNL, mapping tables),
as they were encoded. Restart markers, DNL, sizes in LSE, mapping tables and colour transforms are put in here by hand: no encoder at
hand writes them. A restart interval is an encoding of its own, so its bytes are those of a picture of that many lines.
"""
import hashlib
import json
import os
import struct

import imagecodecs
import jpeg_ls
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/jpegls.json")
ROWS, COLUMNS = 13, 17
entries = []


def picture(bits, samples, rows=ROWS, columns=COLUMNS):
    """Flat parts for runs, slopes, and a few samples far away for the longest codes."""
    y, x = np.mgrid[0:rows, 0:columns]
    top = (1 << bits) - 1
    planes = []
    for s in range(samples):
        v = (x * (3 + s) + y * y * (5 + s)) * top // 700 + (x * y * 7919 + s) % 5
        v = np.where((x * 31 + y * 17 + s) % 41 == 0, top - v % (top + 1), v)
        v = np.where((x > 8) & (y % 6 < 3), top // 3 + s, v)
        planes.append(np.clip(v, 0, top))
    return np.stack(planes, -1).astype("u1" if bits <= 8 else "u2")


def encode(a, bits, near, interleave):
    rows, columns, samples = a.shape
    raw = a if interleave else a.transpose(2, 0, 1)
    raw = np.ascontiguousarray(raw).tobytes()
    return bytes(jpeg_ls.encode_buffer(raw, rows, columns, samples, bits, lossy_error=near, interleave_mode=interleave))


def put(name, stream, a, bits, near=0, charls=True):
    if charls:
        d = imagecodecs.jpegls_decode(stream)
        if d.ndim == 3 and d.shape != a.shape:
            d = d.transpose(1, 2, 0)
        d = d.reshape(a.shape)
        assert np.abs(d.astype(int) - a.astype(int)).max() <= near, name
        a = d
    data = np.ascontiguousarray(a).astype("<u1" if bits <= 8 else "<u2").tobytes()
    entries.append({
        "name": name, "rows": a.shape[0], "columns": a.shape[1], "samples": a.shape[2], "bits": bits,
        "sha256": hashlib.sha256(data).hexdigest(), "stream": stream.hex(),
    })


def parts(stream):
    """The bytes up to the scan header, the scan header, and the entropy-coded bytes of a codestream of one scan."""
    at = stream.index(b"\xff\xda")
    data = at + 2 + struct.unpack(">H", stream[at + 2:at + 4])[0]
    return stream[:at], stream[at:data], stream[data:-2]


for name, bits, samples, near, interleave in [
    ("grey 2", 2, 1, 0, 0), ("grey 8", 8, 1, 0, 0), ("grey 12 near 3", 12, 1, 3, 0), ("grey 16", 16, 1, 0, 0),
    ("grey 16 near 10", 16, 1, 10, 0), ("planes 8", 8, 3, 0, 0), ("line 8", 8, 3, 0, 1), ("sample 8", 8, 3, 0, 2),
    ("sample 8 near 2", 8, 3, 2, 2), ("line 10 of 4", 10, 4, 0, 1),
]:
    a = picture(bits, samples)
    put(name, encode(a, bits, near, interleave), a, bits, near)
put("one sample", imagecodecs.jpegls_encode(picture(8, 1, 1, 1)[..., 0]), picture(8, 1, 1, 1), 8)

a = picture(8, 3)
stripes = [parts(encode(a[y:y + 5], 8, 0, 2)) for y in range(0, ROWS, 5)]
head, scan, _ = parts(encode(a, 8, 0, 2))
data = b"".join(s[2] + (bytes([0xFF, 0xD0 + i]) if i < 2 else b"") for i, s in enumerate(stripes))
put("restart", head + b"\xff\xdd\0\x04\0\x05" + scan + data + b"\xff\xd9", a, 8)

a = picture(8, 1)
stream = encode(a, 8, 0, 0)
head, scan, data = parts(stream)
at = head.index(b"\xff\xf7") + 5
blank = head[:at] + b"\0\0\0\0" + head[at + 4:]
oversize = b"\xff\xf8\0\x0a\x04\x03" + ROWS.to_bytes(3, "big") + COLUMNS.to_bytes(3, "big")
put("oversize", blank + oversize + scan + data + b"\xff\xd9", a, 8)
lines = head[:at] + b"\0\0" + head[at + 2:]
put("dnl", lines + scan + data + b"\xff\xdc\0\x04" + struct.pack(">H", ROWS) + b"\xff\xd9", a, 8, charls=False)

table = (np.arange(256) * 181 + 77).astype("u2")
entry = lambda kind, part: b"\xff\xf8" + struct.pack(">H", 5 + 2 * len(part)) + bytes([kind, 9, 2]) + part.astype(">u2").tobytes()
mapped = scan[:6] + b"\x09" + scan[7:]
put("mapping", head + entry(2, table[:200]) + entry(3, table[200:]) + mapped + data + b"\xff\xd9", table[a], 16, charls=False)

r, g, b = [picture(8, 3)[..., i].astype(int) for i in range(3)]
rgb = picture(8, 3)
v2, v3 = (b - g + 128) & 255, (r - g + 128) & 255
for transform, planes in [
    (1, (r - g + 128, g, b - g + 128)),
    (2, (r - g + 128, g, b - ((r + g) >> 1) + 128)),
    (3, (g + ((v2 + v3) >> 2) - 64, v2, v3)),
]:
    coded = (np.stack(planes, -1) & 255).astype("u1")
    stream = encode(coded, 8, 0, 2)
    put(f"colour transform {transform}", stream[:2] + b"\xff\xe8\0\x07mrfx" + bytes([transform]) + stream[2:], rgb, 8)

with open(OUT, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in entries) + "\n]\n")
print(len(entries), "codestreams,", os.path.getsize(OUT), "bytes")
