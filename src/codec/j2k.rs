//! JPEG 2000 (ITU-T T.800), reversible and irreversible, raw codestreams and JP2 files.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{
    Decoded, Layout, Photometric, SampleKind, codes, guard,
    pack::{low, pack},
};
use crate::base::{Error, Limits, Repair, Result};

pub(super) fn decode(bytes: &[u8], layout: &Layout, limits: &Limits) -> Result<Decoded> {
    // The decoder sees what was checked: the codestream alone, without the boxes around it.
    let bytes = guard::codestream(bytes).ok_or_else(|| {
        Error::new(&codes::DAMAGED)
            .at("the frame's header")
            .expected("a JPEG 2000 codestream")
    })?;
    let claim = guard::j2k(bytes)?;
    let (layout, mut repairs) = guard::fit(&claim, layout, limits)?;
    let layout = &layout;
    if claim.precision > 24 {
        // Samples come as f32, which holds 24 bits exactly.
        return Err(Error::new(&codes::KIND)
            .at("JPEG 2000")
            .found(format!("{} bits", claim.precision)));
    }
    let damaged = |what: String| {
        Error::new(&codes::DAMAGED)
            .at("JPEG 2000")
            .found(what.chars().take(120).collect::<String>())
    };
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: false,
        target_resolution: None,
    };
    let image = Image::new(bytes, &settings).map_err(|e| damaged(format!("{e:?}")))?;
    if image.width() != layout.columns || image.height() != layout.rows {
        return Err(damaged(format!("{} × {}", image.width(), image.height())));
    }
    let mut context = DecoderContext::default();
    let decoded = image
        .decode(&mut context)
        .map_err(|e| damaged(format!("{e:?}")))?;
    let components = decoded.components();
    let samples = usize::from(layout.samples_per_pixel);
    let pixels = layout.pixels() as usize;
    if components.len() < samples
        || components
            .iter()
            .take(samples)
            .any(|c| c.samples().len() != pixels)
    {
        return Err(damaged("components of other sizes".to_owned()));
    }
    // The decoder adds the offset of half the range also to signed components and does not clamp (overshoot of lossy images).
    let top = ((1_u32 << claim.precision) - 1) as f32;
    let half = if claim.signed {
        1_i64 << (claim.precision - 1)
    } else {
        0
    };
    let mut values = vec![0_u32; pixels * samples];
    for (s, component) in components.iter().take(samples).enumerate() {
        for (place, &x) in values
            .iter_mut()
            .skip(s)
            .step_by(samples)
            .zip(component.samples())
        {
            let x = (x + 0.5).floor().clamp(0.0, top);
            *place = (x as i64 - half) as u32;
        }
    }
    let declared = layout.kind == SampleKind::Signed;
    if claim.signed != declared {
        repairs.push(Repair::new(
            &codes::SIGN,
            format!(
                "codestream {}, attribute {}",
                word(claim.signed),
                word(declared)
            ),
        ));
    }
    let photometric = match layout.photometric {
        // The transform is part of the codestream and was undone, whatever the attribute says (PS3.5 8.2.4).
        _ if samples == 3 && claim.transform => Photometric::Rgb,
        Photometric::YbrRct | Photometric::YbrIct => Photometric::Rgb,
        p => p,
    };
    let values = pack(&low(layout, claim.signed || declared), values.into_iter());
    Ok(layout.decoded(values, photometric, repairs))
}

fn word(signed: bool) -> &'static str {
    if signed { "signed" } else { "unsigned" }
}
