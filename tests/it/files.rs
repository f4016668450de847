//! Files: sent, shown, had by who may, and gone.

pub mod form;
mod held;
mod hostile;
pub mod pictures;

use backchannel::admin::{self, Command};
use backchannel::file;
use image::ImageFormat;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use self::form::Sent;
use self::pictures::{encoded, photo};
use crate::process::Server;
use crate::world::{Ask, NOBODY, World, get, nonce};

/// Bytes in which no piece is like another.
fn noise(length: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x.to_le_bytes()[0]
    })
    .take(length)
    .collect()
}

#[tokio::test]
async fn a_file_is_a_message_and_comes_back_as_it_was() {
    let w = World::new().await;
    let mut window = w.listen("carol").await;
    // Neither a whole number of pieces nor of transactions.
    let sent = noise(1_500_001);
    let (address, mid) = w.put("bob", "figures.bin", &sent).await;
    let event = window.next().await;
    assert!(event.data.contains(&address), "{}", event.data);
    for path in [format!("/rooms/{}", w.tea), format!("/rooms/{}/files", w.tea)] {
        let shown = w.get("carol", &path).await;
        assert!(shown.texts(".files a").contains(&"figures.bin".into()), "{}", shown.body);
        assert!(shown.text(".files").contains("Bob, 22 Nov 2026, 10:00, 1.5 MB"), "{}", shown.body);
    }
    let status = w.get("carol", &format!("/rooms/{}/status", w.tea)).await;
    assert_eq!(status.attributes(".files a", "href"), [address.as_str()]);
    assert_eq!(status.text(".files li"), "figures.bin Bob, 22 Nov 2026, 10:00");
    let transcript = w.transcript("carol", w.tea, "2026-11-22").await;
    assert_eq!(transcript.attributes(&format!("#m{mid} .body a.file"), "href"), [address.as_str()]);
    let had = w.get("carol", &address).await;
    assert_eq!(had.status, 200);
    assert!(had.bytes == sent);
    assert_eq!(had.header("content-length"), "1500001");
    let found = w.get("carol", "/search?q=figures").await;
    assert!(found.body.contains("<mark>figures</mark>.bin"), "{}", found.body);
}

#[tokio::test]
async fn files_can_answer_a_message() {
    let w = World::new().await;
    let mid = w.post("alice", "Where are the figures?").await;
    let answer = |to: &str| {
        let sent = Sent::default().text("nonce", &nonce()).text("reply_to", to);
        w.upload_form("bob", sent.file("figures.csv", b"1,2"))
    };
    let posted = w.ask(answer(&mid.to_string())).await;
    assert_eq!(posted.status, 201, "{}", posted.body);
    let quote = format!("#m{} > .quote", posted.mid());
    assert_eq!(w.window("carol").await.texts(&quote), ["Alice Where are the figures?"]);
    assert_eq!(w.ask(answer("")).await.status, 201);
    for odd in ["777", "x"] {
        assert_eq!(w.ask(answer(odd)).await.status, 422, "{odd}");
    }
    // A browser without scripts gets the window again, with what it was answering.
    let sent = Sent::default().text("body", "Here.").text("reply_to", &mid.to_string());
    let refused = w.ask(w.upload_form("bob", sent.file("", b"")).browser()).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.value("#composer input[name=reply_to]"), mid.to_string());
}

