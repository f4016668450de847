//! A tiny HTTP client: one cookie, forms, and streams of events.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Somebody who asks over HTTP. Clones share the connections, not the cookie.
#[derive(Clone)]
pub struct Visitor {
    address: SocketAddr,
    cookie: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What was answered.
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub body: String,
}

impl Visitor {
    pub fn new(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { address, cookie: None, client }
    }

    pub async fn log_in(&mut self, name: &str, password: &str) {
        let fields = [("name", name), ("password", password)];
        let response = self.send(Method::POST, "/login", &fields).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{name} could not log in");
        let mut cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let session = cookies.find_map(|set| set.to_str().ok().filter(|set| is_session(set)));
        self.cookie = session.unwrap().split(';').next().map(str::to_owned);
    }

    /// The same browser, which now finds the server elsewhere.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::new(address) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await.unwrap()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask(Method::POST, path, fields).await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, &[]).await.unwrap()
    }

    /// Posts a message, which has to succeed; its mid.
    pub async fn say(&self, room: i64, body: &str) -> i64 {
        let answer = self.post(&format!("/rooms/{room}/messages"), &[("body", body)]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        mids(&answer.body)[0]
    }

    /// Everything of an answer, or why there is none: the server may be gone.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let response = self.send(method, path, fields).await?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION);
        let location = location.map(|at| at.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        let body = String::from_utf8(body.to_bytes().to_vec()).unwrap();
        Ok(Answer { status, location, body })
    }

    /// Opens a stream.
    pub async fn listen(&self, path: &str) -> Result<Stream, String> {
        let response = self.send(Method::GET, path, &[]).await?;
        if response.status() != StatusCode::OK {
            return Err(response.status().to_string());
        }
        Ok(Stream { body: response.into_body(), buffer: Vec::new() })
    }

    /// The head of a request for a path, as it goes over the wire; `more` are whole lines.
    pub fn head(&self, method: &str, path: &str, more: &str) -> String {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let host = self.address;
        format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n{more}\r\n")
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends bytes of a type; what was answered.
    pub async fn send_bytes(&self, path: &str, kind: &str, bytes: Vec<u8>) -> String {
        let answer = self.send_body(Method::POST, path, kind, bytes.into()).await.unwrap();
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
    }

    /// An answer whose body nobody has read yet.
    pub async fn begin(&self, path: &str) -> Response<Incoming> {
        self.send(Method::GET, path, &[]).await.unwrap()
    }

    /// The bytes at a path.
    pub async fn bytes(&self, path: &str) -> Bytes {
        self.begin(path).await.into_body().collect().await.unwrap().to_bytes()
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Response<Incoming>, String> {
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = if form.is_empty() { "" } else { "application/x-www-form-urlencoded" };
        self.send_body(method, path, kind, form.into()).await
    }

    async fn send_body(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, String> {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Full::from(body)).unwrap();
        self.client.request(request).await.map_err(|error| error.to_string())
    }
}

/// By its name, which is another one where a wiki is for https.
fn is_session(set_cookie: &str) -> bool {
    set_cookie.starts_with("sid=") || set_cookie.starts_with("__Host-sid=")
}

/// The mids of the messages in a piece of HTML, in its order.
pub fn mids(html: &str) -> Vec<i64> {
    html.split("<li id=\"m")
        .skip(1)
        .map(|item| item.split('"').next().unwrap().parse().unwrap())
        .collect()
}

/// An open stream of events.
pub struct Stream {
    body: Incoming,
    buffer: Vec<u8>,
}

/// One Server-Sent Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    pub name: String,
    pub data: String,
}

impl Stream {
    /// The next whole event; `None` when the stream has ended, in whatever way.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Some(event_of(std::str::from_utf8(&event).unwrap()));
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(bytes) = frame.into_data() {
                self.buffer.extend_from_slice(&bytes);
            }
        }
    }
}

/// An event, out of its lines.
pub fn event_of(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")) {
            ("id", id) => event.id = Some(id.into()),
            ("event", name) => event.name = name.into(),
            ("data", data) => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(data);
            }
            _ => {}
        }
    }
    event
}
