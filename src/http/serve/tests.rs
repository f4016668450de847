//! The accept loop over real sockets: take-over, limits, the end of slow heads, the orderly stop.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

use std::io::Write as _;
use std::sync::mpsc;
use std::time::Instant;

use axum::routing::{get, post};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);
const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ntaken";
/// More than all buffers between two sides take.
const BIG: usize = 8 << 20;

struct World {
    address: SocketAddr,
    taken: mpsc::Receiver<std::net::TcpStream>,
    /// Lets `/slow` answer.
    go: Arc<Notify>,
    /// `/slow` has been entered.
    entered: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<io::Result<()>>,
}

async fn world(limits: Limits) -> World {
    world_at("127.0.0.1:0", limits).await
}

async fn world_at(listen: &str, limits: Limits) -> World {
    let listener = TcpListener::bind(listen).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (take, taken) = mpsc::channel();
    let (go, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, enter) = (go.clone(), entered.clone());
    let router = Router::new()
        .route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
        )
        .route(
            "/big",
            post(|body: Body| async {
                // The body is read while the answer is already on its way.
                tokio::spawn(axum::body::to_bytes(body, 1024));
                "x".repeat(BIG)
            }),
        )
        .route("/much", get(|| async { "x".repeat(BIG) }).post(|| async { "x".repeat(BIG) }))
        .route(
            "/slow",
            get(async move || {
                enter.notify_one();
                wait.notified().await;
                "slow"
            }),
        )
        .route(
            "/stream",
            get(move || {
                let take = take.clone();
                async move {
                    let mut response = Response::new(Body::from("not taken"));
                    let mark = TakeOver::new(move |given| {
                        // What the hub does, in small.
                        let _ = (&given).write(STREAM);
                        let _ = take.send(given);
                    });
                    response.extensions_mut().insert(mark);
                    response
                }
            }),
        );
    let (stop, until) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(listener, router, limits, async {
        let _ = until.await;
    }));
    World { address, taken, go, entered, stop: Some(stop), serving }
}

impl World {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn say(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// One answer with a length, as text.
async fn hear(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let answer = async {
        loop {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed early");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
                return text;
            }
        }
    };
    timeout(PATIENCE, answer).await.expect("no answer")
}

/// Everything to the end of the connection.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut heard)).await.expect("never closed");
    heard
}