#[tokio::test]
async fn files_that_come_together_are_one_message_with_their_words() {
    let w = World::new().await;
    let picture = encoded(&photo(60, 40), ImageFormat::Png);
    let sent = Sent::default()
        .text("body", "Look at *this*:")
        .file("one.png", &picture)
        .file("two.png", &picture)
        .file("notes.txt", b"a line")
        .text("nonce", &nonce());
    let answer = w.ask(w.upload_form("bob", sent)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.mids().len(), 1);
    assert_eq!(answer.texts(".body strong"), ["this"]);
    assert_eq!(answer.attributes(".body a.picture img", "alt"), ["one.png", "two.png"]);
    assert_eq!(answer.texts(".body a.file"), ["notes.txt"]);

    // Rewritten, it still has them.
    let path = format!("/rooms/{}/messages/{}", w.tea, answer.mid());
    let body = "Look:\n!one.png|thumbnail! [^notes.txt]";
    let edited = w.form("bob", &path, &[("body", body)]).await;
    assert_eq!(edited.attributes(".body img", "alt"), ["one.png"], "{}", edited.body);

    let many = (0..11).fold(Sent::default(), |sent, n| sent.file(&format!("{n}.txt"), b"x"));
    let refused = w.ask(w.upload_form("bob", many)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let none = w.ask(w.upload_form("bob", Sent::default().text("nonce", "n"))).await;
    assert_eq!(none.status, 422);
    assert_eq!(w.count("file"), 3);
}

#[tokio::test]
async fn files_of_one_name_are_told_apart() {
    let w = World::new().await;
    let (first, _) = w.put("bob", "image.png", &encoded(&photo(9, 9), ImageFormat::Png)).await;
    let (second, _) = w.put("alice", "image.png", &encoded(&photo(8, 8), ImageFormat::Png)).await;
    assert!(first.ends_with("/image.png") && second.ends_with("/image-2.png"), "{second}");
}

#[tokio::test]
async fn a_page_and_a_later_message_can_name_a_file_of_the_room() {
    let w = World::new().await;
    let (address, _) = w.put("bob", "plan.png", &encoded(&photo(900, 600), ImageFormat::Png)).await;
    w.put("bob", "list.txt", b"1\n2\n").await;
    let said = w.send(w.tea, "alice", "see [^list.txt] and [^other.txt]", "n1").await;
    assert_eq!(said.texts(".body a.file"), ["list.txt"]);
    w.edit("alice", w.tea, "Tea", "{chat:Tea}\n\n!plan.png!").await;
    let page = w.get("carol", &format!("/pages/{}", w.tea)).await;
    assert_eq!(page.attributes(".prose a.picture img", "src"), [address]);
    assert_eq!(page.attributes(".prose a.picture img", "width"), ["900"]);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_and_leaves_nothing() {
    let w = World::with(|config| config.file_limit = 3 << 20).await;
    let fits = noise(3 << 20);
    assert_eq!(w.upload("bob", "fits.bin", &fits).await.status, 201);
    let large = noise((3 << 20) + 1);
    let refused = w.upload("bob", "large.bin", &large).await;
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains("“large.bin” is too large: a file may have at most 3 MB"));
    // By a plain form the words come back, wherever they stood.
    for after in [false, true] {
        let sent = Sent::default();
        let sent = if after { sent } else { sent.text("body", "my words") };
        let sent = sent.file("large.bin", &large);
        let sent = if after { sent.text("body", "my words") } else { sent };
        let refused = w.ask(w.upload_form("bob", sent).browser()).await;
        assert_eq!(refused.status, 413);
        assert_eq!(refused.text("#box"), "my words");
        assert!(refused.text("#error").contains("too large"));
    }
    assert_eq!(w.count("file"), 1);
    assert_eq!(w.count("file_chunk"), 12);
}

#[tokio::test]
async fn a_plain_form_leads_back_to_the_room() {
    let w = World::new().await;
    let sent = Sent::default().text("nonce", "n").text("body", "").file("a.txt", b"x");
    let answer = w.ask(w.upload_form("bob", sent).browser()).await;
    assert_eq!((answer.status, answer.location()), (303, format!("/rooms/{}", w.tea)));
    let none = Sent::default().text("body", "kept").file("", b"");
    let none = w.ask(w.upload_form("bob", none).browser()).await;
    assert_eq!(none.status, 422);
    assert_eq!(none.text("#box"), "kept");
}

#[tokio::test]
async fn there_is_an_end_to_what_is_kept() {
    let w = World::with(|config| config.files_limit = 100).await;
    assert_eq!(w.upload("bob", "a.txt", &[b'x'; 100]).await.status, 201);
    let refused = w.upload("alice", "b.txt", b"x").await;
    assert_eq!(refused.status, 507, "{}", refused.body);
    // What is on its way counts too.
    let w = World::with(|config| config.files_limit = 100).await;
    let both = Sent::default().text("nonce", "n").file("a.txt", &[b'x'; 100]).file("b.txt", b"x");
    assert_eq!(w.ask(w.upload_form("bob", both)).await.status, 507);
    let w = World::with(|config| config.files_limit_per_day = 100).await;
    assert_eq!(w.upload("bob", "a.txt", &[b'x'; 100]).await.status, 201);
    assert_eq!(w.upload("bob", "b.txt", b"x").await.status, 507);
    assert_eq!(w.upload("alice", "b.txt", b"x").await.status, 201);
    w.pass(24 * 60 + 1);
    assert_eq!(w.upload("bob", "b.txt", b"x").await.status, 201);
}

#[tokio::test]
async fn a_retry_is_the_same_message_also_after_a_restart() {
    let mut w = World::new().await;
    let sent = |bytes: &[u8]| Sent::default().text("nonce", "one").file("a.txt", bytes);
    let first = w.ask(w.upload_form("bob", sent(b"mine"))).await;
    let again = w.ask(w.upload_form("bob", sent(b"mine"))).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.mid(), again.mid());
    w = w.restart().await;
    let again = w.ask(w.upload_form("bob", sent(b"mine"))).await;
    assert_eq!((again.status, again.mid()), (200, first.mid()));
    assert_eq!((w.count("file"), w.count("file_chunk")), (1, 1), "what came again is not kept");
    let other = w.ask(w.upload_form("bob", sent(b"other"))).await;
    assert_eq!(other.status, 201, "other bytes are another message");
}

