#!/usr/bin/env python3
"""usage: python3 scripts/oracles/exports.py --model NAME [--binary target/release/negatoscope] [--out DIR] [--enhanced] PATH …

Saves every kind of result that a model can give of PATH (`negatoscope analyze --save all`) and holds it against readers that
are not ours: dciodvfy (does it say "Error"?), highdicom, pydicom, dcmqi and DCMTK. Compared are all voxels of a label map,
all cells of a heatmap, all numbers of a report, with the arrays and the JSON that the same run wrote. Of dciodvfy's errors
those do not count that it also has about the source: a name or number of the patient's or the study's is taken over as it is.

--enhanced first turns the files of a folder into one Enhanced MR object, frames in the order of the file names, and takes that.

Prints a Markdown table and what differs. Exit status 1 if anything does.

Needs: numpy, pydicom ≥ 3, highdicom ≥ 0.25 (label maps), dcmqi ≥ 1.5 and nibabel (`pip install highdicom dcmqi nibabel`);
dciodvfy (Debian dicom3tools), dcmdump, dcm2pnm and dsrdump (Debian dcmtk) on the PATH. dicom3tools of 2022 does not know
Label Map Segmentation Storage, which is younger: there its only complaint about the object may be that.
"""

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import highdicom as hd
import nibabel
import numpy as np
import pydicom

ROOT = Path(__file__).resolve().parents[2]
UNKNOWN_CLASS = "Information Object Not found"


def run(*command) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()[-400:]}")
    return done.stdout


def dciodvfy(path: Path) -> list[str]:
    """Its errors, each once. It exits 0 whatever it finds."""
    done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace")
    lines = (done.stdout + done.stderr).splitlines()
    return sorted({line for line in lines if line.startswith("Error")})


