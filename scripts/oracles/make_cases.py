#!/usr/bin/env python3
"""Writes tests/data/made/: small DICOM files of kinds that public samples lack, and expected.json.

Needs numpy, pydicom 3 and pylibjpeg-openjpeg. Each file is written from values that are formulas; expected.json holds the SHA-256 of the
stored values of each frame (little-endian, samples interleaved, signed values in their container's width, one byte for a 1-bit pixel) and,
for palettes, of the displayed colours. Before a hash is written, the values are computed a second time: from the bytes of the written file by
pydicom where pydicom can, and by shifts of the container's words where unused bits are set.
"""
import hashlib
import json
import os
import struct

import numpy as np
from openjpeg import decode as decode_j2k
from openjpeg.utils import encode_array
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_color_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/made")
os.makedirs(OUT, exist_ok=True)
GE_PRIVATE = "1.2.840.113619.5.2"
expected = {}


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def dataset(rows, columns, allocated, stored=None, high=None, signed=0, samples=1, photometric="MONOCHROME2", frames=1):
    data = Dataset()
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7.1" if allocated == 1 else "1.2.840.10008.5.1.4.1.1.7.3"
    data.SOPInstanceUID = "2.25.1"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality = "2.25.2", "2.25.3", "OT"
    data.PatientName, data.PatientID = "Made^Case", "made"
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = rows, columns, samples, photometric
    stored = stored or allocated
    data.BitsAllocated, data.BitsStored = allocated, stored
    data.HighBit = stored - 1 if high is None else high
    data.PixelRepresentation = signed
    if frames > 1:
        data.NumberOfFrames = frames
    if samples > 1:
        data.PlanarConfiguration = 0
    return data


def write(name, data, values, syntax=ExplicitVRLittleEndian, check=None, photometric=None):
    """values: frames × rows × columns (× samples); check: the same from elsewhere, or None to ask pydicom."""
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.ImplementationClassUID = "2.25.4"
    path = os.path.join(OUT, name + ".dcm")
    big, implicit = syntax == ExplicitVRBigEndian, syntax == GE_PRIVATE
    dcmwrite(path, data, implicit_vr=implicit, little_endian=not big, enforce_file_format=True)
    assert os.path.getsize(path) < 5000, (name, os.path.getsize(path))
    if check is None:
        check = dcmread(path).pixel_array
    check = np.asarray(check).reshape(values.shape)
    assert check.dtype.kind == values.dtype.kind and (check == values).all(), name
    expected[name] = {"frames_sha256": [sha(frame) for frame in values]}
    if photometric:
        expected[name]["photometric"] = photometric
    print(name, os.path.getsize(path), values.shape, values.dtype, values.min(), values.max())


def grid(frames, rows, columns):
    return np.mgrid[0:frames, 0:rows, 0:columns]


def packed(array):
    return array.tobytes() + b"\0" * (array.nbytes % 2)


def place(values, stored, high, allocated):
    """Values in their place of the container, all other bits set to a pattern; and what shifts get out of that."""
    low = high + 1 - stored
    mask = ((1 << stored) - 1) << low
    _, y, x = grid(*values.shape)
    dirt = (0xA5C3A5C3 * (1 + x + 3 * y)) & ((1 << allocated) - 1)
    words = (dirt & ~mask) | ((values.astype("i8") << low) & mask)
    words = words.astype(f"<u{allocated // 8}")
    back = (words.astype("i8") >> low) & ((1 << stored) - 1)
    if values.dtype.kind == "i":
        back = np.where(back >> (stored - 1), back - (1 << stored), back)
    return words, back.astype(values.dtype)


# Bits Stored and High Bit in odd places, with everything else set.
for name, stored, high, allocated, signed in [
    ("bits_10_high_11_of_16", 10, 11, 16, 0),
    ("bits_9_high_15_of_16", 9, 15, 16, 0),
    ("bits_12_of_16_signed", 12, 11, 16, 1),
    ("bits_13_high_14_of_16_signed", 13, 14, 16, 1),
    ("bits_5_high_6_of_8_signed", 5, 6, 8, 1),
    ("bits_7_of_8", 7, 6, 8, 0),
    ("bits_1_of_8", 1, 0, 8, 0),
    ("bits_20_of_32_signed", 20, 19, 32, 1),
    ("bits_32_of_32", 32, 31, 32, 0),
    ("bits_32_of_32_signed", 32, 31, 32, 1),
]:
    f, y, x = grid(2, 7, 9)
    values = (x * 2654435761 + y * 40503 + f * 977) % (1 << stored)
    if signed:
        values -= 1 << (stored - 1)
    values = values.astype(f"<{'i' if signed else 'u'}{allocated // 8}")
    words, back = place(values, stored, high, allocated)
    data = dataset(7, 9, allocated, stored, high, signed, frames=2)
    data.add_new("PixelData", "OB" if allocated == 8 else "OW", packed(words))
    write(name, data, values, check=back)

