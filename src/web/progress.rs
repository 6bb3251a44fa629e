//! What a worker tells its page while a model runs, and when that fails.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::messages::{Failure, Notice};
use crate::base::{Error, Monitor, Stage};

/// Who waits in the page. It cancels by ending the worker.
pub(super) struct Page<'a> {
    pub(super) progress: &'a Function,
}

impl Monitor for Page<'_> {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        let stage = match stage {
            Stage::Prepare => "prepare",
            Stage::Explain => "explain",
            _ => "infer",
        };
        let notice = Notice::Progress {
            stage: stage.to_owned(),
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

/// A failure as an exception: JSON text.
pub(super) fn thrown(error: &Error) -> JsValue {
    JsValue::from_str(&serde_json::to_string(&Failure::of("", error)).unwrap_or_default())
}
