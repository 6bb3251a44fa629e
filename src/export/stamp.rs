//! When a result is made and where its UIDs come from: the only things that a door adds to it.

use sha2::{Digest, Sha256};

/// The moment and the randomness of one analysis. Two stamps that are equal give files that are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Local time minus UTC, minutes.
    pub offset_minutes: i32,
    /// Bytes that no other analysis has: new UIDs are made from them.
    pub seed: [u8; 16],
}

/// A moment as DICOM writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// DA: YYYYMMDD.
    pub date: String,
    /// TM: HHMMSS.
    pub time: String,
}

impl Stamp {
    /// The moment in local time; where `offset` (Timezone Offset From UTC, `+0130`) is given, in that zone: it holds for all times of an
    /// object, and those that come from the source are in the source's.
    pub fn at(&self, offset: Option<&str>) -> Moment {
        let minutes = offset.and_then(minutes).unwrap_or(self.offset_minutes);
        let seconds = self
            .unix_seconds
            .saturating_add(i64::from(minutes) * 60)
            .clamp(0, 253_402_300_799);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        // Days since 0000-03-01, in eras of 400 years (Hinnant's algorithm).
        let z = days + 719_468;
        let (era, day) = (z / 146_097, z % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let d = of_year - (153 * month + 2) / 5 + 1;
        let m = if month < 10 { month + 3 } else { month - 9 };
        let y = year + era * 400 + i64::from(m <= 2);
        Moment {
            date: format!("{y:04}{m:02}{d:02}"),
            time: format!("{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60),
        }
    }

    /// A UID of its own for each purpose (PS3.5 B.2: 2.25 and a UUID as one decimal number).
    pub fn uid(&self, kind: &str, purpose: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(kind.as_bytes());
        hash.update([0]);
        hash.update(purpose.as_bytes());
        let digest = hash.finalize();
        let number = digest
            .iter()
            .take(16)
            .fold(0_u128, |n, &b| n << 8 | u128::from(b));
        // RFC 9562: version 8 (custom), variant 10.
        let number = number & !(0xF << 76) & !(0b11 << 62) | 8 << 76 | 0b10 << 62;
        format!("2.25.{number}")
    }
}

/// `+0130` or `-0500`; nothing else.
fn minutes(offset: &str) -> Option<i32> {
    let (sign, digits) = match offset.as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [a, b, c, d] = digits else { return None };
    let digit = |b: &u8| b.is_ascii_digit().then(|| i32::from(b - b'0'));
    let (hours, minutes) = (digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::dataset::is_uid;

    #[test]
    fn moments() {
        let at = |unix_seconds, offset_minutes, zone| {
            let stamp = Stamp {
                unix_seconds,
                offset_minutes,
                seed: [0; 16],
            };
            let Moment { date, time } = stamp.at(zone);
            format!("{date} {time}")
        };
        assert_eq!(at(0, 0, None), "19700101 000000");
        assert_eq!(at(951_782_399, 0, None), "20000228 235959");
        assert_eq!(at(951_782_400, 0, None), "20000229 000000");
        assert_eq!(at(951_782_400, -60, None), "20000228 230000");
        assert_eq!(at(951_782_400, -60, Some("+0530")), "20000229 053000");
        assert_eq!(at(951_782_400, 60, Some("east")), "20000229 010000");
        assert_eq!(at(1_798_761_599, 1, None), "20270101 000059");
    }

    #[test]
    fn uids_differ_and_repeat() {
        let one = Stamp {
            unix_seconds: 0,
            offset_minutes: 0,
            seed: [7; 16],
        };
        let other = Stamp {
            seed: [8; 16],
            ..one
        };
        let all = [
            one.uid("a", "b"),
            one.uid("ab", ""),
            one.uid("b", "a"),
            other.uid("a", "b"),
        ];
        assert!(all.iter().all(|u| is_uid(u) && u.len() <= 44), "{all:?}");
        let unlike: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(unlike.len(), 4);
        assert_eq!(all[0], one.uid("a", "b"));
    }
}
