//! DICOM files made in memory, one for each way in which pixels can be written.
//!
//! Every picture is a formula, so that a test can say which values must come out.

use std::io::Write as _;

/// Transfer syntaxes by short names.
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const BIG: &str = "1.2.840.10008.1.2.2";
pub const RLE: &str = "1.2.840.10008.1.2.5";
pub const BASELINE: &str = "1.2.840.10008.1.2.4.50";
pub const LOSSLESS: &str = "1.2.840.10008.1.2.4.70";
pub const DEFLATED_FRAME: &str = "1.2.840.10008.1.2.8.1";
pub const J2K: &str = "1.2.840.10008.1.2.4.90";

/// One element's value: bytes in little-endian order, or a sequence of items.
#[derive(Debug, Clone)]
pub enum Value {
    Bytes(Vec<u8>),
    Items(Vec<DataSet>),
    /// Undefined length: fragments as they are, the offset table first.
    Fragments(Vec<Vec<u8>>),
}

/// Elements, sorted when written.
#[derive(Debug, Clone, Default)]
pub struct DataSet(Vec<((u16, u16), [u8; 2], Value)>);

impl DataSet {
    pub fn put(&mut self, tag: (u16, u16), vr: &[u8; 2], value: Value) -> &mut Self {
        self.0.retain(|e| e.0 != tag);
        self.0.push((tag, *vr, value));
        self
    }
    pub fn text(&mut self, tag: (u16, u16), vr: &[u8; 2], text: &str) -> &mut Self {
        self.put(tag, vr, Value::Bytes(text.as_bytes().to_vec()))
    }
    pub fn us(&mut self, element: u16, value: u16) -> &mut Self {
        self.put(
            (0x28, element),
            b"US",
            Value::Bytes(value.to_le_bytes().to_vec()),
        )
    }
    pub fn us_at(&mut self, tag: (u16, u16), value: u16) -> &mut Self {
        self.put(tag, b"US", Value::Bytes(value.to_le_bytes().to_vec()))
    }
    pub fn without(&mut self, tag: (u16, u16)) -> &mut Self {
        self.0.retain(|e| e.0 != tag);
        self
    }