#[tokio::test]
async fn whoever_may_not_write_here_uploads_nothing() {
    let w = World::new().await;
    for (who, status) in [("carol", 403), ("mallory", 404), (NOBODY, 401)] {
        let refused = w.upload(who, "a.txt", b"x").await;
        assert_eq!(refused.status, status, "{who}");
    }
    assert_eq!(w.upload("robo", "a.txt", b"x").await.status, 201);
    let odd = Ask::new(hyper::Method::POST, &format!("/rooms/{}/files", w.tea)).by("bob");
    assert_eq!(w.ask(odd.form(&[("file", "x")])).await.status, 415);
    w.edit("alice", w.tea, "Tea", "no chat any more").await;
    assert_eq!(w.upload("bob", "b.txt", b"x").await.status, 409);
    assert_eq!(w.count("file"), 1);
    // What is there can still be had.
    assert_eq!(w.get("carol", &format!("/rooms/{}/files", w.tea)).await.status, 200);
}

#[tokio::test]
async fn the_page_decides_who_has_its_files() {
    let w = World::new().await;
    let (address, _) = w.put("bob", "a.png", &encoded(&photo(700, 500), ImageFormat::Png)).await;
    let unknown = "/files/0123456789abcdef0123456789abcdef/a.png";
    for form in ["", "?as=thumbnail", "?as=download"] {
        let path = format!("{address}{form}");
        assert_eq!(w.get("carol", &path).await.status, 200);
        for who in ["mallory", NOBODY] {
            let (hidden, missing) = (w.get(who, &path).await, w.get(who, unknown).await);
            assert_eq!(hidden.status, if who == NOBODY { 303 } else { 404 });
            assert_eq!((hidden.status, &hidden.body), (missing.status, &missing.body));
        }
    }
    let tag = w.get("carol", &address).await.header("etag").to_owned();
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    // A copy that the browser kept does not help.
    let asked = get(&address).by("carol").header("if-none-match", &tag);
    assert_eq!(w.ask(asked).await.status, 404);
    assert_eq!(w.get("carol", &format!("/rooms/{}/files", w.tea)).await.status, 404);
    w.ask(Ask::new(hyper::Method::POST, &format!("/pages/{}/trash", w.tea)).by("alice")).await;
    assert_eq!(w.get("bob", &address).await.status, 404, "it is in the trash with its page");
}

