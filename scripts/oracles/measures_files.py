#!/usr/bin/env python3
"""usage: python3 scripts/oracles/measures_files.py [--binary target/debug/negatoscope] [--keep DIR] | --foreign OUT

Makes images of several kinds (CT, a radiograph with its spacing at the detector, an ultrasound picture in colour, an enhanced MR object of
several frames), measures on them with every tool (`negatoscope measure --save sr,sr3d,gsps`), and holds the files against readers that are
not ours: dciodvfy (does it say "Error"?), dsrdump, pydicom, highdicom. Compared are all numbers with their units, all coordinates, all
tracking identifiers, and the frames that they refer to, with the JSON of the same run; and what `negatoscope measurements` reads back. The
same for marks on planes of a volume (`measure --plane`: coronal, a slab, oblique), whose coordinates are the patient's and nothing else's.

Prints a Markdown table and what differs. Exit status 1 if anything does.

Needs: numpy, pydicom ≥ 3, highdicom ≥ 0.25; dciodvfy (Debian dicom3tools) and dsrdump (DCMTK) on the PATH.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ROOT = Path(__file__).resolve().parents[2]
MARKS = [
    "length:10,10;22.5,18",
    "angle:12,0;0,0;12,8=elbow",
    "cobb:10,10;30,14;12,40;32,36",
    "bidirectional:10,10;30,10;20,4;20,16",
    "cardiothoracic:20,20;40,24;10,30;50,30",
    "ellipse:10,20;30,20;20,14;20,26=left: kidney",
    "rectangle:2,3;12,8",
    "polygon:5,5;20,6;22,20;6,18.25",
    "freehand:5,5;20,6;22,20;6,18;4,11",
    "probe:7,5",
    "arrow:20,25;26,28=here",
    "text:30,30=words, Größe",
]


def base(modality: str, sop_class: str) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = sop_class, generate_uid()
    data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = sop_class, data.SOPInstanceUID
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "Doe^Jane", "P1", "19700101", "F"
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.StudyDate, data.StudyTime, data.StudyID, data.AccessionNumber = "20240229", "101112", "S1", "A1"
    data.ReferringPhysicianName, data.Modality, data.Manufacturer = "", modality, "Maker"
    data.SeriesNumber, data.InstanceNumber = 1, 1
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 48, 60, 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = np.add.outer(np.arange(48) * 10, np.arange(60)).astype("<u2").tobytes()
    return data


def ct() -> Dataset:
    data = base("CT", "1.2.840.10008.5.1.4.1.1.2")
    data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.ImagePositionPatient, data.ImageOrientationPatient = [10, -20.25, 30.5], [0.8, 0, 0.6, 0, 1, 0]
    data.FrameOfReferenceUID, data.PositionReferenceIndicator, data.PixelSpacing = generate_uid(), "", [0.75, 0.5]
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = -1024, 1, "HU"
    data.WindowCenter, data.WindowWidth, data.KVP, data.SliceThickness = 40, 400, 120, 2
    return data


def film() -> Dataset:
    data = base("CR", "1.2.840.10008.5.1.4.1.1.1")
    data.PhotometricInterpretation, data.ImagerPixelSpacing = "MONOCHROME1", [0.2, 0.1]
    return data


def ultrasound() -> Dataset:
    data = base("US", "1.2.840.10008.5.1.4.1.1.6.1")
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
    data.PixelData = (np.arange(48 * 60 * 3) % 251).astype("u1").tobytes()
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0, item.RegionLocationMaxX1, item.RegionLocationMaxY1 = 0, 0, 59, 47
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX = item.PhysicalDeltaY = 0.02
    data.SequenceOfUltrasoundRegions = Sequence([item])
    return data


def enhanced() -> Dataset:
    data = base("MR", "1.2.840.10008.5.1.4.1.1.4.1")
    data.FrameOfReferenceUID, data.PositionReferenceIndicator, data.NumberOfFrames = generate_uid(), "", 3
    data.PixelData = data.PixelData * 3
    shared = Dataset()
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.75, 0.5], 2
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    frames = []
    for k in range(3):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 3 * k]
        frame.PlanePositionSequence = Sequence([place])
        frames.append(frame)
    data.SharedFunctionalGroupsSequence, data.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence(frames)
    return data


KINDS = {"CT": (ct, 1), "radiograph": (film, 1), "ultrasound, colour": (ultrasound, 1), "enhanced MR": (enhanced, 2)}
UNITS = {"HU": "[hnsf'U]", "": "1"}
NAMES = {
    "length": "410668003", "angle": "1483009", "cobb-angle": "285285000", "area": "42798000", "perimeter": "131191004",
    "long-axis": "103339001", "short-axis": "103340004",
}  # fmt: skip


def dciodvfy(path: Path) -> list[str]:
    done = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True, errors="replace")
    return sorted({line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")})


def dsrdump(path: Path) -> tuple[str, bool]:
    done = subprocess.run(["dsrdump", "-q", path], capture_output=True, text=True, errors="replace")
    said = subprocess.run(["dsrdump", path], capture_output=True, text=True, errors="replace").stderr
    # Of UTF-8 it says that it checks no values; that is no fault of a file.
    bad = [line for line in said.splitlines() if line.startswith(("E:", "F:", "W:")) and "VR checker does not support" not in line]
    return f"exit {done.returncode}" + ("" if not bad else ": " + "; ".join(bad)[:300]), done.returncode == 0 and not bad


def volume(folder: Path) -> list[Dataset]:
    """Slices of a CT whose normal is tilted, 3 mm from each other."""
    first = ct()
    normal = np.cross(*np.array(first.ImageOrientationPatient, float).reshape(2, 3))
    slices = []
    for k in range(24):
        one = ct()
        one.StudyInstanceUID, one.SeriesInstanceUID = first.StudyInstanceUID, first.SeriesInstanceUID
        one.FrameOfReferenceUID, one.InstanceNumber = first.FrameOfReferenceUID, k + 1
        one.ImagePositionPatient = [float(f"{v:.6f}") for v in np.array([10, -20.25, 30.5]) + 3 * k * normal]
        one.PixelData = (np.add.outer(np.arange(48) * 10, np.arange(60)) + 25 * k).astype("<u2").tobytes()
        one.save_as(folder / f"{k:02}.dcm", enforce_file_format=True)
        slices.append(one)
    return slices


PLANES = {
    "coronal": ["--plane", "coronal"],
    "sagittal slab": ["--plane", "sagittal", "--slab", "mip:9"],
    "oblique": ["--plane", "oblique:0.8,0,0.6,-0.36,0.8,0.48", "--at", "12.5"],
}
PLANE_MARKS = [
    "length:30,30;42.5,38",
    "angle:32,20;20,20;32,28=elbow",
    "bidirectional:30,30;50,30;40,24;40,36",
    "ellipse:30,40;50,40;40,34;40,46=left: kidney",
    "rectangle:22,23;32,28",
    "polygon:25,25;40,26;42,40;26,38.25",
    "freehand:25,25;40,26;42,40;26,38;24,31",
    "probe:37,35",
    "arrow:40,45;46,48=here",
    "text:50,50=words, Größe",
]


def check_planes(path: Path, measured: list, slices: list[Dataset]) -> tuple[str, bool]:
    """The same numbers, and every coordinate where the JSON's plane says it lies; no image is named as its place."""
    report, parsed = pydicom.dcmread(path), hd.sr.srread(path)
    groups = [i for i in report.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010"][0].ContentSequence
    wrong = numbers = places = 0
    farthest = 0.0
    for want, group in zip(measured, groups, strict=True):
        uids = [i.UID for i in group.ContentSequence if i.ValueType == "UIDREF" and i.ConceptNameCodeSequence[0].CodeValue == "112040"]
        wrong += uids != [want["uid"]]
        got = numbers_of(group)
        plain = [n for n in got if not n[3] and n[0] not in ("PIXELS", "EXCLUDED")]
        for (code, value, unit, _), one in zip(plain, want["computed"]["values"], strict=True):
            wrong += value != one["value"] or unit != UNITS.get(one["unit"], one["unit"]) or code != NAMES.get(one["name"], code)
        parts = []
        for s in want["computed"]["statistics"]:
            names = ["mean"] if s["count"] == 1 else ["mean", "sd", "min", "max", "median"]
            parts += [(s[n], UNITS.get(s["unit"], s["unit"])) for n in names]
        wrong += [(v, u) for _, v, u, d in got if d] != parts
        numbers += len(got)
        wrong += len(coordinates_of(group, "SCOORD")) > 0
        found = []
        for points in coordinates_of(group, "SCOORD3D"):
            if not any(len(points) == len(other) and np.allclose(points, other) for other in found):
                found.append(points)
        plane = want["plane"]
        for got_points, points in zip(found, drawn(want["mark"]), strict=True):
            mm = np.array(plane["position_mm"]) + np.outer(points[:, 0] * plane["spacing_mm"][1], plane["row"])
            mm = mm + np.outer(points[:, 1] * plane["spacing_mm"][0], plane["column"])
            farthest = max(farthest, np.abs(got_points - mm).max()) if len(got_points) == len(mm) else np.inf
            places += len(mm)
    wrong += farthest > 1e-4

    def frames(item):
        for child in item.get("ContentSequence", []):
            if child.ValueType == "SCOORD3D":
                yield child.ReferencedFrameOfReferenceUID
            yield from frames(child)

    wrong += set(frames(report)) != {slices[0].FrameOfReferenceUID}
    evidence = {r.ReferencedSOPInstanceUID for s in report.CurrentRequestedProcedureEvidenceSequence for e in s.ReferencedSeriesSequence
                for r in e.ReferencedSOPSequence}  # fmt: skip
    wrong += evidence != {one.SOPInstanceUID for one in slices}
    regions, others = parsed.content.get_planar_roi_measurement_groups(), parsed.content.get_image_measurement_groups()
    wrong += len(regions) + len(others) != len(measured)
    for region in regions:
        wrong += region.roi is None or region.roi.value_type.value != "SCOORD3D" or region.roi.frame_of_reference_uid != slices[0].FrameOfReferenceUID
    words = f"{len(measured)} groups ({len(regions)} regions for highdicom), {numbers} numbers, {places} places to {farthest:.1e} mm"
    return f"{words}: {wrong} differ", wrong == 0


def numbers_of(group) -> list[tuple[str, float, str, str]]:
    """(code, value, unit, derivation) of a group's numbers."""
    found = []
    for item in group.ContentSequence:
        if item.ValueType != "NUM":
            continue
        measured = item.MeasuredValueSequence[0]
        derivation = ""
        for child in item.get("ContentSequence", []):
            if child.ValueType == "CODE" and child.ConceptNameCodeSequence[0].CodeValue == "121401":
                derivation = child.ConceptCodeSequence[0].CodeValue
        value = float(measured.FloatingPointValue)
        assert abs(float(measured.NumericValue) - value) <= 1e-9 * max(abs(value), 1)
        units = measured.MeasurementUnitsCodeSequence[0]
        found.append((item.ConceptNameCodeSequence[0].CodeValue, value, units.get("CodeValue") or units.LongCodeValue, derivation))
    return found


def coordinates_of(item, kind) -> list[np.ndarray]:
    found = []
    for child in item.get("ContentSequence", []):
        if child.ValueType == kind:
            found.append(np.array(child.GraphicData, float).reshape(-1, 3 if kind == "SCOORD3D" else 2))
        elif child.ValueType == "NUM":
            found += coordinates_of(child, kind)
    return found


def drawn(mark: dict) -> list[np.ndarray]:
    """What has to be drawn of a mark, pixel centres at whole numbers."""
    p, kind = np.array(mark["points"], float), mark["kind"]
    if kind in ("cobb", "bidirectional", "cardiothoracic"):
        return [p[:2], p[2:]]
    if kind == "rectangle":
        (l, t), (r, b) = p
        return [np.array([[l, t], [r, t], [r, b], [l, b], [l, t]])]
    if kind in ("polygon", "freehand"):
        return [np.vstack([p, p[:1]])]
    return [p]


def check_report(path: Path, measured: list, source: Dataset, frame: int, in_patient: bool) -> tuple[str, bool]:
    report = pydicom.dcmread(path)
    parsed = hd.sr.srread(path)
    groups_3d = [i for i in report.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010"][0].ContentSequence
    wrong, numbers = 0, 0
    placed = in_patient and "FrameOfReferenceUID" in source and ("ImagePositionPatient" in source or "NumberOfFrames" in source)
    kind = "SCOORD3D" if placed else "SCOORD"
    for want, group in zip(measured, groups_3d, strict=True):
        tracking = {i.ConceptNameCodeSequence[0].CodeValue: i for i in group.ContentSequence if i.ValueType in ("TEXT", "UIDREF")}
        wrong += tracking["112040"].UID != want["uid"]
        wrong += not tracking["112039"].TextValue.startswith(f"Negatoscope {want['mark']['kind']}:")
        got = numbers_of(group)
        plain = [n for n in got if not n[3] and n[0] not in ("PIXELS", "EXCLUDED")]
        for (code, value, unit, _), one in zip(plain, want["computed"]["values"], strict=True):
            wrong += value != one["value"] or unit != UNITS.get(one["unit"], one["unit"]) or code != NAMES.get(one["name"], code)
        derived = [n for n in got if n[3]]
        parts = []
        for s in want["computed"]["statistics"]:
            names = ["mean"] if s["count"] == 1 else ["mean", "sd", "min", "max", "median"]
            parts += [(s[n], UNITS.get(s["unit"], s["unit"])) for n in names]
        wrong += [(v, u) for _, v, u, _ in derived] != parts
        numbers += len(got)
        found = []
        for points in coordinates_of(group, kind):
            if not any(len(points) == len(other) and np.allclose(points, other) for other in found):
                found.append(points)
        for got_points, points in zip(found, drawn(want["mark"]), strict=True):
            if kind == "SCOORD":
                wrong += not np.array_equal(got_points - 0.5, points)
            else:
                o = np.array(source.get("ImageOrientationPatient", [1, 0, 0, 0, 1, 0]), float)
                p = np.array(source.get("ImagePositionPatient", [0, 0, 3 * (frame - 1)]), float)
                mm = p + np.outer(points[:, 0] * 0.5, o[:3]) + np.outer(points[:, 1] * 0.75, o[3:])
                closed = len(points) > 3 and np.array_equal(points[0], points[-1])
                wrong += np.abs(got_points - mm).max() > 1e-4 or (closed and len(got_points) != len(points))
    # highdicom's own view of the regions.
    regions = parsed.content.get_planar_roi_measurement_groups()
    others = parsed.content.get_image_measurement_groups()
    wrong += len(regions) + len(others) != len(measured)
    for region in regions:
        item = region.roi
        wrong += item is None
    return f"{len(measured)} groups ({len(regions)} regions for highdicom), {numbers} numbers: {wrong} differ", wrong == 0


def check_state(paths: list[Path], measured: list, source: Dataset, frame: int) -> tuple[str, bool]:
    wrong, objects = 0, 0
    by_uid = {one["uid"]: one for one in measured}
    seen = set()
    for path in paths:
        state = pydicom.dcmread(path)
        colour = source.SamplesPerPixel == 3
        wrong += state.SOPClassUID != f"1.2.840.10008.5.1.4.1.1.11.{2 if colour else 1}"
        if not colour:
            inverted = source.PhotometricInterpretation == "MONOCHROME1"
            wrong += state.PresentationLUTShape != ("INVERSE" if inverted else "IDENTITY")
            wrong += "RescaleSlope" in source and state.RescaleIntercept != source.RescaleIntercept
        area = state.DisplayedAreaSelectionSequence[0]
        wrong += list(area.DisplayedAreaBottomRightHandCorner) != [source.Columns, source.Rows]
        for annotation in state.GraphicAnnotationSequence:
            image = annotation.ReferencedImageSequence[0]
            wrong += image.ReferencedSOPInstanceUID != source.SOPInstanceUID
            wrong += "NumberOfFrames" in source and image.ReferencedFrameNumber != frame
            own = [g for g in annotation.get("GraphicObjectSequence", []) if not g.TrackingID.endswith("arrow head")]
            words = [g for g in annotation.get("TextObjectSequence", []) if "TrackingUID" in g]
            uid = (own + words)[0].TrackingUID
            seen.add(uid)
            want = by_uid[uid]["mark"]
            if own:
                for graphic, points in zip(own, drawn(want), strict=True):
                    got = np.array(graphic.GraphicData, float).reshape(-1, 2) - 0.5
                    objects += 1
                    wrong += not np.array_equal(got, points) or graphic.NumberOfGraphicPoints != len(points)
            else:
                wrong += want["kind"] != "text" or want["text"] not in words[0].UnformattedTextValue
    wrong += len(seen) != len(measured)
    return f"{len(paths)} object, {len(seen)} marks, {objects} graphics: {wrong} differ", wrong == 0


def foreign(out: Path):
    """A report of highdicom's about slice 2.25.501 of tests/measure.rs: a circle, an outline and a point, each with a number of its own."""
    image = ct()
    image.SOPInstanceUID, image.StudyInstanceUID, image.SeriesInstanceUID = "2.25.501", "2.25.3", "2.25.4"
    source = hd.sr.SourceImageForRegion(image.SOPClassUID, image.SOPInstanceUID)
    uid = iter(range(1, 99))

    def group(kind, points, name, value, unit):
        return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier(uid=f"2.25.80{next(uid)}", identifier=f"lesion {name.meaning}"),
            referenced_region=hd.sr.ImageRegion(kind, np.array(points, float), source),
            finding_type=codes.SCT.Neoplasm,
            measurements=[hd.sr.Measurement(name=name, value=value, unit=unit)],
        )

    kinds = hd.sr.GraphicTypeValues
    groups = [
        group(kinds.CIRCLE, [[10, 10], [15, 10]], codes.SCT.Area, 29.5, codes.UCUM.SquareMillimeter),
        group(kinds.POLYLINE, [[5, 5], [20, 5], [12, 20], [5, 5]], codes.SCT.Area, 42.25, codes.UCUM.SquareMillimeter),
        group(kinds.POINT, [[7.5, 5.5]], codes.SCT.Mean, 12.0, codes.UCUM.HounsfieldUnit),
    ]
    device = hd.sr.DeviceObserverIdentifyingAttributes(uid="2.25.811")
    observer = hd.sr.ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_device_context=observer),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    report = hd.sr.Comprehensive3DSR(
        evidence=[image], content=content, series_number=1, series_instance_uid="2.25.812", sop_instance_uid="2.25.813",
        instance_number=1, manufacturer="highdicom",
    )  # fmt: skip
    report.save_as(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--foreign", type=Path, help="only write a report of highdicom's, for tests/data/foreign_report.dcm")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/debug/negatoscope")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    if arguments.foreign:
        foreign(arguments.foreign)
        return
    rows, bad = [], 0

    def say(kind, what, tool, words, good):
        nonlocal bad
        bad += not good
        rows.append(f"| {kind} | {what} | {tool} | {words} | {'ok' if good else 'DIFFERS'} |")

    with tempfile.TemporaryDirectory() as place:
        for name, (make, frame) in KINDS.items():
            folder = (arguments.keep or Path(place)) / name.split(",")[0].replace(" ", "-")
            folder.mkdir(parents=True, exist_ok=True)
            source, image = make(), folder / "image.dcm"
            source.save_as(image, enforce_file_format=True)
            command = [arguments.binary, "measure", image, *MARKS, "--frame", str(frame), "--json", "--save", "sr,sr3d,gsps", "--out", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            document = json.loads(done.stdout)
            measured, saved = document["measurements"], document["saved"]
            inherited = set(dciodvfy(image))
            for form, files in saved.items():
                for file in files:
                    own = [e for e in dciodvfy(folder / file) if e not in inherited]
                    say(name, form, "dciodvfy", f"{len(own)} errors" + ("" if not own else ": " + "; ".join(own)[:400]), not own)
                    if form.startswith("sr"):
                        say(name, form, "dsrdump", *dsrdump(folder / file))
            for form in ("sr", "sr3d"):
                say(name, form, "pydicom, highdicom", *check_report(folder / saved[form][0], measured, source, frame, form == "sr3d"))
            say(name, "gsps", "pydicom", *check_state([folder / f for f in saved["gsps"]], measured, source, frame))
            for form, files in saved.items():
                back = subprocess.run([arguments.binary, "measurements", image, *[folder / f for f in files], "--json"], capture_output=True, text=True)
                found = {one["measurement"]["uid"]: one["measurement"] for one in json.loads(back.stdout)["measurements"]}
                wrong = sum(
                    found.get(one["uid"], {}).get("mark") != one["mark"]
                    or form != "gsps" and found[one["uid"]]["computed"]["values"] != one["computed"]["values"]
                    for one in measured
                )
                say(name, form, "negatoscope", f"{len(found)} read back: {wrong} differ", wrong == 0 and len(found) == len(measured))
        folder = (arguments.keep or Path(place)) / "volume"
        folder.mkdir(parents=True, exist_ok=True)
        slices = volume(folder)
        for name, plane in PLANES.items():
            out = folder.parent / f"plane-{name.replace(' ', '-')}"
            out.mkdir(exist_ok=True)
            command = [arguments.binary, "measure", folder, *PLANE_MARKS, *plane, "--json", "--save", "sr,sr3d", "--out", out]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            document = json.loads(done.stdout)
            measured, saved = document["measurements"], document["saved"]
            for form, files in saved.items():
                path = out / files[0]
                errors = dciodvfy(path)
                say(name, form, "dciodvfy", f"{len(errors)} errors" + ("" if not errors else ": " + "; ".join(errors)[:400]), not errors)
                say(name, form, "dsrdump", *dsrdump(path))
                say(name, form, "pydicom, highdicom", *check_planes(path, measured, slices))
                back = subprocess.run([arguments.binary, "measurements", folder, path, "--json"], capture_output=True, text=True)
                found = {one["measurement"]["uid"]: one["measurement"] for one in json.loads(back.stdout)["measurements"]}
                wrong = sum(
                    found.get(one["uid"], {}).get("mark") != one["mark"]
                    or found[one["uid"]]["plane"] != one["plane"]
                    or found[one["uid"]]["computed"]["values"] != one["computed"]["values"]
                    for one in measured
                )
                say(name, form, "negatoscope", f"{len(found)} read back: {wrong} differ", wrong == 0 and len(found) == len(measured))
    print("| image | file | reader | what | |\n| --- | --- | --- | --- | --- |")
    print("\n".join(rows))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
