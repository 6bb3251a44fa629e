#!/usr/bin/env python3
"""Writes tests/data/display.zip and display.json: small files for every way from stored values to the screen, and what must be shown.
The archive holds one stream; the JSON says where in it a file or the levels of a case lie (offset, length).

Needs numpy and pydicom 3; with Pillow the ICC case is also computed by Little CMS, with dcm2pnm and dcmp2pgm (Debian: dcmtk) on the PATH all
that DCMTK can show is shown by it too. The levels 0..255 are computed here from the values that the files are made of, in float64, by the
formulas of PS3.3 C.7.6.3, C.7.6.10, C.7.6.19, C.7.9, C.11.1, C.11.2, C.11.6 and C.11.15, and of PS3.4 N.2; nothing is shared with the
program. A level is floor(255 y + 0.5). Prints how many pixels DCMTK shows otherwise, and by how much; why is said below, in WHY.
"""
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../../tests/data")
SIDE = 16
SC, CT, MR, US, XA, DX, PT, NM, CR = (
    "1.2.840.10008.5.1.4.1.1." + end for end in ("7", "2", "4", "6.1", "12.1", "1.1.1", "128", "20", "1")
)
CLASS = {"OT": SC, "CT": CT, "MR": MR, "US": US, "XA": XA, "DX": DX, "PT": PT, "NM": NM, "CR": CR}
GSPS, CSPS, PCSPS = ("1.2.840.10008.5.1.4.1.1.11." + end for end in "123")

cases, files = {}, {}
# Why DCMTK shows something else, by the case's name. What is not listed here has to be equal within one level.
EXACT = "DCMTK takes LINEAR_EXACT as LINEAR"
WHOLE = "DCMTK cuts the fractions of modality values off before the window or the LUT"
SHAPE = "DCMTK follows Presentation LUT Shape, we follow Photometric Interpretation and say so (PIX-309)"
PADDING = "dcm2pnm paints padding like any other value"
SHUTTER = "dcmp2pgm writes the picture without the shutter"
COLOURS = "DCMTK computes the colours in whole numbers"
WHY = {
    "exact_300.5_123.25": EXACT,
    "exact_signed_0_1": EXACT,
    "exact_signed_0_100": EXACT,
    "exact_signed_10_2": EXACT,
    "linear_below_one": "DCMTK refuses a width below 1 and shows all values, we take it as LINEAR_EXACT and say so (PIX-305)",
    "float_exact": "DCMTK reads no Float Pixel Data",
    "voi_lut_fractions": WHOLE,
    "auto_pt_counts": WHOLE,
    "voi_lut_12_said_16": "DCMTK believes the descriptor, and the picture is nearly black; we take the range in use and say so (PIX-303)",
    "monochrome1_identity": SHAPE,
    "monochrome2_inverse": SHAPE,
    "padding": PADDING,
    "padding_range": PADDING,
    "padding_range_monochrome1": PADDING,
    "padding_other_vr": PADDING,
    "palette_8_in_16": "DCMTK believes the descriptor, and the picture is black; we take entries up to 255 as 8 bits",
    "palette_segmented": "DCMTK expands no segmented palettes",
    "ybr_full": COLOURS,
    "ybr_full_422": COLOURS,
    "ybr_partial_422": COLOURS,
    "state_sigmoid": "dcmp2pgm takes the state's SIGMOID as LINEAR",
    "state_bitmap_shutter": SHUTTER,
    "state_white_shutter": SHUTTER,
}


# --- files


def image(values, modality="OT", photometric="MONOCHROME2", stored=None, samples=1, **more):
    """A data set of these values: rows × columns (× samples), or frames × rows × columns where `frames` is set."""
    values = np.asarray(values)
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CLASS[modality], "2.25.1"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality = "2.25.2", "2.25.3", modality
    data.PatientName, data.PatientID = "Made^Display", "made"
    frames = more.pop("frames", 1)
    shape = values.shape[1:] if frames > 1 else values.shape
    data.Rows, data.Columns = shape[0], shape[1]
    data.SamplesPerPixel, data.PhotometricInterpretation = samples, photometric
    kind = values.dtype
    if kind.kind == "f":
        data.BitsAllocated = 32
        data.FloatPixelData = values.astype("<f4").tobytes()
    else:
        bits = kind.itemsize * 8
        data.BitsAllocated, data.BitsStored = bits, stored or bits
        data.HighBit = data.BitsStored - 1
        data.PixelRepresentation = int(kind.kind == "i")
        data.PixelData = values.astype(kind.newbyteorder("<")).tobytes()
        data["PixelData"].VR = "OW" if bits > 8 else "OB"
    if samples > 1:
        data.PlanarConfiguration = 0
    if frames > 1:
        data.NumberOfFrames = frames
    for name, value in more.items():
        setattr(data, name, value)
    return data


def window(data, center, width, function=None):
    data.WindowCenter, data.WindowWidth = center, width
    if function:
        data.VOILUTFunction = function
    return data


def lut(entries, first, bits, signed=False, packed=False):
    """A LUT item. `packed`: 8-bit entries, two in a word."""
    item = Dataset()
    count = 0 if len(entries) == 65536 else len(entries)
    item.add_new("LUTDescriptor", "SS" if signed else "US", [count, first, bits])
    words = np.asarray(entries)
    body = words.astype("u1").tobytes() if packed else words.astype("<u2").tobytes()
    item.add_new("LUTData", "OW", body + b"\0" * (len(body) % 2))
    return item


