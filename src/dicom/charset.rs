//! Text in whatever Specific Character Set (0008,0005) it was written, as Unicode (PS3.5 6.1, PS3.3 C.12.1.1.2).
//!
//! Code extension by ISO 2022 is done here: what each escape designates, and where the first set comes back. Single sets are decoded by
//! `dicom-encoding`.

use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

/// A set that an escape sequence can designate (PS3.3 tables C.12-3 and C.12-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ISO 646, or one byte for a character by the named set of ISO 8859.
    Single(&'static str),
    /// JIS X 0201: Latin letters with ¥ and ‾ in G0, half-width Katakana in G1.
    Jis0201,
    /// Two bytes a character; `g1`: with the high bits set. `prefix`: what the codec wants to see before them.
    Double {
        term: &'static str,
        g1: bool,
        prefix: &'static [u8],
    },
}

const ASCII: Set = Set::Single("ISO_IR 6");
const JIS_0208: Set = Set::Double {
    term: "ISO 2022 IR 87",
    g1: false,
    prefix: b"\x1B$B",
};
const JIS_0212: Set = Set::Double {
    term: "ISO 2022 IR 87",
    g1: false,
    prefix: b"\x1B$(D",
};
const KS_1001: Set = Set::Double {
    term: "ISO 2022 IR 149",
    g1: true,
    prefix: b"",
};
const GB_2312: Set = Set::Double {
    term: "GBK",
    g1: true,
    prefix: b"",
};

/// Escape sequences behind ESC, the part that they designate (G1 or G0), and the set.
const ESCAPES: &[(&[u8], bool, Set)] = &[
    (b"(B", false, ASCII),
    (b"(J", false, Set::Jis0201),
    (b")I", true, Set::Jis0201),
    (b"-A", true, Set::Single("ISO_IR 100")),
    (b"-B", true, Set::Single("ISO_IR 101")),
    (b"-C", true, Set::Single("ISO_IR 109")),
    (b"-D", true, Set::Single("ISO_IR 110")),
    (b"-F", true, Set::Single("ISO_IR 126")),
    (b"-G", true, Set::Single("ISO_IR 127")),
    (b"-H", true, Set::Single("ISO_IR 138")),
    (b"-L", true, Set::Single("ISO_IR 144")),
    (b"-M", true, Set::Single("ISO_IR 148")),
    (b"-T", true, Set::Single("ISO_IR 166")),
    (b"-b", true, Set::Single("ISO_IR 203")),
    (b"$B", false, JIS_0208),
    (b"$(D", false, JIS_0212),
    (b"$)C", true, KS_1001),
    (b"$)A", true, GB_2312),
];

/// More terms than the standard has sets.
const MOST_TERMS: usize = 24;

/// How the text of a data set, or of an item, is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Charset {
    /// The terms, as the file has them; empty where it has none.
    terms: Vec<String>,
}

/// How a text was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// As the character set says.
    Declared,
    /// There are characters beyond the character set; what the text seems to be written in.
    Guessed(&'static str),
}

impl Charset {
    /// From the value of Specific Character Set.
    pub(super) fn of(value: &[u8]) -> Self {
        let text = String::from_utf8_lossy(value);
        let terms = text
            .split('\\')
            .map(|t| t.trim_matches(['\0', ' ']).to_owned())
            .take(MOST_TERMS)
            .collect::<Vec<_>>();
        if terms.iter().all(String::is_empty) {
            return Self::default();
        }
        Self { terms }
    }

    /// A text as Unicode. `name`: it is a Person Name, where `^` and `=` also bring the first set back.
    pub(super) fn decode(&self, bytes: &[u8], name: bool) -> (String, Read) {
        if bytes.iter().all(|&b| b < 0x80 && b != 0x1B) && !self.is_japanese() {
            return (String::from_utf8_lossy(bytes).into_owned(), Read::Declared);
        }
        // Padding may stand behind a set that a double-byte text has left open.
        let end = bytes.iter().rposition(|b| !matches!(b, b' ' | 0));
        let bytes = bytes
            .get(..end.map_or(0, |end| end + 1))
            .unwrap_or_default();
        let first = self.terms.first().map_or("", String::as_str);
        let extended = self.terms.len() > 1 || bytes.contains(&0x1B);
        if let ("ISO_IR 192" | "GB18030" | "GBK" | "GB2312", false) = (first, bytes.contains(&0x1B))
        {
            return match whole(first, bytes) {
                Some(text) => (text, Read::Declared),
                None => guess(bytes),
            };
        }
        if !extended && matches!(first, "" | "ISO_IR 6" | "ISO 2022 IR 6") {
            return guess(bytes);
        }
        if let Some(text) = segments(bytes, initial(first), name) {
            return (text, Read::Declared);
        }
        // Escapes are often left out, or not repeated behind a delimiter: the other sets that are declared, as if they were there.
        for term in self.terms.iter().skip(1) {
            let (g0, g1) = initial(term);
            if let Some(text) = g1.and_then(|_| segments(bytes, (g0, g1), name)) {
                return (text, Read::Guessed(known(term)));
            }
        }
        guess(bytes)
    }

