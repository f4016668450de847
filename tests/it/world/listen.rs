//! A window's stream: a socket, its chunks, its events.

use std::time::Duration;

use scraper::Html;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::ask::selector;

/// Far longer than anything takes that is going to happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// One Server-Sent Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: String,
}

impl Event {
    fn is_heartbeat(&self) -> bool {
        self.data.starts_with("<input id=\"alive\"")
    }

    /// Neither a change nor a named event: it brings the panels up to date.
    pub fn is_panel(&self) -> bool {
        self.id.is_none() && self.name.is_none() && !self.is_heartbeat()
    }

    /// The bodies of the messages in it.
    pub fn said(&self) -> Vec<String> {
        let html = Html::parse_fragment(&self.data);
        let css = selector("li[data-position] > .body");
        let bodies = html.select(&css);
        bodies.map(|body| body.text().collect::<String>().trim().to_owned()).collect()
    }

    pub fn has(&self, css: &str) -> bool {
        Html::parse_fragment(&self.data).select(&selector(css)).next().is_some()
    }

    /// The text of each element that `css` selects.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let html = Html::parse_fragment(&self.data);
        html.select(&selector(css)).map(|element| element.text().collect()).collect()
    }

    /// The shown names of those who are here, in a panel frame.
    pub fn people(&self) -> Vec<String> {
        let html = Html::parse_fragment(&self.data);
        let css = selector("[hx-target='#people'] li");
        let people = html.select(&css);
        people.map(|person| person.text().collect()).collect()
    }
}

/// An open stream. Dropping it closes the window.
pub struct Listener {
    pub status: u16,
    /// The head of the answer, as it came.
    pub head: String,
    events: UnboundedReceiver<Event>,
    reading: tokio::task::JoinHandle<Vec<u8>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Listener {
    /// Asks for a stream; returns when its answer has begun.
    pub async fn open(
        address: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut lines = vec![format!("GET {path} HTTP/1.1"), format!("host: {address}")];
        lines.extend(token.map(|token| format!("cookie: sid={token}")));
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let request = lines.join("\r\n") + "\r\n\r\n";
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut raw = Vec::new();
        let head = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(end) = find(&raw, b"\r\n\r\n") {
                    return String::from_utf8(raw.drain(..end + 4).collect()).unwrap();
                }
                assert!(socket.read_buf(&mut raw).await.unwrap() > 0, "closed within the head");
            }
        });
        let head = head.await.expect("no answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let (tell, events) = unbounded_channel();
        let reading = tokio::spawn(async move {
            let (mut body, mut told) = (Vec::new(), 0);
            loop {
                take_chunks(&mut raw, &mut body);
                while let Some(end) = find(&body[told..], b"\n\n") {
                    let event = parse(std::str::from_utf8(&body[told..told + end]).unwrap());
                    told += end + 2;
                    let _ = tell.send(event);
                }
                if !matches!(socket.read_buf(&mut raw).await, Ok(1..)) {
                    return body;
                }
            }
        });
        Self { status, head, events, reading }
    }

    async fn any(&mut self) -> Option<Event> {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("nothing came")
    }

    /// The next change or named event.
    pub async fn next(&mut self) -> Event {
        loop {
            let event = self.any().await.expect("the stream ended");
            if event.id.is_some() || event.name.is_some() {
                return event;
            }
        }
    }

    /// The next event of any kind but a heartbeat.
    pub async fn frame(&mut self) -> Event {
        loop {
            let event = self.any().await.expect("the stream ended");
            if !event.is_heartbeat() {
                return event;
            }
        }
    }

    /// Waits until the panel shows these people.
    pub async fn sees(&mut self, people: &[&str]) {
        loop {
            let event = self.any().await.expect("the stream ended");
            if event.is_panel() && event.people() == people {
                return;
            }
        }
    }

    /// Waits for the end of the stream: all that came until then, panels and heartbeats left out.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.any().await {
            if event.id.is_some() || event.name.is_some() {
                events.push(event);
            }
        }
        events
    }

    /// The stream ends by the event `ended`, and nothing comes before or after that.
    pub async fn is_ended(&mut self) {
        let rest = self.rest().await;
        let names: Vec<_> = rest.iter().map(|event| event.name.as_deref()).collect();
        assert_eq!(names, [Some("ended")], "{rest:?}");
    }

    /// The bytes of the answer's body, once the stream has ended.
    pub async fn bytes(mut self) -> Vec<u8> {
        self.rest().await;
        (&mut self.reading).await.unwrap()
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Moves whole chunks' contents from `raw` to `body`.
fn take_chunks(raw: &mut Vec<u8>, body: &mut Vec<u8>) {
    while let Some(end) = find(raw, b"\r\n") {
        let size = std::str::from_utf8(&raw[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        if raw.len() < end + 2 + size + 2 {
            return;
        }
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        assert_eq!(&raw[end + 2 + size..end + 4 + size], b"\r\n", "the end of a chunk");
        raw.drain(..end + 4 + size);
    }
}

fn parse(text: &str) -> Event {
    let mut event = Event::default();
    let mut data = Vec::new();
    for line in text.split('\n') {
        match line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")) {
            ("id", id) => event.id = Some(id.into()),
            ("event", name) => event.name = Some(name.into()),
            ("data", line) => data.push(line),
            odd => panic!("an odd line on the wire: {odd:?}"),
        }
    }
    event.data = data.join("\n");
    event
}
