"""What OpenCV makes of made pictures: derivatives, Canny, thresholds, morphology, components, contours and their measures.

usage: python scripts/oracles/opencv.py [--write]                          tests/data/opencv.zip, which tests/opencv.rs reads
       python scripts/oracles/opencv.py --corpus DIR… --binary NEGATOSCOPE   the same operators on every grey frame below the folders,
                                                                          by the native program beside OpenCV, as a table
Needs numpy and opencv-python-headless (made with 5.0.0).
"""
import argparse
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
cv2.setNumThreads(1)


def pictures():
    r = np.random.default_rng(20)
    y, x = np.mgrid[0:73, 0:97].astype(np.float64)
    smooth = 120 + 70 * np.sin(x / 9) * np.cos(y / 7) + 50 * ((x - 40) ** 2 + (y - 30) ** 2 < 300)
    made = {
        "blobs": np.clip(smooth + r.normal(0, 6, smooth.shape), 0, 255),
        "noise": r.integers(0, 256, (37, 52)),
        "flat": np.full((9, 14), 77),
        "dot": np.full((1, 1), 200),
        "row": r.integers(0, 256, (1, 19)),
        "column": r.integers(0, 256, (19, 1)),
        "small": r.integers(0, 256, (2, 3)),
    }
    rings = np.zeros((64, 83), np.uint8)
    cv2.circle(rings, (30, 30), 27, 255, 5)
    cv2.circle(rings, (30, 30), 16, 255, 1)
    cv2.rectangle(rings, (24, 24), (36, 35), 255, -1)
    cv2.rectangle(rings, (28, 27), (31, 31), 0, -1)
    rings[29, 29] = 255
    cv2.line(rings, (60, 2), (80, 40), 255, 1)
    cv2.rectangle(rings, (62, 44), (82, 63), 255, -1)
    rings[50:58, 66:75] = 0
    rings[53, 70] = 255
    rings[0, 0] = rings[63, 0] = rings[0, 82] = 255
    made["rings"] = rings
    made["speckle"] = (r.random((60, 71)) < 0.55) * 255
    made["sparse"] = (r.random((41, 67)) < 0.2) * 255
    made["full"] = np.full((5, 6), 255)
    made["none"] = np.zeros((5, 6))
    big = np.kron(r.random((9, 12)) < 0.6, np.ones((7, 7))) * 255
    made["blocks"] = big
    return {name: np.ascontiguousarray(p, dtype=np.uint8) for name, p in made.items()}


FORMS = {"rect": cv2.MORPH_RECT, "cross": cv2.MORPH_CROSS, "ellipse": cv2.MORPH_ELLIPSE}
OPERATIONS = {
    "erode": cv2.MORPH_ERODE, "dilate": cv2.MORPH_DILATE, "open": cv2.MORPH_OPEN, "close": cv2.MORPH_CLOSE,
    "gradient": cv2.MORPH_GRADIENT, "tophat": cv2.MORPH_TOPHAT, "blackhat": cv2.MORPH_BLACKHAT,
}
MODES = {"external": cv2.RETR_EXTERNAL, "list": cv2.RETR_LIST, "ccomp": cv2.RETR_CCOMP, "tree": cv2.RETR_TREE}
KINDS = {
    "binary": cv2.THRESH_BINARY, "inverse": cv2.THRESH_BINARY_INV, "truncate": cv2.THRESH_TRUNC,
    "tozero": cv2.THRESH_TOZERO, "tozero-inverse": cv2.THRESH_TOZERO_INV,
}