    /// The encoded data set.
    pub fn bytes(&self, explicit: bool, big: bool) -> Vec<u8> {
        let mut sorted = self.0.clone();
        sorted.sort_by_key(|e| e.0);
        let mut out = vec![];
        let n16 = |n: u16| {
            if big {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let n32 = |n: u32| {
            if big {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let item = |out: &mut Vec<u8>, element: u16, length: u32| {
            out.extend(n16(0xFFFE));
            out.extend(n16(element));
            out.extend(n32(length));
        };
        for (tag, vr, value) in &sorted {
            out.extend(n16(tag.0));
            out.extend(n16(tag.1));
            let (body, undefined) = match value {
                Value::Bytes(bytes) => {
                    let mut bytes = bytes.clone();
                    if bytes.len() % 2 == 1 {
                        bytes.push(if matches!(vr, b"UI" | b"OB" | b"UN") {
                            0
                        } else {
                            b' '
                        });
                    }
                    let width = match vr {
                        b"US" | b"SS" | b"OW" | b"AT" => 2,
                        b"UL" | b"SL" | b"FL" | b"OF" => 4,
                        b"FD" | b"OD" => 8,
                        _ => 1,
                    };
                    if big {
                        bytes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
                    }
                    (bytes, false)
                }
                Value::Items(items) => {
                    let mut body = vec![];
                    for one in items {
                        let inner = one.bytes(explicit, big);
                        item(&mut body, 0xE000, inner.len() as u32);
                        body.extend(inner);
                    }
                    (body, false)
                }
                Value::Fragments(all) => {
                    let mut body = vec![];
                    for fragment in all {
                        let padded = fragment.len().next_multiple_of(2);
                        item(&mut body, 0xE000, padded as u32);
                        body.extend(fragment);
                        body.resize(body.len() + padded - fragment.len(), 0);
                    }
                    item(&mut body, 0xE0DD, 0);
                    (body, true)
                }
            };
            let length = if undefined {
                u32::MAX
            } else {
                body.len() as u32
            };
            if !explicit {
                out.extend(n32(length));
            } else if matches!(vr, b"OB" | b"OW" | b"OF" | b"OD" | b"SQ" | b"UN" | b"UT") {
                out.extend(vr);
                out.extend([0, 0]);
                out.extend(n32(length));
            } else {
                out.extend(vr);
                out.extend(n16(length as u16));
            }
            out.extend(body);
        }
        out
    }

    /// The whole file: preamble, file meta information, data set.
    pub fn file(&self, syntax: &str) -> Vec<u8> {
        let mut meta = Self::default();
        meta.put((2, 1), b"OB", Value::Bytes(vec![0, 1]))
            .text((2, 2), b"UI", "1.2.840.10008.5.1.4.1.1.7")
            .text((2, 3), b"UI", "2.25.1")
            .text((2, 0x10), b"UI", syntax)
            .text((2, 0x12), b"UI", "2.25.2");
        let meta = meta.bytes(true, false);
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        out.extend([2, 0, 0, 0, b'U', b'L', 4, 0]);
        out.extend((meta.len() as u32).to_le_bytes());
        out.extend(meta);
        let body = self.bytes(syntax != IMPLICIT, syntax == BIG);
        if syntax == DEFLATED {
            out.extend(stored_deflate(&body));
        } else {
            out.extend(body);
        }
        out
    }
}

/// RFC 1951 without compression.
pub fn stored_deflate(body: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    let blocks: Vec<&[u8]> = body.chunks(0xFFFF).collect();
    for (at, block) in blocks.iter().enumerate() {
        out.push(u8::from(at + 1 == blocks.len()));
        out.extend((block.len() as u16).to_le_bytes());
        out.extend((!(block.len() as u16)).to_le_bytes());
        out.extend(*block);
    }
    out
}

/// A picture's attributes without its pixels: `bits` allocated, all stored.
pub fn picture(rows: u16, columns: u16, samples: u16, bits: u16, photometric: &str) -> DataSet {
    let mut data = DataSet::default();
    data.text((8, 0x16), b"UI", "1.2.840.10008.5.1.4.1.1.7")
        .text((8, 0x18), b"UI", "2.25.1")
        .text((8, 0x60), b"CS", "OT")
        .text((0x10, 0x10), b"PN", "Doe^Jane")
        .text((0x20, 0xd), b"UI", "2.25.3")
        .text((0x20, 0xe), b"UI", "2.25.4")
        .text((0x20, 0x13), b"IS", "1")
        .text((0x28, 4), b"CS", photometric)
        .us(2, samples)
        .us(0x10, rows)
        .us(0x11, columns)
        .us(0x100, bits)
        .us(0x101, bits)
        .us(0x102, bits - 1)
        .us(0x103, 0);
    if samples > 1 {
        data.us(6, 0);
    }
    data
}

/// `picture` with its pixels as they lie.
pub fn native(mut data: DataSet, pixels: Vec<u8>) -> DataSet {
    data.put((0x7fe0, 0x10), b"OW", Value::Bytes(pixels));
    data
}

/// `picture` with one fragment a frame and an empty offset table.
pub fn encapsulated(mut data: DataSet, frames: Vec<Vec<u8>>) -> DataSet {
    data.text((0x28, 8), b"IS", &frames.len().to_string());
    let mut all = vec![vec![]];
    all.extend(frames);
    data.put((0x7fe0, 0x10), b"OB", Value::Fragments(all));
    data
}

/// One frame of RLE: `planes` as literal runs of 128.
pub fn rle(planes: &[Vec<u8>]) -> Vec<u8> {
    let mut header = vec![planes.len() as u32];
    let mut body = vec![];
    for plane in planes {
        header.push(64 + body.len() as u32);
        for run in plane.chunks(128) {
            body.push(run.len() as u8 - 1);
            body.extend(run);
        }
        if body.len() % 2 == 1 {
            body.push(128);
        }
    }
    header.resize(16, 0);
    header
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .chain(body)
        .collect()
}

/// One frame of lossless JPEG (process 14, predictor 1), one component of `bits`.
pub fn lossless(rows: u16, columns: u16, bits: u8, values: &[u16]) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xC3, 0, 11, bits];
    out.extend(rows.to_be_bytes());
    out.extend(columns.to_be_bytes());
    out.extend([1, 1, 0x11, 0]);
    // Seventeen categories, five bits each.
    out.extend([0xFF, 0xC4, 0, 2 + 17 + 17, 0, 0, 0, 0, 0, 17]);
    out.extend([0; 11]);
    out.extend(0..17);
    out.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 0, 0]);
    let (mut word, mut held) = (0_u64, 0);
    let mut scan = vec![];
    let mut push = |value: u32, width: u32| {
        word = word << width | u64::from(value);
        held += width;
        while held >= 8 {
            held -= 8;
            let byte = (word >> held) as u8;
            scan.push(byte);
            if byte == 0xFF {
                scan.push(0);
            }
        }
    };
    for (at, &value) in values.iter().enumerate() {
        let guess = if at == 0 {
            1 << (bits - 1)
        } else if at % usize::from(columns) == 0 {
            values[at - usize::from(columns)]
        } else {
            values[at - 1]
        };
        let difference = i32::from(value.wrapping_sub(guess) as i16);
        let category = if difference == -32768 {
            16
        } else {
            32 - difference.unsigned_abs().leading_zeros()
        };
        push(category, 5);
        if category > 0 && category < 16 {
            let bits = if difference < 0 {
                difference - 1
            } else {
                difference
            };
            push(bits as u32 & ((1 << category) - 1), category);
        }
    }
    push(0x7F, 7);
    out.extend(scan);
    out.extend([0xFF, 0xD9]);
    out
}

