//! Pictures: made anew, made small, and refused before they hurt.

use std::io::Cursor;
use std::time::Duration;

use backchannel::thumbnail::{self, Bounds};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Rgb, RgbImage, Rgba, RgbaImage};

use super::form::Sent;
use crate::world::{World, get, nonce};

pub fn photo(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        Rgb([x * 255 / width, y * 255 / height, x ^ y].map(|part| part.to_le_bytes()[0]))
    }))
}

pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decoded(bytes: &[u8]) -> DynamicImage {
    ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap().decode().unwrap()
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// A photo of a camera that was held on its side, and that says more than its owner knows.
fn telling_photo() -> Vec<u8> {
    let mut plain = Vec::new();
    photo(640, 400).write_with_encoder(JpegEncoder::new_with_quality(&mut plain, 90)).unwrap();
    let mut exif =
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"48.8583 N 2.2945 E");
    let mut bytes = plain[..2].to_vec();
    for (marker, content) in [(0xe1_u8, exif), (0xfe, b"a comment of mine".to_vec())] {
        bytes.extend_from_slice(&[0xff, marker]);
        bytes.extend_from_slice(&u16::try_from(content.len() + 2).unwrap().to_be_bytes());
        bytes.extend_from_slice(&content);
    }
    bytes.extend_from_slice(&plain[2..]);
    bytes
}

#[tokio::test]
async fn what_a_camera_wrote_into_a_photo_reaches_nobody_but_its_owner() {
    let w = World::new().await;
    let sent = telling_photo();
    let (address, _) = w.put("bob", "holiday.jpg", &sent).await;
    for (who, path) in [
        ("carol", address.clone()),
        ("carol", format!("{address}?as=thumbnail")),
        ("carol", format!("{address}?as=download")),
        ("alice", format!("{address}?as=download")),
        ("bob", address.clone()),
    ] {
        let answer = w.get(who, &path).await;
        assert_eq!(answer.status, 200);
        for secret in [&b"48.8583"[..], b"comment of mine", b"Exif"] {
            assert!(!holds(&answer.bytes, secret), "{who} {path}");
        }
        let shown = decoded(&answer.bytes);
        assert!(shown.height() > shown.width(), "it stands upright, as it was seen");
    }
    let shown = decoded(&w.get("carol", &address).await.bytes);
    assert_eq!((shown.width(), shown.height()), (400, 640), "in full size");
    let own = w.get("bob", &format!("{address}?as=download")).await;
    assert_eq!(own.bytes, sent);
    assert_eq!(own.header("content-type"), "application/octet-stream");
    assert!(own.header("content-disposition").starts_with("attachment;"));
    // Nor with the whole room.
    for (who, whole) in [("carol", false), ("bob", true)] {
        let room = w.get(who, &format!("/rooms/{}/export/jsonl", w.tea)).await;
        let line = room.body.lines().find(|line| line.contains("base64")).unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let bytes = STANDARD.decode(line["base64"].as_str().unwrap()).unwrap();
        assert_eq!(bytes == sent, whole, "{who}");
        assert_eq!(holds(&bytes, b"48.8583"), whole, "{who}");
        assert!(decoded(&bytes).width() > 0);
    }
}

#[tokio::test]
async fn a_picture_is_shown_small_in_the_log_with_its_size_known() {
    let w = World::new().await;
    for (name, format, kind) in [
        ("a.png", ImageFormat::Png, "image/png"),
        ("b.jpg", ImageFormat::Jpeg, "image/jpeg"),
        ("c.webp", ImageFormat::WebP, "image/jpeg"),
        ("d.gif", ImageFormat::Gif, "image/gif"),
    ] {
        let answer = w.upload("bob", name, &encoded(&photo(1200, 800), format)).await;
        let link = answer.attributes("a.picture", "href").remove(0);
        let image = |name| answer.attributes("a.picture > img", name).remove(0);
        assert_eq!((image("width"), image("height")), ("300".into(), "200".into()), "{name}");
        assert_eq!(image("alt"), name);
        let large = w.get("carol", &link).await;
        assert_eq!((large.status, large.header("content-type")), (200, kind));
        let (large, small) = (decoded(&large.bytes), w.get("carol", &image("src")).await);
        assert_eq!((large.width(), large.height()), (1200, 800));
        let small = decoded(&small.bytes);
        assert_eq!((small.width(), small.height()), (480, 320));
    }
    // What is small already is its own thumbnail.
    let answer = w.upload("bob", "dot.png", &encoded(&photo(20, 10), ImageFormat::Png)).await;
    let src = answer.attributes("a.picture > img", "src").remove(0);
    assert_eq!(answer.attributes("a.picture > img", "width"), ["20"]);
    assert_eq!(decoded(&w.get("bob", &src).await.bytes).width(), 20);
}