class Case:
    """The results of one input."""

    def __init__(self, out: Path, line: dict, sources: dict[str, Path]):
        self.out, self.line, self.saved = out, line, line["saved"]
        self.sources = sources
        self.rows: list[tuple[str, str, str, bool]] = []
        inherited = [dciodvfy(p) for p in list(sources.values())[:1]]
        self.inherited = {e for errors in inherited for e in errors}

    def path(self, kind: str) -> Path:
        return self.out / self.saved[kind]

    def say(self, kind: str, tool: str, what: str, good: bool):
        self.rows.append((kind, tool, what, bool(good)))

    def attempt(self, kind: str, tool: str, check):
        try:
            what, good = check()
            self.say(kind, tool, what, good)
        except Exception as error:  # a reader that refuses is a finding, not a crash
            self.say(kind, tool, f"{type(error).__name__}: {error}"[:200], False)

    # -- every kind ---------------------------------------------------------------------------------------------------

    def valid(self, kind: str):
        errors = dciodvfy(self.path(kind))
        own = [e for e in errors if e not in self.inherited]
        known = kind != "labelmap" or not any(UNKNOWN_CLASS in e for e in own)
        if not known:
            # It falls back to rules for other segmentations, whose first segment is number 1.
            own = [e for e in own if UNKNOWN_CLASS not in e and "SegmentNumber not monotonically" not in e]
        words = f"{len(own)} errors" if known else f"class unknown to it; {len(own)} other errors"
        if len(errors) > len(own) and known:
            words += f" ({len(errors) - len(own)} more that the source has)"
        self.say(kind, "dciodvfy", words + ("" if not own else ": " + "; ".join(own)[:300]), not own)

    def parsed(self, kind: str):
        data = pydicom.dcmread(self.path(kind))
        source = pydicom.dcmread(next(iter(self.sources.values())), stop_before_pixels=True)
        same = [k for k in ("PatientName", "PatientID", "StudyInstanceUID") if data.get(k) == source.get(k)]
        text = run("dcmdump", "-q", self.path(kind))
        uid = data.SOPInstanceUID in text
        model = self.line["model"]
        named = model["name"] in text and model["sha256"] in run("dcmdump", "-q", "+L", self.path(kind))
        self.say(kind, "pydicom, dcmdump", f"{len(data)} elements; patient and study as in the source; names the model and its hash",
                 len(same) == 3 and uid and named)  # fmt: skip
        return data

    def read_back(self, kind: str, binary: Path):
        """The same pixels here as there."""
        data = pydicom.dcmread(self.path(kind))
        here = np.load(io.BytesIO(subprocess.run([binary, "pixels", self.path(kind), "--out", "-"], capture_output=True, check=True).stdout))
        there = np.frombuffer(data.FloatPixelData, "<f4") if "FloatPixelData" in data else data.pixel_array
        same = here.dtype == there.dtype and here.tobytes() == there.tobytes()
        self.say(kind, "negatoscope, pydicom", f"{here.size} samples in {len(here)} frames, read by both: {'equal' if same else 'they differ'}", same)

    # -- label maps ---------------------------------------------------------------------------------------------------

    def segments(self, kind: str):
        labels = np.load(self.out / self.line["label_map"]["file"])
        count = len(self.line["label_map"]["names"]) - 1
        data = pydicom.dcmread(self.path(kind))
        index = {uid: k for k, uid in enumerate(self.order)}

        def by_pydicom():
            pixels = data.pixel_array.reshape(-1, *labels.shape[1:])
            wrong, seen, claimed = 0, np.zeros(labels.shape, bool), 0
            for frame, group in zip(pixels, data.PerFrameFunctionalGroupsSequence):
                image = group.DerivationImageSequence[0].SourceImageSequence[0]
                k = index[(image.ReferencedSOPInstanceUID, int(image.get("ReferencedFrameNumber", 1)))]
                position = group.PlanePositionSequence[0].ImagePositionPatient
                off = np.abs(np.array(position, float) - self.positions[k]).max()
                wrong += off > 1e-6
                if kind == "labelmap":
                    wrong += np.count_nonzero(frame != labels[k])
                elif kind == "seg":
                    number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
                    wrong += np.count_nonzero((frame == 1) != (labels[k] == number))
                    seen[k] |= labels[k] == number
                claimed += 1
            missed = np.count_nonzero((labels > 0) & ~seen) if kind == "seg" else 0
            return f"{claimed} frames, {labels.size} voxels: {wrong + missed} differ", wrong + missed == 0

        def by_highdicom():
            seg = hd.seg.segread(self.path(kind))
            numbers = list(seg.segment_numbers)
            if kind == "fractional":
                got = seg.get_pixels_by_source_instance(self.order_uids, rescale_fractional=False) if self.single else seg.get_pixels_by_source_frame(
                    self.order_uids[0], [n for _, n in self.order], rescale_fractional=False)  # fmt: skip
                best = got.argmax(axis=-1) + 1
                kept = labels > 0
                # The label is the most probable: where its probability is above one half, no other can be.
                clear = kept & (got.max(axis=-1) > 128)
                wrong = np.count_nonzero(best[clear] != labels[clear])
                sums = got.astype(int).sum(axis=-1)
                return (f"{got.size} probabilities; {wrong} of {np.count_nonzero(clear)} voxels above 1/2 have another label; "
                        f"largest sum {sums.max() / 255:.3f}", wrong == 0 and clear.any() and sums.max() <= 255 + count)  # fmt: skip
            kwargs = {"combine_segments": True, "skip_overlap_checks": False}
            if self.single:
                got = seg.get_pixels_by_source_instance(self.order_uids, assert_missing_frames_are_empty=True, **kwargs)
            else:
                got = seg.get_pixels_by_source_frame(self.order_uids[0], [n for _, n in self.order], assert_missing_frames_are_empty=True, **kwargs)
            wrong = np.count_nonzero(got != labels)
            volume = seg.get_volume(combine_segments=True)
            algorithm = seg.get_segment_description(1).algorithm_identification
            good = wrong == 0 and len(numbers) == count and algorithm.name == self.line["model"]["name"]
            return f"{len(numbers)} segments, {got.size} voxels: {wrong} differ; a volume of {volume.shape}", good

        def by_dcmqi():
            with tempfile.TemporaryDirectory() as folder:
                run(tool("segimage2itkimage"), "--inputDICOM", self.path(kind), "--outputDirectory", folder, "--prefix", "x", "-t", "nii")
                meta = json.loads(Path(folder, "x-meta.json").read_text())
                listed = [s for group in meta["segmentAttributes"] for s in group if s["labelID"] != 0]
                wrong, voxels = 0, 0
                for at, file in enumerate(sorted(Path(folder).glob("x-*.nii.gz"))):
                    image = nibabel.load(file)
                    got = np.asarray(image.dataobj)
                    for number in range(1, count + 1):
                        mine = labels == number if kind == "seg" else labels == number
                        theirs = (got == number) if kind == "labelmap" else (got > 0 if at + 1 == number else None)
                        if theirs is None:
                            continue
                        here = np.argwhere(mine)[:, ::-1]
                        world = self.affine() @ np.c_[here, np.ones(len(here))].T
                        there = np.rint(np.linalg.inv(image.affine @ np.diag([1, 1, 1, 1])) @ (np.diag([-1, -1, 1, 1]) @ world))[:3].astype(int).T
                        inside = ((there >= 0) & (there < got.shape)).all(axis=1)
                        hit = theirs[tuple(there[inside].T)]
                        wrong += len(here) - np.count_nonzero(hit) + abs(np.count_nonzero(theirs) - len(here))
                        voxels += len(here)
                return f"{len(listed)} segments, {voxels} labelled voxels, found by their place in mm: {wrong} differ", wrong == 0

        self.attempt(kind, "highdicom", by_highdicom)
        if kind != "fractional":
            self.attempt(kind, "pydicom", by_pydicom)
            self.attempt(kind, "dcmqi", by_dcmqi)

    def affine(self) -> np.ndarray:
        """Column, row, slice of the source → mm (LPS), from the source alone."""
        first = self.heads[0]
        row, column = np.array(first["orientation"][:3]), np.array(first["orientation"][3:])
        step = (self.positions[-1] - self.positions[0]) / (len(self.positions) - 1)
        a = np.eye(4)
        a[:3, 0], a[:3, 1], a[:3, 2], a[:3, 3] = row * first["spacing"][1], column * first["spacing"][0], step, self.positions[0]
        return a

    def arrange(self, names: list[tuple[Path, int]]):
        """The frames of the source in the order of the label map."""
        self.order, self.order_uids, self.heads = [], [], []
        for path, frame in names:
            data = pydicom.dcmread(path, stop_before_pixels=True)
            shared = data.SharedFunctionalGroupsSequence[0] if "SharedFunctionalGroupsSequence" in data else None
            own = data.PerFrameFunctionalGroupsSequence[frame - 1] if shared is not None else None
            find = lambda group, key: next((g[group][0].get(key) for g in (own, shared) if g is not None and group in g), data.get(key))
            self.order.append((data.SOPInstanceUID, frame))
            self.order_uids.append(data.SOPInstanceUID)
            self.heads.append({
                "position": find("PlanePositionSequence", "ImagePositionPatient"),
                "orientation": [float(v) for v in find("PlaneOrientationSequence", "ImageOrientationPatient") or []],
                "spacing": [float(v) for v in find("PixelMeasuresSequence", "PixelSpacing") or []],
            })  # fmt: skip
        self.single = len(set(self.order_uids)) == len(self.order_uids)
        self.positions = [np.array(h["position"], float) for h in self.heads if h["position"] is not None]

    # -- heatmaps -----------------------------------------------------------------------------------------------------

    def heatmap(self):
        cells = np.load(self.out / self.line["heatmap"]["file"])

        def same(got):
            differ = np.count_nonzero(np.asarray(got, np.float32).reshape(cells.shape).view(np.uint32) != cells.view(np.uint32))
            return differ

        def by_pydicom():
            data = pydicom.dcmread(self.path("pm"))
            differ = same(np.frombuffer(data.FloatPixelData, "<f4"))
            mapping = data.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
            code = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
            return f"{cells.size} cells: {differ} differ; quantity {code.CodeValue} {code.CodeMeaning}", differ == 0 and code.CodeValue == "130402"

        def by_highdicom():
            data = hd.pm.ParametricMap.from_dataset(pydicom.dcmread(self.path("pm")))
            # Real-world values, which are those stored. (Its get_frame asks floats for their sign bit: a defect of 0.28.)
            differ = same(data.get_frames(apply_real_world_transform=True))
            words = f"{cells.size} cells: {differ} differ"
            if "PlanePositionSequence" in data.PerFrameFunctionalGroupsSequence[0] and self.has_spacing():
                words += f"; a volume of {data.get_volume().spatial_shape}"
            return words, differ == 0

        def by_dcmqi():
            with tempfile.TemporaryDirectory() as folder:
                run(tool("paramap2itkimage"), "--inputDICOM", self.path("pm"), "--outputDirectory", folder, "--prefix", "x", "-t", "nii")
                image = nibabel.load(next(Path(folder).glob("x*.nii.gz")))
                differ = same(np.asarray(image.dataobj)[..., 0].T)
                return f"{cells.size} cells: {differ} differ; {image.header.get_zooms()[0]:.3f} × {image.header.get_zooms()[1]:.3f} mm each", differ == 0

        self.attempt("pm", "pydicom", by_pydicom)
        self.attempt("pm", "highdicom", by_highdicom)
        if self.has_spacing():  # without Pixel Spacing dcmqi ends
            self.attempt("pm", "dcmqi", by_dcmqi)

    def has_spacing(self) -> bool:
        data = pydicom.dcmread(self.path("pm"), stop_before_pixels=True)
        return "PixelSpacing" in data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]

    # -- reports ------------------------------------------------------------------------------------------------------

    def report(self):
        volumes = (self.line.get("label_map") or {}).get("volumes_ml", {})
        scores = self.line.get("scores", [])
        wanted = len(volumes) + len(scores)

        def close(a, b):
            return abs(a - b) <= 1e-9 * max(1.0, abs(b))

        def by_highdicom():
            sr = hd.sr.srread(self.path("sr"))
            content = sr.content if not isinstance(sr.content, hd.sr.MeasurementReport) else sr.content
            groups = [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]
            good, numbers = len(groups) == wanted, 0
            for group in groups:
                label = group.tracking_identifier.split(": ", 1)[1]
                found = {m.name.meaning: m.value for m in group.get_measurements()}
                numbers += len(found)
                if label in volumes:
                    good &= close(found["Volume"], volumes[label])
                else:
                    score = next(s for s in scores if s["label"] == label)
                    judged = score["value"] if score["calibrated"] is None else score["calibrated"]
                    good &= close(found["Certainty of Finding"], judged * 100)
            return f"{len(groups)} of {wanted} groups, {numbers} numbers as in the JSON", good

        def by_dsrdump():
            text = run("dsrdump", "+Pl", "+Pc", self.path("sr"))
            good = all(re.search(re.escape(repr(round(v, 3))[:6]), text) for v in volumes.values()) and self.line["model"]["sha256"] in text
            return f"a valid tree of {text.count('CONTAINER')} containers and {text.count('NUM:')} numbers", good

        def by_dcmqi():
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder, "x.json")
                run(tool("tid1500reader"), "--inputDICOM", self.path("sr"), "--outputMetadata", out)
                meta = json.loads(out.read_text())
                groups = meta["Measurements"]
                good = len(groups) == wanted
                for group in groups:
                    label = group["TrackingIdentifier"].split(": ", 1)[1]
                    value = float(group["measurementItems"][0]["value"])
                    good &= close(value, volumes[label])
                    good &= group["measurementAlgorithmIdentification"]["AlgorithmName"] == self.line["model"]["name"]
                    good &= group["segmentationSOPInstanceUID"] == pydicom.dcmread(self.path("seg"), stop_before_pixels=True).SOPInstanceUID
                return f"{len(groups)} groups: volume, algorithm and segment", good

        self.attempt("sr", "highdicom", by_highdicom)
        self.attempt("sr", "dsrdump", by_dsrdump)
        if volumes:
            self.attempt("sr", "dcmqi", by_dcmqi)

    # -- pictures -----------------------------------------------------------------------------------------------------

    def capture(self):
        data = pydicom.dcmread(self.path("sc"))

        def by_both():
            pixels = data.pixel_array.reshape(-1, data.Rows, data.Columns, 3)
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder, "x.ppm")
                run("dcm2pnm", "+F", "1", self.path("sc"), out)
                raw = out.read_bytes()
                theirs = np.frombuffer(raw[-data.Rows * data.Columns * 3 :], np.uint8).reshape(pixels[0].shape)
            differ = np.count_nonzero(theirs != pixels[0])
            return f"{len(pixels)} frames of {data.Columns} × {data.Rows}; of the first {differ} samples differ between the two", differ == 0

        self.attempt("sc", "pydicom, dcm2pnm", by_both)