#[tokio::test]
async fn whatever_a_browser_could_run_is_only_a_download() {
    let w = World::new().await;
    let svg =
        br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>1</script></svg>"#;
    for (name, bytes) in [
        ("a.svg", &svg[..]),
        ("a.html", b"<!doctype html><script>alert(1)</script>"),
        ("a.png", b"<!doctype html><script>alert(1)</script>"),
        ("a.xhtml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("a.xml", b"<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='#x'?><a/>"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
        ("a.mht", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>1</script>"),
        ("a.gif", b"GIF89a/*\x00\x00\x00*/=1;alert(1)//"),
        ("a.js", b"alert(1)"),
        ("a", b""),
    ] {
        let (address, _) = w.put("bob", name, bytes).await;
        let had = w.get("carol", &address).await;
        assert_eq!(had.status, 200, "{name}");
        assert_eq!(had.header("content-type"), "application/octet-stream", "{name}");
        assert!(had.header("content-disposition").starts_with("attachment; "), "{name}");
        assert!(had.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
        assert_eq!(had.header("x-content-type-options"), "nosniff");
        assert_eq!(had.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(had.bytes, bytes, "{name}");
    }
}

#[tokio::test]
async fn a_name_leads_nowhere_and_breaks_nothing() {
    let w = World::new().await;
    for (name, shown, header) in [
        ("../../etc/passwd", "passwd", "filename=\"passwd\"; filename*=UTF-8''passwd"),
        ("C:\\temp\\a.txt", "a.txt", "filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        ("in\u{202e}fdp.exe", "infdp.exe", "filename=\"infdp.exe\"; filename*=UTF-8''infdp.exe"),
        ("a;b\u{200b}.txt", "a;b.txt", "filename=\"a_b.txt\"; filename*=UTF-8''a%3Bb.txt"),
        (
            "été 日.txt",
            "été 日.txt",
            "filename=\"_t_ _.txt\"; filename*=UTF-8''%C3%A9t%C3%A9%20%E6%97%A5.txt",
        ),
        ("<img src=x onerror=1>.txt", "<img src=x onerror=1>.txt", ""),
        ("a](http://x.example)[b.txt", "x.example)(b.txt", ""),
        ("!a|b!.txt", "_a_b_.txt", ""),
        ("*a* _b_ {c}.txt", "*a* _b_ (c).txt", ""),
        ("@alice ~bob #1.txt", "@alice ~bob #1.txt", ""),
    ] {
        let answer = w.upload("bob", name, b"x").await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        assert_eq!(answer.text(".body"), shown, "{name}");
        assert_eq!(answer.texts(".body a.file"), [shown], "{name}");
        assert!(!answer.has(".body img"));
        let had = w.get("carol", &answer.attributes(".body a", "href")[0]).await;
        assert_eq!(had.status, 200, "{name}");
        assert!(had.header("content-disposition").ends_with(header), "{name}: {:?}", had.headers);
    }
    let long = w.upload("bob", &format!("{}.txt", "é".repeat(300)), b"x").await;
    assert!(long.has(".body a.file"));
    // Neither of these can stand in a header.
    for name in [&b"a\0b.txt"[..], b"a\x07b.txt", b"a\xff.txt"] {
        let (kind, mut bytes) = Sent::default().file("NAME", b"x").finish();
        let at = bytes.windows(4).position(|four| four == b"NAME").unwrap();
        bytes.splice(at..at + 4, name.iter().copied());
        let path = format!("/rooms/{}/files", w.tea);
        let answer =
            w.ask(Ask::new(hyper::Method::POST, &path).by("bob").body(&kind, &bytes)).await;
        assert!([201, 400].contains(&answer.status), "{name:?}: {} {}", answer.status, answer.body);
    }
    // As the name of a picture.
    let picture = encoded(&photo(9, 9), ImageFormat::Png);
    for name in ["a b, c=d; 'e' \"f\" 日本.png", "!x!.png", "x|width=9999.png", "`x`.png"] {
        let answer = w.upload("bob", name, &picture).await;
        assert!(answer.has(".body a.picture > img"), "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_part_of_a_file_can_be_had() {
    let w = World::new().await;
    let sent = noise(700_000);
    let (address, _) = w.put("bob", "a.bin", &sent).await;
    let part = async |range: &str| w.ask(get(&address).by("carol").header("range", range)).await;
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=262143-262144", 262_143, 262_145),
        ("bytes=262144-524287", 262_144, 524_288),
        ("bytes=100-600000", 100, 600_001),
        ("bytes=699999-", 699_999, 700_000),
        ("bytes=-5", 699_995, 700_000),
        ("bytes=0-99999999", 0, 700_000),
    ] {
        let had = part(range).await;
        assert_eq!(had.status, 206, "{range}");
        assert!(had.bytes == sent[from..to], "{range}");
        assert_eq!(had.header("content-range"), format!("bytes {from}-{}/700000", to - 1));
        assert_eq!(had.header("content-length"), (to - from).to_string());
    }
    let beyond = part("bytes=700000-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */700000"));
    assert_eq!(part("bytes=0-1,4-5").await.bytes, sent);
    let whole = w.get("carol", &address).await;
    let tag = whole.header("etag");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("cache-control"), "private, no-cache");
    let asked = |name: &str, value: &str| get(&address).by("carol").header(name, value);
    let same = w.ask(asked("if-none-match", tag)).await;
    assert_eq!((same.status, same.bytes.len()), (304, 0));
    let part = w.ask(asked("if-range", tag).header("range", "bytes=1-2")).await;
    assert_eq!(part.status, 206);
    let other = w.ask(asked("if-range", "\"other\"").header("range", "bytes=1-2")).await;
    assert_eq!(other.status, 200);
    let packed = w.ask(asked("accept-encoding", "gzip")).await;
    assert_eq!(
        (packed.header("content-encoding"), packed.header("content-length")),
        ("", "700000")
    );
    let head = w.ask(Ask::new(hyper::Method::HEAD, &address).by("carol")).await;
    assert_eq!((head.status, head.header("content-length")), (200, "700000"));
    // Nothing is as good as something.
    let (empty, _) = w.put("bob", "empty.txt", b"").await;
    let empty = w.get("carol", &empty).await;
    assert_eq!((empty.status, empty.bytes.len()), (200, 0));
}

#[tokio::test]
async fn a_file_goes_with_its_message_from_every_byte_of_the_disk() {
    let w = World::new().await;
    let text = "the secret of the samovar ".repeat(60_000);
    let picture = encoded(&photo(640, 640), ImageFormat::Png);
    let sent = Sent::default()
        .text("nonce", "n")
        .file("samovar-plans.txt", text.as_bytes())
        .file("samovar.png", &picture);
    let answer = w.ask(w.upload_form("bob", sent)).await;
    let links = answer.attributes(".body a", "href");
    assert!(w.holds("secret of the samovar") && w.holds("samovar-plans"));
    assert_eq!((w.count("file"), w.count("file_picture")), (2, 2));
    let mut window = w.listen("carol").await;
    assert!(window.frame().await.data.contains("samovar-plans"));
    assert_eq!(w.remove("bob", answer.mid()).await.status, 200);
    for link in &links {
        assert_eq!(w.get("carol", link).await.status, 404);
    }
    for table in ["file", "file_picture", "file_chunk"] {
        assert_eq!(w.count(table), 0, "{table}");
    }
    loop {
        let panel = window.frame().await;
        if panel.is_panel() && !panel.data.contains("samovar") {
            break;
        }
    }
    w.forgets("samovar").await;
    let (_, mid) = w.put("bob", "samovar-plans.txt", b"again").await;
    assert!(mid > answer.mid(), "its name is free again");
}

#[tokio::test]
async fn what_broke_off_is_seen_by_nobody_and_swept() {
    let w = World::new().await;
    let (kind, bytes) =
        Sent::default().text("nonce", "n").file("half.bin", &noise(3 << 20)).finish();
    let head = format!(
        "POST /rooms/{}/files HTTP/1.1\r\nhost: x\r\ncookie: sid={}\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\n\r\n",
        w.tea,
        w.token("bob"),
        bytes.len()
    );
    let mut socket = TcpStream::connect(&w.address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&bytes[..5 << 19]).await.unwrap();
    until(async || w.count("file_chunk") == 8).await;
    // While it comes in it is left alone, and nobody sees it.
    file::sweep(&w.app).await;
    assert_eq!((w.count("file"), w.count("file_chunk")), (1, 8));
    let files = w.get("bob", &format!("/rooms/{}/files", w.tea)).await;
    assert!(!files.body.contains("half.bin"));
    let named = w.send(w.tea, "bob", "see [^half.bin]", "x").await;
    assert!(!named.has(".body a"), "{}", named.body);
    drop(socket);
    until(async || {
        file::sweep(&w.app).await;
        w.count("file") == 0
    })
    .await;
    assert_eq!(w.count("file_chunk"), 0);
}

#[tokio::test]
async fn a_copy_has_the_files_and_a_check_knows_them() {
    let w = World::new().await;
    let sent = noise(600_000);
    w.put("bob", "a.bin", &sent).await;
    w.put("bob", "b.png", &encoded(&photo(600, 400), ImageFormat::Png)).await;
    assert_eq!(admin::run(&w.app, Command::Check).await, Ok("The file is whole.\n".into()));
    let copy = w.file().with_extension("copy");
    admin::run(&w.app, Command::Backup { file: copy.clone() }).await.unwrap();
    let kept: i64 = rusqlite::Connection::open(&copy)
        .unwrap()
        .query_row("select sum(length(bytes)) from file_chunk where form = 'original'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(kept > 600_000);
    for (harm, told) in [
        ("update file_chunk set bytes = zeroblob(length(bytes)) where n = 1", "is not what was"),
        ("delete from file_chunk where n = 2", "has 524288 bytes of 600000"),
    ] {
        let harmed = w.app.store.write(move |tx| Ok(tx.execute(harm, [])?)).await.unwrap();
        assert!(harmed > 0);
        let told_now = admin::run(&w.app, Command::Check).await.unwrap_err();
        assert!(told_now.contains(told), "{told_now}");
    }
}

#[test]
fn twenty_five_megabytes_never_stand_in_memory() {
    let (server, rooms) = Server::furnished();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bob = server.log_in("bob").await;
        let before = server.most_memory();
        let sent = noise(25 << 20);
        let (kind, body) = Sent::default().text("nonce", "n").file("big.bin", &sent).finish();
        let path = format!("/rooms/{}/files", rooms.room);
        let answer = bob.send_bytes(&path, &kind, body).await;
        let address = answer.split("href=\"/files/").nth(1).expect(&answer);
        let address = format!("/files/{}", address.split('"').next().unwrap());
        // Eight who take their time, then one who compares.
        let mut slow = Vec::new();
        for _ in 0..8 {
            slow.push(bob.begin(&address).await);
        }
        let had = bob.bytes(&address).await;
        assert!(had == sent, "{} bytes", had.len());
        // The caches of the store's five connections may fill by 16 MB each.
        let grown = server.most_memory() - before;
        assert!(grown < 120 << 20, "{} MB", grown >> 20);
    });
}

/// Asks until it is so, for as long as a busy machine may need.
async fn until(is_so: impl AsyncFn() -> bool) {
    let asks = async {
        while !is_so().await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), asks)
        .await
        .expect("it never came to be so");
}
