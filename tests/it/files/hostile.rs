//! Files and forms that want more than to be kept.

use std::io::Cursor;
use std::time::Duration;

use backchannel::thumbnail::{self, Bounds};
use image::ImageFormat;

use super::pictures::{crc, encoded, photo};
use crate::world::{World, post};

const PATIENT: Bounds = Bounds { time: Duration::from_mins(10), bytes: 25 << 20 };

/// A form with one file of a type that its sender made up; `None`: of no type.
fn of_kind(kind: Option<&str>, name: &str, bytes: &[u8]) -> Vec<u8> {
    let kind = kind.map(|kind| format!("content-type: {kind}\r\n")).unwrap_or_default();
    let head = format!(
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n{kind}\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat()
}

#[tokio::test]
async fn a_file_goes_whatever_others_call_theirs() {
    let w = World::new().await;
    let (address, mid) = w.put("alice", "secret.txt", b"a secret").await;
    let id = address.split('/').nth(2).unwrap();
    w.put("bob", id, b"mine").await;
    assert_eq!(w.remove("alice", mid).await.status, 200);
    assert_eq!(w.get("alice", &address).await.status, 404);
    // The page's own go in the same way.
    let own = w.attach("alice", w.tea, "plan.txt", b"a plan").await;
    let id = own.split('/').nth(2).unwrap();
    w.put("bob", id, b"mine too").await;
    let path = format!("/pages/{}/files/{id}/remove", w.tea);
    assert_eq!(w.form("alice", &path, &[]).await.status, 303);
    assert_eq!(w.get("alice", &own).await.status, 404);
    assert_eq!(w.count("file"), 2, "bob's are there");
}

#[tokio::test]
async fn what_a_sender_says_that_a_file_is_does_not_count() {
    let w = World::new().await;
    let path = format!("/rooms/{}/files", w.tea);
    let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let html: &[u8] = b"<!doctype html><script>alert(1)</script>";
    // An archive that says that it holds more than there is place for anywhere.
    let mut bomb = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\xff\xff\xff\xff".to_vec();
    bomb.extend_from_slice(b"\x01\0\0\0a\xed\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\x08");
    let bomb = bomb.as_slice();
    for (kind, name, bytes) in [
        (Some("image/svg+xml"), "a.svg", svg),
        (Some("image/svg+xml; x"), "a.png", svg),
        (Some("image/png"), "b.png", html),
        (Some("text/html"), "b.txt", html),
        (Some("text/html; charset=utf-7"), "b", html),
        (Some("multipart/mixed; boundary=b"), "c.html", html),
        (Some("nonsense"), "d.html", html),
        (None, "e.html", html),
        (Some("image/png"), "bomb.zip", bomb),
        (Some("image/gif"), "bomb.gif", bomb),
    ] {
        let form = of_kind(kind, name, bytes);
        let ask = post(&path).by("bob").body("multipart/form-data; boundary=b", &form);
        let sent = w.ask(ask).await;
        assert_eq!(sent.status, 201, "{kind:?}: {}", sent.body);
        assert!(!sent.has(".body img"), "{kind:?}: {name} is shown");
        let address = sent.attributes(".body a", "href").remove(0);
        for form in ["", "?as=thumbnail", "?as=download"] {
            let had = w.get("carol", &format!("{address}{form}")).await;
            assert_eq!(had.header("content-type"), "application/octet-stream", "{kind:?} {form}");
            assert!(had.header("content-disposition").starts_with("attachment"), "{kind:?} {form}");
            assert!(
                had.header("content-security-policy").starts_with("sandbox"),
                "{kind:?} {form}"
            );
            assert_eq!(had.bytes, bytes, "{kind:?} {form}");
        }
    }
}

#[tokio::test]
async fn what_is_no_form_of_files_is_refused_and_leaves_nothing() {
    let w = World::new().await;
    let path = format!("/rooms/{}/files", w.tea);
    let kind = "multipart/form-data; boundary=b";
    let head = "content-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    let many = format!("--b\r\n{}{head}x\r\n--b--\r\n", "x-many: x\r\n".repeat(10_000));
    for (kind, body) in [
        ("multipart/form-data", "--b\r\n".to_owned()),
        ("multipart/form-data; boundary=", "--b\r\n".into()),
        ("multipart/mixed; boundary=b", format!("--b\r\n{head}x\r\n--b--\r\n")),
        ("application/x-www-form-urlencoded", "file=x".into()),
        (kind, String::new()),
        (kind, "--b".into()),
        (kind, "--b\r\n".into()),
        (kind, "--b--\r\n".into()),
        (kind, "--c\r\n\r\n--c--\r\n".into()),
        (kind, format!("--b\r\n{head}")),
        (kind, format!("--b\r\n{head}half of it")),
        (kind, format!("--b\r\n{head}half of it\r\n--b")),
        (kind, "--b\r\nno colon\r\n\r\nx\r\n--b--\r\n".into()),
        (kind, "--b\r\n\r\nno name\r\n--b--\r\n".into()),
        (kind, "--b\r\ncontent-disposition: x\r\n\r\nx\r\n--b--\r\n".into()),
        (kind, many),
    ] {
        let answer = w.ask(post(&path).by("bob").body(kind, body.as_bytes())).await;
        let told: String = body.chars().take(60).collect();
        assert!(matches!(answer.status, 400 | 413 | 415 | 422), "{told:?}: {}", answer.status);
    }
    backchannel::file::sweep(&w.app).await;
    assert_eq!((w.count("file"), w.count("file_chunk"), w.count("message")), (0, 0, 0));
    // One that is right is taken.
    let right = of_kind(None, "a.txt", b"x");
    assert_eq!(w.ask(post(&path).by("bob").body(kind, &right)).await.status, 201);
}

/// An animation of so many frames of one pixel.
fn frames(n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let palette = [0, 0, 0, 255, 255, 255];
    let mut encoder = gif::Encoder::new(&mut bytes, 1, 1, &palette).unwrap();
    for n in 0..n {
        let pixel = u8::from(n % 2 == 0);
        let frame = gif::Frame::from_indexed_pixels(1, 1, vec![pixel], None);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn an_animation_without_end_and_a_picture_that_takes_too_long_are_none() {
    let make = |bytes: &[u8], kind, bounds| thumbnail::make(Cursor::new(bytes), kind, bounds);
    assert!(make(&frames(2_000), "image/gif", PATIENT).is_some());
    for n in [2_001, 100_000] {
        assert_eq!(make(&frames(n), "image/gif", PATIENT), None, "{n} frames");
    }
    let picture = encoded(&photo(300, 200), ImageFormat::Png);
    assert!(make(&picture, "image/png", PATIENT).is_some());
    let hasty = Bounds { time: Duration::ZERO, ..PATIENT };
    assert_eq!(make(&picture, "image/png", hasty), None);
    let small = Bounds { bytes: 100, ..PATIENT };
    assert_eq!(make(&picture, "image/png", small), None, "what is written has a size, too");
}

/// A piece of a PNG.
fn piece(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&kind[..], content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

#[tokio::test]
async fn what_a_program_wrote_beside_a_picture_reaches_nobody_but_its_owner() {
    let w = World::new().await;
    let plain = encoded(&photo(90, 60), ImageFormat::Png);
    // Behind the signature and the head.
    let mut telling = plain[..33].to_vec();
    telling.extend(piece(*b"tEXt", b"Comment\0a secret of mine"));
    telling.extend(piece(*b"eXIf", b"II*\0\x08\0\0\0\0\0a secret of mine"));
    telling.extend_from_slice(&plain[33..]);
    let holds = |bytes: &[u8]| bytes.windows(8).any(|window| window == b"a secret");
    let (address, _) = w.put("bob", "drawing.png", &telling).await;
    for (who, form) in [("carol", ""), ("carol", "?as=thumbnail"), ("alice", "?as=download")] {
        let had = w.get(who, &format!("{address}{form}")).await;
        assert_eq!(had.status, 200);
        assert!(!holds(&had.bytes), "{who} {form}");
    }
    let shown = w.get("carol", &address).await;
    assert_eq!(shown.header("content-type"), "image/png");
    let own = w.get("bob", &format!("{address}?as=download")).await;
    assert!(own.bytes == telling && holds(&own.bytes));
}
