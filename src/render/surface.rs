//! A canvas of the page as the target of the GPU's painter.

use std::rc::Rc;

use web_sys::OffscreenCanvas;
use wgpu::{CurrentSurfaceTexture, SurfaceTarget, TextureFormat};

use super::{Scene, gpu::Painter};
use crate::{
    base::{Error, Result},
    filter::{codes, gpu::Gpu},
};

/// A canvas that the GPU paints.
#[derive(Debug)]
pub struct Surface {
    gpu: Rc<Gpu>,
    target: wgpu::Surface<'static>,
    painter: Painter,
    format: TextureFormat,
    size: (u32, u32),
}

impl Surface {
    /// Takes the canvas. After this it can have no other kind of context.
    ///
    /// # Errors
    /// `GPU-001` when the canvas gives no surface.
    pub fn new(gpu: Rc<Gpu>, canvas: OffscreenCanvas) -> Result<Self> {
        let surface = gpu
            .instance()
            .create_surface(SurfaceTarget::OffscreenCanvas(canvas))
            .map_err(|e| Error::new(&codes::NO_GPU).found(e))?;
        let formats = surface.get_capabilities(gpu.adapter()).formats;
        // Display levels are written as they are: no sRGB format.
        let format = formats
            .into_iter()
            .find(|format| {
                matches!(
                    format,
                    TextureFormat::Bgra8Unorm | TextureFormat::Rgba8Unorm
                )
            })
            .ok_or_else(|| Error::new(&codes::NO_GPU).found("no plain 8-bit format"))?;
        let painter = Painter::new(gpu.clone(), format);
        Ok(Self {
            gpu,
            target: surface,
            painter,
            format,
            size: (0, 0),
        })
    }

    /// The device is gone; the canvas must be replaced.
    pub fn lost(&self) -> bool {
        self.gpu.lost()
    }

    /// Paints the canvas of this size.
    ///
    /// # Errors
    /// `GPU-002` when the device is lost, `GPU-003` when something exceeds its limits.
    pub fn draw(&mut self, scene: &Scene, size: (u32, u32)) -> Result<()> {
        self.gpu.check()?;
        let most = self.gpu.device().limits().max_texture_dimension_2d;
        if size.0 == 0 || size.1 == 0 || size.0.max(size.1) > most {
            return Err(Error::new(&codes::GPU_TOO_LARGE).found(size.0.max(size.1)));
        }
        if self.size != size {
            let mut config = self
                .target
                .get_default_config(self.gpu.adapter(), size.0, size.1)
                .ok_or_else(|| Error::new(&codes::NO_GPU).found("no configuration"))?;
            config.format = self.format;
            self.target.configure(self.gpu.device(), &config);
            self.size = size;
        }
        match self.target.get_current_texture() {
            CurrentSurfaceTexture::Success(frame) | CurrentSurfaceTexture::Suboptimal(frame) => {
                let view = frame.texture.create_view(&Default::default());
                let drawn = self.painter.draw(scene, size, &view);
                self.gpu.queue().present(frame);
                drawn
            }
            other => {
                self.size = (0, 0);
                Err(Error::new(&codes::GPU_LOST).found(format!("{other:?}")))
            }
        }
    }
}
