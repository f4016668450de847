//! Somebody at a browser: types, clicks, looks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::driver;
use super::stage::{PATIENCE, screens, until};
use crate::process::PASSWORD;

/// Keys, as `WebDriver` spells them.
pub const ENTER: &str = "\u{e007}";
pub const SHIFT_ENTER: &str = "\u{e008}\u{e007}\u{e008}";
pub const TAB: &str = "\u{e004}";

/// The bodies of the log's messages, in its order.
const LOG: &str = "[...document.querySelectorAll('#log > li .body')].map(body => body.innerText)";

/// Somebody at a browser.
pub struct Person {
    pub name: &'static str,
    pub browser: Client,
    origin: String,
    room: i64,
    _profile: TempDir,
    expected: Mutex<Vec<&'static str>>,
    heard: Mutex<Vec<String>>,
}

impl Person {
    /// Opens a browser. `origin` is where the wiki is, for this person.
    pub async fn arrive(name: &'static str, origin: String, room: i64) -> Self {
        let profile = TempDir::new().unwrap();
        let browser = driver::open(profile.path()).await;
        Self::at(browser, profile, name, origin, room)
    }

    /// Somebody at a browser that is open.
    pub fn at(
        browser: Client,
        profile: TempDir,
        name: &'static str,
        origin: String,
        room: i64,
    ) -> Self {
        Self {
            name,
            browser,
            origin,
            room,
            _profile: profile,
            expected: Mutex::default(),
            heard: Mutex::default(),
        }
    }

    // ---- goes

    /// Goes to a path of the wiki, or to a whole address.
    pub async fn go(&self, to: &str) {
        let address =
            if to.starts_with('/') { format!("{}{to}", self.origin) } else { to.to_owned() };
        self.browser.goto(&address).await.unwrap();
    }

    /// Logs in, as people do, and goes on to `next`.
    pub async fn log_in(&self, next: &str) {
        self.go(&format!("/login?next={next}")).await;
        self.fill_in_login().await;
        self.until("to be logged in", &format!("location.pathname === {}", json!(next))).await;
    }

    /// Fills in the log-in form that is shown, and sends it.
    pub async fn fill_in_login(&self) {
        self.type_into("input[name=name]", self.name).await;
        self.type_into("input[name=password]", &format!("{PASSWORD}{ENTER}")).await;
    }

    /// Opens the room in this window.
    pub async fn enter(&self) {
        self.go(&format!("/rooms/{}", self.room)).await;
    }

    /// Clicks; a new window opens; this person looks at it from now on.
    pub async fn open_window_by(&self, css: &str) -> WindowHandle {
        let before = self.browser.windows().await.unwrap();
        self.click(css).await;
        until("a window to open", async || {
            self.browser.windows().await.unwrap().len() > before.len()
        })
        .await;
        let windows = self.browser.windows().await.unwrap();
        let new = windows.into_iter().find(|window| !before.contains(window)).unwrap();
        self.look_at(&new).await;
        self.until("the new window to load", "document.readyState === 'complete'").await;
        new
    }

    /// Opens one more window, still empty, and turns to it.
    pub async fn open_window(&self) -> WindowHandle {
        let new = self.browser.new_window(true).await.unwrap().handle;
        self.look_at(&new).await;
        new
    }

    /// Turns to another window.
    pub async fn look_at(&self, window: &WindowHandle) {
        // What the window that is left has said is not lost with it.
        self.listen().await;
        self.browser.switch_to_window(window.clone()).await.unwrap();
    }

    /// Closes the window and turns to another.
    pub async fn close_window(&self, next: &WindowHandle) {
        self.listen().await;
        self.browser.close_window().await.unwrap();
        self.browser.switch_to_window(next.clone()).await.unwrap();
    }

    // ---- does

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Brings the mouse over something: some controls show only then.
    pub async fn point_at(&self, css: &str) {
        let element = self.find(css).await;
        let there = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mouse = MouseActions::new("mouse".to_owned()).then(there);
        self.browser.perform_actions(mouse).await.unwrap();
    }

