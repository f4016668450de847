//! chromedriver: one for the whole binary, and the sessions that it is asked for.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// The driver lives as long as this process holds its shell's input open, however it ends; and
/// its output ends when it does.
const SHELL: &str = "
    export TMPDIR=$(mktemp -d)
    chromedriver --port=0 & driver=$!
    exec >/dev/null
    cat
    kill $driver
    wait
    rm -rf \"$TMPDIR\"";

struct Driver {
    address: String,
    _shell: Child,
}

fn driver() -> &'static str {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    &DRIVER
        .get_or_init(|| {
            let mut shell = Command::new("sh")
                .args(["-c", SHELL])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
            let started = "started successfully on port ";
            let port = lines.find_map(|line| {
                let line = line.ok()?;
                let port = line.split_once(started)?.1;
                Some(port.trim_end_matches('.').to_owned())
            });
            let port = port.expect(
                "chromedriver does not start. Install chromium and chromedriver (Debian: chromium \
                 chromium-driver), or set BACKCHANNEL_NO_BROWSER to skip these tests",
            );
            // It says more as time goes by, and must not be stopped by a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            Driver { address: format!("http://127.0.0.1:{port}"), _shell: shell }
        })
        .address
}

/// Opens a browser that keeps its profile in `profile`.
pub async fn open(profile: &Path) -> Client {
    open_with(profile, json!({}), "normal").await
}

/// The same with scripts off. Nothing waits for documents: one of ours has no end.
pub async fn open_without_scripts(profile: &Path) -> Client {
    open_with(profile, json!({ SCRIPTS: 2 }), "none").await
}

const SCRIPTS: &str = "profile.managed_default_content_settings.javascript";

async fn open_with(profile: &Path, prefs: Value, strategy: &str) -> Client {
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // It is small where tests run in containers.
        "--disable-dev-shm-usage",
        // Room for a popup as high as it asks to be.
        "--screen-info={1600x1200}",
        // The name in the configurations that we tell people to use.
        "--host-resolver-rules=MAP chat.example.org 127.0.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let capabilities = json!({
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": prefs,
            // The driver would allow every popup; people's browsers do not.
            "excludeSwitches": ["disable-popup-blocking"],
        },
        "goog:loggingPrefs": { "browser": "ALL" },
        "unhandledPromptBehavior": "ignore",
        "pageLoadStrategy": strategy,
        // Nobody vouches for the certificates of a test.
        "acceptInsecureCerts": true,
    });
    let Value::Object(capabilities) = capabilities else { unreachable!() };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(Capabilities::from_iter(capabilities));
    let browser = builder.connect(driver()).await.expect("chromedriver starts no chromium");
    // Not by a flag: that would size the popups too.
    browser.set_window_rect(0, 0, 1200, 900).await.unwrap();
    browser
}

/// A command of chromedriver's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Asks the browser itself, in the words of its debugging protocol.
pub async fn devtools(client: &Client, method: &str, parameters: Value) -> Value {
    let body = json!({ "cmd": method, "params": parameters });
    client.issue_cmd(Own { path: "goog/cdp/execute", body }).await.unwrap()
}

/// Answers for the person what the browser would ask them: `granted` or `denied`.
pub async fn set_permission(client: &Client, name: &str, state: &str) {
    let body = json!({ "descriptor": { "name": name }, "state": state });
    client.issue_cmd(Own { path: "permissions", body }).await.unwrap();
}

/// What the browser had to say since it was last asked: console, network and policy.
pub async fn console(client: &Client) -> Vec<String> {
    let entries =
        client.issue_cmd(Own { path: "se/log", body: json!({ "type": "browser" }) }).await;
    let entries = entries.unwrap();
    let entries = entries.as_array().into_iter().flatten();
    entries
        .map(|entry| {
            let told = |field| entry[field].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {}", told("level"), told("source"), told("message"))
        })
        .collect()
}