    /// The first set is JIS X 0201, where even bytes of ASCII mean something else.
    fn is_japanese(&self) -> bool {
        matches!(
            self.terms.first().map(String::as_str),
            Some("ISO_IR 13" | "ISO 2022 IR 13")
        )
    }
}

/// The term as a text of this program.
fn known(term: &str) -> &'static str {
    let number = term.rsplit(' ').next().unwrap_or("");
    match number {
        "149" => "ISO 2022 IR 149",
        "58" => "ISO 2022 IR 58",
        "13" => "ISO 2022 IR 13",
        _ => "the declared sets",
    }
}

/// G0 and G1 of the first value of Specific Character Set.
fn initial(term: &str) -> (Set, Option<Set>) {
    if let "ISO_IR 13" | "ISO 2022 IR 13" = term {
        return (Set::Jis0201, Some(Set::Jis0201));
    }
    let number = term.rsplit(' ').next().unwrap_or("");
    let g1 = ESCAPES
        .iter()
        .filter(|(_, g1, _)| *g1)
        .find_map(|&(_, _, set)| match set {
            Set::Single(known) | Set::Double { term: known, .. }
                if known.rsplit(' ').next() == Some(number) && !number.is_empty() =>
            {
                Some(set)
            }
            _ => None,
        });
    (ASCII, g1.or((number == "58").then_some(GB_2312)))
}

/// Text without code extension in a set of its own.
fn whole(term: &str, bytes: &[u8]) -> Option<String> {
    let term = match term {
        "GB2312" => "GBK",
        term => term,
    };
    if term == "ISO_IR 192" {
        return std::str::from_utf8(bytes).ok().map(str::to_owned);
    }
    decoded(term, bytes)
}

/// By `dicom-encoding`, which writes what it can't decode as `\377`: then nothing.
fn decoded(term: &str, bytes: &[u8]) -> Option<String> {
    let text = SpecificCharacterSet::from_code(term)?.decode(bytes).ok()?;
    let octal = |rest: &str| {
        let digits = rest.as_bytes().get(..3);
        digits.is_some_and(|d| matches!(d, [b'0'..=b'3', b'0'..=b'7', b'0'..=b'7']))
            && std::str::from_utf8(bytes).is_err()
    };
    let spoilt = text.split('\\').skip(1).any(octal);
    (!spoilt).then_some(text)
}

/// Characters outside of what is declared: many writers put what their own system uses.
fn guess(bytes: &[u8]) -> (String, Read) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), Read::Guessed("ISO_IR 192"));
    }
    let high = bytes.iter().filter(|&&b| b >= 0x80).count();
    // Pairs of high bytes are Chinese far more often than two accented letters in a row.
    let paired = bytes
        .split(|&b| b < 0x80)
        .filter(|run| run.len() % 2 == 0)
        .map(<[u8]>::len)
        .sum::<usize>();
    if high > 0
        && paired == high
        && let Some(text) = whole("GB18030", bytes)
    {
        return (text, Read::Guessed("GB18030"));
    }
    let latin = bytes.iter().map(|&b| char::from(b)).collect();
    (latin, Read::Guessed("ISO_IR 100"))
}

/// Decodes piece by piece, each in the sets that hold for it; `None` when a byte belongs to none.
fn segments(bytes: &[u8], first: (Set, Option<Set>), name: bool) -> Option<String> {
    let (mut g0, mut g1) = first;
    let mut text = String::new();
    let mut rest = bytes;
    while let Some((&byte, behind)) = rest.split_first() {
        if byte == 0x1B {
            let &(escape, high, set) = ESCAPES.iter().find(|(e, ..)| behind.starts_with(e))?;
            if high {
                g1 = Some(set);
            } else {
                g0 = set;
            }
            rest = behind.get(escape.len()..)?;
            continue;
        }
        let high = byte >= 0x80;
        let set = if high { g1? } else { g0 };
        let ends = match set {
            Set::Double { g1: false, .. } => matches!(byte, b'\r' | b'\n' | 0x0C | b'\t'),
            _ => {
                matches!(byte, b'\r' | b'\n' | 0x0C | b'\t' | b'\\')
                    || name && matches!(byte, b'^' | b'=')
            }
        };
        if ends {
            (g0, g1) = first;
            text.push(char::from(byte));
            rest = behind;
            continue;
        }
        // As far as the same set goes on: up to an escape, a byte of the other half, or a character that may end it.
        let length = rest
            .iter()
            .skip(1)
            .take_while(|&&b| {
                let ends = matches!(b, b'\r' | b'\n' | 0x0C | b'\t' | b'\\' | b'^' | b'=');
                let pairs = matches!(set, Set::Double { g1: false, .. });
                b != 0x1B && (b >= 0x80) == high && (!ends || pairs && !b.is_ascii_control())
            })
            .count()
            + 1;
        let (piece, after) = rest.split_at_checked(length)?;
        rest = after;
        match set {
            Set::Single("ISO_IR 6") => text.extend(piece.iter().map(|&b| char::from(b))),
            Set::Single(term) => text.push_str(&single(term, piece)?),
            Set::Jis0201 => {
                for &b in piece {
                    text.push(match b {
                        b'~' => '‾',
                        0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(b) - 0xA1)?,
                        0x80.. => return None,
                        // ¥ stands where ASCII has the backslash, which separates values and never comes here.
                        b => char::from(b),
                    });
                }
            }
            Set::Double { term, prefix, .. } => {
                // A space between two words may stand for itself.
                let mut words = piece.split(|&b| b == b' ' && prefix.is_empty());
                if let Some(word) = words.next() {
                    text.push_str(&double(term, prefix, word)?);
                }
                for word in words {
                    text.push(' ');
                    text.push_str(&double(term, prefix, word)?);
                }
            }
        }
    }
    Some(text)
}