def encoded(data):
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.ImplementationClassUID = "2.25.4"
    out = io.BytesIO()
    dcmwrite(out, data, enforce_file_format=True)
    return out.getvalue()


def case(name, data, shown, repairs=(), args=(), tool=None, state=None, of=None):
    """`shown`: display values 0..1 (floats), or levels (u1), rows × columns (× 3). `tool`: DCMTK's arguments; `of`: another case's file."""
    shown = np.asarray(shown)
    levels = shown if shown.dtype == np.uint8 else np.floor(shown * 255 + 0.5).astype(np.uint8)
    assert name not in cases, name
    if of is None:
        files[name + ".dcm"] = encoded(data)
    about = {"file": (of or name) + ".dcm", "args": list(args), "repairs": sorted(repairs), "levels": levels}
    if state is not None:
        files[name + ".state.dcm"] = encoded(state)
        about["state"] = name + ".state.dcm"
    if tool is not None:
        about["tool"] = list(tool)
    cases[name] = about


# --- the standard's functions (PS3.3 C.11.2.1.2, C.11.2.1.3)


def linear(x, c, w):
    x = np.asarray(x, float)
    if w == 1:
        return np.where(x <= c - 0.5, 0.0, 1.0)
    inner = (x - (c - 0.5)) / (w - 1) + 0.5
    return np.where(x <= c - 0.5 - (w - 1) / 2, 0.0, np.where(x > c - 0.5 + (w - 1) / 2, 1.0, inner))


def exact(x, c, w):
    x = np.asarray(x, float)
    return np.where(x <= c - w / 2, 0.0, np.where(x > c + w / 2, 1.0, (x - c) / w + 0.5))


def sigmoid(x, c, w):
    return 1.0 / (1.0 + np.exp(-4.0 * (np.asarray(x, float) - c) / w))


def through(x, entries, first, bits=None):
    """A table's entry for values that may have fractions; scaled to 0..1 where `bits` is given."""
    at = np.clip(np.floor(np.asarray(x, float) - first + 0.5).astype(int), 0, len(entries) - 1)
    got = np.asarray(entries, float)[at]
    return got if bits is None else got / (2**bits - 1)


def full(low, high):
    """The window of all values from low to high (C.11.2.1.2, note): whole numbers by LINEAR, others by LINEAR_EXACT."""
    if low == round(low) and high == round(high) and high > low:
        return lambda x: linear(x, (low + high + 1) / 2, high - low + 1)
    return lambda x: exact(x, (low + high) / 2, high - low)


def percentiles(x, left_out=None):
    """First to ninety-ninth percentile, the value at the nearest rank."""
    flat = np.sort(np.asarray(x, np.float32)[~left_out] if left_out is not None else np.asarray(x, np.float32).ravel())
    rank = lambda part: float(flat[int(np.floor((len(flat) - 1) * part + 0.5))])
    return full(rank(0.01), rank(0.99))


def black(shown, where):
    return np.where(where, 0.0, shown)


# --- stored values

U12 = (np.arange(SIDE * SIDE) * 16 + 7).reshape(SIDE, SIDE).astype("u2")
S16 = (np.arange(SIDE * SIDE) - 128).reshape(SIDE, SIDE).astype("i2")
U8 = np.arange(SIDE * SIDE).reshape(SIDE, SIDE).astype("u1")
HU = (np.arange(SIDE * SIDE) * 12).reshape(SIDE, SIDE).astype("u2")


def u12(**more):
    return image(U12, stored=12, **more)


WI, LUT1 = ["+Wi", "1"], ["+Wl", "1"]

# --- windows
for label, function, name in ((None, linear, "linear"), ("LINEAR_EXACT", exact, "exact"), ("SIGMOID", sigmoid, "sigmoid")):
    for c, w in ((2048, 4096), (1000, 1500), (300.5, 123.25)):
        case(f"{name}_{c}_{w}", window(u12(), c, w, label), function(U12, c, w), tool=WI)
    for c, w in ((0, 100), (0, 1), (10, 2)):
        case(f"{name}_signed_{c}_{w}", window(image(S16), c, w, label), function(S16, c, w), tool=WI)
case("linear_said", window(image(S16), 0, 100, "LINEAR"), linear(S16, 0, 100), tool=WI)
case("linear_below_one", window(image(S16), 3, 0.5), exact(S16, 3, 0.5), ["PIX-305"], tool=WI)
case("function_unknown", window(image(S16), 0, 100, "CURVED"), linear(S16, 0, 100), ["PIX-308"], tool=WI)
FLOAT = np.linspace(-1, 1, SIDE * SIDE, dtype="f4").reshape(SIDE, SIDE)
case("float_exact", window(image(FLOAT), 0.25, 0.5, "LINEAR_EXACT"), exact(FLOAT, 0.25, 0.5), tool=WI)
several = window(u12(WindowCenterWidthExplanation=["BONE", "LUNG"]), [1000, 3000], [1500, 300])
case("several_first", several, linear(U12, 1000, 1500), tool=WI)
case("several_second", several, linear(U12, 3000, 300), args=["--window", "2"], tool=["+Wi", "2"], of="several_first")
case("unpaired", window(u12(), [1000, 3000], 1500), linear(U12, 1000, 1500), ["PIX-307"], tool=WI)
case("no_width", window(u12(), [100, 2048], [0, 4096]), linear(U12, 2048, 4096), ["PIX-306"], tool=["+Wi", "2"])

