//! A certified provider of OpenID Connect (npm's oidc-provider), and somebody who logs in there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request};
use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use crate::world::client;

/// Where `make test` has installed it.
const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/openid");
const SCRIPT: &str = include_str!("../../openid/provider.mjs");

/// Is it here? Says so where it is left out on purpose.
pub fn is_skipped() -> bool {
    let skipped = std::env::var_os("BACKCHANNEL_NO_PROVIDER").is_some();
    if skipped {
        let test = std::thread::current();
        let name = test.name().unwrap_or_default();
        // Past the test runner, which shows what is printed by a test that failed only.
        let _ = writeln!(std::io::stderr(), "SKIPPED without oidc-provider: {name}");
    }
    skipped
}

/// The provider, for as long as it is held.
pub struct Provider {
    pub issuer: String,
    running: Child,
    people: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Provider {
    pub fn start() -> Self {
        // Of several tests at once each writes the same.
        let script = Path::new(PLACE).join(format!("provider-{:x}.mjs", rand::random::<u64>()));
        let hint = "node or oidc-provider is not here: `make provider` installs them; or set \
                    BACKCHANNEL_NO_PROVIDER to skip these tests";
        std::fs::write(&script, SCRIPT).expect(hint);
        let mut running = Command::new("node")
            .arg(&script)
            .env("NODE_ENV", "test")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect(hint);
        let people = running.stdin.take().unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap());
        let ready = next_line(&mut lines, "ready ");
        std::fs::remove_file(script).unwrap();
        Self { issuer: ready.expect(hint), running, people, lines }
    }

    /// Says what is known of somebody from now on.
    pub fn knows(&mut self, who: &str, claims: &Value) {
        writeln!(self.people, "{}", serde_json::json!({ who: claims })).unwrap();
        next_line(&mut self.lines, "heard").unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn next_line(lines: &mut impl BufRead, begin: &str) -> Option<String> {
    lines.lines().map_while(Result::ok).find_map(|line| line.strip_prefix(begin).map(str::to_owned))
}

/// What somebody does at the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Does {
    LogsIn,
    GivesUp,
}

/// Somebody's browser goes to the provider, and to where that sends it in the end.
pub async fn go(way: &str, who: &str, does: Does) -> Url {
    let mut jar = BTreeMap::new();
    let mut at = Url::parse(way).unwrap();
    let mut form = None;
    for _ in 0..20 {
        let (headers, page) = ask(&at, &jar, form.take()).await;
        for line in headers.get_all("set-cookie") {
            let (name, value) = line.to_str().unwrap().split_once('=').unwrap();
            jar.insert(name.to_owned(), value.split(';').next().unwrap().to_owned());
        }
        if let Some(to) = headers.get("location") {
            at = at.join(to.to_str().unwrap()).unwrap();
            if at.host_str() != Some("127.0.0.1") {
                return at;
            }
            continue;
        }
        let html = Html::parse_document(&page);
        let one = |css: &str| html.select(&Selector::parse(css).unwrap()).next();
        if does == Does::GivesUp {
            let link = one("a[href$='/abort']").unwrap_or_else(|| panic!("no way out: {page}"));
            at = at.join(link.attr("href").unwrap()).unwrap();
            continue;
        }
        let filled = one("form").unwrap_or_else(|| panic!("at {at}: {page}"));
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        for input in filled.select(&Selector::parse("input[name]").unwrap()) {
            let value = match input.attr("name").unwrap() {
                "login" => who,
                "password" => "any",
                _ => input.attr("value").unwrap_or_default(),
            };
            fields.append_pair(input.attr("name").unwrap(), value);
        }
        at = at.join(filled.attr("action").unwrap()).unwrap();
        form = Some(fields.finish());
    }
    panic!("it leads nowhere: {at}");
}

async fn ask(
    at: &Url,
    jar: &BTreeMap<String, String>,
    form: Option<String>,
) -> (HeaderMap, String) {
    let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::builder()
        .method(if form.is_some() { "POST" } else { "GET" })
        .uri(at.as_str())
        .header("accept", "text/html")
        .header("cookie", cookies.join("; "))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form.unwrap_or_default())))
        .unwrap();
    let answer = client().request(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.headers, String::from_utf8_lossy(&body).into_owned())
}
