//! The browser door: messages, and wasm-bindgen exports. Nothing else.

#[cfg(feature = "viewer")]
#[cfg_attr(
    not(all(feature = "web", target_arch = "wasm32")),
    allow(dead_code, reason = "used by the browser door only")
)]
mod about;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod analysis;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod apart;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod assembling;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod compared;
#[cfg(feature = "viewer")]
#[cfg_attr(
    not(all(feature = "web", target_arch = "wasm32")),
    allow(dead_code, reason = "used by the browser door only")
)]
mod copies;
#[cfg(all(feature = "web", feature = "decode", target_arch = "wasm32"))]
mod decode;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod display;
#[cfg(feature = "viewer")]
#[cfg_attr(
    not(all(feature = "web", target_arch = "wasm32")),
    allow(dead_code, reason = "used by the browser door only")
)]
mod facts;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod file;
#[cfg(feature = "viewer")]
#[cfg_attr(
    not(all(feature = "web", target_arch = "wasm32")),
    allow(dead_code, reason = "used by the browser door only")
)]
mod frames;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod graded;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod grids;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod growing;
#[cfg_attr(
    not(all(
        feature = "web",
        any(feature = "viewer", feature = "model", feature = "register"),
        target_arch = "wasm32"
    )),
    allow(dead_code, reason = "used by the browser door only")
)]
mod limits;
#[cfg(all(test, feature = "viewer"))]
mod made;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod measures;
pub mod messages;
#[cfg(all(feature = "web", feature = "model", target_arch = "wasm32"))]
mod model;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod moving;
#[cfg(all(feature = "web", feature = "model-gpu", target_arch = "wasm32"))]
mod network;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod painting;
#[cfg(feature = "decode")]
#[cfg_attr(
    not(all(feature = "web", feature = "viewer", target_arch = "wasm32")),
    allow(
        dead_code,
        reason = "the browser door has one end of it in each worker"
    )
)]
mod parcel;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod pictures;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod prefetch;
#[cfg(all(
    feature = "web",
    any(feature = "model", feature = "model-gpu"),
    target_arch = "wasm32"
))]
mod progress;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod reformat;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod regions;
#[cfg(all(feature = "web", feature = "register", target_arch = "wasm32"))]
mod register;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod results;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod small;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod toned;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod tree;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod video;
#[cfg(all(feature = "web", feature = "viewer", target_arch = "wasm32"))]
mod viewer;

/// Milliseconds of the worker's clock.
#[cfg(all(
    feature = "web",
    any(feature = "viewer", feature = "model"),
    target_arch = "wasm32"
))]
fn now_ms() -> f64 {
    js_sys::Date::now()
}
