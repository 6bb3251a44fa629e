"""Holds copies without identity against the originals: is any identifying value left, are the pixels the same, do other tools read them?

    python3 scripts/oracles/deidentify.py [--bin target/release/negatoscope] [--options retain-modified-dates,…] PATH…

Needs Python with pydicom and numpy; dcmdump (DCMTK) and dciodvfy (dicom3tools) are asked where they are installed. Beside the files at
PATH, "worst" files are made: an identifier in every attribute of table E.1-1, at the top, in nested sequences, in private attributes, under
unknown tags, in File Meta Information and in the preamble, in each encoding. Prints figures; ends with 1 where something is left.
"""
import argparse
import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pydicom
from pydicom.datadict import dictionary_VR, dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom import uid as uids

warnings.simplefilter("ignore")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
TABLE = Path(__file__).resolve().parents[2] / "src/export/deidentify/table.rs"
ROWS = {int(g, 16) << 16 | int(e, 16): basic
        for g, e, basic in re.findall(r"r\(0x(\w+), 0x(\w+), (\w+),", TABLE.read_text())}
# Replacements and defaults, which may stand in an original too.
COMMON = {"ANONYMOUS", "19000101", "000000", "19000101000000", "000Y", "YES", "NO", "DCM", "TEXT", "CONTAINS"}
DUMMIES = {text.encode() for text in COMMON}


OWN = {b"Anonymous", b"ANONYMOUS", b"REMOVED", b"Negatoscope", b"Basic Application Confidentiality Profile", b"ISO_IR 192"}


def identifier(vr, number, salt):
    n = (number * 2654435761 + salt * 40503) & 0xFFFFFFFF
    if vr == "DA":
        return f"{1931 + n % 60}{1 + n // 7 % 12:02}{1 + n // 91 % 28:02}"
    if vr == "DT":
        return f"{1931 + n % 60}{1 + n // 7 % 12:02}{1 + n // 91 % 28:02}{n % 24:02}{n // 9 % 60:02}{n // 5 % 60:02}.{n % 1000000:06}"
    if vr == "TM":
        return f"{n % 24:02}{n // 9 % 60:02}{n // 5 % 60:02}.{n % 1000000:06}"
    if vr == "UI":
        return f"1.3.6.1.4.1.99999.{salt}.{n}"
    if vr == "AS":
        return f"{n % 900 + 100:03}Y"
    if vr in ("IS",):
        return str(n % 1000000000)
    if vr == "DS":
        return f"{n % 100000}.{n % 9973:05}"
    if vr in ("OB", "UN", "OW"):
        return f"ZQ{n:08X}ID".encode()
    if vr in ("US", "UL", "SS", "SL", "FL", "FD", "OF", "OD", "AT", "OL", "OV", "SV", "UV"):
        return None
    return f"Zq{salt}x{n:08X}" if vr != "CS" else f"ZQ{salt}X{n:08X}"


def fill(ds, salt, depth):
    for number in ROWS:
        tag = Tag(number)
        if tag.group in (0, 2, 4):
            continue
        vr = dictionary_VR(tag) if dictionary_has_tag(tag) else "LO"
        vr = vr.split(" or ")[0]
        if vr == "SQ":
            item = Dataset()
            for kind, inner in (("LO", 0x00080080), ("PN", 0x0040A123), ("UI", 0x0040A124), ("UT", 0x0040A160), ("UI", 0x00081155), ("SH", 0x00080100), ("DA", 0x0040A121)):
                item.add_new(inner, kind, identifier(kind, inner ^ number, salt))
            ds.add_new(tag, "SQ", Sequence([item, item]))
        elif (value := identifier(vr, number, salt)) is not None:
            ds.add_new(tag, vr, value)
    for vr, number in (("PN", 0x00321070), ("UI", 0x00189999), ("LO", 0x0018FFF2), ("UN", 0x0010FF10), ("UT", 0x0040A160), ("LO", 0x00100033)):
        ds.add_new(number, vr, identifier(vr, number, salt) if vr != "UN" else b"ZQUNKNOWN%d" % salt)
    block = ds.private_block(0x0029, f"ZQ CREATOR {salt}", create=True)
    block.add_new(1, "LO", f"ZqPrivate{salt}")
    block.add_new(2, "UN", b"ZQPRIVUN%d" % salt)
    block.add_new(3, "SQ", Sequence([Dataset()]))
    block[3].value[0].add_new(0x00100010, "PN", f"ZqInPrivate{salt}")
    if depth:
        for at in (0x00081115, 0x52009229, 0x00400100, 0x00540016):
            inner = Dataset()
            fill(inner, salt * 7 + at % 97, depth - 1)
            ds.add_new(at, "SQ", Sequence([inner]))