def enhanced(folder: Path, out: Path) -> str:
    """A stack as one Enhanced MR object: as much of it as a reader of geometry and pixels needs."""
    slices = [pydicom.dcmread(p) for p in sorted(folder.iterdir())]
    first = slices[0]

    def item(**values):
        data = pydicom.Dataset()
        for key, value in values.items():
            setattr(data, key, value)
        return pydicom.Sequence([data])

    data = pydicom.Dataset()
    for element in first:
        if element.tag.group in (0x08, 0x10, 0x20) or element.keyword in (
            "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel",
            "PhotometricInterpretation", "BodyPartExamined", "ProtocolName",
        ):  # fmt: skip
            data.add(element)
    for key in ("ImagePositionPatient", "ImageOrientationPatient", "PatientOrientation"):
        if key in data:
            delattr(data, key)
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
    data.SOPInstanceUID = pydicom.uid.generate_uid(entropy_srcs=[first.SOPInstanceUID])
    data.NumberOfFrames = len(slices)
    shared = pydicom.Dataset()
    shared.PixelMeasuresSequence = item(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=first.ImageOrientationPatient)
    data.SharedFunctionalGroupsSequence = pydicom.Sequence([shared])
    frames = []
    for one in slices:
        frame = pydicom.Dataset()
        frame.PlanePositionSequence = item(ImagePositionPatient=one.ImagePositionPatient)
        slope, intercept = one.get("RescaleSlope", 1), one.get("RescaleIntercept", 0)
        frame.PixelValueTransformationSequence = item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")
        frames.append(frame)
    data.PerFrameFunctionalGroupsSequence = pydicom.Sequence(frames)
    data.add_new("PixelData", "OW", b"".join(one.PixelData for one in slices))
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.save_as(out, enforce_file_format=True)
    return str(out)


