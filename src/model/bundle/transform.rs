//! One transform or inferer of a bundle, and which of its arguments are read.

use serde_json::Value;

/// References (`@key`) that lead to references.
const DEEPEST: usize = 8;
/// Arguments that change nothing here: the forms of numbers, where it runs, what is kept of a file.
const PLAIN: &[&str] = &[
    "keys",
    "allow_missing_keys",
    "meta_keys",
    "meta_key_postfix",
    "image_only",
    "lazy",
    "dtype",
    "channel_wise",
];
/// A transform, its arguments that are read, others with the value that they may have.
type Arguments = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// For each transform and inferer that is read: the arguments that are read, and of others the value that they may have. Any other one
/// changes what the network is given.
#[rustfmt::skip]
const ARGUMENTS: &[Arguments] = &[
    ("Orientation", &["axcodes"], &[("as_closest_canonical", "false")]),
    ("Spacing", &["pixdim", "mode"], &[
        ("diagonal", "false"), ("padding_mode", "\"border\""), ("align_corners", "false"), ("recompute_affine", "false"),
        ("scale_extent", "false"), ("ensure_same_shape", "true"),
    ]),
    ("Resize", &["spatial_size", "mode"], &[
        ("size_mode", "\"all\""), ("align_corners", "false"), ("anti_aliasing", "false"),
    ]),
    ("DivisiblePad", &["k"], &[("mode", "\"constant\""), ("method", "\"symmetric\""), ("value", "0"), ("constant_values", "0")]),
    ("ScaleIntensityRange", &["a_min", "a_max", "b_min", "b_max", "clip"], &[]),
    ("ScaleIntensityRangePercentiles", &["lower", "upper", "b_min", "b_max", "clip", "relative"], &[]),
    ("ScaleIntensity", &["minv", "maxv", "factor"], &[]),
    ("NormalizeIntensity", &["subtrahend", "divisor", "nonzero"], &[]),
    ("SlidingWindowInferer", &["roi_size", "overlap", "mode", "sigma_scale", "padding_mode", "cval"], &[
        ("with_coord", "false"),
    ]),
];
/// Of the inferer: how it computes, not what.
const COMPUTING: &[&str] = &[
    "sw_batch_size",
    "sw_device",
    "device",
    "progress",
    "cache_roi_weight_map",
    "cpu_thresh",
    "buffer_steps",
    "buffer_dim",
];

/// A transform or inferer: its name without the `d` of dictionaries, and its arguments.
pub(super) struct Transform<'a> {
    pub(super) name: String,
    pub(super) arguments: &'a Value,
    config: &'a Value,
}

impl<'a> Transform<'a> {
    pub(super) fn of(value: &'a Value, config: &'a Value) -> Option<Self> {
        let value = resolved(value, config)?;
        let target = value.get("_target_")?.as_str()?;
        let name = target.rsplit('.').next().unwrap_or(target);
        // Dictionary transforms have three spellings.
        let name = ["Dict", "D", "d"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .filter(|bare| bare.len() > 3 && !target.contains("scripts."))
            .unwrap_or(name);
        Some(Self {
            name: name.to_owned(),
            arguments: value,
            config,
        })
    }
    pub(super) fn disabled(&self) -> bool {
        matches!(
            self.argument("_disabled_"),
            Some(Value::Bool(true) | Value::String(_))
        )
    }
    pub(super) fn argument(&self, name: &str) -> Option<&'a Value> {
        resolved(self.arguments.get(name)?, self.config).filter(|v| !v.is_null())
    }
    /// Arguments that change what comes out and that nothing here reads.
    pub(super) fn odd(&self) -> Vec<&'a str> {
        let table = ARGUMENTS.iter().find(|(name, ..)| *name == self.name);
        let Some((_, read, defaults)) = table else {
            return vec![];
        };
        let plain = |key: &str| {
            key.starts_with('_')
                || [PLAIN, COMPUTING, *read]
                    .iter()
                    .any(|all| all.contains(&key))
        };
        let same = |key: &str, value: &Value| {
            let Some((_, default)) = defaults.iter().find(|(name, _)| *name == key) else {
                return value.is_null();
            };
            let default: Value = serde_json::from_str(default).unwrap_or_default();
            let is = |value: &Value| {
                // `False` as a word is in bundles too.
                let word = value.as_str().map(str::to_ascii_lowercase);
                value.is_null()
                    || *value == default
                    || value.as_f64().is_some_and(|v| default.as_f64() == Some(v))
                    || word.is_some_and(|w| w == default.to_string().trim_matches('"'))
            };
            match resolved(value, self.config) {
                Some(Value::Array(all)) => all.iter().all(is),
                Some(one) => is(one),
                None => false,
            }
        };
        let all = self.arguments.as_object().into_iter().flatten();
        all.filter(|(key, value)| !plain(key) && !same(key, value))
            .map(|(key, _)| key.as_str())
            .collect()
    }
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.argument(name)?.as_f64()
    }
    /// `true` as a word counts too; bundles have both.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.argument(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(word)) => word.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match self.argument(name)? {
            // One word, or one for each key.
            Value::Array(all) => all.first()?.as_str(),
            other => other.as_str(),
        }
    }
}

/// What `@key` and `@key#inner` stand for; `None` for an expression and for what leads nowhere.
pub(super) fn resolved<'a>(value: &'a Value, config: &'a Value) -> Option<&'a Value> {
    let mut value = value;
    for _ in 0..DEEPEST {
        let Some(text) = value.as_str() else {
            return Some(value);
        };
        if text.starts_with('$') {
            return None;
        }
        let Some(path) = text.strip_prefix('@') else {
            return Some(value);
        };
        value = path
            .split(['#', ':'])
            .filter(|part| !part.is_empty())
            .try_fold(config, |at, part| match at {
                Value::Array(all) => all.get(part.parse::<usize>().ok()?),
                other => other.get(part),
            })?;
    }
    None
}