def worst(folder):
    for name, syntax in (("explicit", uids.ExplicitVRLittleEndian), ("implicit", uids.ImplicitVRLittleEndian),
                         ("big", uids.ExplicitVRBigEndian), ("deflated", uids.DeflatedExplicitVRLittleEndian), ("rle", uids.RLELossless)):
        ds = Dataset()
        fill(ds, 3, 2)
        ds.SOPClassUID = uids.CTImageStorage
        ds.Modality, ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = "CT", 4, 4, 16, 16, 15
        ds.PixelRepresentation, ds.SamplesPerPixel, ds.PhotometricInterpretation = 0, 1, "MONOCHROME2"
        for number in range(0x60003000, 0x60023001, 0x20000):
            ds.add_new(number, "OW", b"ZQOVERLAYDATA!!!")
            ds.add_new(number + 0x1000, "LT", "ZqOverlayComment")
        ds.add_new(0x50003000, "OW", b"ZQCURVEDATA!")
        ds.add_new(0x50020030, "SH", "ZqCurveUnits")
        meta = FileMetaDataset()
        meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, ds.SOPClassUID
        meta.MediaStorageSOPInstanceUID, meta.ImplementationClassUID = ds.SOPInstanceUID, "1.3.6.1.4.1.99999.77"
        meta.SourceApplicationEntityTitle, meta.SendingApplicationEntityTitle = "ZQSOURCEAE", "ZQSENDINGAE"
        meta.PrivateInformationCreatorUID, meta.PrivateInformation = "1.3.6.1.4.1.99999.78", b"ZQMETAPRIVATE!"
        ds.file_meta = meta
        ds.preamble = b"ZQPREAMBLE".ljust(128, b"\0")
        ds.PixelData = bytes(range(32))
        if name == "rle":
            ds.file_meta.TransferSyntaxUID = uids.ExplicitVRLittleEndian
            ds["PixelData"].VR = "OW"
            ds.compress(uids.RLELossless, generate_instance_uid=False)
        else:
            ds["PixelData"].VR = "OW"
        ds.save_as(folder / f"worst-{name}.dcm", implicit_vr=name == "implicit", little_endian=name != "big", enforce_file_format=True)


def texts(element):
    value = element.value
    if element.VR == "SQ" or value is None:
        return []
    if isinstance(value, bytes):
        return [value.strip(b"\0 ")] if 4 <= len(value.strip(b"\0 ")) <= 256 else []
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    found = []
    for one in values:
        text = str(one).strip("\0 ")
        parts = re.split(r"[\^=]", text) + [text] if element.VR == "PN" else [text]
        found += [part.encode("utf-8", "replace") for part in parts if part]
    return found


def walk(ds):
    for element in ds:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from walk(item)


def values(ds, raw):
    """What identifies, and what the profile keeps."""
    bad, good = {}, set()
    for element in walk(ds):
        if element.tag.group in (0x7FE0, 0xFFFA) or element.tag == 0x00080005:
            continue
        number = int(element.tag)
        is_bad = number in ROWS or element.tag.is_private or element.tag.group & 0xFF00 in (0x5000, 0x6000) or element.VR in ("PN", "DA", "DT", "UT", "LT", "ST") \
            or not dictionary_has_tag(element.tag) or (element.VR == "UI" and element.tag not in (0x00080016, 0x00081150, 0x0008010C))
        for text in texts(element):
            if element.VR == "UI" and text.startswith(b"1.2.840.10008."):
                continue
            if is_bad:
                bad[text] = element.tag
            else:
                good.add(text)
    for element in getattr(ds, "file_meta", []):
        if element.tag in (0x00020003, 0x00020016, 0x00020017, 0x00020018, 0x00020100, 0x00020102):
            for text in texts(element):
                if not text.startswith(b"1.2.840.10008."):  # the standard's own palettes
                    bad[text] = element.tag
    return bad, good


ACTIONS = {"UID replaced", "emptied", "replaced", "removed", "cleaned", "kept", "made anew"}