def cases(made):
    grey = ["blobs", "noise", "flat", "dot", "row", "column", "small"]
    mask = ["rings", "speckle", "sparse", "full", "none", "blocks", "dot"]
    for name in grey:
        p = made[name]
        for k in (3, 5, 7):
            for part, (dx, dy) in {"x": (1, 0), "y": (0, 1)}.items():
                yield name, "sobel", dict(aperture=k, part=part), cv2.Sobel(p, cv2.CV_32F, dx, dy, ksize=k)
        for part, (dx, dy) in {"x": (1, 0), "y": (0, 1)}.items():
            yield name, "scharr", dict(part=part), cv2.Scharr(p, cv2.CV_32F, dx, dy)
        for k in (1, 3, 5, 7):
            yield name, "laplacian", dict(aperture=k), cv2.Laplacian(p, cv2.CV_32F, ksize=k)
        for k in (3, 5, 7):
            for low, high in ((50, 150), (20.5, 61), (200, 90), (0, 0), (300, 900)):
                for l2 in (False, True):
                    yield name, "canny", dict(aperture=k, low=low, high=high, l2=l2), cv2.Canny(p, low, high, apertureSize=k, L2gradient=l2)
        for size, sigma in ((1, 1), (3, 0), (3, 1), (5, 0), (5, 1.1), (7, 0), (7, 2), (9, 0), (11, 0), (15, 2.5), (31, 6)):
            yield name, "gaussian", dict(size=size, sigma=sigma), cv2.GaussianBlur(p, (size, size), sigma)
        for sigma in (0.7, 1.4, 12, 20):
            yield name, "gaussian", dict(size=0, sigma=sigma), cv2.GaussianBlur(p, (0, 0), sigma)
            yield name, "filter", dict(text=f"gaussian:sigma={sigma},of=levels"), cv2.GaussianBlur(p, (0, 0), sigma)
        for low, high in ((50.1, 150.3), (20.7, 61.9)):
            yield name, "filter", dict(text=f"canny:low={low},high={high},norm=l2"), cv2.Canny(p, low, high, L2gradient=True)
        for kind, flag in KINDS.items():
            yield name, "filter", dict(text=f"threshold:value=100.5,type={kind}"), cv2.threshold(p, 100.5, 255, flag)[1]
        for kind, flag in KINDS.items():
            yield name, "threshold", dict(value=100, type=kind), cv2.threshold(p, 100, 255, flag)[1]
        level, binary = cv2.threshold(p, 0, 255, cv2.THRESH_OTSU)
        yield name, "otsu", dict(threshold=level), binary
        level, binary = cv2.threshold(p.astype(np.uint16) * 211, 0, 65535, cv2.THRESH_OTSU)
        yield name, "otsu16", dict(by=211, threshold=level), (binary > 0).astype(np.uint8) * 255
        for mean, flag in {"mean": cv2.ADAPTIVE_THRESH_MEAN_C, "gaussian": cv2.ADAPTIVE_THRESH_GAUSSIAN_C}.items():
            for block, c in ((3, 0), (11, 2), (11, -3), (31, 0.5), (51, 7)):
                yield name, "adaptive", dict(mean=mean, block=block, c=c), cv2.adaptiveThreshold(p, 255, flag, cv2.THRESH_BINARY, block, c)
    for name in ("blobs", "row", "small", "rings"):
        p = made[name]
        for form, shape in FORMS.items():
            for size, times in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 1), (7, 3), (21, 1)):
                if name != "blobs" and size not in (3, 4):
                    continue
                element = cv2.getStructuringElement(shape, (size, size))
                for operation, flag in OPERATIONS.items():
                    if size not in (3, 5) and operation not in ("erode", "dilate", "close"):
                        continue
                    yield name, "morphology", dict(operation=operation, form=form, size=size, times=times), cv2.morphologyEx(p, flag, element, iterations=times)
    for size in range(1, 34):
        for form, shape in FORMS.items():
            yield "dot", "element", dict(form=form, size=size), cv2.getStructuringElement(shape, (size, size))
    for name in mask:
        p = made[name]
        for connectivity in (4, 8):
            count, labels, stats, centres = cv2.connectedComponentsWithStatsWithAlgorithm(p, connectivity, cv2.CV_32S, cv2.CCL_SAUF)
            yield name, "components", dict(connectivity=connectivity, count=count, stats=stats.tolist(), centres=np.nan_to_num(centres).tolist()), labels.astype(np.int32)
        for mode, flag in MODES.items():
            for chain, method in {"none": cv2.CHAIN_APPROX_NONE, "simple": cv2.CHAIN_APPROX_SIMPLE}.items():
                found, tree = cv2.findContours(p, flag, method)
                yield name, "contours", dict(mode=mode, chain=chain, tree=[] if tree is None else tree[0].tolist()), [c[:, 0].tolist() for c in found]
        found, _ = cv2.findContours(p, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        yield name, "shapes", {}, [measures(c) for c in found[:40]]
    for name in ("blobs", "noise"):
        p = made[name].astype(np.float32) * 1.5 - 100
        for seed in ((20, 15), (0, 0), (51, 36)):
            for tolerance in (0, 20, 60):
                for connectivity in (4, 8):
                    mask_ = np.zeros((p.shape[0] + 2, p.shape[1] + 2), np.uint8)
                    cv2.floodFill(p.copy(), mask_, seed, 0, (tolerance,), (tolerance,), connectivity | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (255 << 8))
                    yield name, "grow", dict(seed=seed, tolerance=tolerance, connectivity=connectivity), mask_[1:-1, 1:-1]


def measures(c):
    m = cv2.moments(c)
    (cx, cy), (w, h), _ = cv2.minAreaRect(c)
    return dict(
        points=c[:, 0].tolist(), area=cv2.contourArea(c), signed=cv2.contourArea(c, oriented=True), perimeter=cv2.arcLength(c, True),
        box=list(cv2.boundingRect(c)), moments=m, hull=cv2.convexHull(c)[:, 0].tolist(),
        rect=[cx, cy, *sorted((w, h))], convex=bool(cv2.isContourConvex(c)),
    )


def write(debug):
    made = pictures()
    table, images = [], {}
    body = io.BytesIO()
    outs = []
    for name, operation, how, out in cases(made):
        entry = dict(picture=name, op=operation, how=how)
        if isinstance(out, list):
            entry["out"] = out
        else:
            out = np.ascontiguousarray(out)
            entry["dtype"] = out.dtype.str
            entry["size"] = out.nbytes
            entry["sha256"] = hashlib.sha256(out.tobytes()).hexdigest()
            outs.append(out.tobytes())
        table.append(entry)
    images = {name: dict(rows=p.shape[0], columns=p.shape[1]) for name, p in made.items()}
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        def add(name, data):
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
        add("cases.json", json.dumps(dict(opencv=cv2.__version__, pictures=images, cases=table), separators=(",", ":")))
        for name, p in made.items():
            add(f"{name}.u8", p.tobytes())
    if debug:  # what the sums are of, in the order of the cases
        debug.write_bytes(b"".join(outs))
    (ROOT / "tests/data/opencv.zip").write_bytes(body.getvalue())
    print(len(table), "cases,", len(body.getvalue()), "bytes")


CORPUS = {
    "canny 50/150": ("canny:low=50,high=150", lambda p: cv2.Canny(p, 50, 150)),
    "canny 200/500, aperture 5, L2": ("canny:low=200,high=500,aperture=5,norm=l2", lambda p: cv2.Canny(p, 200, 500, apertureSize=5, L2gradient=True)),
    "canny 900/2000, aperture 7": ("canny:low=900,high=2000,aperture=7", lambda p: cv2.Canny(p, 900, 2000, apertureSize=7)),
    "Gaussian by sigma 1.4": ("gaussian:sigma=1.4,of=levels", lambda p: cv2.GaussianBlur(p, (0, 0), 1.4)),
    "Gaussian 5 x 5": ("gaussian:size=5,sigma=1.1,of=levels", lambda p: cv2.GaussianBlur(p, (5, 5), 1.1)),
    "threshold 127": ("threshold:value=127", lambda p: cv2.threshold(p, 127, 255, cv2.THRESH_BINARY)[1]),
    "Otsu": ("otsu", lambda p: cv2.threshold(p, 0, 255, cv2.THRESH_OTSU)[1]),
    "adaptive mean 51": ("adaptive:block=51,c=2", lambda p: cv2.adaptiveThreshold(p, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 51, 2)),
    "adaptive Gaussian 51": ("adaptive:mean=gaussian,block=51,c=2", lambda p: cv2.adaptiveThreshold(p, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 51, 2)),
    "Sobel y, aperture 5": ("sobel:part=y,aperture=5", lambda p: cv2.Sobel(p, cv2.CV_32F, 0, 1, ksize=5)),
    "Laplacian, aperture 3": ("laplacian:aperture=3", lambda p: cv2.Laplacian(p, cv2.CV_32F, ksize=3)),
    "close, ellipse 7": ("morphology:operation=close,form=ellipse,size=7", lambda p: cv2.morphologyEx(p, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))),
    "gradient, rect 5": ("morphology:operation=gradient,size=5", lambda p: cv2.morphologyEx(p, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))),
}


