"""Writes src/export/deidentify/table.rs and safe.rs from two public transcriptions of DICOM PS3.15 Annex E.

    python3 scripts/oracles/confidentiality.py confidentiality_profile_attributes.json chapter_E.rst

The first is table E.1-1 as JSON (github.com/innolitics/dicom-standard, standard/), the second the chapter as
reStructuredText (github.com/chsasank/dicom_standard, source/part15/), of which table E.3.10-1 is read.
Only facts are taken: tags, actions, creators. Needs nothing but Python.
"""
import json
import re
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "src/export/deidentify"
OPTIONS = [
    ("rtnUIDsOpt", "K", "u"), ("rtnDevIdOpt", "K", "v"), ("rtnDevIdOpt", "C", "V"), ("rtnInstIdOpt", "K", "i"),
    ("rtnPatCharsOpt", "K", "p"), ("rtnPatCharsOpt", "C", "P"), ("rtnLongFullDatesOpt", "K", "t"),
    ("cleanDescOpt", "C", "c"), ("cleanStructContOpt", "C", "s"), ("cleanGraphOpt", "C", "g"),
]
BASIC = {"X": "X", "Z": "Z", "D": "D", "U": "U", "X/Z": "XZ", "X/D": "XD", "X/Z/D": "XZD", "Z/D": "ZD", "X/Z/U*": "XZU"}


def attributes(path):
    rows = []
    for row in json.load(open(path)):
        if not re.fullmatch("[0-9a-f]{8}", row["id"]):
            continue  # Curves, overlays and private ones are rules of action.rs, not rows.
        assert (row.get("rtnLongFullDatesOpt") == "K") == (row.get("rtnLongModifDatesOpt") == "C"), row
        rows.append((int(row["id"], 16), BASIC[row["basicProfile"]],
                     "".join(letter for key, value, letter in OPTIONS if row.get(key) == value)))
    return sorted(set(rows))


def safe(path):
    text = Path(path).read_text().split("table:: Safe Private Attributes")[1]
    rows, cells = [], None
    for line in (line.strip() for line in text.split("\n")):
        if line.startswith("+"):
            if cells:
                rows.append([re.sub(r"\s+", " ", cell).strip() for cell in cells])
            cells = None
        elif line.startswith("|"):
            now = [cell.strip() for cell in line.strip("|").split("|")]
            cells = now if cells is None else [a + " " + b for a, b in zip(cells, now)]
    found = set()
    for tag, creator, vr, *_ in rows:
        match = re.fullmatch(r"\(([0-9A-Fa-f]{4}),xx([0-9A-Fa-f]{2})\)", tag)
        # What is opaque cannot be looked at, and is left out.
        if match and vr not in ("", "OB", "UN", "OW"):
            found.add((creator, int(match[1], 16), int(match[2], 16), vr))
    return sorted(found)


def main():
    rows = attributes(sys.argv[1])
    lines = "".join(f'    r(0x{tag >> 16:04X}, 0x{tag & 0xFFFF:04X}, {basic}, "{options}"),\n' for tag, basic, options in rows)
    (OUT / "table.rs").write_text(f"""//! Table E.1-1 of PS3.15 (edition 2024e): what the Basic Profile and its options do to an attribute, a line each.
//!
//! Made by `scripts/oracles/confidentiality.py`. Curves, overlays and private attributes are rules of `action.rs`.

use super::action::Basic::{{self, D, U, X, XD, XZ, XZD, XZU, Z, ZD}};

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {{
    /// Group and element in one number.
    pub(super) tag: u32,
    /// What the Basic Profile does.
    pub(super) basic: Basic,
    /// Options that do otherwise, a letter each: `u` UIDs, `v` device (`V`: cleaned), `i` institution, `p` patient characteristics (`P`:
    /// cleaned), `t` dates, `c` descriptors, `s` structured content, `g` graphics.
    pub(super) options: &'static str,
}}

const fn r(group: u32, element: u32, basic: Basic, options: &'static str) -> Row {{
    Row {{ tag: group << 16 | element, basic, options }}
}}

/// The line of an attribute.
pub(super) fn row(tag: u32) -> Option<&'static Row> {{
    ROWS.binary_search_by_key(&tag, |row| row.tag).ok().and_then(|at| ROWS.get(at))
}}

/// All lines, by tag.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
{lines}];
""")
    private = safe(sys.argv[2])
    lines = "".join(f'    s("{creator}", 0x{group:04X}, 0x{element:02X}, *b"{vr}"),\n' for creator, group, element, vr in private)
    (OUT / "safe.rs").write_text(f"""//! Table E.3.10-1 of PS3.15: private attributes that are thought to hold nothing that identifies, those left out whose values are opaque.
//!
//! Made by `scripts/oracles/confidentiality.py`.

use dicom_core::VR;

/// A private attribute: creator, group, last two digits of the element, Value Representation.
#[derive(Debug)]
pub(super) struct Safe {{
    creator: &'static str,
    group: u16,
    element: u8,
    vr: [u8; 2],
}}

const fn s(creator: &'static str, group: u16, element: u8, vr: [u8; 2]) -> Safe {{
    Safe {{ creator, group, element, vr }}
}}

/// The Value Representation of a private attribute that may be kept.
pub(super) fn vr(creator: &str, group: u16, element: u8) -> Option<VR> {{
    let found = SAFE.iter().find(|s| s.creator == creator && s.group == group && s.element == element)?;
    VR::from_binary(found.vr)
}}

/// All of them.
#[rustfmt::skip]
const SAFE: &[Safe] = &[
{lines}];
""")
    print(len(rows), "attributes,", len(private), "private ones")


main()