#[tokio::test]
async fn what_can_be_seen_through_stays_so() {
    let w = World::new().await;
    let glass = RgbaImage::from_pixel(600, 600, Rgba([200, 30, 30, 90]));
    let glass = encoded(&DynamicImage::ImageRgba8(glass), ImageFormat::Png);
    let (address, _) = w.put("bob", "glass.png", &glass).await;
    for path in [address.clone(), format!("{address}?as=thumbnail")] {
        let shown = decoded(&w.get("carol", &path).await.bytes).into_rgba8();
        assert_eq!(shown.get_pixel(5, 5).0[3], 90);
    }
}

#[tokio::test]
async fn an_animation_moves_and_has_lost_its_comments() {
    let w = World::new().await;
    let mut bytes = Vec::new();
    let palette = [0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255];
    let mut encoder = gif::Encoder::new(&mut bytes, 90, 60, &palette).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    encoder.write_raw_extension(gif::Extension::Comment.into(), &[b"a hidden comment"]).unwrap();
    for n in 0..7 {
        let frame = gif::Frame {
            delay: 9,
            ..gif::Frame::from_indexed_pixels(90, 60, vec![n % 4; 5400], None)
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes.extend_from_slice(b"<script>alert(1)</script>");
    let (address, _) = w.put("bob", "moving.gif", &bytes).await;
    let shown = w.get("carol", &address).await;
    assert_eq!(shown.header("content-type"), "image/gif");
    for odd in [&b"hidden comment"[..], b"script"] {
        assert!(holds(&bytes, odd) && !holds(&shown.bytes, odd));
    }
    let mut frames = gif::DecodeOptions::new().read_info(&shown.bytes[..]).unwrap();
    let mut n_frames = 0;
    while let Some(frame) = frames.read_next_frame().unwrap() {
        assert_eq!((frame.delay, frame.width), (9, 90));
        n_frames += 1;
    }
    assert_eq!(n_frames, 7);
    assert_eq!(frames.repeat(), gif::Repeat::Infinite);
}

/// What a phone takes is shown, and shown no larger than a screen can be; turned on its side too.
#[test]
fn a_photo_of_24_megapixels_is_a_picture_and_a_flood_of_them_is_none() {
    let bounds = Bounds { time: Duration::from_mins(10), bytes: 25 << 20 };
    let make = |bytes: &[u8]| thumbnail::make(Cursor::new(bytes), "image/jpeg", bounds);
    // As large as it says, and all of one colour.
    let photo = |width, height| {
        let mut bytes = Vec::new();
        let gray = DynamicImage::ImageRgb8(RgbImage::from_pixel(width, height, Rgb([90, 140, 70])));
        gray.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 70)).unwrap();
        bytes
    };
    let large = photo(6000, 4000);
    let pictures = make(&large).unwrap();
    assert_eq!((pictures.shown.width, pictures.shown.height), (4096, 2731));
    assert_eq!((decoded(&pictures.shown.bytes).width(), pictures.shown.kind), (4096, "image/jpeg"));
    let small = pictures.thumbnail.unwrap();
    assert_eq!((small.width, small.height), (480, 320));
    // One that gets clearer and clearer wants its coefficients in memory beside its pixels.
    let mut progressive = large;
    let frame = progressive.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    progressive[frame + 1] = 0xc2;
    assert_eq!(make(&progressive), None);
    let mut flood = photo(8, 8);
    let frame = flood.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    flood[frame + 5..frame + 9].copy_from_slice(&[0x1b, 0x58, 0x1b, 0x58]); // 7000 squared
    assert_eq!(make(&flood), None);
}