/// One frame of baseline JPEG: grey or RGB samples (written as YCbCr with JFIF).
pub fn baseline(rows: u16, columns: u16, samples: u16, values: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    let kind = if samples == 1 {
        image::ExtendedColorType::L8
    } else {
        image::ExtendedColorType::Rgb8
    };
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 95)
        .encode(values, columns.into(), rows.into(), kind)
        .unwrap();
    out
}

/// A JP2 file around a codestream, `before` being further boxes in front of it.
pub fn jp2(codestream: &[u8], rows: u32, columns: u32, components: u16, before: &[u8]) -> Vec<u8> {
    fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
        out.extend((8 + body.len() as u32).to_be_bytes());
        out.extend(kind);
        out.extend(body);
    }
    let mut out = vec![];
    boxed(&mut out, b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]);
    boxed(&mut out, b"ftyp", b"jp2 \0\0\0\0jp2 ");
    out.extend(before);
    let mut header = vec![];
    let mut size = rows.to_be_bytes().to_vec();
    size.extend(columns.to_be_bytes());
    size.extend(components.to_be_bytes());
    size.extend([7, 7, 0, 0]);
    boxed(&mut header, b"ihdr", &size);
    let space: u32 = if components == 1 { 17 } else { 16 };
    boxed(
        &mut header,
        b"colr",
        &[&[1, 0, 0][..], &space.to_be_bytes()].concat(),
    );
    boxed(&mut out, b"jp2h", &header);
    boxed(&mut out, b"jp2c", codestream);
    out
}

/// A box in front of the codestream that looks as if it were one.
pub fn decoy() -> Vec<u8> {
    let mut body = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0];
    body.extend(40_u32.to_be_bytes());
    body.extend(33_u32.to_be_bytes());
    body.extend([0; 8]);
    body.extend(40_u32.to_be_bytes());
    body.extend(33_u32.to_be_bytes());
    body.extend([0; 8]);
    body.extend([0, 1, 7, 1, 1, 0, 0, 0, 0]);
    let mut out = (8 + body.len() as u32).to_be_bytes().to_vec();
    out.extend(b"uuid");
    out.extend(body);
    out
}

