//! The door of a decoder: one frame's bytes in, its stored values out. All that a codec's own module has, and a part of the viewer's.

use js_sys::{
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array,
    Uint32Array,
};
use wasm_bindgen::prelude::*;

use super::parcel;
use crate::codec::Stored;

/// An answer with the bytes beside it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Reply {
    pub(super) json: String,
    pub(super) bytes: Vec<u8>,
}

#[wasm_bindgen]
impl Reply {
    /// The answer as JSON.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }
    /// Bytes that belong to it; empty where there are none.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// What a decode worker made of a frame.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DecodedFrame {
    json: String,
    values: Stored,
}

#[wasm_bindgen]
impl DecodedFrame {
    /// What the values are, as a session takes it.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }
    /// The values in the host's memory, little-endian: copied once, from where the codec put them.
    pub fn bytes(&self) -> Uint8Array {
        let buffer = match &self.values {
            Stored::U8(v) => return Uint8Array::from(v.as_slice()),
            Stored::I8(v) => Int8Array::from(v.as_slice()).buffer(),
            Stored::U16(v) => Uint16Array::from(v.as_slice()).buffer(),
            Stored::I16(v) => Int16Array::from(v.as_slice()).buffer(),
            Stored::U32(v) => Uint32Array::from(v.as_slice()).buffer(),
            Stored::I32(v) => Int32Array::from(v.as_slice()).buffer(),
            Stored::F32(v) => Float32Array::from(v.as_slice()).buffer(),
            Stored::F64(v) => Float64Array::from(v.as_slice()).buffer(),
        };
        Uint8Array::new(&buffer)
    }
}

/// The work of a decode worker: a job, as a session gives it, on its bytes.
///
/// # Errors
/// The codec's refusal as JSON text.
#[wasm_bindgen(js_name = decodeFrame)]
#[allow(unreachable_pub, reason = "wasm-bindgen exports it")]
pub fn decode_frame(job: &str, bytes: &[u8]) -> Result<DecodedFrame, JsValue> {
    let (json, values) = parcel::work(job, bytes).map_err(|refusal| JsValue::from_str(&refusal))?;
    Ok(DecodedFrame { json, values })
}