/// The check of a piece of a PNG.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A PNG that says that it is huge; what follows is never looked at.
fn flood(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(&photo(8, 8), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[tokio::test]
async fn a_flood_of_pixels_is_only_a_download() {
    let w = World::new().await;
    let mut gif = encoded(&photo(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut jpeg = encoded(&photo(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let whole = encoded(&photo(300, 200), ImageFormat::Png);
    let mut wrong = whole.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 0x55;
    for (name, bytes) in [
        ("square.png", flood(30_000, 30_000)),
        ("line.png", flood(1_000_000, 41)),
        ("empty.png", flood(0, 10)),
        ("memory.png", flood(5_000, 5_000)),
        ("wide.gif", gif),
        ("wide.jpg", jpeg),
        ("short.png", whole[..middle].to_vec()),
        ("wrong.png", wrong),
        ("none.jpg", b"\xff\xd8\xff\xe0 and nothing more".to_vec()),
    ] {
        let answer = w.upload("bob", name, &bytes).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        assert!(!answer.has("img"), "{name} is shown");
        let link = answer.attributes("a.file", "href").remove(0);
        let kept = w.get("carol", &link).await;
        assert_eq!(kept.header("content-type"), "application/octet-stream", "{name}");
        assert!(kept.header("content-disposition").starts_with("attachment"), "{name}");
        assert_eq!(kept.bytes, bytes, "{name}");
    }
    // So that the above says something: a picture like these is shown.
    assert!(w.upload("bob", "whole.png", &whole).await.has("a.picture > img"));
}

#[tokio::test]
async fn no_bytes_of_a_strangers_making_are_sent_as_an_image() {
    let w = World::new().await;
    let mut png = encoded(&photo(40, 30), ImageFormat::Png);
    png.extend_from_slice(b"<script>alert(document.domain)</script>");
    // It says that it is a page; its bytes say that it is a picture.
    let (address, _) = w.put("bob", "page.html", &png).await;
    assert!(address.ends_with("/page.html.png"), "{address}");
    let shown = w.get("carol", &address).await;
    assert_eq!(shown.header("content-type"), "image/png");
    assert!(holds(&png, b"script") && !holds(&shown.bytes, b"script"));
    assert!(shown.header("content-security-policy").contains("sandbox"));
}

#[tokio::test]
async fn a_long_message_with_files_keeps_them_when_it_is_rewritten() {
    let w = World::new().await;
    let lines = (1..=12).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    let picture = encoded(&photo(60, 40), ImageFormat::Png);
    let sent = Sent::default().text("nonce", &nonce()).text("body", &lines);
    let posted = w.ask(w.upload_form("bob", sent.file("cat.png", &picture))).await;
    assert_eq!(posted.status, 201, "{}", posted.body);
    let path = format!("/rooms/{}/messages/{}", w.tea, posted.mid());
    let source = w.ask(get(&format!("{path}/edit")).by("bob").htmx()).await.text("textarea");
    assert!(source.contains("!cat.png|thumbnail!"), "{source}");
    let more = format!("{lines}\nline 13\n!cat.png|thumbnail!");
    assert_eq!(w.form("bob", &path, &[("body", &more)]).await.status, 200);
    let picture = format!("#m{} a.picture img", posted.mid());
    let window = w.window("carol").await;
    assert!(window.has(&picture) && !window.has("[data-kind=paste]"), "{}", window.body);
    // Beyond what a message may hold there is a clear word, and nothing is lost.
    let refused = w.form("bob", &path, &[("body", &"x".repeat(17_000))]).await;
    assert_eq!(refused.status, 413);
    assert!(w.window("carol").await.has(&picture));
}