def tool(name: str) -> str:
    """dcmqi's programs lie beside this Python's."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/negatoscope")
    parser.add_argument("--out", type=Path, help="keep the results here")
    parser.add_argument("--enhanced", action="store_true", help="of PATH, a folder of single frames, as one multi-frame object")
    options = parser.parse_args()
    lacks = [t for t in ("dciodvfy", "dcmdump", "dsrdump", "dcm2pnm", tool("segimage2itkimage")) if not shutil.which(t)]
    if lacks:
        print(f"not on the PATH: {', '.join(lacks)}", file=sys.stderr)
        return 2
    out = options.out or Path(tempfile.mkdtemp(prefix="exports-"))
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        print(f"{out} is not empty", file=sys.stderr)
        return 2
    model = ROOT / "models" / options.model
    whole = out.with_name(out.name + ".enhanced.dcm")
    paths = [enhanced(options.paths[0], whole)] if options.enhanced else [str(p) for p in options.paths]
    # The order of the frames, from the tree.
    tree = json.loads(run(options.binary, "info", "--json", *paths))
    sets = [s for study in tree["studies"] for series in study["series"] for s in series["frame_sets"]]
    lines = run(options.binary, "analyze", *paths, "--model", model, "--json", "--save", "all", "--out", out, "--memory", "3000")
    bad = 0
    print("| Input | Kind | Outside reader | Says | |\n| --- | --- | --- | --- | --- |")
    for line in map(json.loads, lines.splitlines()):
        if "error" in line:
            print(f"| {line['input']} | | | {line['error']['text']} | ✗ |")
            bad += 1
            continue
        name = line["input"].split("#")[0]
        frames = next(s["frames"] for s in sets if any(f["file"] == name for f in s["frames"]))
        named = [(Path(f["file"]), int(f["frame"])) for f in frames]
        case = Case(out, line, {name: Path(name)})
        if line.get("label_map"):
            case.arrange(named)
        for kind in case.saved:
            if kind == "json":
                continue
            case.valid(kind)
            case.parsed(kind)
            if kind != "sr":
                case.read_back(kind, options.binary)
            if kind in ("seg", "labelmap", "fractional"):
                case.segments(kind)
        if "pm" in case.saved:
            case.heatmap()
        case.report()
        case.capture()
        for kind, reader, words, good in sorted(case.rows, key=lambda r: list(case.saved).index(r[0])):
            print(f"| {Path(name).name} | {kind} | {reader} | {words} | {'✓' if good else '✗'} |")
            bad += not good
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
