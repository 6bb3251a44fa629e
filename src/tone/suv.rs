//! Standardized uptake values of PET (PS3.3 C.8.9; the rules of QIBA's vendor-neutral pseudo-code), with what they need checked first.
//!
//! Takes numbers and terms; [`Facts::of`] reads them from a data set. A value that cannot be computed says what is missing.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::grading;
use crate::dicom::{Instance, number_of, text_of};

const DAY_S: f64 = 86_400.0;
/// Longer after the injection nobody scans what decays in hours.
const LONGEST_S: f64 = 7.0 * DAY_S;

/// Heights of people, m.
const HEIGHTS_M: std::ops::RangeInclusive<f64> = 0.2..=2.6;

/// What a body is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Weight.
    Weight,
    /// Lean body mass after Janmahasatian.
    Lean,
    /// Lean body mass after James, with 128.
    LeanJames,
    /// Surface after Du Bois.
    Surface,
}

impl Body {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Weight, Self::Lean, Self::LeanJames, Self::Surface];
    /// Name and unit (UCUM).
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Weight => ("SUVbw", "g/ml"),
            Self::Lean => ("SUVlbm", "g/ml"),
            Self::LeanJames => ("SUVlbm (James 128)", "g/ml"),
            Self::Surface => ("SUVbsa", "cm2/ml"),
        }
    }
}

/// What is needed, as the data set has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Corrected Image (0028,0051).
    pub corrected: Vec<String>,
    /// Decay Correction (0054,1102).
    pub decay: String,
    /// Units (0054,1001).
    pub units: String,
    /// SUV Type (0054,1006).
    pub suv_type: String,
    /// Patient's Weight (0010,1030), kg.
    pub weight_kg: Option<f64>,
    /// Patient's Size (0010,1020), m.
    pub height_m: Option<f64>,
    /// Patient's Sex (0010,0040).
    pub sex: String,
    /// Radionuclide Total Dose (0018,1074), Bq.
    pub dose_bq: Option<f64>,
    /// Radionuclide Half Life (0018,1075), s.
    pub half_life_s: Option<f64>,
    /// Seconds of the injection.
    pub injection: Option<f64>,
    /// Seconds of Series Date and Time.
    pub series: Option<f64>,
    /// Seconds of the earliest Acquisition Date and Time of the series, as far as it is known.
    pub acquisition: Option<f64>,
    /// Seconds of GE's PET scan date and time (0009,xx0D).
    pub ge_scan: Option<f64>,
    /// Philips' factor from counts to SUVbw (7053,xx00).
    pub philips_suv: Option<f64>,
    /// Philips' factor from counts to Bq/ml (7053,xx09).
    pub philips_activity: Option<f64>,
    /// Rescale Slope or Intercept is there but can't be used: the modality values are none.
    pub unscaled: bool,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A rescale that can be used.
    Rescale,
    /// Corrected Image lacks ATTN or DECY.
    Corrections,
    /// Decay Correction is neither START nor ADMIN.
    DecayCorrection,
    /// Units are none that are known.
    Units,
    /// Weight, height or sex, as the kind of body needs it.
    Body,
    /// Radionuclide Total Dose.
    Dose,
    /// Radionuclide Half Life.
    HalfLife,
    /// A time of injection or of the scan.
    Times,
    /// The injection is later than the scan.
    Order,
    /// More than a week lies between them: one of the dates is wrong.
    TooLong,
}

impl Missing {
    /// The attribute, as the standard names it.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Rescale => "Rescale Slope (0028,1053) and Rescale Intercept (0028,1052)",
            Self::Corrections => "Corrected Image (0028,0051)",
            Self::DecayCorrection => "Decay Correction (0054,1102)",
            Self::Units => "Units (0054,1001)",
            Self::Body => "Patient's Weight, Size or Sex",
            Self::Dose => "Radionuclide Total Dose (0018,1074)",
            Self::HalfLife => "Radionuclide Half Life (0018,1075)",
            Self::Times => "the times of injection and scan",
            Self::Order => "an injection before the scan",
            Self::TooLong => "an injection at most 7 days before the scan",
        }
    }
}

fn positive(value: Option<f64>, missing: Missing) -> Result<f64, Missing> {
    value.filter(|v| v.is_finite() && *v > 0.0).ok_or(missing)
}

