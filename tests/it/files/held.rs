//! Forms with files that the parser would have to keep whole.

use crate::world::{NOBODY, World, post};

/// What stands before the first part, and a head of a part, neither with an end; and what comes long
/// after a part that nobody wants.
#[tokio::test]
async fn what_the_parser_would_keep_for_ever_is_refused_soon() {
    let w = World::new().await;
    let kind = "multipart/form-data; boundary=x";
    let page = w.page("bob", "Plans", "x").await;
    let endless = "a".repeat(2 << 20);
    let part = |name: &str, bytes: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{bytes}\r\n")
    };
    let file =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nb\r\n";
    let good = [&part("nonce", "n"), file, "--x--\r\n"].concat();
    // What follows is as it should be: whoever read on would take it.
    let before = format!("{endless}\r\n{good}");
    let head = format!(
        "--x\r\nOdd: {endless}\r\nContent-Disposition: form-data; name=\"odd\"\r\n\r\n\r\n{good}"
    );
    for path in [format!("/rooms/{}/files", w.tea), format!("/pages/{page}/files")] {
        for (what, sent) in [("before", &before), ("head", &head)] {
            for who in ["bob", NOBODY] {
                let refused = w.ask(post(&path).by(who).body(kind, sent.as_bytes())).await;
                assert_eq!(refused.status, 400, "{path}, {what}, {who}: {}", refused.body);
            }
        }
    }
    // A part that is not asked for may be as long as a file.
    let sent = [&part("nonce", "n"), &part("unknown", &endless), file, "--x--\r\n"].concat();
    let path = format!("/rooms/{}/files", w.tea);
    let taken = w.ask(post(&path).by("bob").body(kind, sent.as_bytes())).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
}
