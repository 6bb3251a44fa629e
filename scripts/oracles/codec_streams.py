"""Compressed frames of three real pictures, in every syntax, for benches/codecs.mjs.

    python scripts/oracles/codec_streams.py CORPUS OUT

Needs: pydicom, numpy, imagecodecs. CORPUS holds chest/966_fixed.dcm, derived/CT1_HTJ2K_openjphjs.201.dcm and
derived/US1_HTJ2K_openjphjs.201.dcm. Writes OUT/NAME.bin and OUT/streams.json: a CT slice of 512 x 512 in 16 bits, a radiograph of about
2000 x 2100 in 12 bits, an ultrasound frame of 640 x 480 in RGB; of 8-bit syntaxes the upper 8 bits.
"""
import hashlib
import json
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])
OUT.mkdir(parents=True, exist_ok=True)
FILES = {
    "ct": "derived/CT1_HTJ2K_openjphjs.201.dcm",
    "dx": "chest/966_fixed.dcm",
    "us": "derived/US1_HTJ2K_openjphjs.201.dcm",
}
UID = "1.2.840.10008.1.2.4."


def upper(values):
    """The upper 8 bits of what is used."""
    if values.dtype == np.uint8:
        return values
    low, high = int(values.min()), int(values.max())
    return ((values.astype(np.int64) - low) * 255 // max(high - low, 1)).astype(np.uint8)


def rle(values):
    """One frame in RLE (PS3.5 G): byte planes, the most significant first, packed line by line."""
    samples = values.reshape(*values.shape[:2], -1)
    size = samples.dtype.itemsize
    planes = [
        np.ascontiguousarray(samples[..., s]).view(np.uint8).reshape(*values.shape[:2], size)[..., size - 1 - b]
        for s in range(samples.shape[-1])
        for b in range(size)
    ]
    header, body = [len(planes)], b""
    for plane in planes:
        header.append(64 + len(body))
        packed = b"".join(imagecodecs.packbits_encode(line.tobytes()) for line in plane)
        body += packed + b"\0" * (len(packed) % 2)
    return np.array(header + [0] * (16 - len(header)), "<u4").tobytes() + body


listed = []
for name, path in FILES.items():
    data = pydicom.dcmread(CORPUS / path)
    values = data.pixel_array
    signed = values.dtype.kind == "i"
    plain = values.view(f"u{values.dtype.itemsize}")
    colour = plain.ndim == 3
    grey8 = upper(values)
    streams = {
        "RLE": ("1.2.840.10008.1.2.5", plain, lambda: rle(plain)),
        "JPEG 8-bit": (UID + "50", grey8, lambda: imagecodecs.jpeg8_encode(grey8, level=90, subsampling="422" if colour else None)),
        "JPEG lossless": (UID + "70", plain, lambda: (imagecodecs.jpegsof3_encode if colour else imagecodecs.ljpeg_encode)(plain)),
        "JPEG-LS": (UID + "80", plain, lambda: imagecodecs.jpegls_encode(plain)),
        "JPEG-LS near 2": (UID + "81", plain, lambda: imagecodecs.jpegls_encode(plain, level=2)),
        "JPEG 2000": (UID + "90", values, lambda: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True, level=0)),
        "JPEG 2000 lossy": (UID + "91", values, lambda: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=False, level=38 if colour else 75)),
        "HTJ2K": (UID + "201", values, lambda: imagecodecs.htj2k_encode(values, reversible=True, rgb=colour)),
        "HTJ2K lossy": (UID + "203", values, lambda: imagecodecs.htj2k_encode(values, level=0.002, reversible=False, rgb=colour)),
    }
    for kind, (uid, source, encode) in streams.items():
        try:
            encoded = encode()
        except Exception as error:  # an encoder that cannot: said, and left out
            print(f"{name}, {kind}: {type(error).__name__}: {error}")
            continue
        file = f"{name}-{uid.rsplit('.', 1)[-1]}.bin"
        (OUT / file).write_bytes(encoded)
        bits = source.dtype.itemsize * 8
        listed.append(
            {
                "picture": name,
                "kind": kind,
                "uid": uid,
                "file": file,
                "rows": source.shape[0],
                "columns": source.shape[1],
                "samples": 3 if colour else 1,
                "bits": bits,
                "signed": signed and source is values,
                "bytes": source.nbytes,
                "sha256": hashlib.sha256(np.ascontiguousarray(source).tobytes()).hexdigest() if "lossy" not in kind and "near" not in kind and "8-bit" not in kind else None,
            }
        )
(OUT / "streams.json").write_text(json.dumps(listed, indent=1))
print(f"{len(listed)} streams")
