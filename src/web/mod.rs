//! The browser door: messages, and wasm-bindgen exports. Nothing else.

pub mod messages;
