//! Pictures: written anew, and made small.
//!
//! **Invariant:** nothing is decoded before its header was read: more than 40 megapixels, or more
//! than 64 MiB once decoded, is no picture for us; only what a camera writes may take up to 120 MiB,
//! one at a time, and is made smaller at once. A picture that takes more than some seconds, or whose
//! bytes are not what they say, is none either; it can still be downloaded.
//!
//! A still picture is decoded and encoded again. An animation keeps its frames, which are unpacked
//! and packed again without their colours being chosen anew; comments and other people's blocks
//! stay behind. A photo is turned as its camera held it before what says so is gone.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// What a picture became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// All of it, in its own size.
    pub shown: Written,
    /// A small one; `None` where it is small itself.
    pub thumbnail: Option<Written>,
}

/// A picture that we wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Content type.
    pub kind: &'static str,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What may be spent on a picture.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How long it may take.
    pub time: Duration,
    /// Bytes of what is written, at most.
    pub bytes: usize,
}

const MOST_PIXELS: u64 = 40_000_000;
const MOST_MEMORY: u64 = 64 << 20;
/// Forty megapixels of a photo, whose lines come one after the other: 24 megapixels are 69 MiB.
const MOST_MEMORY_OF_PHOTO: u64 = 120 << 20;
/// A photo that takes more memory than other pictures is shown so large: no screen shows more of it,
/// and turning it upright takes as much memory again.
const PHOTO: u32 = 4096;
/// Frames of an animation, and the pixels of all of them.
const MOST_FRAMES: u32 = 2_000;
const MOST_FRAME_PIXELS: u64 = 400_000_000;
/// A small picture fits in here.
const SMALL: (u32, u32) = (480, 360);

/// Reads a picture of the given content type; `None` where it is none that we can show.
pub fn make(source: impl Read + Seek, kind: &str, bounds: Bounds) -> Option<Made> {
    let format = match kind {
        "image/png" => ImageFormat::Png,
        "image/jpeg" => ImageFormat::Jpeg,
        "image/gif" => ImageFormat::Gif,
        "image/webp" => ImageFormat::WebP,
        _ => return None,
    };
    let end = Instant::now() + bounds.time;
    let mut source = BufReader::with_capacity(64 * 1024, InTime { inner: source, end });
    let most = if format == ImageFormat::Jpeg && is_line_after_line(&mut source)? {
        MOST_MEMORY_OF_PHOTO
    } else {
        MOST_MEMORY
    };
    source.seek(SeekFrom::Start(0)).ok()?;
    let whole = decode(&mut source, format, most)?;
    let thumbnail = if whole.width() > SMALL.0 || whole.height() > SMALL.1 {
        let small = whole.thumbnail(SMALL.0, SMALL.1);
        Some(encode(&small, small.color().has_alpha(), 80, bounds, end)?)
    } else {
        None
    };
    let shown = if format == ImageFormat::Gif {
        drop(whole);
        source.seek(SeekFrom::Start(0)).ok()?;
        repack(source, bounds, end)?
    } else {
        let lossless = format == ImageFormat::Png || whole.color().has_alpha();
        encode(&whole, lossless, 90, bounds, end)?
    };
    Some(Made { shown, thumbnail })
}

fn decode(source: impl BufRead + Seek, format: ImageFormat, most: u64) -> Option<DynamicImage> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(most);
    let mut reader = ImageReader::with_format(source, format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let memory = decoder.total_bytes();
    if pixels == 0 || pixels > MOST_PIXELS || memory > most {
        return None;
    }
    let orientation = decoder.orientation().ok();
    let mut whole = DynamicImage::from_decoder(decoder).ok()?;
    if memory > MOST_MEMORY {
        whole = whole.thumbnail(PHOTO, PHOTO);
    }
    // What browsers show has eight bits a colour.
    let mut whole = match (whole.color().has_color(), whole.color().has_alpha()) {
        (_, true) => DynamicImage::ImageRgba8(whole.into_rgba8()),
        (true, false) => DynamicImage::ImageRgb8(whole.into_rgb8()),
        (false, false) => DynamicImage::ImageLuma8(whole.into_luma8()),
    };
    if let Some(orientation) = orientation {
        whole.apply_orientation(orientation);
    }
    Some(whole)
}

