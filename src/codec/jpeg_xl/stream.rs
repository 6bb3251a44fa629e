//! One JPEG XL picture (ISO/IEC 18181), bare or in its container, as integers. Knows nothing of DICOM.

use jxl::api::{
    Endianness, Event, JxlBitDepth, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat, ProfileLevel,
};

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Samples a line.
    pub(crate) width: usize,
    /// Lines.
    pub(crate) height: usize,
    /// 1 for grey, 3 for colour. Opacity and the like are left out.
    pub(crate) components: usize,
    /// Bits a sample; samples are unsigned.
    pub(crate) precision: u32,
    /// Samples are those that were encoded, and not made from another space of colours.
    pub(crate) original: bool,
}

/// Why a picture can't be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Damaged, or beyond the limit: the decoder's words.
    Damaged(String),
    /// A kind that is not decoded here.
    Kind(String),
    /// The header is not whole.
    Short,
}

impl From<jxl::error::Error> for Fault {
    fn from(error: jxl::error::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

fn start(bytes: &mut &[u8], limit: usize) -> Result<(JxlDecoder, Header), Fault> {
    let mut options = JxlDecoderOptions::default();
    // What the attributes describe is the codestream, unturned.
    options.adjust_orientation = false;
    options.sample_limit = Some(limit);
    options.max_profile_level = ProfileLevel::Main10;
    let mut decoder = JxlDecoder::new(options);
    loop {
        match decoder.process(bytes, None, None)? {
            Event::BasicInfo => break,
            Event::NeedMoreInput { .. } | Event::Complete => return Err(Fault::Short),
            _ => {}
        }
    }
    let info = decoder.basic_info().ok_or(Fault::Short)?;
    let precision = match info.bit_depth {
        JxlBitDepth::Int { bits_per_sample } if bits_per_sample <= 16 => bits_per_sample,
        ref other => return Err(Fault::Kind(format!("{other:?}"))),
    };
    let format = decoder.current_pixel_format().ok_or(Fault::Short)?;
    let header = Header {
        width: info.size.0,
        height: info.size.1,
        components: if format.color_type.is_grayscale() {
            1
        } else {
            3
        },
        precision,
        original: info.uses_original_profile,
    };
    Ok((decoder, header))
}

/// Reads the header alone. Allocates nothing for samples.
pub(crate) fn header(mut bytes: &[u8]) -> Result<Header, Fault> {
    Ok(start(&mut bytes, usize::MAX)?.1)
}

/// Decodes the first picture; its size was believed before. True with the samples when the stream ends early: what is there is in them.
/// Samples are interleaved.
pub(crate) fn decode(mut bytes: &[u8], header: &Header) -> Result<(Vec<u16>, bool), Fault> {
    // Frames that others refer to may be of another size, but not of much more.
    let most = header.width.max(16) * header.height.max(16) * 8;
    let (mut decoder, again) = start(&mut bytes, most)?;
    if again != *header {
        return Err(Fault::Short);
    }
    let extra = decoder
        .basic_info()
        .map_or(0, |info| info.extra_channels.len());
    let bit_depth = header.precision as u8;
    let endianness = Endianness::LittleEndian;
    decoder.set_pixel_format(JxlPixelFormat {
        color_type: if header.components == 1 {
            JxlColorType::Grayscale
        } else {
            JxlColorType::Rgb
        },
        color_data_format: Some(JxlDataFormat::U16 {
            endianness,
            bit_depth,
        }),
        extra_channel_format: vec![None; extra],
    })?;
    let line = header.width * header.components * 2;
    // The decoder asks for lines that begin at even addresses.
    let mut memory = vec![0_u8; line * header.height + 1];
    let even = memory.as_ptr().align_offset(2).min(1);
    let Some(samples) = memory.get_mut(even..even + line * header.height) else {
        return Err(Fault::Short);
    };
    let mut cut = false;
    let mut begun = false;
    loop {
        let mut buffers = [JxlOutputBuffer::new(samples, header.height, line)];
        match decoder.process(&mut bytes, Some(&mut buffers), None)? {
            Event::FrameComplete { .. } | Event::Complete => break,
            Event::NeedMoreInput { .. } => {
                cut = true;
                // Before the picture's own frame has begun there is nothing of it; to flush a frame that others refer to is out of bounds.
                if begun {
                    decoder.flush_pixels(&mut buffers, None)?;
                }
                break;
            }
            Event::FrameHeader => begun = true,
            Event::BasicInfo => {}
        }
    }
    let each = samples.as_chunks::<2>().0.iter();
    Ok((each.map(|&b| u16::from_le_bytes(b)).collect(), cut))
}
