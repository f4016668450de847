//! Request heads to the letter: under which names a request is answered, and that where one
//! request ends and the next begins is never a matter of opinion.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Ask, NOBODY, PASSWORD, World, get, post};

const SITE: &str = "https://chat.example.org";

async fn world() -> World {
    World::with(|config| config.url = SITE.parse().ok()).await
}

#[tokio::test]
async fn another_name_than_the_site_s_is_answered_421() {
    let w = world().await;
    let (room, form) = (format!("/rooms/{}", w.tea), [("name", "bob"), ("password", PASSWORD)]);
    for host in ["evil.example", "chat.example.org.evil.example", "chat.example.org:1", "10.0.0.1"]
    {
        for path in ["/", "/login", "/assets/none", "/nothing", &room] {
            let answer = w.ask(get(path).by("bob").browser().header("host", host)).await;
            assert_eq!(answer.status, 421, "{host} {path}");
            assert!(!answer.body.contains("evil"), "{}", answer.body);
        }
        let answer = w.ask(post("/login").form(&form).header("host", host)).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (421, ""), "{host}");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(w.ask(get(path).header("host", host)).await.status, 200, "{host} {path}");
        }
        // This machine's figures are for who asks for this machine.
        assert_eq!(w.ask(get("/metrics").header("host", host)).await.status, 404);
    }
    for host in
        ["chat.example.org", "CHAT.example.org:443", "localhost:8080", "127.0.0.1", "[::1]:1"]
    {
        assert_eq!(w.ask(get("/login").header("host", host)).await.status, 200, "{host}");
        assert_eq!(w.ask(post("/login").form(&form).header("host", host)).await.status, 303);
    }
    assert_eq!(w.get(NOBODY, "/metrics").await.status, 200);
}

#[tokio::test]
async fn a_page_of_the_site_s_name_by_plain_http_writes_nothing() {
    let w = world().await;
    let form = [("name", "bob"), ("password", PASSWORD)];
    let ask = |host: &str, origin: &str| {
        post("/login").form(&form).header("host", host).header("origin", origin)
    };
    for (host, origin, told) in [
        ("chat.example.org", SITE, 303),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", 303),
        ("chat.example.org", "http://chat.example.org", 403),
        ("chat.example.org", "https://chat.example.org:8443", 403),
        ("chat.example.org", "http://127.0.0.1:8080", 403),
        ("127.0.0.1:8080", "http://127.0.0.1:8081", 403),
    ] {
        assert_eq!(w.ask(ask(host, origin)).await.status, told, "{host} {origin}");
    }
}

#[tokio::test]
async fn the_demo_answers_to_this_machine_s_names_alone() {
    let w = World::with(|config| config.demo = true).await;
    assert_eq!(w.get(NOBODY, "/login").await.status, 200);
    let local = get("/login").header("host", "localhost:8080");
    assert_eq!(w.ask(local).await.status, 200);
    // A page that gave its own name our address.
    assert_eq!(w.ask(get("/login").header("host", "evil.example")).await.status, 421);
}

#[tokio::test]
async fn what_else_tells_a_name_or_a_path_is_not_read() {
    let w = World::new().await;
    let forged: &[(&str, &str)] = &[
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "evil.example"),
        ("x-forwarded-port", "666"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-rewrite-url", "/evil.example"),
        ("forwarded", "host=evil.example;proto=http;for=evil.example"),
        ("x-real-ip", "evil.example"),
        ("x-http-method-override", "DELETE"),
    ];
    for (who, path) in [
        (NOBODY, "/"),
        (NOBODY, "/login"),
        ("bob", "/"),
        ("bob", "/settings"),
        ("bob", "/nothing"),
        ("bob", &format!("/rooms/{}", w.tea)),
    ] {
        let plain = w.visit(who, path).await;
        let add = |ask: Ask, (name, value): &(&str, &str)| ask.header(name, value);
        let answer = w.ask(forged.iter().fold(get(path).by(who).browser(), add)).await;
        assert_eq!((answer.status, answer.location()), (plain.status, plain.location()), "{path}");
        assert_eq!(answer.body.len(), plain.body.len(), "{path}");
        for text in std::iter::once(&answer.body).chain(
            &answer
                .headers
                .values()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect::<Vec<_>>(),
        ) {
            assert!(!text.contains("evil.example"), "{path}: {text}");
        }
    }
}

