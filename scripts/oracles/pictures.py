"""Holds picture files against other libraries' at the same setting: bytes, PSNR, SSIM; and 16-bit PNGs against the values of pydicom.

    python3 scripts/oracles/pictures.py --bin target/release/negatoscope FILE.dcm…

Needs Python with pydicom, numpy, Pillow (libwebp, libjpeg-turbo, libpng) and scikit-image. What is lossless must be equal; the rest is
printed as a table. Ends with 1 where something that must be equal is not.
"""
import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

wrong = 0


def expect(ok, what):
    global wrong
    wrong += not ok
    if not ok:
        print("WRONG:", what)


def render(binary, file, out, *options):
    done = subprocess.run([binary, "render", str(file), "--out", str(out), *options], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{file} {options}: {done.stderr}")
    return done.stdout


def figures(a, b):
    same = np.array_equal(a, b)
    psnr = np.inf if same else peak_signal_noise_ratio(a, b, data_range=255)
    ssim = structural_similarity(a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
    return psnr, ssim


def other(image, kind, quality):
    out = io.BytesIO()
    grey = np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 0], image[..., 2])
    picture = Image.fromarray(image[..., 0] if grey and kind != "webp" else image)
    if kind == "png":
        picture.save(out, "PNG", optimize=False)
    elif kind == "jpg":
        picture.save(out, "JPEG", quality=quality, subsampling=0)
    elif quality is None:
        picture.save(out, "WEBP", lossless=True)
    else:
        picture.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--bin", default="target/release/negatoscope")
    asked = arguments.parse_args()
    work = Path(tempfile.mkdtemp())
    print(f"{'file':24}{'format':16}{'bytes':>10}{'theirs':>10}{'ratio':>7}{'PSNR':>8}{'theirs':>8}{'SSIM':>9}{'theirs':>9}")
    total = {}
    for file in map(Path, asked.files):
        render(asked.bin, file, work / "a.png")
        truth = np.array(Image.open(work / "a.png").convert("RGB"))
        for kind, quality in [("png", None), ("webp", None)] + [(k, q) for k in ("jpg", "webp") for q in (50, 75, 90)]:
            out = work / f"a.{kind}"
            options = ["--quality", str(quality)] if quality else []
            said = json.loads(render(asked.bin, file, out, "--measure", *options))
            own = out.read_bytes()
            theirs = other(truth, kind, quality)
            shown = [np.array(Image.open(io.BytesIO(data)).convert("RGB")) for data in (own, theirs)]
            (psnr, ssim), (psnr2, ssim2) = figures(truth, shown[0]), figures(truth, shown[1])
            if quality is None:
                expect(np.array_equal(truth, shown[0]), f"{file.name} {kind} is lossless")
            else:
                # Chroma may be brought up to size in more than one way: grey pictures agree to the last digit.
                grey = np.array_equal(truth[..., 0], truth[..., 1])
                expect(abs((said["psnr_db"] or np.inf) - psnr) < (0.02 if grey else 1.0) or psnr == np.inf, f"{file.name} {kind} {quality}: PSNR {said['psnr_db']} is {psnr}")
                expect(abs(said["ssim"] - ssim) < (1e-4 if grey else 0.02), f"{file.name} {kind} {quality}: SSIM {said['ssim']} is {ssim}")
            expect(said["bytes"] == len(own), "bytes")
            name = f"{kind} {quality or 'lossless'}"
            print(f"{file.name[:23]:24}{name:16}{len(own):10}{len(theirs):10}{len(own) / len(theirs):7.2f}{psnr:8.2f}{psnr2:8.2f}{ssim:9.4f}{ssim2:9.4f}")
            total.setdefault(name, []).append((len(own) / len(theirs), psnr - psnr2 if np.isfinite(psnr) else 0, ssim - ssim2))
        ds = pydicom.dcmread(file)
        if getattr(ds, "SamplesPerPixel", 1) == 1 and getattr(ds, "NumberOfFrames", 1) in (1, None) and ds.BitsAllocated <= 16:
            try:
                ds.pixel_array
            except Exception:  # noqa: BLE001 What pydicom cannot decode here has nothing to be held against.
                continue
            render(asked.bin, file, work / "b.png", "--depth", "16")
            stored = np.array(Image.open(work / "b.png")).astype(int) - (32768 if ds.PixelRepresentation else 0)
            expect(np.array_equal(stored, ds.pixel_array.astype(int)), f"{file.name}: stored values")
            if "RescaleSlope" in ds:
                render(asked.bin, file, work / "b.png", "--depth", "16", "--values", "modality")
                modality = np.array(Image.open(work / "b.png")).astype(int) - 32768
                said = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
                padding = getattr(ds, "PixelPaddingValue", None)
                real = ds.pixel_array != padding if padding is not None else np.ones_like(said, bool)
                expect(np.abs(modality - said)[real].max() <= 0.5, f"{file.name}: modality values")
    print("\nmeans over the files: bytes against theirs, PSNR and SSIM above theirs")
    for name, rows in total.items():
        ratio, psnr, ssim = np.mean(rows, axis=0)
        print(f"{name:16}{ratio:7.3f}{psnr:+8.2f} dB{ssim:+9.4f}")
    print("all that must be equal is equal" if not wrong else f"{wrong} wrong")
    sys.exit(bool(wrong))


main()