def said(report):
    """What a report says beyond the dictionary's own words: a patient may be called "Patient"."""
    document = json.loads(report)
    for change in document.get("changes", []):
        tag = re.fullmatch(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)", change.get("tag", ""))
        number = tag and int(tag[1] + tag[2], 16)
        if tag and (number in ROWS or dictionary_has_tag(number)):
            del change["tag"]
            if change.get("keyword") == pydicom.datadict.keyword_for_tag(number):
                del change["keyword"]
        if change.get("action") in ACTIONS:
            del change["action"]
    return json.dumps(document, ensure_ascii=False)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("paths", nargs="*")
    arguments.add_argument("--bin", default="target/release/negatoscope")
    arguments.add_argument("--limit", type=int, default=10 ** 9)
    arguments.add_argument("--worst-only", action="store_true")
    arguments.add_argument("--no-tools", action="store_true", help="ask neither dcmdump nor dciodvfy")
    arguments.add_argument("--every", type=int, default=1, help="take every Nth file of a folder with more than 100")
    asked = arguments.parse_args()
    work = Path(tempfile.mkdtemp())
    (work / "key").write_bytes(bytes(range(64)))
    made = work / "made"
    made.mkdir()
    worst(made)
    files = sorted(made.iterdir())
    if not asked.worst_only:
        for path in asked.paths:
            path = Path(path)
            found = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            many = collections.Counter(p.parent for p in found)
            files += [p for at, p in enumerate(found) if many[p.parent] <= 100 or at % asked.every == 0]
    count = collections.Counter()
    tools = {name: None if asked.no_tools else shutil.which(name) for name in ("dcmdump", "dciodvfy")}
    left, pixels, worse = [], [], collections.Counter()
    for file in files[: asked.limit]:
        out = work / "out"
        shutil.rmtree(out, ignore_errors=True)
        run = subprocess.run([asked.bin, "deidentify", str(file), "--out", str(out), "--key-file", str(work / "key"), "--report", str(work / "report.json")],
                             capture_output=True)
        copies = list(out.rglob("*.dcm")) if out.exists() else []
        if not copies:
            count["not copied"] += 1
            continue
        if len(copies) > 1:
            count["archives"] += 1
            continue
        copy = copies[0]
        count["copied"] += 1
        try:
            before = pydicom.dcmread(file, force=True)
            bad, good = values(before, b"")
        except Exception:  # noqa: BLE001 The original itself is broken: nothing to compare with.
            count["original not read by pydicom"] += 1
            bad, good, before = {}, set(), None
        try:
            after = pydicom.dcmread(copy)
            list(walk(after))
        except Exception as error:  # noqa: BLE001
            left.append((file.name, "pydicom does not read the copy", repr(error)))
            continue
        bytes_after = copy.read_bytes()
        tail = bytes_after.find(b"\xE0\x7F\x10\x00") if "PixelData" in after else -1
        head = bytes_after if tail < 0 or before is None else bytes_after[:tail] if len(bytes_after) > 1 << 16 else bytes_after
        pixel = before.get_item("PixelData").value if before is not None and "PixelData" in before and before.get_item("PixelData").value else b""
        head = head.replace(pixel, b"") if len(pixel) > 64 else head
        named = (str(copy.relative_to(out)) + said((work / "report.json").read_text())).encode()
        kept = {t for e in walk(after) for t in texts(e)}
        numbers = set(re.findall(rb"[0-9.]+", head + b" " + named))
        stays = b"\n".join(good | OWN)
        for text, tag in bad.items():
            count["identifying values"] += 1
            if text in stays and text not in good:
                # Part of what stays by the table: "Test" in "Test Manufacturer". As a value of its own it must be gone.
                count["of these part of a value that stays"] += 1
                if text in kept - OWN - DUMMIES:
                    left.append((file.name, str(tag), "as a value"))
                continue
            if text.decode("utf-8", "replace") in COMMON or len(text) < 4 or text in good:
                # Too short to search for, or said by an attribute that stays too: then it is looked for as a whole value.
                count["of these not unique"] += 1
                continue
            # Digits inside of a longer number, such as a new UID, are not the value.
            there = text in numbers if re.fullmatch(rb"[0-9.]+", text) else text in head or text in named
            if there or text in kept:
                left.append((file.name, str(tag), dictionary_has_tag(tag) and pydicom.datadict.keyword_for_tag(tag)))
        if before is not None and pixel:
            count["with pixels"] += 1
            if bytes(after.get_item("PixelData").value).rstrip(b"\0") != bytes(pixel).rstrip(b"\0"):
                pixels.append(file.name)
        if after.PatientIdentityRemoved != "YES" or after.DeidentificationMethodCodeSequence[0].CodeValue != "113100":
            left.append((file.name, "method not said", ""))
        if tools["dcmdump"]:
            dump = subprocess.run([tools["dcmdump"], "-q", str(copy)], capture_output=True)
            original = subprocess.run([tools["dcmdump"], "-q", str(file)], capture_output=True)
            count["read by dcmdump"] += dump.returncode == 0
            if dump.returncode and not original.returncode:
                left.append((file.name, "dcmdump does not read the copy", dump.stderr[:80]))
        if tools["dciodvfy"]:
            def errors(path):
                said = subprocess.run([tools["dciodvfy"], str(path)], capture_output=True).stderr.decode("latin1")
                return collections.Counter(re.sub(r"<[^>]*>|\d+", "", line) for line in said.splitlines() if line.startswith("Error"))
            new = errors(copy) - errors(file)
            worse.update(new.keys())
            count["without a new error by dciodvfy"] += not new
    print(f"{len(files):8} files")
    for name, n in count.items():
        print(f"{n:8} {name}")
    print(f"{len(left):8} values or faults left, {len(pixels)} files whose pixels differ")
    for one in left[:40]:
        print("   ", *one)
    for one in pixels[:20]:
        print("    pixels:", one)
    for line, n in worse.most_common(15):
        print(f"    dciodvfy, {n} files: {line}")
    shutil.rmtree(work)
    sys.exit(bool(left or pixels))


main()
