"""A series with its frames compressed, for benches/page.mjs --encoded OUT.

    python scripts/oracles/compressed_series.py SERIES OUT NAME jls|j2k|htj2k

Needs: pydicom, numpy, imagecodecs. SERIES is a folder of single-frame files of 16 bits; OUT/NAME gets the same files in JPEG-LS, JPEG 2000
or HTJ2K, lossless.
"""
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import UID

SERIES, OUT, NAME, KIND = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
ENCODERS = {
    # The codestream has no sign: the attributes say where it is.
    "jls": ("1.2.840.10008.1.2.4.80", lambda values: imagecodecs.jpegls_encode(values.view(np.uint16))),
    "j2k": (
        "1.2.840.10008.1.2.4.90",
        lambda values: imagecodecs.jpeg2k_encode(values, level=0, reversible=True, codecformat="j2k"),
    ),
    "htj2k": (
        "1.2.840.10008.1.2.4.201",
        lambda values: imagecodecs.htj2k_encode(values, reversible=True),
    ),
}
uid, encode = ENCODERS[KIND]
folder = OUT / NAME
folder.mkdir(parents=True, exist_ok=True)
before = after = 0
for path in sorted(SERIES.iterdir()):
    dataset = pydicom.dcmread(path)
    dtype = np.int16 if dataset.PixelRepresentation else np.uint16
    values = np.frombuffer(dataset.PixelData, dtype)[: dataset.Rows * dataset.Columns]
    frame = encode(np.ascontiguousarray(values.reshape(dataset.Rows, dataset.Columns)))
    before, after = before + values.nbytes, after + len(frame)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID(uid)
    dataset.save_as(folder / path.name, enforce_file_format=True)
print(f"{NAME}: {before / 1e6:.1f} MB became {after / 1e6:.1f} MB")
