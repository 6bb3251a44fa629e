#!/usr/bin/env python3
"""Writes tests/data/lossy.json: what outside decoders make of the corpus's lossy files, as samples.

Needs pydicom 3, numpy, pylibjpeg with openjpeg, pillow, imagecodecs, and DCMTK's dcmdjpeg; and the corpus (argument 1: its folder with expected.json; argument 2:
where the fetched files lie). Lossy decoders may differ in the last bit, so hashes can't be compared. For the first and the last frame:
shape, mean, and 64 stored values at i * n // 64 of the flat array, samples interleaved, without colour conversion. For colour also
64 pixels as RGB of the first frame, as pydicom converts them.

Reference: libjpeg-turbo (pillow) for 8-bit DCT, DCMTK for 12-bit DCT, OpenJPEG and OpenJPH (pylibjpeg) for JPEG 2000, libjxl (imagecodecs) for JPEG XL.
Tolerance: 3 for 8-bit DCT (inverse transforms may differ by 1, chroma interpolation by more), else 1; RGB 2 more.
"""
import json
import os
import subprocess
import sys
import tempfile
import warnings

import imagecodecs
import numpy as np
from pydicom import dcmread
from pydicom.encaps import get_frame
from pydicom.pixels import pixel_array

warnings.simplefilter("ignore")
CORPUS, CACHE = sys.argv[1], sys.argv[2]
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/lossy.json")
DCT = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55)}
JXL = {f"1.2.840.10008.1.2.4.{n}" for n in (110, 111, 112)}
J2K = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}



def stored(path, data, frame, count, plugin):
    """The values of a frame, without colour conversion."""
    if plugin == "imagecodecs":
        return imagecodecs.jpegxl_decode(get_frame(data.PixelData, frame, number_of_frames=count))
    if plugin != "dcmtk":
        return pixel_array(data, index=frame, raw=True, decoding_plugin=plugin)
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "plain.dcm")
        subprocess.run(["dcmdjpeg", path, plain], check=True, capture_output=True)
        return pixel_array(dcmread(plain), index=frame, raw=True)


def coloured(path, data, frame, count, plugin):
    """The same as RGB."""
    return pixel_array(data, index=frame, decoding_plugin=plugin)


expected = json.load(open(os.path.join(CORPUS, "expected.json")))["files"]
files = {}
for name, about in sorted(expected.items()):
    syntax = about.get("transfer_syntax")
    if not about.get("lossy") or syntax not in DCT | J2K | JXL or "frames_sha256" not in about and "all_frames_sha256" not in about:
        continue
    path = os.path.join(CACHE, name[8:]) if name.startswith("fetched/") else os.path.join(CORPUS, name)
    if not os.path.isfile(path):
        continue
    data = dcmread(path)
    if syntax in DCT:
        plugin = "pillow" if data.BitsAllocated == 8 else "dcmtk"
    else:
        plugin = "imagecodecs" if syntax in JXL else "pylibjpeg"
    count = int(data.get("NumberOfFrames", 1) or 1)
    frames, rgb = [], None
    try:
        for frame in sorted({0, count - 1}):
            a = stored(path, data, frame, count, plugin)
            flat = a.reshape(-1)
            at = [i * flat.size // 64 for i in range(64)]
            frames.append({
                "frame": frame + 1,
                "shape": list(a.shape),
                "mean": round(float(flat.astype("f8").mean()), 3),
                "values": [int(flat[i]) for i in at],
            })
        if a.ndim == 3:
            a = (stored if plugin == "imagecodecs" else coloured)(path, data, 0, count, plugin).reshape(-1, 3)
            rgb = [[int(v) for v in a[i * len(a) // 64]] for i in range(64)]
    except Exception as error:
        print("left out", name, str(error)[:100].replace("\n", " "))
        continue
    files[name] = {"by": plugin, "within": 3 if plugin == "pillow" else 1, "frames": frames}
    if rgb:
        files[name]["rgb"] = rgb
with open(OUT, "w") as f:
    f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in files.items()) + "\n}\n")
print(len(files), "files,", os.path.getsize(OUT), "bytes")