/// A ZIP of these files, packed.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = std::io::Cursor::new(vec![]);
    let mut writer = zip::ZipWriter::new(&mut out);
    for (at, (name, bytes)) in files.iter().enumerate() {
        let method = if at % 2 == 0 {
            zip::CompressionMethod::Deflated
        } else {
            zip::CompressionMethod::Stored
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    out.into_inner()
}

/// The codestreams that scripts/oracles/j2k.py wrote, 40 × 33.
pub const GREY8: &[u8] = include_bytes!("../data/grey8.j2k");
pub const SIGNED16: &[u8] = include_bytes!("../data/signed16.j2k");
pub const RGB: &[u8] = include_bytes!("../data/rgb.j2k");
pub const PLANES: &[u8] = include_bytes!("../data/planes.j2k");

/// The functional groups of an enhanced multi-frame picture.
pub fn groups(frames: u16) -> (DataSet, DataSet) {
    let item = |tag, inner: DataSet| {
        let mut group = DataSet::default();
        group.put(tag, b"SQ", Value::Items(vec![inner]));
        group
    };
    let mut measures = DataSet::default();
    measures.text((0x28, 0x30), b"DS", "0.5\\0.5");
    let mut direction = DataSet::default();
    direction.text((0x20, 0x37), b"DS", "1\\0\\0\\0\\1\\0");
    let mut shared = item((0x28, 0x9110), measures);
    shared.put((0x20, 0x9116), b"SQ", Value::Items(vec![direction]));
    let each = (0..frames).map(|n| {
        let mut at = DataSet::default();
        at.text(
            (0x20, 0x32),
            b"DS",
            &format!("0\\0\\{}", f32::from(n) * 1.5),
        );
        item((0x20, 0x9113), at)
    });
    let mut per_frame = DataSet::default();
    per_frame.put((0x5200, 0x9230), b"SQ", Value::Items(each.collect()));
    let mut all = DataSet::default();
    all.put((0x5200, 0x9229), b"SQ", Value::Items(vec![shared]));
    (all, per_frame)
}

/// An ultrasound region: bounds (left, top, right, bottom), units and deltas along x and y.
pub fn us_region(
    format: u16,
    kind: u16,
    bounds: [u32; 4],
    units: [u16; 2],
    deltas: [f64; 2],
) -> DataSet {
    let mut data = DataSet::default();
    data.us_at((0x18, 0x6012), format)
        .us_at((0x18, 0x6014), kind)
        .us_at((0x18, 0x6024), units[0])
        .us_at((0x18, 0x6026), units[1]);
    for (tag, value) in [0x6018, 0x601A, 0x601C, 0x601E].into_iter().zip(bounds) {
        data.put(
            (0x18, tag),
            b"UL",
            Value::Bytes(value.to_le_bytes().to_vec()),
        );
    }
    for (tag, value) in [0x602C, 0x602E].into_iter().zip(deltas) {
        data.put(
            (0x18, tag),
            b"FD",
            Value::Bytes(value.to_le_bytes().to_vec()),
        );
    }
    data
}

impl DataSet {
    /// Takes over the elements of another.
    pub fn with(&mut self, other: &Self) -> &mut Self {
        for (tag, vr, value) in &other.0 {
            self.put(*tag, vr, value.clone());
        }
        self
    }
}

/// Every file that is made here, by name.
pub fn bases() -> Vec<(String, Vec<u8>)> {
    let bytes16 = |n: usize| -> Vec<u8> {
        (0..n)
            .flat_map(|i| ((i * 37 % 4096) as u16).to_le_bytes())
            .collect()
    };
    let bytes8 = |n: usize| -> Vec<u8> { (0..n).map(|i| (i * 7 % 251) as u8).collect() };
    let mut ct = picture(12, 16, 1, 16, "MONOCHROME2");
    ct.text((8, 0x60), b"CS", "CT")
        .text((0x28, 8), b"IS", "3")
        .text((0x28, 0x30), b"DS", "0.5\\0.7")
        .text((0x28, 0x1050), b"DS", "40\\300")
        .text((0x28, 0x1051), b"DS", "400\\1500")
        .text((0x28, 0x1052), b"DS", "-1024")
        .text((0x28, 0x1053), b"DS", "1")
        .put(
            (0x28, 0x120),
            b"SS",
            Value::Bytes((-2000_i16).to_le_bytes().to_vec()),
        )
        .us(0x103, 1);
    let (shared, per_frame) = groups(3);
    let mut enhanced = ct.clone();
    enhanced.with(&shared).with(&per_frame);
    let mut palette = picture(12, 16, 1, 8, "PALETTE COLOR");
    for n in 1..=3 {
        let descriptor = [0_u16, 1, 0, 0, 16, 0].map(|b| b as u8).to_vec();
        palette.put((0x28, 0x1100 + n), b"US", Value::Bytes(descriptor));
        let entries = (0..256_u16).flat_map(|i| (i * 257).to_le_bytes()).collect();
        palette.put((0x28, 0x1200 + n), b"OW", Value::Bytes(entries));
    }
    let mut voi = DataSet::default();
    voi.put((0x28, 0x3002), b"US", Value::Bytes(vec![0, 1, 0, 0, 8, 0]))
        .put((0x28, 0x3006), b"OW", Value::Bytes(bytes16(256)));
    let mut lut = picture(12, 16, 1, 16, "MONOCHROME1");
    lut.put((0x28, 0x3010), b"SQ", Value::Items(vec![voi]));
    let mut mask = picture(9, 11, 1, 1, "MONOCHROME2");
    mask.text((0x28, 8), b"IS", "4");
    let mut float = picture(12, 16, 1, 32, "MONOCHROME2");
    let floats = (0..192)
        .flat_map(|i| (i as f32 * 0.3 - 7.0).to_le_bytes())
        .collect();
    float.put((0x7fe0, 8), b"OF", Value::Bytes(floats));
    let mut planar = picture(12, 16, 3, 8, "RGB");
    planar.us(6, 1);
    let mut signed = picture(33, 40, 1, 16, "MONOCHROME2");
    signed.us(0x103, 1);
    let values: Vec<u16> = (0..192).map(|i| (i * 331 % 65_521) as u16).collect();
    let grey = picture(12, 16, 1, 16, "MONOCHROME2");
    let split: Vec<Vec<u8>> = GREY8.chunks(200).map(<[u8]>::to_vec).collect();
    let mut two = picture(33, 40, 1, 8, "MONOCHROME2");
    two.text((0x28, 8), b"IS", "2");
    let mut fragments = vec![vec![0, 0, 0, 0, 0, 0, 0, 0]];
    fragments.extend(split.iter().cloned().chain(split.iter().cloned()));
    let padded: usize = split.iter().map(|f| 8 + f.len().next_multiple_of(2)).sum();
    fragments[0][4..].copy_from_slice(&(padded as u32).to_le_bytes());
    two.put((0x7fe0, 0x10), b"OB", Value::Fragments(fragments));
    let mut us = picture(12, 16, 1, 8, "MONOCHROME2");
    let regions = vec![
        us_region(1, 1, [0, 0, 15, 5], [3, 3], [0.02, 0.04]),
        us_region(3, 3, [0, 6, 15, 11], [4, 7], [0.005, -1.5]),
    ];
    us.text((8, 0x60), b"CS", "US")
        .put((0x18, 0x6011), b"SQ", Value::Items(regions));
    let mut dose = DataSet::default();
    dose.text((0x18, 0x1074), b"DS", "400000000")
        .text((0x18, 0x1075), b"DS", "6600")
        .text((0x18, 0x1078), b"DT", "20240229235000+0100");
    let mut mapping = DataSet::default();
    mapping
        .us_at((0x40, 0x9216), 0)
        .us_at((0x40, 0x9211), 9)
        .put((0x40, 0x9212), b"FD", Value::Bytes(vec![1; 80]));
    let mut pet = picture(12, 16, 1, 16, "MONOCHROME2");
    pet.text((8, 0x60), b"CS", "PT")
        .text((8, 0x21), b"DA", "20240301")
        .text((8, 0x31), b"TM", "014000.5")
        .text((8, 0x201), b"SH", "+0100")
        .text((0x10, 0x1030), b"DS", "70")
        .text((0x28, 0x51), b"CS", "DECY\\ATTN")
        .text((0x54, 0x1001), b"CS", "BQML")
        .text((0x54, 0x1102), b"CS", "START")
        .put((0x40, 0x9096), b"SQ", Value::Items(vec![mapping]))
        .put((0x54, 0x16), b"SQ", Value::Items(vec![dose]));
    let mut deep = DataSet::default();
    for _ in 0..20 {
        let mut outer = DataSet::default();
        outer.put((0x40, 0xA730), b"SQ", Value::Items(vec![deep]));
        deep = outer;
    }
    deep.with(&picture(12, 16, 1, 16, "MONOCHROME2"))
        .without((0x28, 0x10));
    let ct_file = native(ct.clone(), bytes16(576)).file(EXPLICIT);
    let lossless_frame = lossless(12, 16, 16, &values);
    let archive = zip(&[
        ("a/ct.dcm", &ct_file),
        ("b.dcm", &ct_file),
        ("README", b"none"),
    ]);
    let mut all = vec![
        ("ct".to_owned(), ct_file),
        (
            "implicit".to_owned(),
            native(ct.clone(), bytes16(576)).file(IMPLICIT),
        ),
        (
            "big-endian".to_owned(),
            native(ct.clone(), bytes16(576)).file(BIG),
        ),
        (
            "deflated".to_owned(),
            native(ct, bytes16(576)).file(DEFLATED),
        ),
        (
            "enhanced".to_owned(),
            native(enhanced, bytes16(576)).file(EXPLICIT),
        ),
        (
            "palette".to_owned(),
            native(palette, bytes8(192)).file(EXPLICIT),
        ),
        (
            "voi-lut".to_owned(),
            native(lut, bytes16(192)).file(EXPLICIT),
        ),
        ("mask".to_owned(), native(mask, bytes8(50)).file(EXPLICIT)),
        ("float".to_owned(), float.file(EXPLICIT)),
        (
            "planar".to_owned(),
            native(planar, bytes8(576)).file(EXPLICIT),
        ),
        ("deep".to_owned(), deep.file(EXPLICIT)),
        (
            "ultrasound".to_owned(),
            native(us, bytes8(192)).file(EXPLICIT),
        ),
        ("pet".to_owned(), native(pet, bytes16(192)).file(EXPLICIT)),
        ("archive".to_owned(), archive),
        ("fragments".to_owned(), two.file(J2K)),
    ];
    let mut packed = |name: &str, data: DataSet, frames: Vec<Vec<u8>>, syntax: &str| {
        all.push((name.to_owned(), encapsulated(data, frames).file(syntax)));
    };
    let halves = [bytes8(192), bytes8(192)];
    packed("rle", grey.clone(), vec![rle(&halves), rle(&halves)], RLE);
    packed("lossless", grey, vec![lossless_frame], LOSSLESS);
    let small = picture(12, 16, 1, 8, "MONOCHROME2");
    let deflated = stored_deflate(&bytes8(192));
    packed(
        "deflated-frame",
        small.clone(),
        vec![deflated; 2],
        DEFLATED_FRAME,
    );
    packed(
        "baseline",
        small,
        vec![baseline(12, 16, 1, &bytes8(192)); 2],
        BASELINE,
    );
    let colour = picture(12, 16, 3, 8, "YBR_FULL_422");
    packed(
        "colour",
        colour,
        vec![baseline(12, 16, 3, &bytes8(576))],
        BASELINE,
    );
    let grey8 = picture(33, 40, 1, 8, "MONOCHROME2");
    packed("j2k", grey8.clone(), vec![GREY8.to_vec()], J2K);
    packed("j2k-signed", signed, vec![SIGNED16.to_vec()], J2K);
    let rct = picture(33, 40, 3, 8, "YBR_RCT");
    packed("j2k-rgb", rct, vec![RGB.to_vec()], J2K);
    packed("jp2", grey8, vec![jp2(GREY8, 33, 40, 1, &decoy())], J2K);
    all
}