# One bit a pixel, frames one after the other without a gap.
f, y, x = grid(3, 5, 7)
bits = ((x * x + 3 * y + f) % 3 == 0).astype("u1")
data = dataset(5, 7, 1, frames=3)
data.add_new("PixelData", "OB", packed(np.packbits(bits.reshape(-1), bitorder="little")))
write("one_bit_native", data, bits)


def runs(plane):
    """PackBits: runs of three and more as runs, the rest as they are."""
    out, at, plain = b"", 0, b""
    plane = bytes(plane)
    while at < len(plane):
        run = 1
        while run < 128 and at + run < len(plane) and plane[at + run] == plane[at]:
            run += 1
        if run >= 3 or at + run == len(plane):
            if plain:
                out += bytes([len(plain) - 1]) + plain
                plain = b""
            out += bytes([257 - run, plane[at]]) if run > 1 else bytes([0, plane[at]])
        else:
            plain += plane[at : at + run]
        at += run
        if len(plain) > 120:
            out, plain = out + bytes([len(plain) - 1]) + plain, b""
    out += bytes([len(plain) - 1]) + plain if plain else b""
    return out + b"\0" * (len(out) % 2)


def rle(planes):
    segments = [runs(p) for p in planes]
    starts = [64 + sum(map(len, segments[:k])) for k in range(len(segments))]
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(starts))) + b"".join(segments)


def unrle(frame, planes, length):
    """The other way, for the check."""
    head = struct.unpack("<16I", frame[:64])
    assert head[0] == planes
    out = []
    for k in range(planes):
        at, plane = head[1 + k], bytearray()
        while len(plane) < length:
            n = frame[at]
            if n < 128:
                plane += frame[at + 1 : at + 2 + n]
                at += n + 2
            else:
                plane += frame[at + 1 : at + 2] * (257 - n)
                at += 2
        out.append(np.frombuffer(bytes(plane[:length]), "u1"))
    return out


def items(fragments, table=b""):
    out = b""
    for piece in [table, *fragments]:
        piece += b"\0" * (len(piece) % 2)
        out += struct.pack("<HHI", 0xFFFE, 0xE000, len(piece)) + piece
    return out + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def offsets(fragments, per_frame):
    starts, at = [], 0
    for index, piece in enumerate(fragments):
        if index % per_frame == 0:
            starts.append(at)
        at += 8 + len(piece) + len(piece) % 2
    return starts


def encapsulate(data, content):
    data.add_new("PixelData", "OB", content)
    data["PixelData"].is_undefined_length = True


# Run-length coding of 1, 16 (signed, 12 bits), 32 bits, and of colours.
frames = [rle([np.packbits(frame.reshape(-1), bitorder="little")]) for frame in bits]
data = dataset(5, 7, 1, frames=3)
encapsulate(data, items(frames))
back = [np.unpackbits(unrle(f, 1, 5)[0], bitorder="little")[:35] for f in frames]
write("rle_1_bit", data, bits, RLELossless, np.stack(back))