fn single(term: &str, bytes: &[u8]) -> Option<String> {
    match term {
        // ISO 8859-9 and -15 are ISO 8859-1 with a few other letters.
        "ISO_IR 148" => Some(latin(
            bytes,
            &[
                (0xD0, 'Ğ'),
                (0xDD, 'İ'),
                (0xDE, 'Ş'),
                (0xF0, 'ğ'),
                (0xFD, 'ı'),
                (0xFE, 'ş'),
            ],
        )),
        "ISO_IR 203" => Some(latin(
            bytes,
            &[
                (0xA4, '€'),
                (0xA6, 'Š'),
                (0xA8, 'š'),
                (0xB4, 'Ž'),
                (0xB8, 'ž'),
                (0xBC, 'Œ'),
                (0xBD, 'œ'),
                (0xBE, 'Ÿ'),
            ],
        )),
        term => decoded(term, bytes),
    }
}

fn latin(bytes: &[u8], others: &[(u8, char)]) -> String {
    let letter = |b: u8| {
        others
            .iter()
            .find(|o| o.0 == b)
            .map_or(char::from(b), |o| o.1)
    };
    bytes.iter().map(|&b| letter(b)).collect()
}

fn double(term: &str, prefix: &[u8], bytes: &[u8]) -> Option<String> {
    let encoded = [prefix, bytes].concat();
    let text = SpecificCharacterSet::from_code(term)?
        .decode(&encoded)
        .ok()?;
    // No character of these sets is a backslash: one is the mark of what could not be decoded.
    (!text.contains('\\')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(terms: &str, bytes: &[u8]) -> (String, Read) {
        Charset::of(terms.as_bytes()).decode(bytes, true)
    }

    #[test]
    fn examples_of_the_standard() {
        let declared = |terms, bytes: &[u8], text: &str| {
            assert_eq!(
                read(terms, bytes),
                (text.to_owned(), Read::Declared),
                "{terms}"
            );
        };
        // PS3.5 H.3.1, H.3.2, I.2, J.3, K.2
        declared(
            "\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        );
        declared(
            "ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        );
        declared(
            "\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7",
            "Hong^Gildong=洪^吉洞",
        );
        declared("ISO_IR 192", "王^小東".as_bytes(), "王^小東");
        declared("GB18030", b"\xCD\xF5^\xD0\xA1\xB6\xAB", "王^小东");
        declared(
            "\\ISO 2022 IR 58",
            b"Zhang=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1",
            "Zhang=张^小",
        );
        declared("ISO_IR 100", b"Buc^J\xE9r\xF4me", "Buc^Jérôme");
        declared("ISO_IR 148", b"\xDEahin", "Şahin");
        declared("ISO_IR 203", b"\xBCuvre \xA4", "Œuvre €");
        declared(
            "\\ISO 2022 IR 100\\ISO 2022 IR 144",
            b"\x1B-L\xBF=\x1B-A\xE9",
            "П=é",
        );
    }

    #[test]
    fn what_is_not_declared_is_guessed_and_said() {
        let guessed = |terms, bytes: &[u8], text: &str, set| {
            assert_eq!(read(terms, bytes), (text.to_owned(), Read::Guessed(set)));
        };
        guessed("", "王".as_bytes(), "王", "ISO_IR 192");
        guessed("", b"\xCD\xF5^\xD0\xA1", "王^小", "GB18030");
        guessed("", b"J\xE9r\xF4me", "Jérôme", "ISO_IR 100");
        guessed("ISO_IR 192", b"J\xE9r\xF4me", "Jérôme", "ISO_IR 100");
        // A second escape is missing; padding behind an open set; a byte that is none.
        guessed(
            "\\ISO 2022 IR 149",
            b"\xFB\xF3^\xD1\xCE\xD4\xD7",
            "洪^吉洞",
            "ISO 2022 IR 149",
        );
        assert_eq!(read("\\ISO 2022 IR 87", b"\x1B$B;3ED ").0, "山田");
        guessed("GB18030", b"J\xFF", "Jÿ", "ISO_IR 100");
        guessed("\\ISO 2022 IR 87", b"a\x1B$Zb", "a\u{1b}$Zb", "ISO_IR 192");
        assert_eq!(read("ISO_IR 6", b"plain").1, Read::Declared);
    }
}