/// Is it a JPEG as cameras write it? One that gets clearer and clearer (progressive) has all of its
/// coefficients in memory beside its pixels.
fn is_line_after_line(source: &mut impl Read) -> Option<bool> {
    let mut start = [0; 2];
    source.read_exact(&mut start).ok()?;
    loop {
        let mut marker = [0; 4];
        source.read_exact(&mut marker).ok()?;
        let [0xff, kind, high, low] = marker else { return Some(false) };
        // A frame (SOF0, SOF1) before anything of it; other frames, or anything odd, are not it.
        match kind {
            0xc0 | 0xc1 => return Some(true),
            0xc4 | 0xdb | 0xdd | 0xe0..=0xef | 0xfe => {}
            _ => return Some(false),
        }
        let rest = u64::from(u16::from_be_bytes([high, low]).checked_sub(2)?);
        io::copy(&mut source.take(rest), &mut io::sink()).ok()?;
    }
}

fn encode(
    image: &DynamicImage,
    lossless: bool,
    quality: u8,
    bounds: Bounds,
    end: Instant,
) -> Option<Written> {
    let mut bytes = Bounded::new(bounds, end);
    let kind = if lossless {
        image.write_with_encoder(PngEncoder::new(&mut bytes)).ok()?;
        "image/png"
    } else {
        image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).ok()?;
        "image/jpeg"
    };
    Some(Written { kind, width: image.width(), height: image.height(), bytes: bytes.written })
}

/// The frames of a GIF, packed anew. One frame is in memory at a time.
fn repack(source: impl Read, bounds: Bounds, end: Instant) -> Option<Written> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    options.check_frame_consistency(true);
    options.set_memory_limit(gif::MemoryLimit::Bytes(MOST_MEMORY.try_into().ok()?));
    let mut frames = options.read_info(source).ok()?;
    let (width, height) = (frames.width(), frames.height());
    let palette = frames.global_palette().unwrap_or_default().to_vec();
    let mut bytes = Bounded::new(bounds, end);
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &palette).ok()?;
    let (mut n_frames, mut pixels) = (0_u32, 0_u64);
    while let Some(info) = frames.next_frame_info().ok()? {
        n_frames += 1;
        pixels += u64::from(info.width) * u64::from(info.height);
        if n_frames > MOST_FRAMES || pixels > MOST_FRAME_PIXELS {
            return None;
        }
        let mut frame = info.clone();
        let mut buffer = vec![0; frames.buffer_size()];
        frames.read_into_buffer(&mut buffer).ok()?;
        frame.buffer = buffer.into();
        if n_frames == 1 {
            encoder.set_repeat(frames.repeat()).ok()?;
        }
        encoder.write_frame(&frame).ok()?;
    }
    drop(encoder);
    let (width, height) = (u32::from(width), u32::from(height));
    (n_frames > 0).then_some(Written { kind: "image/gif", width, height, bytes: bytes.written })
}

/// Reads until the time is over: no decoder asks for it by itself.
struct InTime<R> {
    inner: R,
    end: Instant,
}

impl<R: Read> Read for InTime<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        in_time(self.end)?;
        self.inner.read(buffer)
    }
}

impl<R: Seek> Seek for InTime<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Takes so many bytes, for so long.
struct Bounded {
    written: Vec<u8>,
    most: usize,
    end: Instant,
}

impl Bounded {
    fn new(bounds: Bounds, end: Instant) -> Self {
        Self { written: Vec::new(), most: bounds.bytes, end }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        in_time(self.end)?;
        if self.written.len() + bytes.len() > self.most {
            return Err(io::Error::other("the picture became too large"));
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn in_time(end: Instant) -> io::Result<()> {
    if Instant::now() > end {
        return Err(io::Error::new(io::ErrorKind::TimedOut, "the picture takes too long"));
    }
    Ok(())
}