# --- VOI LUT
CURVE8 = np.floor(255 * (np.arange(256) / 255) ** 0.5 + 0.5).astype(int)
CURVE16 = np.floor(65535 * (np.arange(4096) / 4095) ** 2 + 0.5).astype(int)
for packed in (False, True):
    data = u12(VOILUTSequence=Sequence([lut(CURVE8, 1000, 8, packed=packed)]))
    case(f"voi_lut_8{'_packed' if packed else ''}", data, through(U12, CURVE8, 1000, 8), tool=LUT1)
case("voi_lut_16", u12(VOILUTSequence=Sequence([lut(CURVE16, 0, 16)])), through(U12, CURVE16, 0, 16), tool=LUT1)
data = image(S16, VOILUTSequence=Sequence([lut(CURVE8[:201], -100, 8, signed=True)]))
case("voi_lut_negative", data, through(S16, CURVE8[:201], -100, 8), tool=LUT1)
data = image(HU, "CT", RescaleIntercept=-1024, RescaleSlope=1, VOILUTSequence=Sequence([lut(CURVE16[::4], 65536 - 200, 16)]))
case("voi_lut_negative_unsigned_vr", data, through(HU - 1024.0, CURVE16[::4], -200, 16), tool=LUT1)
data = u12(RescaleIntercept=0.25, RescaleSlope=0.3, VOILUTSequence=Sequence([lut(CURVE8, 500, 8)]))
case("voi_lut_fractions", data, through(U12 * 0.3 + 0.25, CURVE8, 500, 8), tool=LUT1)
data = u12(VOILUTSequence=Sequence([lut(CURVE16 // 16, 0, 16)]))
case("voi_lut_12_said_16", data, through(U12, CURVE16 // 16, 0, 12), ["PIX-303"], tool=LUT1)
both = window(u12(VOILUTSequence=Sequence([lut(CURVE16, 0, 16)])), 1000, 1500)
case("window_and_voi_lut", both, linear(U12, 1000, 1500), tool=WI)
case("voi_lut_beside_window", both, through(U12, CURVE16, 0, 16), args=["--window", "2"], tool=LUT1, of="window_and_voi_lut")

# --- Modality LUT and rescale
def modality(entries, first, bits, **more):
    item = lut(entries, first, bits, signed=more.get("signed", False))
    item.ModalityLUTType = "US"
    return Sequence([item])


data = window(u12(ModalityLUTSequence=modality(CURVE16, 0, 16)), 30000, 40000)
case("modality_lut_16", data, linear(through(U12, CURVE16, 0), 30000, 40000), tool=WI)
data = window(image(U8, ModalityLUTSequence=modality(CURVE8, 0, 8)), 128, 200)
case("modality_lut_8", data, linear(through(U8, CURVE8, 0), 128, 200), tool=WI)
data = window(image(S16, ModalityLUTSequence=modality(CURVE8[:101], -50, 8, signed=True)), 80, 120)
case("modality_lut_negative", data, linear(through(S16, CURVE8[:101], -50), 80, 120), tool=WI)
data = u12(ModalityLUTSequence=modality(CURVE16, 0, 16), RescaleSlope=2, RescaleIntercept=5)
case("modality_lut_and_rescale", window(data, 30000, 40000), linear(through(U12, CURVE16, 0), 30000, 40000), ["PIX-310"], tool=WI)
case("rescale_hu", window(image(HU, "CT", RescaleIntercept=-1024, RescaleSlope=1), 40, 400), linear(HU - 1024.0, 40, 400), tool=WI)
case("rescale_fractions", window(u12(RescaleIntercept=-10.5, RescaleSlope=0.25), 500, 333), linear(U12 * 0.25 - 10.5, 500, 333), tool=WI)
case("rescale_negative", window(u12(RescaleIntercept=100, RescaleSlope=-2), -4000, 5000), linear(100 - U12 * 2.0, -4000, 5000), tool=WI)
case("rescale_zero", window(u12(RescaleIntercept=-7, RescaleSlope=0), 2048, 4096), linear(U12 - 7.0, 2048, 4096), ["PIX-304"], tool=WI)

# --- polarity
for photometric in ("MONOCHROME1", "MONOCHROME2"):
    for shape in ("IDENTITY", "INVERSE", None):
        data = window(u12(photometric=photometric), 1000, 1500)
        if shape:
            data.PresentationLUTShape = shape
        shown = linear(U12, 1000, 1500)
        conflict = shape and (shape == "INVERSE") != (photometric == "MONOCHROME1")
        name = f"{photometric.lower()}_{(shape or 'none').lower()}"
        case(name, data, 1 - shown if photometric == "MONOCHROME1" else shown, ["PIX-309"] if conflict else [], tool=WI)

# --- padding
out = U12 == U12[3, 3]
data = window(u12(PixelPaddingValue=int(U12[3, 3])), 1000, 1500)
case("padding", data, black(linear(U12, 1000, 1500), out), tool=WI)
out = (U12 >= 500) & (U12 <= 900)
case("padding_range", window(u12(PixelPaddingValue=500, PixelPaddingRangeLimit=900), 1000, 1500), black(linear(U12, 1000, 1500), out), tool=WI)
data = window(u12(photometric="MONOCHROME1", PixelPaddingValue=900, PixelPaddingRangeLimit=500), 1000, 1500)
case("padding_range_monochrome1", data, black(1 - linear(U12, 1000, 1500), out), tool=WI)
data = window(image(S16), 0, 100)
data.add_new("PixelPaddingValue", "US", 65536 - 20)
case("padding_other_vr", data, black(linear(S16, 0, 100), S16 == -20), tool=WI)
out = U12 < 600
data = u12(modality="MR", PixelPaddingValue=0, PixelPaddingRangeLimit=599)
case("padding_out_of_auto", data, black(percentiles(U12, out)(U12), out))

# --- which window applies
case("auto_mr", u12(modality="MR"), percentiles(U12)(U12))
corners = HU.astype("i2") - 1024
corners[:4] = -3024
case("auto_ct_corners", image(corners, "CT", RescaleIntercept=0, RescaleSlope=1), percentiles(corners, corners <= -2000)(corners))
case("auto_nm", u12(modality="NM"), full(0, int(U12.max()))(U12))
pet = dict(RescaleSlope=0.5, RescaleIntercept=0)
case("auto_pt_counts", window(u12(modality="PT", Units="CNTS", **pet), 100, 50), linear(U12 * 0.5, 100, 50), tool=WI)
case("auto_pt_no_window", u12(modality="PT", Units="CNTS", **pet), full(0, float(U12.max()) * 0.5)(U12 * 0.5))
suv = window(u12(modality="PT", Units="BQML", **pet), 100, 50)
suv.CorrectedImage, suv.DecayCorrection, suv.PatientWeight = ["ATTN", "DECY"], "ADMIN", 70
suv.SeriesDate, suv.SeriesTime, suv.AcquisitionDate, suv.AcquisitionTime = "20200101", "120000", "20200101", "120000"
tracer = Dataset()
tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife, tracer.RadiopharmaceuticalStartTime = 7.0e6, 6586.2, "110000"
suv.RadiopharmaceuticalInformationSequence = Sequence([tracer])
factor = 70 * 1000 / 7.0e6
case("pt_suv_0_to_10", suv, exact(U12 * 0.5, 5 / factor, 10 / factor))
case("us_identity", image(U8, "US"), U8)
case("xa_file_window", window(u12(modality="XA", PixelIntensityRelationship="LOG"), 1000, 1500), linear(U12, 1000, 1500), tool=WI)
data = window(u12(modality="XA", PixelIntensityRelationship="LIN", RescaleSlope=2, RescaleIntercept=0), 1000, 1500)
# The Modality LUT of X-ray runs leads to the intensity of the beam, and is not for display (C.8.7.1).
case("xa_rescale", data, linear(U12, 1000, 1500), tool=WI)
data = u12(modality="XA", PixelIntensityRelationship="LOG", ModalityLUTSequence=modality(CURVE16[::4], 0, 16))
case("xa_modality_lut", window(data, 1000, 1500), linear(U12, 1000, 1500), tool=WI)
data = window(u12(modality="MR", RescaleSlope=2, RescaleIntercept=0), 1000, 1500)
case("mr_rescale", data, linear(U12 * 2.0, 1000, 1500), tool=WI)
data = window(u12(modality="DX", PresentationIntentType="FOR PROCESSING"), 1000, 1500)
case("dx_for_processing", data, percentiles(U12)(U12))

# --- colour
RED, GREEN, BLUE = (np.roll(np.arange(256), n) * k % 256 for n, k in ((0, 1), (80, 3), (160, 5)))


def palette(data, tables, first, bits, segmented=False):
    for name, entries in zip(("Red", "Green", "Blue"), tables):
        count = 256 if segmented else len(entries)
        vr = "SS" if first < 0 else "US"
        data.add_new(name + "PaletteColorLookupTableDescriptor", vr, [count, first, bits])
        words = np.asarray(entries)
        body = words.astype("u1").tobytes() if bits == 8 and not segmented else words.astype("<u2").tobytes()
        prefix = "Segmented" if segmented else ""
        data.add_new(prefix + name + "PaletteColorLookupTableData", "OW", body + b"\0" * (len(body) % 2))
    return data


def looked_up(x, tables, first):
    at = np.clip(np.asarray(x, int) - first, 0, len(tables[0]) - 1)
    return np.stack([np.asarray(t)[at] for t in tables], -1).astype(np.uint8)


TABLES = (RED, GREEN, BLUE)
grey_photometric = dict(photometric="PALETTE COLOR")
case("palette_8", palette(image(U8, **grey_photometric), TABLES, 0, 8), looked_up(U8, TABLES, 0), tool=[])
wide = [t * 257 for t in TABLES]
case("palette_16", palette(image(U8, **grey_photometric), wide, 0, 16), looked_up(U8, TABLES, 0), tool=[])
case("palette_8_in_16", palette(image(U8, **grey_photometric), TABLES, 0, 16), looked_up(U8, TABLES, 0), ["PIX-303"], tool=[])
short = [t[:100] for t in wide]
case("palette_first_50", palette(image(U8, **grey_photometric), short, 50, 16), looked_up(U8, [t[:100] for t in TABLES], 50), tool=[])
case("palette_negative", palette(image(S16, **grey_photometric), short, -60, 16), looked_up(S16, [t[:100] for t in TABLES], -60), tool=[])
case("palette_index_12", palette(image(U12, stored=12, **grey_photometric), wide, 2000, 16), looked_up(U12, TABLES, 2000), tool=[])
# Discrete 0, 10; linear to 60000 in 254 steps; the same for all with other ends.
segments, expanded = [], []
for top in (60000, 30000, 65535):
    segments.append([0, 2, 0, 10, 1, 254, top])
    steps = 10 + np.floor((top - 10) * np.arange(1, 255) / 254 + 0.5)
    expanded.append(np.concatenate([[0, 10], steps]).astype(int) >> 8)
case("palette_segmented", palette(image(U8, **grey_photometric), segments, 0, 16, True), looked_up(U8, expanded, 0), tool=[])

RGB = np.stack([U8, U8.T, 255 - U8], -1)
case("rgb", image(RGB, photometric="RGB", samples=3), RGB, tool=[])
planar = image(np.moveaxis(RGB, -1, 0).reshape(SIDE, SIDE, 3), photometric="RGB", samples=3, PlanarConfiguration=1)
case("rgb_planar", planar, RGB, tool=[])
deep = (RGB.astype("u2") << 4) + 5
case("rgb_12", image(deep, photometric="RGB", samples=3, stored=12), RGB, tool=[])


def full_range(ybr):
    y, cb, cr = (ybr[..., n].astype(float) for n in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1)
    return np.clip(np.floor(rgb + 0.5), 0, 255).astype(np.uint8)


def limited_range(ybr):
    y, cb, cr = (ybr[..., n].astype(float) for n in range(3))
    y, cb, cr = 1.1644 * (y - 16), cb - 128, cr - 128
    rgb = np.stack([y + 1.5960 * cr, y - 0.3917 * cb - 0.8130 * cr, y + 2.0173 * cb], -1)
    return np.clip(np.floor(rgb + 0.5), 0, 255).astype(np.uint8)


YBR = np.stack([U8, np.roll(U8, 60).T, np.roll(U8, 111)[::-1]], -1)
case("ybr_full", image(YBR, photometric="YBR_FULL", samples=3), full_range(YBR), tool=[])
shared = YBR.copy()
shared[:, 1::2, 1:] = shared[:, ::2, 1:]
packed422 = np.stack([shared[:, ::2, 0], shared[:, 1::2, 0], shared[:, ::2, 1], shared[:, ::2, 2]], -1)
for name, function in (("YBR_FULL_422", full_range), ("YBR_PARTIAL_422", limited_range)):
    data = image(shared, photometric=name, samples=3)
    data.PixelData = packed422.astype("u1").tobytes()
    case(name.lower(), data, function(shared), tool=[])

# --- supplemental palette: from 3000 on, stored values are colours
TAIL = [np.roll(np.arange(1100) % 256, n) * 257 for n in (0, 60, 170)]
data = palette(window(u12(modality="CT", PixelPresentation="COLOR", RescaleIntercept=-1024, RescaleSlope=1), 40, 2000), TAIL, 3000, 16)
grey = np.floor(linear(U12 - 1024.0, 40, 2000) * 255 + 0.5).astype(np.uint8)
shown = np.where((U12 >= 3000)[..., None], looked_up(U12, [t >> 8 for t in TAIL], 3000), grey[..., None])
case("supplemental", data, shown)
plain = palette(window(u12(modality="CT", PixelPresentation="MONOCHROME", RescaleIntercept=-1024, RescaleSlope=1), 40, 2000), TAIL, 3000, 16)
case("supplemental_not_said", plain, linear(U12 - 1024.0, 40, 2000), tool=WI)

# --- ICC: other primaries (Adobe RGB's, adapted to D50), a gamma of 2.19921875
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
ADOBE = np.round(ADOBE * 65536) / 65536  # as a profile writes them
SRGB = np.array([[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]])


def profile(matrix, curve):
    def number(x):
        return struct.pack(">i", round(x * 65536))

    body = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + b"\0" * 78, b"cprt": b"text\0\0\0\0none\0"}
    body[b"wtpt"] = b"XYZ \0\0\0\0" + number(0.9642) + number(1) + number(0.8249)
    for n, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ")):
        body[name] = b"XYZ \0\0\0\0" + b"".join(number(x) for x in matrix[:, n])
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        body[name] = curve
    table, data, at = b"", b"", 132 + 12 * len(body)
    for name, content in body.items():
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", at + len(data), len(content))
        data += content
    head = struct.pack(">I4sI4s4s4s12s4s", at + len(data), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"\0" * 12, b"acsp")
    head = head.ljust(68, b"\0") + number(0.9642) + number(1) + number(0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(body)) + table + data


def to_srgb(rgb, matrix, gamma):
    light = (rgb / 255.0) ** gamma @ (np.linalg.inv(SRGB) @ matrix).T
    light = np.clip(light, 0, 1)
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.floor(shown * 255 + 0.5).astype(np.uint8)


GAMMA = 563 / 256
adobe = profile(ADOBE, b"curv\0\0\0\0" + struct.pack(">IH", 1, 563))
case("icc_matrix", image(RGB, photometric="RGB", samples=3, ICCProfile=adobe), to_srgb(RGB, ADOBE, GAMMA))
data = palette(image(U8, ICCProfile=adobe, **grey_photometric), TABLES, 0, 8)
case("icc_palette", data, to_srgb(looked_up(U8, TABLES, 0), ADOBE, GAMMA))
srgb = profile(SRGB, b"para\0\0\0\0" + struct.pack(">HHiiiii", 3, 0, *(round(x * 65536) for x in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))))
case("icc_srgb", image(RGB, photometric="RGB", samples=3, ICCProfile=srgb), RGB, tool=[])
case("icc_said_srgb", image(RGB, photometric="RGB", samples=3, ICCProfile=adobe, ColorSpace="SRGB"), RGB, tool=[])
tables = adobe.replace(b"wtpt", b"A2B0")
case("icc_tables", image(RGB, photometric="RGB", samples=3, ICCProfile=tables), RGB, ["PIX-315"], tool=[])

# --- mask subtraction
rng = np.random.default_rng(7)
RUN = (2000 + 40 * np.arange(SIDE)[None, :, None] + rng.integers(0, 500, (5, SIDE, SIDE))).astype("u2")
RUN[2:, 4:12, 6:9] -= 900


def run(item, **more):
    data = image(RUN, "XA", stored=12, frames=5, PixelIntensityRelationship=more.pop("relation", "LOG"), FrameIncrementPointer=0x00181063, FrameTime=100)
    masks = Dataset()
    for name, value in item.items():
        setattr(masks, name, value)
    data.MaskSubtractionSequence, data.RecommendedViewingMode = Sequence([masks]), more.pop("mode", "SUB")
    for name, value in more.items():
        setattr(data, name, value)
    return data


def moved(mask, down, right):
    """Bilinear; the mask goes towards higher rows and columns; edges extend."""
    y = np.clip(np.arange(SIDE) - down, 0, SIDE - 1)
    x = np.clip(np.arange(SIDE) - right, 0, SIDE - 1)
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    y1, x1 = np.minimum(y0 + 1, SIDE - 1), np.minimum(x0 + 1, SIDE - 1)
    v, u = (y - y0)[:, None], (x - x0)[None, :]
    above = mask[y0][:, x0] * (1 - u) + mask[y0][:, x1] * u
    below = mask[y1][:, x0] * (1 - u) + mask[y1][:, x1] * u
    return above * (1 - v) + below * v


R = RUN.astype(float)
average = dict(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2])
file_window = dict(WindowCenter=0, WindowWidth=2000)
fourth = ["--frame", "4"]
difference = R[3] - (R[0] + R[1]) / 2
case("subtraction", run(average, **file_window), linear(difference, 0, 2000), args=fourth)
case("subtraction_raw", None, percentiles(RUN[3])(RUN[3]), args=[*fourth, "--raw", "--window", "auto"], of="subtraction")
shifted = run({**average, "MaskSubPixelShift": [0.5, -1.25]}, **file_window)
case("subtraction_shift", shifted, linear(R[3] - moved((R[0] + R[1]) / 2, 0.5, -1.25), 0, 2000), args=fourth)
averaged = run({**average, "ContrastFrameAveraging": 2}, **file_window)
case("subtraction_averaged", averaged, linear((R[3] + R[4]) / 2 - (R[0] + R[1]) / 2, 0, 2000), args=fourth)
case("subtraction_no_contrast_frame", None, linear(R[4], 0, 2000), args=["--frame", "5"], of="subtraction_averaged")
case("subtraction_tid", run(dict(MaskOperation="TID", TIDOffset=2), **file_window), linear(R[3] - R[1], 0, 2000), args=fourth)
reverse = run(dict(MaskOperation="REV_TID", TIDOffset=1, ApplicableFrameRange=[3, 4]), **file_window)
case("subtraction_rev_tid", reverse, linear(R[3] - R[0], 0, 2000), args=fourth)
case("subtraction_out_of_range", None, linear(R[4], 0, 2000), args=["--frame", "5"], of="subtraction_rev_tid")
case("subtraction_natural", run(average, mode="NAT", WindowCenter=2000, WindowWidth=2000), linear(R[3], 2000, 2000), args=fourth)
lin = np.log(R[3]) - (np.log(R[0]) + np.log(R[1])) / 2
case("subtraction_log", run(average, relation="LIN", WindowCenter=2000, WindowWidth=2000), exact(lin, 0, 1), args=fourth)
# A window that does not show both signs is made for the frames; without another one a quarter of the range of 12 bits is taken.
case("subtraction_own_window", run(average, WindowCenter=2000, WindowWidth=2000), exact(difference, 0, 1024), args=fourth)
case("subtraction_auto", None, percentiles(difference)(difference), args=[*fourth, "--window", "auto"], of="subtraction_own_window")


# --- presentation states
def state(uid_class=GSPS, **more):
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = uid_class, "2.25.9"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality = "2.25.2", "2.25.8", "PR"
    data.PatientName, data.PatientID = "Made^Display", "made"
    data.InstanceNumber, data.ContentLabel, data.ContentDescription = 1, "MADE", ""
    data.PresentationCreationDate, data.PresentationCreationTime = "20200101", "120000"
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = more.pop("of", SC), "2.25.1"
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = "2.25.3", Sequence([reference])
    data.ReferencedSeriesSequence = Sequence([series])
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [SIDE, SIDE]
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    data.DisplayedAreaSelectionSequence = Sequence([area])
    data.PresentationLUTShape = "IDENTITY"
    for name, value in more.items():
        setattr(data, name, value)
    if "PresentationLUTSequence" in data:
        del data.PresentationLUTShape
    return data


def softcopy(c=None, w=None, function=None, table=None):
    item = Dataset()
    if table is not None:
        item.VOILUTSequence = Sequence([table])
    else:
        window(item, c, w, function)
    return Sequence([item])


PLUT = np.floor(4095 * (1 - (np.arange(1024) / 1023) ** 3) + 0.5).astype(int)


def presented(shown):
    return PLUT[np.floor(np.asarray(shown) * 1023 + 0.5).astype(int)] / 4095


plut = dict(PresentationLUTSequence=Sequence([lut(PLUT, 0, 12)]))
own = window(u12(photometric="MONOCHROME1", RescaleSlope=3, RescaleIntercept=9), 100, 50)
case("state_identity", own, U12 / 4095, state=state(), tool=[])
case("state_window", own, linear(U12, 1000, 1500), state=state(SoftcopyVOILUTSequence=softcopy(1000, 1500)), tool=[])
case("state_inverse", own, 1 - linear(U12, 1000, 1500), state=state(SoftcopyVOILUTSequence=softcopy(1000, 1500), PresentationLUTShape="INVERSE"), tool=[])
case("state_sigmoid", own, sigmoid(U12, 1000, 1500), state=state(SoftcopyVOILUTSequence=softcopy(1000, 1500, "SIGMOID")), tool=[])
case("state_voi_lut", own, through(U12, CURVE16, 0, 16), state=state(SoftcopyVOILUTSequence=softcopy(table=lut(CURVE16, 0, 16))), tool=[])
case("state_rescale", own, linear(U12 * 0.5 - 100, 1000, 1500), state=state(SoftcopyVOILUTSequence=softcopy(1000, 1500), RescaleSlope=0.5, RescaleIntercept=-100, RescaleType="US"), tool=[])
case("state_presentation_lut", own, presented(U12 / 4095), state=state(**plut), tool=[])
case("state_window_and_presentation_lut", own, presented(linear(U12, 1000, 1500)), state=state(SoftcopyVOILUTSequence=softcopy(1000, 1500), **plut), tool=[])


def plane(data, group, bits, layer=None):
    bits = np.asarray(bits, "u1")
    for element, vr, value in (
        (0x10, "US", bits.shape[0]),
        (0x11, "US", bits.shape[1]),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
    ):
        data.add_new((group, element), vr, value)
    data.add_new((group, 0x3000), "OW", np.packbits(bits.ravel(), bitorder="little").tobytes())
    if layer is not None:
        data.add_new((group, 0x1001), "CS", layer)
    return data


ring = np.add.outer((np.arange(SIDE) - 7.5) ** 2, (np.arange(SIDE) - 7.5) ** 2)
hidden = ring > 40
closed = plane(state(SoftcopyVOILUTSequence=softcopy(1000, 1500), ShutterShape="BITMAP", ShutterPresentationValue=0x8000, ShutterOverlayGroup=0x6002), 0x6002, hidden)
shown = np.where(hidden, 0x8000 / 65535, linear(U12, 1000, 1500))
case("state_bitmap_shutter", own, shown, state=closed, tool=[])
round_shutter = state(SoftcopyVOILUTSequence=softcopy(1000, 1500), ShutterShape="CIRCULAR", CenterOfCircularShutter=[8, 9], RadiusOfCircularShutter=6, ShutterPresentationValue=0xFFFF)
hidden = np.add.outer((np.arange(1, SIDE + 1) - 8) ** 2, (np.arange(1, SIDE + 1) - 9) ** 2) > 36
case("state_white_shutter", own, np.where(hidden, 1.0, linear(U12, 1000, 1500)), state=round_shutter, tool=[])
# Overlays are painted in yellow (group 6000) and light blue (6002).
marked = window(u12(), 1000, 1500)
plane(marked, 0x6000, ring < 10)
plane(marked, 0x6002, (ring > 30) & (ring < 50))
grey = np.floor(linear(U12, 1000, 1500) * 255 + 0.5).astype(np.uint8)[..., None].repeat(3, -1)
YELLOW, LIGHT = np.array([255, 214, 10], "u1"), np.array([100, 210, 255], "u1")
layers = dict(GraphicLayerSequence=Sequence([]))
both_shown = np.where((ring < 10)[..., None], YELLOW, grey)
both_shown = np.where(((ring > 30) & (ring < 50))[..., None], LIGHT, both_shown)
case("overlays", marked, both_shown)
softly = dict(SoftcopyVOILUTSequence=softcopy(1000, 1500))
one = state(**softly)
one.add_new((0x6000, 0x1001), "CS", "LAYER")
one.add_new((0x6002, 0x1001), "CS", "")
case("state_activates_one_overlay", marked, np.where((ring < 10)[..., None], YELLOW, grey), state=one)
case("state_activates_no_overlay", marked, grey, state=state(**softly))
replaced = plane(state(**softly), 0x6000, ring > 80, "LAYER")
case("state_replaces_an_overlay", marked, np.where((ring > 80)[..., None], YELLOW, grey), state=replaced)
pseudo = palette(state(PCSPS, **softly), wide, 0, 16)
at = np.floor(linear(U12, 1000, 1500) * 255 + 0.5).astype(int)
case("state_pseudo_colour", own, looked_up(at, TABLES, 0), state=pseudo)
coloured = state(CSPS, ICCProfile=adobe)
case("state_colour_profile", image(RGB, photometric="RGB", samples=3), to_srgb(RGB, ADOBE, GAMMA), state=coloured)
masked = state(of=XA, MaskSubtractionSequence=Sequence([Dataset()]), RecommendedViewingMode="SUB", SoftcopyVOILUTSequence=softcopy(0, 2000))
masked.MaskSubtractionSequence[0].MaskOperation = "AVG_SUB"
masked.MaskSubtractionSequence[0].MaskFrameNumbers = [1, 3]
case("state_subtraction", run(average, mode="NAT"), linear(R[3] - (R[0] + R[2]) / 2, 0, 2000), args=fourth, state=masked)
case("state_without_subtraction", run(average), linear(R[3], 2000, 2000), args=fourth, state=state(of=XA, SoftcopyVOILUTSequence=softcopy(2000, 2000)))


# --- DCMTK


def pnm(text):
    kind, size, top, body = text.split(maxsplit=4)[0], text.split()[1:3], text.split()[3], None
    columns, rows = (int(x) for x in size)
    depth = 3 if kind == b"P6" else 1
    body = text[-rows * columns * depth:]
    assert top == b"255", top
    shown = np.frombuffer(body, np.uint8).reshape(rows, columns, depth)
    return shown[..., 0] if depth == 1 else shown


def dcmtk(about, folder):
    """What DCMTK shows; a text where it shows nothing."""
    path = os.path.join(folder, about["file"])
    out = os.path.join(folder, "out.pnm")
    if os.path.exists(out):
        os.remove(out)
    if "state" in about:
        command = ["dcmp2pgm", "-p", os.path.join(folder, about["state"]), path, out]
    else:
        command = ["dcm2pnm", "--write-raw-pnm", *about["tool"], path, out]
    done = subprocess.run(command, capture_output=True, text=True)
    if not os.path.exists(out):
        return (done.stderr.strip().splitlines() or ["no picture"])[-1]
    with open(out, "rb") as file:
        return pnm(file.read())


def compare():
    if shutil.which("dcm2pnm") is None:
        print("no dcm2pnm: compared with nothing")
        return
    version = subprocess.run(["dcm2pnm", "--version"], capture_output=True, text=True).stdout.split()
    print("DCMTK", next((word for word in version if word.startswith("v")), "?"))
    equal, within, other = 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        for name, about in cases.items():
            if "tool" not in about:
                continue
            shown = dcmtk(about, folder)
            if isinstance(shown, str):
                about["dcmtk"] = {"refuses": shown}
                other.append(name)
            else:
                levels = about["levels"]
                if shown.ndim != levels.ndim:
                    shown = shown[..., None].repeat(3, -1) if shown.ndim == 2 else shown
                    levels = levels[..., None].repeat(3, -1) if levels.ndim == 2 else levels
                apart = np.abs(shown.astype(int) - levels.astype(int))
                count, most = int((apart.reshape(SIDE * SIDE, -1).max(-1) > 0).sum()), int(apart.max())
                about["dcmtk"] = {"differ": count, "most": most}
                equal += count == 0
                within += 0 < count and most <= 1
                if most > 1:
                    other.append(name)
            if name in other:
                about["dcmtk"]["why"] = WHY.get(name, "")
    print(f"{equal} equal, {within} within one level, {len(other)} otherwise (of {SIDE * SIDE} pixels each)")
    for name in other:
        print(f"  {name}: {cases[name]['dcmtk']}")
        assert name in WHY or "--explore" in sys.argv, f"{name}: say why"


def check_icc():
    try:
        from PIL import Image, ImageCms
    except ImportError:
        return
    source = ImageCms.ImageCmsProfile(io.BytesIO(adobe))
    turned = ImageCms.profileToProfile(Image.fromarray(RGB, "RGB"), source, ImageCms.createProfile("sRGB"), renderingIntent=1)
    apart = np.abs(np.asarray(turned).astype(int) - cases["icc_matrix"]["levels"].astype(int))
    print(f"Little CMS: {int((apart.max(-1) > 0).sum())} of {SIDE * SIDE} colours differ, by at most {apart.max()}")
    assert apart.max() <= 1


compare()
check_icc()
# One stream for all files and levels: their heads are alike.
together, index = b"", {}
for name, content in sorted(files.items()):
    index[name] = [len(together), len(content)]
    together += content
lines = []
for name, about in sorted(cases.items()):
    about.pop("tool", None)
    levels = about["levels"].tobytes()
    about["levels"] = [len(together), len(levels)]
    together += levels
    lines.append(f"    {json.dumps(name)}: {json.dumps(about)}")
with zipfile.ZipFile(os.path.join(OUT, "display.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    archive.writestr(zipfile.ZipInfo("all", (1980, 1, 1, 0, 0, 0)), together, zipfile.ZIP_DEFLATED)
with open(os.path.join(OUT, "display.json"), "w") as file:
    body = ",\n".join(lines)
    file.write(f'{{\n  "files": {json.dumps(index)},\n  "cases": {{\n{body}\n  }}\n}}\n')
print(len(cases), "cases,", len(files), "files,", os.path.getsize(os.path.join(OUT, "display.zip")), "bytes")
