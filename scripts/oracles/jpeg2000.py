#!/usr/bin/env python3
"""Writes tests/data/j2k/: small JPEG 2000 codestreams with what the first ones (j2k.py) lack.

Needs numpy and the programs opj_compress, opj_decompress (OpenJPEG 2.5) and ojph_compress (OpenJPH 0.9). The pictures are formulas,
which the tests compute again, 40 x 33: grey8 (7 x + 13 y) mod 256, rgb (9 x, 11 y, 5 (x + y)) mod 256, signed16 300 x - 1000 + 17 y.
A file NAME.bin holds what OpenJPEG decodes where the picture isn't a formula: lossy streams, half the size, and HT refinement passes, which no free
encoder writes: their bits are random, as any bits decode. PPM and PPT are made from a stream with SOP and EPH markers.
"""
import os
import random
import shutil
import subprocess
import tempfile

import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/j2k")
os.makedirs(OUT, exist_ok=True)
WORK = tempfile.mkdtemp()
W, H = 40, 33
y, x = np.mgrid[0:H, 0:W]
grey8 = ((7 * x + 13 * y) % 256).astype("u1")
signed16 = (300 * x - 1000 + 17 * y).astype("<i2")
rgb = np.stack([9 * x % 256, 11 * y % 256, 5 * (x + y) % 256]).astype("u1")
at = lambda name: os.path.join(WORK, name)


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def save(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    print(name, len(data))


def read(path):
    with open(path, "rb") as f:
        return f.read()


def decoded(stream, discard=0):
    with open(at("d.j2k"), "wb") as f:
        f.write(stream)
    run("opj_decompress", "-i", at("d.j2k"), "-o", at("d.rawl"), "-r", discard)
    return read(at("d.rawl"))


def opj(picture, *options, bits=8, sign="u"):
    picture = picture if picture.ndim == 3 else picture[None]
    with open(at("p.rawl"), "wb") as f:
        f.write(picture.tobytes())
    count = picture.shape[0]
    run("opj_compress", "-i", at("p.rawl"), "-o", at("o.j2k"), "-F", f"{W},{H},{count},{bits},{sign}", *options)
    return read(at("o.j2k"))


def ojph(picture, *options):
    kind = b"P6" if picture.ndim == 3 else b"P5"
    pixels = np.moveaxis(picture, 0, -1) if picture.ndim == 3 else picture
    name = at("p.ppm" if picture.ndim == 3 else "p.pgm")
    with open(name, "wb") as f:
        f.write(kind + b"\n%d %d\n255\n" % (W, H) + np.ascontiguousarray(pixels).tobytes())
    run("ojph_compress", "-i", name, "-o", at("o.j2c"), *options)
    return read(at("o.j2c"))


class Bits:
    """Packet header bits, stuffed."""

    def __init__(self):
        self.bytes, self.held, self.count = bytearray(), 0, 0

    def put(self, value, n=1):
        for i in reversed(range(n)):
            full = 7 if self.bytes and self.bytes[-1] == 0xFF else 8
            self.held, self.count = self.held << 1 | value >> i & 1, self.count + 1
            if self.count == full:
                self.bytes.append(self.held)
                self.held = self.count = 0

    def end(self):
        while self.count:
            self.put(0)
        return bytes(self.bytes) + (b"\0" if self.bytes.endswith(b"\xff") else b"")


def refined(placeholders):
    """One block of a picture near 128, one plane lower than written, with both refinement passes behind it."""
    random.seed(1)
    stream = ojph((grey8 // 2 + 70).astype("u1"), "-reversible", "true", "-num_decomps", 0, "-block_size", "{64,64}")
    i = stream.index(b"\xff\x93") + 2
    head, body = bytearray(stream[:i]), stream[i:-2]
    bits, after = [], 0
    for n, byte in enumerate(body[:16]):
        full = 7 if after == 0xFF else 8
        bits += [(byte >> k & 1, n) for k in reversed(range(full))]
        after = byte
    take = iter(bits)
    nxt = lambda: next(take)[0]
    assert nxt() and nxt()
    zeros = 0
    while not nxt():
        zeros += 1
    assert not nxt()
    width = 3
    while nxt():
        width += 1
    length = 0
    for _ in range(width):
        value, last = next(take)
        length = length << 1 | value
    cleanup = body[last + 1 + (body[last] == 0xFF):]
    assert len(cleanup) == length
    extra = bytes(random.choice([0x7F, 0x91, 0x3A, *range(0, 0x7F, 3)]) for _ in range(200)) + b"\x2a"
    out = Bits()
    out.put(3, 2)
    out.put(1, zeros - placeholders)
    passes = 3 + 3 * placeholders
    if passes == 3:
        out.put(0b1100, 4)
    else:
        out.put(0b1111, 4)
        out.put(passes - 6, 5)
    out.put(0b1111111110, 10)
    out.put(len(cleanup), 12 + (3 * placeholders + 1).bit_length() - 1)
    out.put(len(extra), 13)
    packet = out.end() + cleanup + extra
    i = bytes(head).index(b"\xff\x90")
    head[i + 6:i + 10] = (len(head) - i + len(packet)).to_bytes(4, "big")
    return bytes(head) + packet + b"\xff\xd9"


def packed(stream, main):
    """The packet headers of a one-tile stream with SOP and EPH moved to PPM or PPT."""
    sot = stream.index(b"\xff\x90\x00\x0a")
    sod = stream.index(b"\xff\x93")
    headers, bodies = b"", b""
    for packet in stream[sod + 2:-2].split(b"\xff\x91\x00\x04")[1:]:
        header, body = packet[2:].split(b"\xff\x92", 1)
        headers, bodies = headers + header + b"\xff\x92", bodies + body
    tile = stream[sot + 12:sod]
    if main:
        inside = b"\0" + len(headers).to_bytes(4, "big") + headers
        front = stream[:sot] + b"\xff\x60" + (2 + len(inside)).to_bytes(2, "big") + inside
    else:
        inside = b"\0" + headers
        front = stream[:sot]
        tile += b"\xff\x61" + (2 + len(inside)).to_bytes(2, "big") + inside
    part = stream[sot:sot + 6] + (12 + len(tile) + 2 + len(bodies)).to_bytes(4, "big") + stream[sot + 10:sot + 12]
    return front + part + tile + b"\xff\x93" + bodies + b"\xff\xd9"


save("ht_grey8.j2k", ojph(grey8, "-reversible", "true"))
save("ht_grey8_half.bin", decoded(read(os.path.join(OUT, "ht_grey8.j2k")), 1))
save("ht_rgb.j2k", ojph(rgb, "-reversible", "true", "-num_decomps", 3))
save("ht_tiles.j2k", ojph(grey8, "-reversible", "true", "-num_decomps", 2, "-block_size", "{8,16}", "-tile_size", "{16,24}",
                          "-image_offset", "{3,5}", "-prog_order", "CPRL", "-precincts", "{16,16}"))
save("ht_lossy.j2k", ojph(rgb, "-qstep", "0.02"))
save("ht_lossy.bin", decoded(read(os.path.join(OUT, "ht_lossy.j2k"))))
save("ht_refined.j2k", refined(0))
save("ht_refined.bin", decoded(refined(0)))
# OpenJPEG knows no placeholder passes; the samples are the same.
save("ht_placeholders.j2k", refined(1))
EVERY = ["-M", 63, "-n", 4, "-b", "8,16", "-r", "20,5,1", "-SOP", "-EPH"]
save("styles.j2k", opj(grey8, *EVERY, "-t", "16,24", "-d", "3,5", "-c", "[16,16]", "-p", "PCRL", "-TP", "R", "-PLT"))
save("signed16.j2k", opj(signed16, "-M", 1, "-p", "RLCP", "-n", 3, "-TLM", bits=16, sign="s"))
for order in ["LRCP", "RLCP", "PCRL", "CPRL"]:
    save(order.lower() + ".j2k", opj(rgb, "-n", 3, "-mct", 1, "-p", order, "-c", "[16,16]", "-r", "9,1", "-d", "2,1"))
save("changes.j2k", opj(rgb, "-n", 3, "-mct", 1, "-POC", "T1=0,0,1,2,3,RLCP/T1=2,0,1,3,3,CPRL"))
save("region.j2k", opj(grey8, "-n", 3, "-ROI", "c=0,U=12"))
save("lossy.j2k", opj(rgb, "-I", "-n", 4, "-mct", 1, "-r", "3", "-p", "RPCL"))
save("lossy.bin", decoded(read(os.path.join(OUT, "lossy.j2k"))))
marked = opj(rgb, "-n", 3, "-mct", 1, "-SOP", "-EPH", "-p", "RPCL", "-r", "10,1")
for name, main in [("ppm.j2k", True), ("ppt.j2k", False)]:
    stream = packed(marked, main)
    assert decoded(stream) == rgb.tobytes(), name
    save(name, stream)
shutil.rmtree(WORK)
