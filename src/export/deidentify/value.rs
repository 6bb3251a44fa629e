//! Values in the place of others: dummies, UIDs, dates that are moved, texts without words that identify.

use std::collections::BTreeSet;

use dicom_core::VR;
use sha2::{Digest, Sha256};

use super::element::size_of_one;

/// What stands for a text.
pub(super) const DUMMY: &str = "ANONYMOUS";

/// The secret of a run: the same original gives the same replacement, and nobody without it can say which original that was.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

impl Key {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// 128 bits for a text: HMAC-SHA-256 (RFC 2104), cut.
    pub(super) fn number(&self, purpose: &str, text: &str) -> u128 {
        let pad = |with: u8| {
            let mut block = [with; 64];
            for (b, k) in block.iter_mut().zip(self.0) {
                *b ^= k;
            }
            block
        };
        let mut inner = Sha256::new();
        inner.update(pad(0x36));
        inner.update(purpose.as_bytes());
        inner.update([0]);
        inner.update(text.as_bytes());
        let mut outer = Sha256::new();
        outer.update(pad(0x5C));
        outer.update(inner.finalize());
        let digest = outer.finalize();
        digest
            .iter()
            .take(16)
            .fold(0, |n, &b| n << 8 | u128::from(b))
    }

    /// A UID for a UID (PS3.5 B.2).
    pub(super) fn uid(&self, original: &str) -> String {
        let number = self.number("uid", original);
        // RFC 9562: version 8 (custom), variant 10.
        let number = number & !(0xF << 76) & !(0b11 << 62) | 8 << 76 | 0b10 << 62;
        format!("2.25.{number}")
    }
}

/// A value that says nothing, of the length that its Value Representation asks for.
pub(super) fn dummy(vr: VR) -> Vec<u8> {
    let text = match vr {
        VR::PN | VR::LO | VR::SH | VR::ST | VR::LT | VR::UT | VR::UC | VR::CS | VR::AE => DUMMY,
        VR::DA => "19000101",
        VR::DT => "19000101000000",
        VR::TM => "000000",
        VR::AS => "000Y",
        VR::IS | VR::DS => "0",
        VR::UR => "urn:anonymous",
        _ => return vec![0; size_of_one(vr).max(2)],
    };
    text.as_bytes().to_vec()
}

/// As many dummies as an element has numbers, since many attributes have a fixed number of them; of anything else one.
pub(super) fn dummies(vr: VR, bytes: &[u8]) -> Vec<u8> {
    match vr {
        VR::DS | VR::IS => {
            let more = bytes.split(|&byte| byte == b'\\').count() - 1;
            [b"0".as_slice(), &b"\\0".repeat(more)].concat()
        }
        VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD | VR::SV | VR::UV | VR::AT => {
            let size = size_of_one(vr).max(1);
            vec![0; (bytes.len() / size).max(1) * size]
        }
        _ => dummy(vr),
    }
}

/// Days since 0000-03-01 of a date (Hinnant's algorithm).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
}

fn date(days: i64) -> (i64, i64, i64) {
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let d = of_year - (153 * month + 2) / 5 + 1;
    let m = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(m <= 2), m, d)
}

/// A date (DA) or a date and time (DT) `back` days earlier; one that is none becomes a dummy. Times (TM) stay: days are whole.
pub(super) fn earlier(text: &str, vr: VR, back: i64) -> String {
    let one = |value: &str| {
        let value = value.trim_matches([' ', '\0']);
        if vr == VR::TM || value.is_empty() {
            let plain = |c: char| c.is_ascii_digit() || ".:-".contains(c);
            let kept = if value.chars().all(plain) {
                value
            } else {
                "000000"
            };
            return kept.to_owned();
        }
        moved(value, vr, back).unwrap_or_else(|| String::from_utf8_lossy(&dummy(vr)).into_owned())
    };
    text.split('\\').map(one).collect::<Vec<_>>().join("\\")
}

