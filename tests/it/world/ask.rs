//! One question over HTTP and its answer.

use std::collections::HashMap;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use scraper::{ElementRef, Html, Selector};

/// Keeps connections, as a browser does.
pub type Client = legacy::Client<HttpConnector, Full<Bytes>>;

pub fn client() -> Client {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// A question that is not sent yet.
pub struct Ask {
    method: Method,
    path: String,
    who: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub fn get(path: &str) -> Ask {
    Ask::new(Method::GET, path)
}

pub fn post(path: &str) -> Ask {
    Ask::new(Method::POST, path)
}

pub fn delete(path: &str) -> Ask {
    Ask::new(Method::DELETE, path)
}

impl Ask {
    pub fn new(method: Method, path: &str) -> Self {
        let (path, who) = (path.into(), super::NOBODY.into());
        Self { method, path, who, headers: Vec::new(), body: Vec::new() }
    }

    /// Asked by somebody who is signed in.
    pub fn by(mut self, who: &str) -> Self {
        self.who = who.into();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// As a browser that shows the answer as a page.
    pub fn browser(self) -> Self {
        self.header("accept", "text/html,application/xhtml+xml;q=0.9")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
    }

    /// As htmx in a page of ours.
    pub fn htmx(self) -> Self {
        self.header("accept", "text/html")
            .header("hx-request", "true")
            .header("sec-fetch-site", "same-origin")
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(fields);
        self.body("application/x-www-form-urlencoded", pairs.finish().as_bytes())
    }

    pub fn body(mut self, kind: &str, bytes: &[u8]) -> Self {
        self.body = bytes.into();
        self.header("content-type", kind)
    }

    pub async fn send(
        self,
        client: &Client,
        address: &str,
        tokens: &HashMap<String, String>,
    ) -> Answer {
        let mut request =
            Request::builder().method(self.method).uri(format!("http://{address}{}", self.path));
        if self.who != super::NOBODY {
            let token = tokens.get(&self.who).unwrap_or_else(|| panic!("who is {}?", self.who));
            request = request.header("cookie", format!("sid={token}"));
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body))).unwrap();
        let answer = client.request(request).await.unwrap();
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, body, bytes }
    }
}

/// A server's front door, for a server that is no world's.
pub struct Door {
    client: Client,
    address: String,
}

impl Door {
    pub fn at(address: &str) -> Self {
        Self { client: client(), address: address.into() }
    }

    /// Logs in; the session's token.
    pub async fn log_in(&self, name: &str, password: &str) -> String {
        let ask = post("/login").form(&[("name", name), ("password", password)]);
        let answer = ask.send(&self.client, &self.address, &HashMap::new()).await;
        answer.cookie("sid").expect("a session")
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        let ask = get(path).header("cookie", &format!("sid={token}"));
        ask.send(&self.client, &self.address, &HashMap::new()).await
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Bytes,
}

impl Answer {
    /// A header's value, "" without it.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> String {
        self.header("location").to_owned()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        let mut lines = lines;
        let set = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        set.split(';').next().filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// The text of each element that `css` selects, with single spaces.
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.html().select(&selector(css)).map(text).collect()
    }

    /// The text of the one element that `css` selects.
    pub fn text(&self, css: &str) -> String {
        let texts = self.texts(css);
        assert_eq!(texts.len(), 1, "{css} in {}", self.body);
        texts[0].clone()
    }

    /// Does `css` select anything?
    pub fn has(&self, css: &str) -> bool {
        self.html().select(&selector(css)).next().is_some()
    }

    /// An attribute of each element that `css` selects and that has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let (html, css) = (self.html(), selector(css));
        let found = html.select(&css).filter_map(|element| element.attr(name));
        found.map(str::to_owned).collect()
    }

    /// The `value` of the one element that `css` selects.
    pub fn value(&self, css: &str) -> String {
        let values = self.attributes(css, "value");
        assert_eq!(values.len(), 1, "{css} in {}", self.body);
        values[0].clone()
    }

    /// The source of the one element that `css` selects.
    pub fn source(&self, css: &str) -> String {
        let html = self.html();
        let found: Vec<_> = html.select(&selector(css)).map(|element| element.html()).collect();
        assert_eq!(found.len(), 1, "{css} in {}", self.body);
        found[0].clone()
    }

    /// The id of the one message that the answer holds.
    pub fn mid(&self) -> i64 {
        let mids = self.mids();
        assert_eq!(mids.len(), 1, "{}", self.body);
        mids[0]
    }

    /// The ids of the messages in it, in order.
    pub fn mids(&self) -> Vec<i64> {
        let ids = self.attributes("li[data-position]", "id");
        ids.iter().map(|id| id.strip_prefix('m').unwrap().parse().unwrap()).collect()
    }

    /// The bodies of the messages in it, in order.
    pub fn said(&self) -> Vec<String> {
        self.texts("li[data-position] > .body")
    }

    /// The cursor up to which a window or a poll was filled.
    pub fn cursor(&self) -> String {
        self.value("input#last")
    }
}

pub fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}

fn text(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
