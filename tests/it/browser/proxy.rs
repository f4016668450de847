//! A way to the server that can be spoiled: cut, swallowed, or deaf to streams.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the way does to what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Lets it pass.
    Open,
    /// Ends every connection, and takes no new one.
    Cut,
    /// Lets half of the server's next piece pass, then ends the connection.
    CutInTheMiddle,
    /// Keeps connections, delivers nothing: nobody learns that anything is wrong.
    Swallow,
    /// Delivers everything but the answers to requests for streams.
    NoStreams,
    /// Delivers what the browser says, and nothing of what the server says.
    NoAnswers,
    /// Answers every form with an error of its own.
    FailForms,
}

/// A proxy on a port of its own.
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    impatient: Arc<AtomicBool>,
    passed: Arc<Mutex<Passed>>,
}

/// What has passed since somebody last asked.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// The first line of each request.
    pub asked: Vec<String>,
    /// Bytes of all answers, heads and streams and all.
    pub n_bytes: usize,
}

impl Proxy {
    /// Stands before `server`; ends with the runtime.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        let impatient = Arc::new(AtomicBool::new(false));
        let hurry = Arc::clone(&impatient);
        let passed = Arc::new(Mutex::new(Passed::default()));
        let counts = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                if *watched.borrow() != Way::Cut {
                    let (hurry, counts) = (Arc::clone(&hurry), Arc::clone(&counts));
                    tokio::spawn(carry(browser, server, watched.clone(), hurry, counts));
                }
            }
        });
        Self { address, way, impatient, passed }
    }

    /// What has passed since the last time.
    pub fn passed(&self) -> Passed {
        std::mem::take(&mut *self.passed.lock().unwrap())
    }

    /// How a browser names it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Windows that load from now on doubt a silent stream after 12 s (a heartbeat is due every
    /// 10 s), so that a test need not wait for 25.
    pub fn be_impatient(&self) {
        self.impatient.store(true, Ordering::Relaxed);
    }

    /// From now on.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

const FAILED: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

async fn carry(
    browser: TcpStream,
    server: SocketAddr,
    mut way: watch::Receiver<Way>,
    hurry: Arc<AtomicBool>,
    passed: Arc<Mutex<Passed>>,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_browser, to_browser) = browser.into_split();
    let (from_server, to_server) = server.into_split();
    let (asks, asked) = watch::channel(Asked::Anything);
    let up = up(from_browser, to_server, way.clone(), asks, &passed);
    let down = down(from_server, to_browser, way.clone(), asked, hurry, &passed);
    tokio::select! {
        // Either end of a connection is the end of both.
        () = up => {}
        () = down => {}
        _ = way.wait_for(|way| *way == Way::Cut) => {}
    }
}

/// What the browser asked for last on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Anything,
    Stream,
    Failure,
}

/// Browsers send one request after the other: each begins a piece.
async fn up(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: watch::Receiver<Way>,
    asks: watch::Sender<Asked>,
    passed: &Mutex<Passed>,
) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(n) = from.read(&mut piece).await {
        let piece = &piece[..n];
        let line = piece.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        if line.ends_with(" HTTP/1.1") {
            passed.lock().unwrap().asked.push(line.to_string());
        }
        let now = *way.borrow();
        match now {
            _ if n == 0 => break,
            Way::Swallow => continue,
            Way::FailForms if line.starts_with("POST ") => {
                asks.send_replace(Asked::Failure);
                continue;
            }
            _ if line.starts_with("GET ") && line.contains("/stream?") => {
                asks.send_replace(Asked::Stream);
            }
            _ => {}
        }
        if to.write_all(piece).await.is_err() {
            break;
        }
    }
}

async fn down(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    way: watch::Receiver<Way>,
    mut asked: watch::Receiver<Asked>,
    hurry: Arc<AtomicBool>,
    passed: &Mutex<Passed>,
) {
    let mut piece = vec![0; 64 * 1024];
    // A connection that has lost something is dead, also when the way is cured.
    let mut dead = false;
    loop {
        let n = tokio::select! {
            n = from.read(&mut piece) => n.unwrap_or(0),
            true = async { asked.wait_for(|asked| *asked == Asked::Failure).await.is_ok() } => {
                let _ = to.write_all(FAILED).await;
                return;
            }
        };
        let piece = &mut piece[..n];
        if hurry.load(Ordering::Relaxed) {
            let patience = b"delay:25s";
            for at in 0..n.saturating_sub(patience.len()) {
                if piece[at..].starts_with(patience) {
                    piece[at..at + patience.len()].copy_from_slice(b"delay:12s");
                }
            }
        }
        let now = *way.borrow();
        dead |= matches!(now, Way::Swallow | Way::NoAnswers)
            || now == Way::NoStreams && *asked.borrow() == Asked::Stream;
        if n == 0 {
            return;
        }
        if now == Way::CutInTheMiddle {
            let _ = to.write_all(&piece[..n / 2]).await;
            return;
        }
        passed.lock().unwrap().n_bytes += n;
        if !dead && to.write_all(piece).await.is_err() {
            return;
        }
    }
}