fn moved(value: &str, vr: VR, back: i64) -> Option<String> {
    // 1993.08.22 is a date of before DICOM; a range has a hyphen.
    let plain: String = value
        .chars()
        .filter(|c| !(vr == VR::DA && *c == '.'))
        .collect();
    if !plain.is_ascii() {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = plain.get(from..to)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let year = number(0, 4)?;
    let (month, day) = (number(4, 6), number(6, 8));
    let precise = month.is_some() && day.is_some();
    let (m, d) = (month.unwrap_or(1), day.unwrap_or(1));
    if !(1..=12).contains(&m) || !(1..=31).contains(&d) || year == 0 {
        return None;
    }
    let (y, m, d) = date(days(year, m, d) - back);
    if y < 1 {
        return None;
    }
    let written = format!("{y:04}{m:02}{d:02}");
    if vr == VR::DA {
        return (precise && plain.len() == 8).then_some(written);
    }
    // A shorter one stays as coarse as it is; what follows the date is digits, a point, an offset.
    let coarse = match (month, day) {
        (None, _) => 4,
        (_, None) => 6,
        _ => 8,
    };
    let rest = plain.get(coarse..).unwrap_or("");
    let fits = rest.len() <= 18
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
    (fits && (precise || rest.is_empty())).then(|| format!("{}{rest}", &written[..coarse]))
}

/// Words of identifying values, in small letters: what a description must not hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// Takes the words of a value. `name`: of a person, where short ones count too.
    pub(super) fn take(&mut self, value: &str, name: bool) {
        let least = if name { 2 } else { 3 };
        for word in value.split(|c: char| !c.is_alphanumeric()) {
            let (letters, small) = (word.chars().count(), word.to_lowercase());
            let counts = letters >= least || (name && !word.is_ascii() && letters >= 1);
            if counts && !TITLES.contains(&small.as_str()) {
                self.0.insert(small);
            }
        }
    }

    /// A description without those words, without what looks like a date, a long number, an address, or a name behind a title. Any of these
    /// becomes `X`.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut titled = false;
        for piece in text.split_inclusive(|c: char| c.is_whitespace() || "\\^=,;".contains(c)) {
            let word = piece.trim_end_matches(|c: char| c.is_whitespace() || "\\^=,;".contains(c));
            let (behind, is_address) = (
                &piece[word.len()..],
                word.contains('@') || word.contains("://"),
            );
            if word.is_empty() {
                out.push_str(piece);
                continue;
            }
            let bare = word
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_lowercase();
            if titled || is_address || looks_numbered(word) {
                out.push('X');
            } else {
                self.clean_word(word, &mut out);
            }
            titled = TITLES.contains(&bare.as_str());
            out.push_str(behind);
        }
        out
    }

    fn clean_word(&self, word: &str, out: &mut String) {
        let mut run = String::new();
        for c in word.chars().chain(std::iter::once('\0')) {
            if c.is_alphanumeric() {
                run.push(c);
                continue;
            }
            let small = run.to_lowercase();
            // In scripts without spaces a name stands inside of a run.
            let inside = !small.is_ascii()
                && self
                    .0
                    .iter()
                    .any(|w| !w.is_ascii() && small.contains(w.as_str()));
            if self.0.contains(&small) || inside {
                out.push('X');
            } else {
                out.push_str(&run);
            }
            run.clear();
            if c != '\0' {
                out.push(c);
            }
        }
    }
}

/// What a name follows.
const TITLES: &[&str] = &[
    "dr", "prof", "mr", "mrs", "ms", "miss", "herr", "frau", "mme", "patient", "name", "md", "rn",
];

/// A date, or a number of more than five digits.
fn looks_numbered(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let longest = word
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .max()
        .unwrap_or(0);
    let parts = word
        .split(['.', '/', '-'])
        .filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
        .count();
    longest > 5 || (parts >= 3 && digits >= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HMAC: u128 = 0x1fe2c6b52e93c42f49bbca17be7a0e18;

    #[test]
    fn replacements_are_steady_secret_and_well_formed() {
        let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_eq!(one.uid("1.2.3"), one.uid("1.2.3"));
        assert_ne!(one.uid("1.2.3"), one.uid("1.2.4"));
        assert_ne!(one.uid("1.2.3"), other.uid("1.2.3"));
        assert_ne!(one.number("uid", "x"), one.number("patient", "x"));
        assert!(crate::export::dataset::is_uid(&one.uid("1.2.3")));
        // As Python says it: hmac.new(bytes([1] * 32), b"uid\0001.2.3", "sha256").digest()[:16].
        assert_eq!(one.number("uid", "1.2.3"), HMAC);
    }

    #[test]
    fn dates_move_by_days() {
        assert_eq!(earlier("20240301", VR::DA, 1), "20240229");
        assert_eq!(earlier("20230301", VR::DA, 1), "20230228");
        assert_eq!(
            earlier("20240101\\20240102", VR::DA, 366),
            "20221231\\20230101"
        );
        assert_eq!(earlier("1993.08.22", VR::DA, 0), "19930822");
        assert_eq!(
            earlier("20240301121314.5+0100", VR::DT, 1),
            "20240229121314.5+0100"
        );
        assert_eq!(earlier("202403", VR::DT, 1), "202402");
        assert_eq!(earlier("2024", VR::DT, 1), "2023");
        assert_eq!(earlier("121314", VR::TM, 9), "121314");
        for wrong in [
            "20241301",
            "DOE^JOHN",
            "2024",
            "",
            "0000",
            "20240230x",
            "２０２４０１０１",
        ] {
            let got = earlier(wrong, VR::DA, 1);
            assert!(got.is_empty() || got == "19000101", "{wrong}: {got}");
        }
        assert_eq!(earlier("DOE", VR::TM, 1), "000000");
        assert_eq!(earlier("2024DOE", VR::DT, 1), "19000101000000");
        // Every day of 1,200 years comes back.
        for day in (500_000..940_000).step_by(13) {
            let (y, m, d) = date(day);
            assert_eq!(days(y, m, d), day);
        }
    }

    #[test]
    fn descriptions_lose_words_that_identify() {
        let mut words = Words::default();
        words.take("Müller^Jo^^Dr", true);
        words.take("St. Mary Hospital", false);
        words.take("王^小東", true);
        let clean = |text: &str| words.clean(text);
        assert_eq!(clean("CT Thorax for JO MÜLLER"), "CT Thorax for X X");
        assert_eq!(
            clean("AX T2 FLAIR 512x512 5.0mm"),
            "AX T2 FLAIR 512x512 5.0mm"
        );
        assert_eq!(
            clean("seen 12.03.2024, 2024-03-12 id 1234567"),
            "seen X, X id X"
        );
        assert_eq!(clean("by Dr. Schmidt on call"), "by Dr. X on call");
        assert_eq!(clean("mary_hospital/head"), "X_X/head");
        assert_eq!(clean("write a@b.org or http://x/y"), "write X or X");
        assert_eq!(clean("王小東 CT"), "X CT");
        assert_eq!(clean(""), "");
    }
}
