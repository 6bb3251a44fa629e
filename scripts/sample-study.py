#!/usr/bin/env python3
"""usage: python3 scripts/sample-study.py FOLDER [OUT.zip]     makes the sample study of the page

FOLDER holds the 384 files of datalad/example-dicom-structural (N2D_0001.dcm …). Every third slice is kept,
re-encoded as JPEG 2000 lossless, and stored in a ZIP (www/public/sample/t1-brain.zip). UIDs, positions and
Instance Numbers stay as they are; decoded pixels are compared with the originals before the ZIP is written.
The same input gives the same bytes.
Needs: pip install pydicom numpy pylibjpeg pylibjpeg-openjpeg
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from openjpeg.utils import encode_array
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

STEP = 3
README = """T1-weighted magnetic resonance image of a head, every third slice
=================================================================

Source    datalad/example-dicom-structural: the structural scan of one volunteer of studyforrest.org,
          de-faced and anonymised by its publishers before publication
Paper     M. Hanke and others: A high-resolution 7-Tesla fMRI dataset from complex natural stimulation
          with an audio movie. Scientific Data 1, 140003 (2014), doi 10.1038/sdata.2014.3
Licence   Public Domain Dedication and License (PDDL) 1.0, https://opendatacommons.org/licenses/pddl/1-0/
Changed   every third of 384 slices (so that slices lie about 2 mm apart), pixel data re-encoded as
          JPEG 2000 lossless (stored values are equal to the source's), and Spacing Between Slices set
          to the new distance. UIDs, positions and Instance Numbers are the source's.
Made by   scripts/sample-study.py of Negatoscope
"""


def slices(folder: Path):
    """The kept data sets, in the order of Instance Number."""
    found = sorted((dcmread(path) for path in folder.iterdir() if path.suffix == ".dcm"), key=lambda d: int(d.InstanceNumber))
    if len(found) != 384:
        sys.exit(f"{folder} holds {len(found)} files, 384 were expected")
    return found[::STEP]


def compress(data_set):
    """The bytes of a Part 10 file of the data set with JPEG 2000 lossless pixel data."""
    pixels = data_set.pixel_array.copy()
    data_set.SpacingBetweenSlices = round(float(data_set.SpacingBetweenSlices) * STEP, 6)
    stream = encode_array(
        pixels, bits_stored=data_set.BitsStored, photometric_interpretation=2, use_mct=False, codec_format=0
    )
    data_set.PixelData = encapsulate([stream], has_bot=False)
    data_set["PixelData"].VR = "OB"
    data_set["PixelData"].is_undefined_length = True
    data_set.file_meta.TransferSyntaxUID = JPEG2000Lossless
    data_set._pixel_array = None
    out = io.BytesIO()
    data_set.save_as(out, implicit_vr=False, little_endian=True, enforce_file_format=True)
    again = dcmread(io.BytesIO(out.getvalue()))
    if not np.array_equal(again.pixel_array, pixels):
        sys.exit(f"Instance {data_set.InstanceNumber}: the decoded pixels differ")
    return out.getvalue()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    out = Path(sys.argv[2] if len(sys.argv) == 3 else Path(__file__).parents[1] / "www/public/sample/t1-brain.zip")
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = slices(Path(sys.argv[1]))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        def add(name, content):
            archive.writestr(zipfile.ZipInfo(name, (2014, 5, 27, 0, 0, 0)), content)

        add("t1-brain/README.txt", README)
        for data_set in kept:
            add(f"t1-brain/{int(data_set.InstanceNumber):04}.dcm", compress(data_set))
    print(f"{out}: {len(kept)} slices, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