#[tokio::test]
async fn the_socket_is_given_away_at_once_and_after_other_requests() {
    let w = world(Limits::default()).await;
    for n_before in 0..4 {
        let mut stream = w.connect().await;
        for _ in 0..n_before {
            say(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
            let answer = hear(&mut stream).await;
            assert!(answer.ends_with(&stream.local_addr().unwrap().to_string()), "{answer}");
        }
        say(&mut stream, "GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(hear(&mut stream).await.ends_with("taken"));
        let socket = w.taken.recv_timeout(PATIENCE).unwrap();
        // It is ours alone now: what we write arrives, and what comes is not answered by HTTP.
        say(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        (&socket).write_all(b"more").unwrap();
        drop(socket.shutdown(std::net::Shutdown::Write));
        assert_eq!(rest(&mut stream).await, b"more");
    }
}

#[tokio::test]
async fn only_a_plain_get_is_taken_over() {
    let w = world(Limits::default()).await;
    for (request, body) in [
        ("HEAD /stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", ""),
        (
            "GET /stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi",
            "not taken",
        ),
    ] {
        let mut stream = w.connect().await;
        say(&mut stream, request).await;
        let heard = String::from_utf8(rest(&mut stream).await).unwrap();
        assert!(
            heard.contains(" 200 OK\r\n") && heard.ends_with(&format!("\r\n\r\n{body}")),
            "{heard}"
        );
    }
    assert!(w.taken.try_recv().is_err());
    // HTTP/1.0 too: an nginx that is not told otherwise asks by it.
    let mut stream = w.connect().await;
    say(&mut stream, "GET /stream HTTP/1.0\r\n\r\n").await;
    assert!(hear(&mut stream).await.ends_with("taken"));
    assert!(w.taken.recv_timeout(PATIENCE).is_ok());
}

#[tokio::test]
async fn requests_sent_in_advance_close_the_connection() {
    let w = world(Limits::default()).await;
    let mut stream = w.connect().await;
    say(&mut stream, "GET /stream HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n").await;
    assert!(rest(&mut stream).await.is_empty());
    assert!(w.taken.try_recv().is_err());
}

#[tokio::test]
async fn a_stream_begins_after_the_whole_earlier_answer() {
    let w = world(Limits::default()).await;
    let mut stream = w.connect().await;
    // The body ends after the answer has begun, which is when the next request is read earliest.
    say(&mut stream, "POST /big HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").await;
    stream.read_u8().await.unwrap();
    say(&mut stream, "hiGET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut heard = Vec::new();
    while !heard.ends_with(b"taken") {
        let n = timeout(PATIENCE, stream.read_buf(&mut heard)).await.expect("silence").unwrap();
        assert_ne!(n, 0, "closed early");
    }
    let at = memchr::memmem::find(&heard, b"\r\n\r\n").unwrap() + 4;
    let mut body = heard.split_off(at);
    assert_eq!(body.split_off(BIG), STREAM);
    assert!(body.iter().all(|byte| *byte == b'x'));
}

/// The end of what was answered with all of [`BIG`].
async fn is_whole(stream: &mut TcpStream) {
    let heard = rest(stream).await;
    let at = memchr::memmem::find(&heard, b"\r\n\r\n").unwrap() + 4;
    assert_eq!(heard.len() - at, BIG);
}

#[tokio::test]
async fn an_answer_is_whole_though_the_question_never_was() {
    let w = world(Limits::default()).await;
    for method in ["GET", "POST"] {
        for body in ["content-length: 5", "transfer-encoding: chunked"] {
            let mut stream = w.connect().await;
            say(&mut stream, &format!("{method} /much HTTP/1.1\r\nhost: x\r\n{body}\r\n\r\n"))
                .await;
            is_whole(&mut stream).await;
        }
    }
}

#[tokio::test]
async fn a_stop_cuts_no_answer_that_is_the_last_of_its_connection() {
    for head in [
        "GET /much HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /much HTTP/1.0\r\n\r\n",
        "GET /much HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let mut w = world(Limits::default()).await;
        let mut stream = w.connect().await;
        say(&mut stream, head).await;
        stream.readable().await.unwrap();
        drop(w.stop.take());
        // Nobody is accepted any more: it knows that it has to stop.
        let closed = async {
            while TcpStream::connect(w.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, closed).await.expect("it still listens");
        is_whole(&mut stream).await;
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_is_ended() {
    let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
    let w = world(limits).await;
    let begin = Instant::now();
    let mut silent = w.connect().await;
    let mut slow = w.connect().await;
    say(&mut slow, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let (mut reader, mut writer) = slow.split();
    let drip = async {
        let mut drops = tokio::time::interval(Duration::from_millis(20));
        loop {
            drops.tick().await;
            if writer.write_all(b"a").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut heard = Vec::new();
    tokio::select! {
        () = drip => {}
        end = timeout(PATIENCE, reader.read_to_end(&mut heard)) => drop(end.expect("never closed")),
    }
    assert!(!String::from_utf8_lossy(&heard).contains("200 OK"));
    rest(&mut silent).await;
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let w = world(Limits::default()).await;
    for head in [format!("x-large: {}\r\n", "a".repeat(20_000)), "x-many: a\r\n".repeat(70)] {
        let mut stream = w.connect().await;
        say(&mut stream, &format!("GET / HTTP/1.1\r\nhost: x\r\n{head}\r\n")).await;
        let heard = String::from_utf8(rest(&mut stream).await).unwrap();
        assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
    }
}

#[tokio::test]
async fn a_stop_answers_what_was_read_and_ends_what_is_idle() {
    let mut w = world(Limits::default()).await;
    let mut idle = w.connect().await;
    say(&mut idle, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    hear(&mut idle).await;
    let mut silent = w.connect().await;
    let mut busy = w.connect().await;
    say(&mut busy, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    w.entered.notified().await;
    drop(w.stop.take());
    assert!(rest(&mut idle).await.is_empty());
    assert!(rest(&mut silent).await.is_empty());
    assert!(!w.serving.is_finished());
    w.go.notify_one();
    let answer = hear(&mut busy).await;
    assert!(answer.ends_with("slow"), "{answer}");
    assert!(rest(&mut busy).await.is_empty());
    timeout(Duration::from_secs(3), w.serving).await.expect("late").unwrap().unwrap();
    assert!(TcpStream::connect(w.address).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let limits = Limits { wind_up: Duration::from_millis(100), ..Limits::default() };
    let mut w = world(limits).await;
    let mut busy = w.connect().await;
    say(&mut busy, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    w.entered.notified().await;
    drop(w.stop.take());
    timeout(PATIENCE, w.serving).await.expect("late").unwrap().unwrap();
}

#[tokio::test]
async fn at_the_limit_the_next_waits_and_a_taken_socket_does_not_count() {
    let w = world(Limits { max_connections: 1, ..Limits::default() }).await;
    let mut streaming = w.connect().await;
    say(&mut streaming, "GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(hear(&mut streaming).await.ends_with("taken"));
    let mut first = w.connect().await;
    say(&mut first, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    hear(&mut first).await;
    let mut next = w.connect().await;
    say(&mut next, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let early = timeout(Duration::from_millis(100), next.readable()).await;
    assert!(early.is_err(), "served above the limit");
    drop(first);
    assert!(hear(&mut next).await.contains("200 OK"));
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_that_connection_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/", get(|| async { "well" }))
        .route("/panic", get(|| async { panic!("on purpose") as &str }));
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let serving = tokio::spawn(serve(listener, router, limits, std::future::pending()));
    let mut bad = TcpStream::connect(address).await.unwrap();
    say(&mut bad, "GET /panic HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(rest(&mut bad).await.is_empty());
    let mut good = TcpStream::connect(address).await.unwrap();
    say(&mut good, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(hear(&mut good).await.ends_with("well"));
    serving.abort();
}

/// How this machine is called in its network, if it is in one.
async fn own_address() -> Option<IpAddr> {
    let socket = tokio::net::UdpSocket::bind("0.0.0.0:0").await.ok()?;
    // Nothing is sent: it is only looked up which way that would go (RFC 5737).
    socket.connect("192.0.2.1:9").await.ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[tokio::test]
async fn an_address_with_too_many_connections_is_refused_and_counted() {
    let Some(own) = own_address().await else {
        eprintln!("SKIPPED: this machine has no address but its own loop");
        return;
    };
    let limits = Limits { per_address: 2, ..Limits::default() };
    let refused = limits.refused.clone();
    let w = world_at("0.0.0.0:0", limits).await;
    let there = SocketAddr::new(own, w.address.port());
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(there).await.unwrap();
        say(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(hear(&mut stream).await.starts_with("HTTP/1.1 200"));
        kept.push(stream);
    }
    assert_eq!(refused.get(), 0);
    for n in 1..=2 {
        let mut stream = TcpStream::connect(there).await.unwrap();
        let heard = rest(&mut stream).await;
        assert!(heard.starts_with(b"HTTP/1.1 503"), "{}", String::from_utf8_lossy(&heard));
        assert_eq!(refused.get(), n);
    }
}