def run(binary, *args):
    return subprocess.run([binary, *map(str, args)], capture_output=True)


def corpus(wish):
    files = [f for folder in wish.corpus for f in sorted(folder.rglob("*")) if f.is_file() and f.suffix.lower() not in (".json", ".py", ".txt", ".zip", ".npy", ".md")]
    pixels = {name: [0, 0, 0] for name in [*CORPUS, "contours of the Otsu mask (points and tree)"]}
    seen = padded = 0
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "o.npy"

        def ours(file, *filters):
            done = run(wish.binary, "filter", file, *filters, "--out", out)
            return np.load(out)[0] if done.returncode == 0 else None

        for file in files:
            if seen >= wish.most:
                break
            grey = ours(file, "grey")
            if grey is None:
                continue  # no image, or one in colour
            if (grey < 0).any():
                padded += 1  # padding takes no part here; OpenCV knows none
                continue
            seen += 1
            p = grey.astype(np.uint8)

            def note(name, differ, total):
                pixels[name][0] += int(differ)
                pixels[name][1] += int(total)
                pixels[name][2] += bool(differ)
                if differ:
                    print(f"{file}: {name}: {differ} of {total}", file=sys.stderr)

            for name, (text, theirs) in CORPUS.items():
                a, b = ours(file, "grey", text), theirs(p)
                note(name, (a != b).sum(), a.size)
            name = "contours of the Otsu mask (points and tree)"
            told = json.loads(run(wish.binary, "contours", file, "grey", "--threshold", "otsu", "--json", "--most", 4_000_000_000).stdout)
            mask = cv2.threshold(p, 0, 255, cv2.THRESH_OTSU)[1]
            found, tree = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
            mine = [(r["points"], -1 if r["parent"] is None else r["parent"]) for r in told["regions"]]
            theirs = [(c[:, 0].tolist(), int(h[3])) for c, h in zip(found, tree[0] if tree is not None else [])]
            same = sum(a == b for a, b in zip(mine, theirs))
            note(name, max(len(mine), len(theirs)) - same, max(len(mine), len(theirs)))
    print(f"{seen} frames beside OpenCV {cv2.__version__}; {padded} more have padding, which OpenCV does not know")
    print()
    print("| | pixels (contours) | differ | share | frames that differ |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (differ, total, frames) in pixels.items():
        print(f"| {name} | {total} | {differ} | {100 * differ / max(total, 1):.5f} % | {frames} |")
    return int(any(100 * d / max(t, 1) > 0.1 for d, t, _ in pixels.values()))


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--debug", type=pathlib.Path, help="also the arrays themselves, to look for what differs")
    ask.add_argument("--corpus", nargs="+", type=pathlib.Path)
    ask.add_argument("--binary", type=pathlib.Path)
    ask.add_argument("--most", type=int, default=10_000)
    wish = ask.parse_args()
    if wish.write:
        write(wish.debug)
    if wish.corpus:
        sys.exit(corpus(wish))


if __name__ == "__main__":
    main()
