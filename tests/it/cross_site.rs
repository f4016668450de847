//! What other sites have a browser send: for every route that changes something, in every way that
//! is known, it is refused and nothing changes. And no route that only shows changes anything.

use std::fmt::Write;

use hyper::Method;

use crate::routes::{ROWS, Row, Stage};
use crate::world::{Ask, World};

const HOST: &str = "chat.example.org";
const OWN: &str = "http://chat.example.org";

/// How the request of another site looks.
const VARIANTS: &[(&str, &[(&str, &str)])] = &[
    (
        "a page of another site",
        &[("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")],
    ),
    ("the same without Origin", &[("sec-fetch-site", "cross-site")]),
    ("a browser that knows Origin alone", &[("origin", "http://evil.example")]),
    ("a sandboxed frame, or after a redirect", &[("origin", "null")]),
    ("the same as others tell it", &[("origin", "null"), ("sec-fetch-site", "cross-site")]),
    ("a sibling", &[("origin", "http://wiki.example.org"), ("sec-fetch-site", "same-site")]),
    ("a sibling, told by its site alone", &[("sec-fetch-site", "same-site")]),
    ("the domain above", &[("origin", "http://example.org")]),
    ("a name that begins as ours", &[("origin", "http://chat.example.org.evil.example")]),
    ("a name that ends as ours", &[("origin", "http://evilchat.example.org")]),
    ("our name as an account's", &[("origin", "http://chat.example.org@evil.example")]),
    ("another port", &[("origin", "http://chat.example.org:8080")]),
    ("another scheme", &[("origin", "https://chat.example.org")]),
    ("a file", &[("origin", "file://")]),
    ("an extension", &[("origin", "chrome-extension://abc")]),
    ("two origins", &[("origin", OWN), ("origin", "http://evil.example")]),
    ("an origin that is none", &[("origin", "chat.example.org")]),
    ("a site that is none", &[("sec-fetch-site", "SAME-ORIGIN")]),
    ("our origin, and another site", &[("origin", OWN), ("sec-fetch-site", "cross-site")]),
    ("what htmx adds", &[("origin", "http://evil.example"), ("hx-request", "true")]),
    ("another method behind it", &[("origin", "null"), ("x-http-method-override", "DELETE")]),
];

/// What a form or a script of another site can send without asking first.
const SIMPLE: &[(&str, &[u8])] = &[
    ("text/plain", b"body=forged&title=forged&nonce=f\r\n"),
    (
        "multipart/form-data; boundary=b",
        b"--b\r\ncontent-disposition: form-data; name=\"body\"\r\n\r\nforged\r\n--b--\r\n",
    ),
    ("application/x-www-form-urlencoded", b"body=forged&_method=DELETE"),
];

/// All that is in the file, save what one machine keeps for itself, and the index of messages, which
/// takes up what was posted a little later.
pub(crate) async fn everything(w: &World) -> String {
    let read = w.app.store.read(|connection| {
        let mut tables = connection.prepare(
            "select name from sqlite_schema where type = 'table' and sql not like 'create virtual%'
               and name not like 'sqlite_%' and name not like 'local_%'
               and name not like 'message_index%' order by name",
        )?;
        let tables: Vec<String> =
            tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut all = String::new();
        for table in tables {
            let mut rows = connection.prepare(&format!("select * from {table}"))?;
            let n_columns = rows.column_count();
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                all.push_str(&table);
                for n in 0..n_columns {
                    let value = row.get_ref(n)?;
                    let _ = match value.as_str() {
                        Ok(text) => write!(all, " {text}"),
                        Err(_) => write!(all, " {value:?}"),
                    };
                }
                all.push('\n');
            }
        }
        Ok(all)
    });
    read.await.unwrap()
}

async fn stage() -> Stage {
    let stage = Stage::with(|config| config.url = OWN.parse().ok()).await;
    // The key by which push services know the server is made when it is first asked for.
    assert_eq!(stage.w.get("alice", "/push").await.status, 200);
    stage
}

fn with(ask: Ask, headers: &[(&str, &str)]) -> Ask {
    let ask = ask.header("host", HOST);
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

fn changes((method, ..): Row) -> bool {
    method != "GET"
}

#[tokio::test]
async fn what_another_site_sends_changes_nothing() {
    let stage = stage().await;
    let w = &stage.w;
    let before = everything(w).await;
    for row in ROWS.iter().filter(|row| changes(**row)) {
        let (method, route, ..) = *row;
        for (what, headers) in VARIANTS {
            let answer = w.ask(with(stage.ask(*row).by("alice"), headers)).await;
            assert_eq!(answer.status, 403, "{what}: {method} {route}");
            assert_eq!(answer.header("set-cookie"), "", "{what}: {method} {route}");
        }
        for (kind, body) in SIMPLE {
            let ask = Ask::new(method.parse().unwrap(), &stage.path(route)).by("alice");
            let ask = with(ask.body(kind, body), &[("origin", "http://evil.example")]);
            assert_eq!(w.ask(ask).await.status, 403, "{kind}: {method} {route}");
        }
    }
    assert!(before.contains("Kanarienvogel"));
    assert!(everything(w).await == before, "something has changed");
}

#[tokio::test]
async fn a_log_in_from_another_site_opens_no_session() {
    let stage = stage().await;
    let form = [("name", "carol"), ("password", crate::world::PASSWORD)];
    for (what, headers) in VARIANTS {
        let answer = stage.w.ask(with(crate::world::post("/login").form(&form), headers)).await;
        assert_eq!((answer.status, answer.cookie("sid")), (403, None), "{what}");
    }
    let own = with(crate::world::post("/login").form(&form), &[("origin", OWN)]);
    assert!(stage.w.ask(own).await.cookie("sid").is_some());
}

#[tokio::test]
async fn no_route_that_shows_changes_anything_and_no_header_makes_it_one_that_does() {
    let stage = stage().await;
    let w = &stage.w;
    let before = everything(w).await;
    let acts = |route: &str| ROWS.iter().any(|row| changes(*row) && row.1 == route);
    let shows = |route: &str| ROWS.iter().any(|row| !changes(*row) && row.1 == route);
    for row in ROWS {
        let (_, route, _, form) = *row;
        // Streams and polls stay open; what they do when they are opened is `presence`'s, in memory.
        if crate::routes::streams(route) {
            continue;
        }
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(form).append_pair("_method", "POST");
        let path = stage.path(route);
        let join = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{join}{}", pairs.finish());
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for forged in ["x-http-method-override", "x-method-override", "x-http-method"] {
                let ask = Ask::new(method.clone(), &path).by("alice").header(forged, "POST");
                let ask = with(ask, &[("sec-fetch-site", "cross-site")]);
                let status = w.ask(ask).await.status;
                assert!(status < 500, "{method} {route}: {status}");
                if acts(route) && !shows(route) {
                    assert_eq!(status, 405, "{method} {route}");
                }
            }
        }
    }
    let after = everything(w).await;
    let new: Vec<_> = after.lines().filter(|line| !before.contains(line)).collect();
    assert!(after == before, "{new:#?}");
}
