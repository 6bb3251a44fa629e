//! The register worker's exports: two frames or two volumes in, the transform between them out. Cancelling is ending the worker.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::{
    limits,
    messages::{
        Failure, GridInfo, MatchInfo, Notice, RegisterAnswer, RegisterRequest, RegistrationInfo,
    },
};
use crate::{
    base::{Error, Limits, Monitor, Result, Stage},
    study::{
        geometry::{Spacing, SpacingFrom},
        volume::Volume,
    },
    tone::Grey,
    vision::{
        points::{Kind, Settings},
        register::{
            Comparison, Measure, Picture, Registration, codes, compare, plane::Model, resampled,
        },
    },
};

/// An answer with the bytes beside it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RegisterReply {
    json: String,
    bytes: Vec<u8>,
}

#[wasm_bindgen]
impl RegisterReply {
    /// The answer as JSON.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }
    /// The resampled values; empty where they were not asked for.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// A [`RegisterRequest`] as JSON with the values of its grids; `progress` is called with notices as JSON. Gives a [`RegisterAnswer`].
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "wasm-bindgen exports it")]
pub fn register(request: &str, a: Vec<f32>, b: Vec<f32>, progress: &Function) -> RegisterReply {
    console_error_panic_hook::set_once();
    let mut bytes = Vec::new();
    let answer = match answer(request, a, b, &Page { progress }, &mut bytes) {
        Ok(answer) => answer,
        Err(error) => RegisterAnswer::Failed(Failure::of("", &error)),
    };
    RegisterReply {
        json: serde_json::to_string(&answer).unwrap_or_default(),
        bytes,
    }
}

fn answer(
    request: &str,
    a: Vec<f32>,
    b: Vec<f32>,
    monitor: &Page<'_>,
    bytes: &mut Vec<u8>,
) -> Result<RegisterAnswer> {
    let request: RegisterRequest = serde_json::from_str(request)
        .map_err(|e| Error::new(&codes::NO_GRID).at("request").found(e))?;
    match request {
        RegisterRequest::Match {
            a: first,
            b: second,
            model,
            descriptor,
            seed,
        } => {
            let unknown = |what: &str| Error::new(&codes::NO_GRID).at("request").found(what);
            let how = Comparison {
                points: Settings {
                    kind: match descriptor.as_str() {
                        "sift" => Kind::Sift,
                        "binary" => Kind::Binary,
                        other => return Err(unknown(other)),
                    },
                    ..Comparison::default().points
                },
                model: Model::by_name(&model).ok_or_else(|| unknown(&model))?,
                seed: u64::from(seed),
                ..Comparison::default()
            };
            matched(
                (&first, &grey(&first, a)),
                (&second, &grey(&second, b)),
                &how,
                monitor,
            )
        }
        RegisterRequest::Volumes {
            a: first,
            b: second,
            normalised,
            resample,
            seed,
            limits,
        } => {
            let limits = limits::of(&limits, false)?;
            let (fixed, moving) = (volume(&first, a), volume(&second, b));
            let settings = Registration {
                measure: if normalised {
                    Measure::Normalised
                } else {
                    Measure::Mutual
                },
                seed: u64::from(seed),
                limits: limits.clone(),
                ..Registration::default()
            };
            registered(
                &settings,
                (&fixed, &moving),
                resample,
                &limits,
                monitor,
                bytes,
            )
        }
    }
}

fn matched(
    (first, a): (&GridInfo, &Grey),
    (second, b): (&GridInfo, &Grey),
    how: &Comparison,
    monitor: &Page<'_>,
) -> Result<RegisterAnswer> {
    let picture = |grey, info: &GridInfo| Picture {
        grey,
        spacing: Spacing {
            mm: info.spacing_mm,
            from: if info.spacing_known {
                SpacingFrom::PixelSpacing
            } else {
                SpacingFrom::None
            },
        },
    };
    let found = compare(&picture(a, first), &picture(b, second), how, monitor)?;
    let outcome = found.outcome?;
    let pair = |&n: &usize| {
        let m = found.matches.get(n)?;
        let (p, q) = (found.a.points.get(m.a)?, found.b.points.get(m.b)?);
        Some([p.x, p.y, q.x, q.y])
    };
    Ok(RegisterAnswer::Matched(Box::new(MatchInfo {
        key_points: [found.a.points.len() as u32, found.b.points.len() as u32],
        matches: found.matches.len() as u32,
        a_to_b_px: outcome.matrix,
        residual_px: outcome.residual_px,
        residual_mm: outcome.residual_mm,
        scale: outcome.scale,
        rotation_degrees: outcome.rotation_degrees,
        chance_log10: outcome.chance,
        pairs: outcome.inliers.iter().filter_map(pair).collect(),
    })))
}

fn registered(
    settings: &Registration,
    (fixed, moving): (&Volume, &Volume),
    resample: bool,
    limits: &Limits,
    monitor: &Page<'_>,
    bytes: &mut Vec<u8>,
) -> Result<RegisterAnswer> {
    let found = settings.run(fixed, moving, monitor)?;
    if resample {
        let moved = resampled(fixed, moving, &found.motion, f32::NAN, limits, monitor)?;
        *bytes = moved.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    }
    let onto = found.motion.inverse();
    Ok(RegisterAnswer::Registered(Box::new(RegistrationInfo {
        b_to_a: onto.matrix(),
        angles_degrees: onto.angles(),
        translation_mm: onto.translation,
        centre_mm: onto.centre,
        information: [found.before, found.after],
        overlap: found.overlap,
        agreement: found.agreement,
        repeats_degrees: found.spread.0,
        repeats_mm: found.spread.1,
    })))
}

fn grey(info: &GridInfo, values: Vec<f32>) -> Grey {
    Grey {
        columns: info.dims[0] as usize,
        rows: info.dims[1] as usize,
        values,
    }
}

fn volume(info: &GridInfo, values: Vec<f32>) -> Volume {
    Volume {
        dims: info.dims.map(|n| n as usize),
        origin: info.origin_mm,
        steps: info.steps_mm,
        values,
    }
}

struct Page<'a> {
    progress: &'a Function,
}

impl Monitor for Page<'_> {
    fn progress(&self, _: Stage, done: u64, total: u64) {
        if total == 0 {
            return;
        }
        let notice = Notice::Progress {
            stage: "register".to_owned(),
            done: done as u32,
            total: total as u32,
        };
        let text = serde_json::to_string(&notice).unwrap_or_default();
        // A page that does not listen is no reason to stop.
        let _ = self
            .progress
            .call1(&JsValue::NULL, &JsValue::from_str(&text));
    }
}