f, y, x = grid(2, 6, 11)
wide = ((x // 4) * 305419896 + y * 65537 + f).astype("<u4")
frames = [rle([(frame >> shift & 255).astype("u1").reshape(-1) for shift in (24, 16, 8, 0)]) for frame in wide]
data = dataset(6, 11, 32, frames=2)
encapsulate(data, items(frames))
back = [sum(p.astype("u4") << s for p, s in zip(unrle(f, 4, 66), (24, 16, 8, 0))) for f in frames]
write("rle_32_bits", data, wide, RLELossless, np.stack(back).astype("<u4"))

twelve = ((x * 371 + y * 97 + f) % 4096 - 2048).astype("<i2")
frames = [rle([((frame.astype("i4") & 0xFFF) >> shift & 255).astype("u1").reshape(-1) for shift in (8, 0)]) for frame in twelve]
data = dataset(6, 11, 16, 12, 11, 1, frames=2)
encapsulate(data, items(frames, struct.pack("<2I", *offsets(frames, 1))))
back = np.stack([(p[0].astype("i2") << 8 | p[1]) for p in (unrle(f, 2, 66) for f in frames)])
write("rle_16_signed_12", data, twelve, RLELossless, (back << 4 >> 4).astype("<i2"))

# Offset tables: the extended one; one that is wrong.
for name, table, extended in [("rle_extended_table", b"", True), ("rle_wrong_table", struct.pack("<3I", 0, 7, 99999), False)]:
    data = dataset(6, 11, 16, 12, 11, 1, frames=2)
    if extended:
        data.ExtendedOffsetTable = struct.pack("<2Q", *offsets(frames, 1))
        data.ExtendedOffsetTableLengths = struct.pack("<2Q", *map(len, frames))
    encapsulate(data, items(frames, table))
    write(name, data, twelve, RLELossless, (back << 4 >> 4).astype("<i2"))

# Several fragments a frame, by each way of telling where a frame begins.
f, y, x = grid(2, 33, 34)
grey = (f * 1000 + x * 91 + y * 57).astype("<u2")
streams = [encode_array(frame, photometric_interpretation=2, codec_format=0) for frame in grey]
streams = [s + b"\0" * (len(s) % 2) for s in streams]
thirds = [len(s) // 6 * 2 for s in streams]
pieces = [s[at:end] for s, n in zip(streams, thirds) for at, end in ((0, n), (n, 2 * n), (2 * n, None))]
assert all(pieces)
starts = offsets(pieces, 3)
for name, table, extended in [
    ("fragments_basic_table", struct.pack("<2I", *starts), False),
    ("fragments_no_table", b"", False),
    ("fragments_extended_table", b"", True),
    ("fragments_wrong_table", struct.pack("<2I", 0, starts[1] + 4), False),
]:
    data = dataset(33, 34, 16, frames=2)
    if extended:
        data.ExtendedOffsetTable = struct.pack("<2Q", *starts)
        data.ExtendedOffsetTableLengths = struct.pack("<2Q", *map(len, streams))
    encapsulate(data, items(pieces, table))
    write(name, data, grey, JPEG2000Lossless, np.stack([decode_j2k(s) for s in streams]))

# By plane and by pixel.
f, y, x = grid(2, 6, 8)
for allocated in (8, 16):
    top = (1 << allocated) - 1
    rgb = np.stack([x * 31 + f, y * 41 + x, (x * y * 7 + f * 99)], -1) * (257 if allocated == 16 else 1) & top
    rgb = rgb.astype(f"<u{allocated // 8}")
    for planar in (0, 1):
        data = dataset(6, 8, allocated, samples=3, photometric="RGB", frames=2)
        data.PlanarConfiguration = planar
        data.add_new("PixelData", "OB" if allocated == 8 else "OW", packed(rgb if planar == 0 else rgb.transpose(0, 3, 1, 2)))
        write(f"rgb_{allocated}_planar_{planar}", data, rgb, photometric="RGB")

# Floating point.
f, y, x = grid(2, 5, 6)
for name, keyword, kind in [("float", "FloatPixelData", "<f4"), ("double_float", "DoubleFloatPixelData", "<f8")]:
    values = (np.sin(x + f) * 1e3 / (1 + y)).astype(kind)
    values[0, 0, 0] = -0.0
    data = dataset(5, 6, 32 if kind == "<f4" else 64, frames=2)
    del data.BitsStored, data.HighBit, data.PixelRepresentation
    setattr(data, keyword, values.tobytes())
    write(name, data, values)

# Big-endian words, by the retired syntax and by GE's private one.
f, y, x = grid(2, 5, 6)
words = (x * 4099 + y * 257 + f).astype("<u2")
for name, syntax in [("big_endian", ExplicitVRBigEndian), ("ge_private", GE_PRIVATE)]:
    data = dataset(5, 6, 16, frames=2)
    data.add_new("PixelData", "OW", words.astype(">u2").tobytes())
    write(name, data, words, syntax, check=np.frombuffer(data.PixelData, ">u2").astype("<u2"))

# Segmented palettes: discrete, linear and indirect segments.
f, y, x = grid(1, 8, 16)
index = (y * 16 + x).astype("u1")
for depth in (8, 16):
    scale = 256 if depth == 16 else 1
    unit = "<H" if depth == 16 else "B"

    def segments(values, first):
        """4 discrete values, then 40 up to `first`, the same once more (indirect: two segments from the start), then 40 down to 8."""
        put = lambda *numbers: b"".join(struct.pack(unit, n) for n in numbers)
        out = put(0, 4, *[v * scale for v in values]) + put(1, 40, first * scale)
        out += put(2, 2) + (struct.pack("<2H", 0, 0) if depth == 16 else struct.pack("<I", 0))
        out += put(1, 40, 8 * scale)
        table = list(values) + [values[-1] + (first - values[-1]) * k // 40 for k in range(1, 41)]
        table = table + table
        table += [table[-1] + (8 - table[-1]) * k // 40 for k in range(1, 41)]
        return out + b"\0" * (len(out) % 2), np.array(table)

    data = dataset(8, 16, 8, photometric="PALETTE COLOR")
    tables = []
    for colour, values, top in [("Red", (1, 2, 3, 48), 208), ("Green", (9, 0, 255, 8), 168), ("Blue", (200, 100, 0, 128), 248)]:
        segmented, table = segments(values, top)
        setattr(data, f"{colour}PaletteColorLookupTableDescriptor", [len(table), 0, depth])
        setattr(data, f"Segmented{colour}PaletteColorLookupTableData", segmented)
        tables.append(table)
    data.add_new("PixelData", "OB", index.tobytes())
    name = f"palette_segmented_{depth}"
    write(name, data, index)
    shown = np.stack([t[np.minimum(index[0], len(t) - 1)] for t in tables], -1)
    other = apply_color_lut(index[0], dcmread(os.path.join(OUT, name + ".dcm")))
    assert (other.astype("i4") // scale == shown).all(), (name, np.abs(other.astype("i4") // scale - shown).max())
    expected[name]["rgb_sha256"] = sha(shown.astype("u1"))

with open(os.path.join(OUT, "expected.json"), "w") as out:
    json.dump(expected, out, indent=1)
    out.write("\n")
print(len(expected), "files")