    pub async fn type_into(&self, css: &str, keys: &str) {
        self.find(css).await.send_keys(keys).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        self.browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Writes into the box, without sending it.
    pub async fn write(&self, text: &str) {
        self.type_into("#box", text).await;
    }

    /// Writes a message, sends it with Enter, and sees it in the log.
    pub async fn say(&self, text: &str) {
        self.say_as(text, text).await;
    }

    /// The same, of a message with markup: what is seen is not what was written.
    pub async fn say_as(&self, source: &str, seen: &str) {
        self.write(&source.replace('\n', SHIFT_ENTER)).await;
        self.write(ENTER).await;
        self.sees(seen).await;
    }

    async fn find(&self, css: &str) -> fantoccini::elements::Element {
        let found = self.browser.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{} finds no {css}: {error}", self.name))
    }

    // ---- looks

    /// The value of an expression in the page.
    pub async fn js(&self, expression: &str) -> Value {
        let script = format!("return ({expression})");
        let value = self.browser.execute(&script, vec![]).await;
        value.unwrap_or_else(|error| panic!("{}: {expression}: {error}", self.name))
    }

    /// The value of an expression that is a text.
    pub async fn text(&self, expression: &str) -> String {
        self.js(expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Is it so right now?
    pub async fn is(&self, expression: &str) -> bool {
        self.js(&format!("Boolean({expression})")).await == json!(true)
    }

    /// Waits until an expression is true. While a page loads there may be nobody to ask.
    pub async fn until(&self, what: &str, expression: &str) {
        let script = format!("return Boolean({expression})");
        until(&format!("{}: {what}", self.name), async || {
            self.browser.execute(&script, vec![]).await.is_ok_and(|yes| yes == json!(true))
        })
        .await;
    }

    /// Waits for a message in the log.
    pub async fn sees(&self, text: &str) {
        let text = json!(text);
        self.until(&format!("to see {text}"), &format!("{LOG}.includes({text})")).await;
    }

    /// The log's messages, in order.
    pub async fn log(&self) -> Vec<String> {
        let log = self.js(LOG).await;
        log.as_array().unwrap().iter().map(|body| body.as_str().unwrap().to_owned()).collect()
    }

    /// What stands in the box.
    pub async fn draft(&self) -> String {
        self.text("document.getElementById('box').value").await
    }

    /// Waits until the room's stream is there: the panel's first frame came by it.
    pub async fn is_listening(&self) {
        let display = json!(self.display());
        let here = format!("document.getElementById('people').innerText.includes({display})");
        self.until("to be listed as here", &here).await;
    }

    /// The name that others see.
    pub fn display(&self) -> &'static str {
        match self.name {
            "alice" => "Alice Moreau",
            "bob" => "Bob Tanaka",
            "carol" => "Carol Lindqvist",
            "dora" => "Dora Dee",
            other => other,
        }
    }

    // ---- shows

    /// A picture for people to look at.
    pub async fn screenshot(&self, name: &str) {
        let png = self.browser.screenshot().await.unwrap();
        std::fs::write(screens().join(format!("{name}.png")), png).unwrap();
    }

    /// A window of another size: what fits, fits; narrower than a window can be is asked for
    /// from the page itself.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        driver::devtools(&self.browser, "Emulation.setDeviceMetricsOverride", size).await;
    }

    /// As if the system were set to dark, or to light.
    pub async fn prefers(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        driver::devtools(&self.browser, "Emulation.setEmulatedMedia", media).await;
    }

    // ---- complains

    /// What the browser may complain about in this test, by a part of the line.
    pub fn may_hear(&self, part: &'static str) {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    /// The way to the server is spoiled in this test: that is told, and no fault.
    pub fn may_lose_the_server(&self) {
        for part in ["net::ERR_", "htmx:sse:error", "htmx:error"] {
            self.may_hear(part);
        }
    }

    /// Everything that the browser has said so far.
    pub async fn hears(&self) -> Vec<String> {
        self.listen().await;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn listen(&self) {
        let lines = driver::console(&self.browser).await;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    }

    /// Closes the browser; what it complained about.
    pub async fn leave(&self) -> Vec<String> {
        let heard = tokio::time::timeout(Duration::from_secs(10), async {
            let heard = self.hears().await;
            let _ = self.browser.clone().close().await;
            heard
        });
        let heard = heard.await.unwrap_or_default();
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        heard
            .into_iter()
            .filter(|line| line.starts_with("SEVERE") || line.contains("Content Security Policy"))
            .filter(|line| !expected.iter().any(|part| line.contains(part)))
            .map(|line| format!("{}: {line}", self.name))
            .collect()
    }

    /// Leaves something to look at.
    pub async fn tell_of_failure(&self) {
        let look = tokio::time::timeout(Duration::from_secs(10), async {
            let text = self.browser.execute("return document.body.innerText", vec![]).await;
            let address = self.browser.current_url().await;
            let text = text.ok().and_then(|text| text.as_str().map(str::to_owned));
            let lines: Vec<String> = text.unwrap_or_default().lines().map(str::to_owned).collect();
            let lines = &lines[lines.len().saturating_sub(25)..];
            eprintln!("{} was at {address:?} and saw last: {lines:?}", self.name);
            let thread = std::thread::current();
            let test_name = thread.name().unwrap_or_default().replace("::", "-");
            if let Ok(png) = self.browser.screenshot().await {
                let file = screens().join(format!("failed-{test_name}-{}.png", self.name));
                std::fs::write(&file, png).unwrap();
                eprintln!("see {}", file.display());
            }
        });
        let _ = look.await;
    }
}
