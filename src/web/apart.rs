//! Codecs that are wasm modules of their own, as the study worker reaches them: it is told which one a request lacks, and brings its door.
//!
//! Decode workers have their own instances; this is for frames that somebody waits for, and for a model's volume.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::{JsCast, prelude::*};

use super::{
    parcel::{self, Job},
    viewer::Session,
};
use crate::{
    base::{Error, Limits, Result},
    codec::{self, Decoded, Layout, codes},
};

thread_local! {
    /// Doors by the name of the module; none for one that could not be loaded.
    static DOORS: RefCell<HashMap<String, Option<Function>>> = RefCell::default();
    static LACKS: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// From now on the codec room finds the doors that are brought here.
pub(super) fn set() {
    codec::decode_elsewhere(decode);
}

#[wasm_bindgen]
impl Session {
    /// The codec module that the last request lacked: it is to be brought, and the request made again.
    #[allow(
        clippy::unused_self,
        reason = "a session has one worker, with its doors"
    )]
    pub fn lacks(&self) -> Option<String> {
        LACKS.take().map(str::to_owned)
    }

    /// Brings the door of a codec module: a function from a job (JSON) and bytes to `[JSON, bytes]`, which throws as `decodeFrame` does.
    /// None: it could not be loaded, and the next frame that needs it is refused; the one after that asks for it again.
    #[wasm_bindgen(js_name = bringCodec)]
    #[allow(
        clippy::unused_self,
        reason = "a session has one worker, with its doors"
    )]
    pub fn bring_codec(&self, name: String, door: Option<Function>) {
        DOORS.with_borrow_mut(|doors| doors.insert(name, door));
    }
}

/// [`codec::Elsewhere`].
fn decode(
    module: &'static str,
    transfer_syntax: &str,
    bytes: &[u8],
    layout: &Layout,
    limits: &Limits,
) -> Result<Decoded> {
    let not_loaded = || Error::new(&codes::NOT_LOADED).found(module);
    let damaged = || Error::new(&codes::DAMAGED).at(module);
    let door = match DOORS.with_borrow(|doors| doors.get(module).cloned()) {
        Some(Some(door)) => door,
        Some(None) => {
            DOORS.with_borrow_mut(|doors| doors.remove(module));
            return Err(not_loaded());
        }
        None => {
            LACKS.set(Some(module));
            return Err(not_loaded());
        }
    };
    let job = Job {
        transfer_syntax: transfer_syntax.to_owned(),
        layout: layout.clone(),
        limits: limits.clone(),
    };
    let job = serde_json::to_string(&job).map_err(|_| damaged())?;
    let bytes = Uint8Array::from(bytes);
    let reply = door
        .call2(&JsValue::NULL, &JsValue::from_str(&job), &bytes)
        .map_err(|thrown| {
            let refusal = thrown.as_string();
            refusal.map_or_else(damaged, |refusal| parcel::refused(&refusal))
        })?;
    let reply = reply.dyn_into::<Array>().map_err(|_| damaged())?;
    let values = reply.get(1).dyn_into::<Uint8Array>();
    (reply.get(0).as_string().zip(values.ok()))
        .and_then(|(json, values)| parcel::unpack(&json, &values.to_vec()))
        .ok_or_else(damaged)
}