/// What follows each odd request: a whole one, which must never be answered.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// All that is answered to `said`, up to the end of the connection, said in pieces of `n` bytes.
async fn hear(w: &World, said: &[u8], n: usize) -> String {
    let stream = TcpStream::connect(&w.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut from, mut to) = stream.into_split();
    let said = said.to_vec();
    let saying = tokio::spawn(async move {
        for piece in said.chunks(n) {
            // The server may have closed: it has heard enough.
            if to.write_all(piece).await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
        to
    });
    let mut heard = Vec::new();
    // A reset is an end, too.
    let _ = from.read_to_end(&mut heard).await;
    drop(saying.await);
    String::from_utf8_lossy(&heard).into_owned()
}

fn statuses(heard: &str) -> Vec<&str> {
    heard.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect()
}

/// `POST /login` with these lines and this body, and a request behind it.
fn odd(lines: &str, body: &str) -> Vec<u8> {
    let form = "content-type: application/x-www-form-urlencoded";
    format!("POST /login HTTP/1.1\r\nhost: localhost\r\n{form}\r\n{lines}\r\n\r\n{body}{NEXT}")
        .into()
}

#[tokio::test]
async fn no_framing_makes_one_request_two() {
    let w = World::new().await;
    let whole = "0\r\n\r\n";
    let mut framings: Vec<(String, Vec<u8>)> = Vec::new();
    for (lines, body) in [
        ("content-length: 5\r\ntransfer-encoding: chunked", whole),
        ("transfer-encoding: chunked\r\ncontent-length: 5", whole),
        ("transfer-encoding: chunked\r\ncontent-length: 0", whole),
        ("content-length: 4\r\ncontent-length: 4", "name"),
        ("content-length: 4\r\ncontent-length: 0", "name"),
        ("content-length: 0\r\ncontent-length: 4", "name"),
        ("content-length: 4, 4", "name"),
        ("content-length: +4", "name"),
        ("content-length: -4", "name"),
        ("content-length: 0x4", "name"),
        ("content-length: 4 4", "name"),
        ("content-length: 4;", "name"),
        ("content-length:", "name"),
        ("content-length: 99999999999999999999", "name"),
        ("content-length : 4", "name"),
        ("content-length\t: 4", "name"),
        (" content-length: 4", "name"),
        ("transfer-encoding: identity", whole),
        ("transfer-encoding: chunked, identity", whole),
        ("transfer-encoding: gzip, chunked", whole),
        ("transfer-encoding: chunked, chunked", whole),
        ("transfer-encoding: xchunked", whole),
        ("transfer-encoding: chunked;x", whole),
        ("transfer-encoding: \"chunked\"", whole),
        ("transfer-encoding: \x0bchunked", whole),
        ("transfer-encoding: chunked\r\ntransfer-encoding: chunked", whole),
        ("transfer-encoding: chunked\r\ntransfer-encoding: identity", whole),
        ("transfer-encoding : chunked", whole),
        ("transfer-encoding:\r\n chunked", whole),
        ("x: y\r\n\ttransfer-encoding: chunked", whole),
        ("x: y\ntransfer-encoding: chunked", whole),
        ("content-length: 5\nx: y", whole),
        ("x: y\rtransfer-encoding: chunked", whole),
        ("x\0: y\r\ncontent-length: 5", whole),
        ("x: y\0\r\ncontent-length: 5", whole),
        ("no colon\r\ncontent-length: 5", whole),
        (": no name\r\ncontent-length: 5", whole),
        ("host: evil.example\r\ncontent-length: 5", whole),
        ("transfer-encoding: chunked", "4;x=\ny\r\nname\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", "0x4\r\nname\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", "-4\r\nname\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", "4\nname\n0\n\n"),
        ("transfer-encoding: chunked", "4\r\nnameXX0\r\n\r\n"),
        ("transfer-encoding: chunked", "fffffffffffffffff\r\nname\r\n0\r\n\r\n"),
        // Right, and the last of its connection: its end is the parser's word alone.
        ("transfer-encoding: chunked", "4\r\nname\r\n0\r\n\r\n"),
        ("transfer-encoding: chunked", whole),
    ] {
        framings.push((format!("{lines:?} {body:?}"), odd(lines, body)));
    }
    for head in [
        "GET /healthz HTTP/1.1\nhost: localhost\n\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\n",
        "GET /healthz HTTP/1.1\r\n host: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET http://evil.example/healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1 \r\nhost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\rhost: localhost\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nhost: localhost\r\n\r\n",
        // How HTTP/2 begins, with its first frame: that is the proxy's.
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        "GET /healthz\r\n\r\n",
        "POST /login HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        framings.push((format!("{head:?}"), format!("{head}{NEXT}").into()));
    }
    assert!(framings.len() > 50);
    for (what, bytes) in &framings {
        for n in [bytes.len(), 1] {
            let heard = hear(&w, bytes, n).await;
            let told = statuses(&heard);
            assert!(told.len() <= 1, "{what} in pieces of {n}: {heard}");
            assert!(told.iter().all(|status| status.starts_with('4')), "{what}: {heard}");
        }
    }
}

#[tokio::test]
async fn what_is_to_the_letter_passes_however_it_comes_in() {
    let w = World::new().await;
    let form = "name=bob&password=wrong+one";
    let kind = "content-type: application/x-www-form-urlencoded";
    let head = format!("POST /login HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n");
    let lengthy = format!("{head}Content-Length: {}\r\n\r\n{form}", form.len());
    // A body that looks like a head, with line ends that no head may have.
    let decoy = "x=GET / HTTP/1.1\nhost: x\n\n";
    let decoy = format!("{head}content-length:{}\r\n\r\n{decoy}", decoy.len());
    let chunked =
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{form}\r\n0\r\n\r\n", form.len());
    for n in [1, 7, 4096] {
        let said = format!("{lengthy}\r\n{NEXT}").replace("connection: close\r\n", "");
        let said = format!("{said}{decoy}{lengthy}{chunked}{NEXT}");
        let answers = hear(&w, said.as_bytes(), n).await;
        assert_eq!(statuses(&answers), ["401", "200", "400", "401", "401"], "{n}: {answers}");
    }
}
