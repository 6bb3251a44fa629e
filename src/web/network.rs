//! The exports of the module that runs networks on the graphics processor: a network and a box of values in, labels out.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::progress::{Page, thrown};
use crate::{
    base::Error,
    filter::gpu::Gpu,
    model::{codes, gpu},
};

/// The device. One that is lost stays lost: then another is asked for.
#[wasm_bindgen]
#[derive(Debug)]
pub struct GpuNetworks {
    gpu: Gpu,
}

#[wasm_bindgen]
impl GpuNetworks {
    /// Asks for the device.
    ///
    /// # Errors
    /// A failure as JSON text.
    pub async fn request() -> Result<Self, JsValue> {
        console_error_panic_hook::set_once();
        let gpu = Gpu::strongest().await.map_err(|e| thrown(&e))?;
        Ok(Self { gpu })
    }

    /// Whether a network computes in whole numbers. Who does not ask for the graphics processor by name has those on the processor, whose
    /// kernels for them are fast: how fast these are on a real card is not measured.
    #[wasm_bindgen(js_name = wholeNumbers)]
    #[expect(
        clippy::unused_self,
        reason = "whoever asks has the device in hand, and not the module"
    )]
    pub fn whole_numbers(&self, network: &[u8]) -> bool {
        gpu::chain(network).is_ok_and(|chain| chain.is_whole())
    }

    /// The labels of a box: `dims` are D, H, W, and `input` as many values; `count`: labels that the network must have; `budget`: bytes
    /// that its buffers may take. `progress` is called as by the other runtimes.
    ///
    /// # Errors
    /// A failure as JSON text; then the processor makes the labels.
    pub async fn label(
        &self,
        network: Vec<u8>,
        dims: Vec<u32>,
        input: Vec<f32>,
        count: u32,
        budget: f64,
        progress: Function,
    ) -> Result<Vec<u8>, JsValue> {
        let &[d, h, w] = dims.as_slice() else {
            return Err(thrown(&Error::new(&codes::RUN).at("dims")));
        };
        let page = Page {
            progress: &progress,
        };
        let dims = [d, h, w].map(|n| n as usize);
        let run = async {
            let chain = gpu::chain(&network)?;
            chain.check(count as usize)?;
            gpu::labels(
                &self.gpu,
                &chain,
                &input,
                dims,
                budget.max(0.0) as u64,
                &page,
            )
            .await
        };
        run.await.map_err(|e| thrown(&e))
    }

    /// Gives the device up, as a lost one is: for tests of what happens then.
    pub fn destroy(&self) {
        self.gpu.destroy();
    }
}