impl Facts {
    /// Reads them; `frame` counts from 0. `earliest`: seconds of the earliest acquisition of the series where more of it is known than this instance.
    pub fn of(instance: &Instance, frame: u32, earliest: Option<f64>) -> Self {
        let text = |tag| instance.text(tag).unwrap_or_default();
        let isotopes = instance.items(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
        let isotope = isotopes.first();
        let number = |tag: Tag| isotope.and_then(|item| number_of(item, tag));
        let zone = offset(&text(tags::TIMEZONE_OFFSET_FROM_UTC));
        let series = seconds(&text(tags::SERIES_DATE), &text(tags::SERIES_TIME));
        let acquisition = earliest.or_else(|| acquired(instance));
        let ge_scan = private(instance, 0x0009, "GEMS_PETD_01", 0x0D)
            .and_then(|tag| date_time(&plain(instance, tag)?, zone));
        let injected = |tag| isotope.and_then(|item| text_of(item, tag));
        let at = injected(tags::RADIOPHARMACEUTICAL_START_DATE_TIME);
        let time = injected(tags::RADIOPHARMACEUTICAL_START_TIME);
        let injection = (at.as_deref().and_then(|at| date_time(at, zone))).or_else(|| {
            let time = time_of_day(&time?)?;
            // A date without a time, as DT allows.
            if let Some(day) = at.as_deref().and_then(|at| day_of(at.get(..8)?)) {
                return Some(day + time);
            }
            // On the day of the scan; a time later than the scan's was on the day before.
            let scan = reference(series, acquisition, ge_scan)?;
            let at = (scan / DAY_S).floor() * DAY_S + time;
            Some(if at > scan { at - DAY_S } else { at })
        });
        Self {
            corrected: instance.texts(tags::CORRECTED_IMAGE),
            decay: text(tags::DECAY_CORRECTION),
            units: text(tags::UNITS),
            suv_type: text(tags::SUV_TYPE),
            weight_kg: instance.number(tags::PATIENT_WEIGHT),
            height_m: instance.number(tags::PATIENT_SIZE),
            sex: text(tags::PATIENT_SEX),
            dose_bq: number(tags::RADIONUCLIDE_TOTAL_DOSE),
            half_life_s: number(tags::RADIONUCLIDE_HALF_LIFE),
            injection,
            series,
            acquisition,
            ge_scan,
            philips_suv: philips(instance, 0x00),
            philips_activity: philips(instance, 0x09),
            unscaled: grading::modality_of(instance, frame, false, &mut Vec::new()).unusable,
        }
    }

    /// The factor from modality values to the uptake by a kind of body.
    ///
    /// # Errors
    /// What is missing.
    pub fn factor(&self, body: Body) -> Result<f64, Missing> {
        if self.unscaled {
            return Err(Missing::Rescale);
        }
        match self.units.as_str() {
            "GML" => {
                let of_file = match self.suv_type.as_str() {
                    "" | "BW" => Body::Weight,
                    "LBM" | "LBMJANMA" => Body::Lean,
                    "LBMJAMES128" => Body::LeanJames,
                    _ => return Err(Missing::Units),
                };
                return self.between(of_file, body);
            }
            "CM2ML" => return self.between(Body::Surface, body),
            "CNTS" => {
                if let Ok(factor) = positive(self.philips_suv, Missing::Units) {
                    return Ok(factor * self.between(Body::Weight, body)?);
                }
            }
            _ => {}
        }
        let activity = match self.units.as_str() {
            "BQML" => 1.0,
            "CNTS" => positive(self.philips_activity, Missing::Units)?,
            _ => return Err(Missing::Units),
        };
        let has = |term: &str| self.corrected.iter().any(|c| c == term);
        if !has("ATTN") || !(has("DECY") || has("DECAY")) {
            return Err(Missing::Corrections);
        }
        Ok(activity * self.body(body)? / self.dose()?)
    }

    /// From an uptake by one kind of body to another's.
    fn between(&self, from: Body, to: Body) -> Result<f64, Missing> {
        if from == to {
            return Ok(1.0);
        }
        Ok(self.body(to)? / self.body(from)?)
    }

    /// True where the uptake counts from an acquisition: then the first one of the series has to be known, not only this instance's.
    pub fn counts_from_acquisition(&self) -> bool {
        let later = match (self.series, self.acquisition) {
            (Some(series), Some(first)) => series > first,
            (series, first) => series.is_none() && first.is_some(),
        };
        self.decay == "START" && self.ge_scan.is_none() && later
    }

    /// Grams, or square centimetres.
    fn body(&self, body: Body) -> Result<f64, Missing> {
        let weight = positive(self.weight_kg, Missing::Body)?;
        if body == Body::Weight {
            return Ok(weight * 1000.0);
        }
        // In metres; centimetres ("175") are a common mistake, and nobody can tell which of the two numbers is wrong.
        let height = (self.height_m)
            .filter(|height| HEIGHTS_M.contains(height))
            .ok_or(Missing::Body)?;
        let cm = height * 100.0;
        let male = match (body, self.sex.as_str()) {
            (Body::Surface, _) | (_, "M") => true,
            (_, "F") => false,
            _ => return Err(Missing::Body),
        };
        let bmi = weight / (height * height);
        let lean = match (body, male) {
            (Body::Lean, true) => 9270.0 * weight / (6680.0 + 216.0 * bmi),
            (Body::Lean, false) => 9270.0 * weight / (8780.0 + 244.0 * bmi),
            (Body::LeanJames, true) => 1.10 * weight - 128.0 * (weight / cm).powi(2),
            (Body::LeanJames, false) => 1.07 * weight - 148.0 * (weight / cm).powi(2),
            _ => return Ok(0.007_184 * weight.powf(0.425) * cm.powf(0.725) * 10_000.0),
        };
        // The formulas are fits: far from the bodies they were made from they give nothing, or more than the whole.
        positive(
            Some(lean * 1000.0).filter(|_| lean <= weight),
            Missing::Body,
        )
    }

    /// The dose to which the image is corrected, Bq.
    fn dose(&self) -> Result<f64, Missing> {
        let dose = positive(self.dose_bq, Missing::Dose)?;
        match self.decay.as_str() {
            "ADMIN" => Ok(dose),
            "START" => {
                let half_life = positive(self.half_life_s, Missing::HalfLife)?;
                let scan = self.scan().ok_or(Missing::Times)?;
                let passed = scan - self.injection.ok_or(Missing::Times)?;
                if passed < 0.0 {
                    return Err(Missing::Order);
                }
                if passed > LONGEST_S {
                    return Err(Missing::TooLong);
                }
                Ok(dose * (-passed / half_life).exp2())
            }
            _ => Err(Missing::DecayCorrection),
        }
    }

    /// The reference time of the decay correction: the series' own, unless that is later than the first acquisition (the series was made
    /// afterwards).
    fn scan(&self) -> Option<f64> {
        reference(self.series, self.acquisition, self.ge_scan)
    }
}

/// See [`Facts::scan`].
fn reference(series: Option<f64>, first: Option<f64>, ge_scan: Option<f64>) -> Option<f64> {
    match (series, first) {
        (Some(series), Some(first)) if series > first => ge_scan.or(Some(first)),
        (Some(series), _) => Some(series),
        (None, first) => ge_scan.or(first),
    }
}

/// Seconds of an instance's Acquisition Date and Time (0008,0022), (0008,0032).
pub fn acquired(instance: &Instance) -> Option<f64> {
    let text = |tag| instance.text(tag).unwrap_or_default();
    seconds(&text(tags::ACQUISITION_DATE), &text(tags::ACQUISITION_TIME))
}

fn philips(instance: &Instance, element: u16) -> Option<f64> {
    let tag = private(instance, 0x7053, "Philips PET Private Group", element)?;
    plain(instance, tag)?.parse().ok()
}

/// The first value of a private text. In implicit VR nobody says that it is one, so it is read from its bytes.
fn plain(instance: &Instance, tag: Tag) -> Option<String> {
    let bytes = instance.bytes(tag)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let first = text.split('\\').next()?;
    Some(first.trim_matches([' ', '\0']).to_owned())
}

/// A private element by its creator (PS3.5 7.8).
fn private(instance: &Instance, group: u16, creator: &str, element: u16) -> Option<Tag> {
    (0x10..=0xFF_u16)
        .find(|&block| instance.text(Tag(group, block)).as_deref() == Some(creator))
        .map(|block| Tag(group, block << 8 | element))
}

/// DA and TM as seconds since a day long ago.
fn seconds(date: &str, time: &str) -> Option<f64> {
    Some(day_of(date)? + time_of_day(time)?)
}

/// Seconds of the beginning of a day (DA). Days are counted as the calendar has them.
fn day_of(date: &str) -> Option<f64> {
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    if digits.len() != 8 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last of one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    Some(days as f64 * DAY_S)
}

fn time_of_day(time: &str) -> Option<f64> {
    let plain = time.replace(':', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let part = |from: usize| match whole.get(from..from + 2) {
        Some(two) => two.parse::<f64>().ok(),
        None => (whole.len() <= from).then_some(0.0),
    };
    if whole.len() < 2 || whole.len() > 6 {
        return None;
    }
    let fraction = match fraction {
        "" => 0.0,
        digits => format!("0.{digits}").parse::<f64>().ok()?,
    };
    Some(part(0)? * 3600.0 + part(2)? * 60.0 + part(4)? + fraction)
}

/// DT with a time of day, in the time zone of the data set's other dates and times (`zone`: seconds east of UTC). Its own offset counts only
/// where that zone is known: else it is taken to be the same.
fn date_time(text: &str, zone: Option<f64>) -> Option<f64> {
    let (local, own) = match text.find(['+', '-']) {
        Some(at) => (text.get(..at)?, offset(text.get(at..)?)),
        None => (text, None),
    };
    let shift = zone.zip(own).map_or(0.0, |(zone, own)| zone - own);
    Some(seconds(local.get(..8)?, local.get(8..)?)? + shift)
}

/// Seconds east of UTC of `±hhmm` (PS3.5 6.2, and Timezone Offset From UTC).
fn offset(text: &str) -> Option<f64> {
    let text = text.trim();
    let sign = match text.get(..1)? {
        "+" => 1.0,
        "-" => -1.0,
        _ => return None,
    };
    let digits = text
        .get(1..5)
        .filter(|d| text.len() == 5 && d.bytes().all(|b| b.is_ascii_digit()))?;
    let number: f64 = digits.parse().ok()?;
    let (hours, minutes) = ((number / 100.0).floor(), number % 100.0);
    (hours <= 14.0 && minutes < 60.0).then_some(sign * (hours * 3600.0 + minutes * 60.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            corrected: ["ATTN", "DECY"].map(str::to_owned).to_vec(),
            decay: "START".to_owned(),
            units: "BQML".to_owned(),
            weight_kg: Some(70.0),
            height_m: Some(1.75),
            sex: "M".to_owned(),
            dose_bq: Some(400e6),
            half_life_s: Some(6600.0),
            injection: seconds("20240229", "235000"),
            series: seconds("20240301", "014000"),
            acquisition: seconds("20240301", "014000.5"),
            ..Facts::default()
        }
    }

    fn near(found: Result<f64, Missing>, wanted: f64) {
        let found = found.unwrap();
        assert!((found / wanted - 1.0).abs() < 1e-9, "{found} {wanted}");
    }

    #[test]
    fn by_hand() {
        // 110 minutes are one half-life: 200 MBq are left.
        near(facts().factor(Body::Weight), 70_000.0 / 200e6);
        let admin = Facts {
            decay: "ADMIN".to_owned(),
            ..facts()
        };
        near(admin.factor(Body::Weight), 70_000.0 / 400e6);
        // BMI 22.857142857; 9270 · 70 / (6680 + 216 BMI) = 55.860… kg
        near(
            facts().factor(Body::Lean),
            9270.0 * 70.0 / (6680.0 + 216.0 * 70.0 / 3.0625) * 1000.0 / 200e6,
        );
        // 77 − 128 · 0.16 = 56.52 kg
        near(facts().factor(Body::LeanJames), 56_520.0 / 200e6);
        // Du Bois: 0.007184 · 70^0.425 · 175^0.725 = 1.8481 m²
        let bsa = facts().factor(Body::Surface).unwrap() * 200e6 / 10_000.0;
        assert!((bsa - 1.848_1).abs() < 1e-3, "{bsa}");
        let gml = Facts {
            units: "GML".to_owned(),
            ..Facts::default()
        };
        near(gml.factor(Body::Weight), 1.0);
        assert_eq!(gml.factor(Body::Lean), Err(Missing::Body));
        let philips = Facts {
            units: "CNTS".to_owned(),
            philips_suv: Some(0.000_381),
            ..Facts::default()
        };
        near(philips.factor(Body::Weight), 0.000_381);
        let activity = Facts {
            units: "CNTS".to_owned(),
            philips_suv: Some(0.0),
            philips_activity: Some(2.0),
            ..facts()
        };
        near(activity.factor(Body::Weight), 2.0 * 70_000.0 / 200e6);
    }

    #[test]
    fn a_series_that_was_made_afterwards_counts_from_its_first_acquisition() {
        let late = Facts {
            series: seconds("20240301", "100000"),
            acquisition: seconds("20240301", "014000"),
            ..facts()
        };
        near(late.factor(Body::Weight), 70_000.0 / 200e6);
        let ge = Facts {
            ge_scan: date_time("20240301033000.00+0100", None),
            ..late
        };
        near(ge.factor(Body::Weight), 70_000.0 / 100e6);
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = |change: &dyn Fn(&mut Facts), body| {
            let mut facts = facts();
            change(&mut facts);
            facts.factor(body).unwrap_err()
        };
        let bw = Body::Weight;
        assert_eq!(
            missing(&|f| f.corrected.truncate(1), bw),
            Missing::Corrections
        );
        assert_eq!(
            missing(&|f| f.decay = "NONE".to_owned(), bw),
            Missing::DecayCorrection
        );
        assert_eq!(
            missing(&|f| f.units = "PROPCNTS".to_owned(), bw),
            Missing::Units
        );
        assert_eq!(missing(&|f| f.weight_kg = Some(0.0), bw), Missing::Body);
        assert_eq!(missing(&|f| f.unscaled = true, bw), Missing::Rescale);
        // Centimetres, and what no body is: the weight alone still does.
        for height in [175.0, 0.0, 0.1, 2.7, -1.75] {
            let change = |f: &mut Facts| f.height_m = Some(height);
            for body in [Body::Lean, Body::LeanJames, Body::Surface] {
                assert_eq!(missing(&change, body), Missing::Body, "{height} {body:?}");
            }
            let mut facts = facts();
            change(&mut facts);
            near(facts.factor(bw), 70_000.0 / 200e6);
        }
        // 9270 · 2 / (6680 + 216 · 0.55): 2.7 of 2 kg.
        let small = |f: &mut Facts| (f.weight_kg, f.height_m) = (Some(2.0), Some(1.9));
        assert_eq!(
            missing(&small, Body::Lean),
            Missing::Body,
            "more than the whole"
        );
        assert_eq!(
            missing(&|f| f.sex = "O".to_owned(), Body::Lean),
            Missing::Body
        );
        assert_eq!(missing(&|f| f.dose_bq = None, bw), Missing::Dose);
        assert_eq!(missing(&|f| f.half_life_s = None, bw), Missing::HalfLife);
        assert_eq!(missing(&|f| f.injection = None, bw), Missing::Times);
        assert_eq!(
            missing(&|f| f.injection = seconds("20240302", "00"), bw),
            Missing::Order
        );
        assert_eq!(
            missing(&|f| f.injection = seconds("20240223", "013959"), bw),
            Missing::TooLong
        );
    }

    #[test]
    fn times_are_read() {
        let day = |date| seconds(date, "00").unwrap() / 86_400.0;
        assert!((day("20240301") - day("20240228") - 2.0).abs() < 1e-9);
        assert!((day("20230301") - day("20230228") - 1.0).abs() < 1e-9);
        assert!((day("20000301") - day("19991231") - 61.0).abs() < 1e-9);
        assert_eq!(time_of_day("1122"), Some(40_920.0));
        assert_eq!(time_of_day("11:22:33.5"), Some(40_953.5));
        assert_eq!(time_of_day("1"), None);
        assert_eq!(seconds("2024.03.01", "00"), seconds("20240301", "00"));
        assert_eq!(seconds("202403", "00"), None);
        let at = |text: &str, zone: &str| date_time(text, offset(zone));
        let plain = seconds("20240301", "1030");
        let hours = |by: f64| plain.map(|s| s + by * 3600.0);
        assert_eq!(at("202403011030", ""), plain);
        assert_eq!(at("202403011030+0100", ""), plain, "the zone is not known");
        assert_eq!(at("202403011030", "+0800"), plain);
        assert_eq!(at("202403011030+0800", "+0800"), plain);
        assert_eq!(at("202403011030+0000", "+0800"), hours(8.0));
        assert_eq!(at("20240301103000.0-0500", "+0530"), hours(10.5));
        // No time of day is no time, not midnight.
        for date in ["20240301", "20240301+0100", "202403", "2024", ""] {
            assert_eq!(at(date, ""), None, "{date}");
        }
        for wrong in ["", "0100", "+100", "+0160", "+9900", "+01:0", "+01é"] {
            assert_eq!(offset(wrong), None, "{wrong}");
        }
        assert_eq!(offset("-0330"), Some(-12_600.0));
    }
}
