#!/usr/bin/env python3
"""Writes tests/data/dct/: small JPEG streams of every kind that src/codec/dct decodes, and the samples that outside decoders give.

Needs numpy, pillow, imagecodecs (libjpeg-turbo 3 with 12 bits), pydicom, and the programs jpegtran (libjpeg-turbo), dcmcjpeg and
dcmdjpeg (DCMTK). NAME.jpg is the stream, NAME.u16 the samples: little-endian, components interleaved, no colour conversion.
References: imagecodecs for 12 bits sequential, DCMTK for 12 bits progressive, pillow for 8 bits.
"""
import io
import os
import subprocess
import tempfile

import imagecodecs
import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/dct")
os.makedirs(OUT, exist_ok=True)
H, W = 29, 37
y, x = np.mgrid[0:H, 0:W]
planes = [
    2048 + 1500 * np.sin(x / 5) * np.cos(y / 7) + 37 * ((x * y) % 5),
    1000 + 60 * x + 10 * ((3 * x + 5 * y) % 7),
    3500 - 70 * y + 9 * ((x * 7) % 11),
]
rgb12 = np.clip(np.stack(planes, -1), 0, 4095).astype("u2")
grey12 = rgb12[..., 0].copy()
rgb8, grey8 = (rgb12 >> 4).astype("u1"), (grey12 >> 4).astype("u1")


def keep(name, stream, samples):
    with open(os.path.join(OUT, name + ".jpg"), "wb") as f:
        f.write(stream)
    with open(os.path.join(OUT, name + ".u16"), "wb") as f:
        f.write(np.ascontiguousarray(samples).astype("<u2").tobytes())
    print(name, len(stream), samples.shape, samples.min(), samples.max())


def raw8(stream):
    im = Image.open(io.BytesIO(stream))
    if im.mode == "RGB":
        im.draft("YCbCr", im.size)
    return np.array(im)


def pillow(array, **options):
    f = io.BytesIO()
    Image.fromarray(array).save(f, "JPEG", quality=85, **options)
    return f.getvalue()


def jpegtran(stream, *options, scans=None):
    with tempfile.NamedTemporaryFile("w", suffix=".scans") as f:
        if scans:
            f.write(scans)
            f.flush()
            options += ("-scans", f.name)
        return subprocess.run(["jpegtran", *options], input=stream, capture_output=True, check=True).stdout


# 8 bits.
colour = pillow(rgb8, subsampling=2)
for name, stream in [
    ("grey8_restart", pillow(grey8, restart_marker_blocks=3)),
    ("colour8_444", pillow(rgb8, subsampling=0)),
    ("colour8_422_progressive", pillow(rgb8, subsampling=1, progressive=True)),
    ("colour8_420_progressive_restart", jpegtran(colour, "-progressive", "-restart", "2B")),
    ("colour8_420_apart", jpegtran(colour, "-restart", "4B", scans="0;\n1;\n2;\n")),
]:
    keep(name, stream, raw8(stream))

# 12 bits.
stream = imagecodecs.jpeg8_encode(grey12, level=90, bitspersample=12)
keep("grey12", stream, imagecodecs.jpeg8_decode(stream))
for name, how in [("420", "420"), ("422", "422")]:
    stream = imagecodecs.jpeg8_encode(rgb12, level=90, bitspersample=12, subsampling=how)
    samples = imagecodecs.jpeg8_decode(stream, colorspace="YCBCR", outcolorspace="YCBCR")
    keep("colour12_" + name, stream, samples)

data = Dataset()
data.file_meta = FileMetaDataset()
data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "2.25.1"
data.Rows, data.Columns, data.SamplesPerPixel = H, W, 1
data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
data.PhotometricInterpretation, data.PixelData = "MONOCHROME2", grey12.tobytes() + b"\0" * (H * W % 2 * 0)
with tempfile.TemporaryDirectory() as folder:
    source, packed, plain = (os.path.join(folder, n) for n in ("a.dcm", "b.dcm", "c.dcm"))
    data.save_as(source, enforce_file_format=True)
    for name, flag in [("grey12_spectral", "+es"), ("grey12_progressive", "+ep")]:
        subprocess.run(["dcmcjpeg", flag, source, packed], check=True)
        subprocess.run(["dcmdjpeg", packed, plain], check=True)
        stream = next(generate_frames(dcmread(packed).PixelData, number_of_frames=1))
        keep(name, stream, dcmread(plain).pixel_array)
