//! The second step at log-in: what the password alone opens, what a code is worth, and how one gets
//! rid of the step again.

use totp_rs::{Builder, Secret, Totp};

use crate::process::Server;
use crate::world::{Answer, NOBODY, PASSWORD, World, get, post};
use backchannel::mandate::Mandate;
use backchannel::roster;

/// An app that was told the key of a page.
pub struct App(Totp);

impl App {
    pub fn told(key: &str) -> Self {
        let key: String = key.split_whitespace().collect();
        let secret = Secret::try_from_base32(key).unwrap();
        Self(Builder::new().with_secret(secret).with_account_name("a").build().unwrap())
    }

    pub fn code_at(&self, second: i64) -> String {
        self.0.generate(second.try_into().unwrap()).to_string()
    }

    /// What it shows now.
    fn code(&self, w: &World) -> String {
        self.code_at(w.app.clock.now().as_second())
    }
}

async fn begin(w: &World, who: &str) -> App {
    let begun = w.form(who, "/settings/code/begin", &[("current", PASSWORD)]).await;
    assert!(begun.status == 200 && begun.has("svg.qr[role=img] > path + path"), "{}", begun.body);
    App::told(&begun.text("code.key"))
}

async fn confirm(w: &World, who: &str, code: &str) -> Answer {
    w.form(who, "/settings/code/confirm", &[("code", code)]).await
}

/// Turns it on; the app, and the recovery codes.
async fn set_up(w: &World, who: &str) -> (App, Vec<String>) {
    let app = begin(w, who).await;
    let on = confirm(w, who, &app.code(w)).await;
    assert_eq!(on.status, 200, "{}", on.body);
    // The code by which it was turned on is worth nothing any more.
    w.pass_seconds(30);
    (app, on.texts("ol.codes code"))
}

/// Shows the password; the token of the browser that owes the code.
async fn half_way(w: &World, who: &str) -> String {
    let answer = w.form(NOBODY, "/login", &[("name", who), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/login/code?next=%2F".into()));
    assert_eq!(answer.cookie("sid"), None);
    answer.cookie("step").unwrap()
}

async fn by_password(w: &World, who: &str) -> Answer {
    w.form(NOBODY, "/login", &[("name", who), ("password", PASSWORD)]).await
}

async fn show(w: &World, step: &str, code: &str) -> Answer {
    let form = [("code", code), ("next", "/settings")];
    w.ask(post("/login/code").browser().form(&form).header("cookie", &format!("step={step}"))).await
}

async fn is_in(w: &World, session: &str) -> bool {
    let home = get("/").browser().header("cookie", &format!("sid={session}"));
    w.ask(home).await.status == 200
}

#[tokio::test]
async fn the_password_alone_opens_nothing() {
    let w = World::new().await;
    let (app, _) = set_up(&w, "bob").await;
    let wrong = w.form(NOBODY, "/login", &[("name", "bob"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, wrong.cookie("step")), (401, None));
    let step = half_way(&w, "bob").await;
    assert!(!is_in(&w, &step).await);
    let page = get("/login/code?next=%2Fsettings").browser();
    let page = w.ask(page.header("cookie", &format!("step={step}"))).await;
    assert_eq!(page.value("form.fields input[name=next]"), "/settings");
    for wrong in ["000000", "", "12345", "1234567", "aaaa-aaaa-aaaa-aaaa", "' or 1=1 --"] {
        let answer = show(&w, &step, wrong).await;
        assert_eq!((answer.status, answer.cookie("sid")), (401, None), "{wrong}");
        assert_eq!(answer.text("[role=alert]"), "That code is not right, or was used already.");
    }
    let right = show(&w, &step, &format!(" {} ", app.code(&w))).await;
    assert_eq!((right.status, right.location().as_str()), (303, "/settings"));
    let session = right.cookie("sid").unwrap();
    assert!(is_in(&w, &session).await && right.cookie("device").is_some());
    // The browser owes nothing any more, and whoever has its token, nothing either.
    w.pass_seconds(30);
    for step in [step.as_str(), "", "0"] {
        let again = show(&w, step, &app.code(&w)).await;
        assert_eq!((again.status, again.location()), (303, "/login?next=%2Fsettings".into()));
        let page = get("/login/code").browser().header("cookie", &format!("step={step}"));
        assert!(w.ask(page).await.location().starts_with("/login?"));
    }
    // Others are asked for nothing.
    let carol = w.form(NOBODY, "/login", &[("name", "carol"), ("password", PASSWORD)]).await;
    assert_eq!((carol.status, carol.location().as_str()), (303, "/"));
}

#[tokio::test]
async fn no_code_is_taken_twice() {
    let w = World::new().await;
    let app = begin(&w, "bob").await;
    let first = app.code(&w);
    assert_eq!(confirm(&w, "bob", &first).await.status, 200);
    assert_eq!(show(&w, &half_way(&w, "bob").await, &first).await.status, 401);
    w.pass_seconds(60);
    let (one, other) = (half_way(&w, "bob").await, half_way(&w, "bob").await);
    let now = w.app.clock.now().as_second();
    let (this, next) = (app.code_at(now), app.code_at(now + 30));
    assert_eq!(show(&w, &one, &next).await.status, 303);
    // Neither it nor an older one.
    for seen in [&next, &this] {
        assert_eq!(show(&w, &other, seen).await.status, 401);
    }
    w.pass_seconds(60);
    assert_eq!(show(&w, &other, &app.code(&w)).await.status, 303);
    // One that is long gone, and one that is far ahead.
    w.pass_seconds(300);
    let step = half_way(&w, "bob").await;
    let now = w.app.clock.now().as_second();
    for off in [-90, -60, 60, 90] {
        assert_eq!(show(&w, &step, &app.code_at(now + off)).await.status, 401, "{off}");
    }
    assert_eq!(show(&w, &step, &app.code_at(now - 30)).await.status, 303);
}

#[tokio::test]
async fn a_recovery_code_lets_in_once() {
    let w = World::new().await;
    let (app, codes) = set_up(&w, "bob").await;
    assert_eq!(codes.len(), 10);
    let (first, second) = (&codes[0], codes[1].replace('-', "").to_uppercase());
    assert_eq!(show(&w, &half_way(&w, "bob").await, first).await.status, 303);
    assert_eq!(show(&w, &half_way(&w, "bob").await, first).await.status, 401);
    assert_eq!(show(&w, &half_way(&w, "bob").await, &second).await.status, 303);
    let page = w.visit("bob", "/settings/code").await;
    assert!(page.body.contains("8 recovery codes are left."), "{}", page.body);
    assert!(!page.body.contains(&codes[2]));
    // They are another's in nobody's hands, and nowhere in the file.
    set_up(&w, "carol").await;
    assert_eq!(show(&w, &half_way(&w, "carol").await, &codes[2]).await.status, 401);
    let file = std::fs::read(w.file()).unwrap();
    let wal = std::fs::read(format!("{}-wal", w.file().display())).unwrap_or_default();
    let letters = codes[2].replace('-', "");
    for needle in [codes[2].as_bytes(), letters.as_bytes()] {
        let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
        assert!(!holds(&file) && !holds(&wal));
    }
    let code = app.code(&w);
    let shown = [("current", "wrong"), ("code", &*code)];
    let wrong = w.form("bob", "/settings/code/recovery", &shown).await;
    assert_eq!((wrong.status, wrong.texts("ol.codes code").len()), (422, 0));
    let shown = [("current", PASSWORD), ("code", &*code)];
    let new = w.form("bob", "/settings/code/recovery", &shown).await;
    let new = new.texts("ol.codes code");
    assert_eq!(show(&w, &half_way(&w, "bob").await, &codes[2]).await.status, 401);
    assert_eq!(show(&w, &half_way(&w, "bob").await, &new[0]).await.status, 303);
}

#[tokio::test]
async fn turning_it_on_ends_the_sessions_that_were_opened_without_a_code() {
    let mut w = World::new().await;
    let elsewhere = w.token("bob").to_owned();
    let mut window = w.listen("bob").await;
    let device = w.log_in("bob", PASSWORD).await.cookie("device").unwrap();
    let mut here = w.listen("bob").await;
    let app = begin(&w, "bob").await;
    // It holds once a code has come.
    assert!(is_in(&w, &elsewhere).await);
    assert_eq!(confirm(&w, "bob", &app.code(&w)).await.status, 200);
    window.is_ended().await;
    assert!(!is_in(&w, &elsewhere).await && is_in(&w, w.token("bob")).await);
    w.post("alice", "still there?").await;
    assert_eq!(here.next().await.said(), ["still there?"]);
    // A browser that is known is asked for the code all the same.
    let form = [("name", "bob"), ("password", PASSWORD)];
    let known = post("/login").form(&form).header("cookie", &format!("device={device}"));
    assert_eq!(w.ask(known).await.cookie("sid"), None);
}

#[tokio::test]
async fn setting_it_up_takes_the_password_and_a_code_of_the_app() {
    let w = World::new().await;
    let wrong = w.form("bob", "/settings/code/begin", &[("current", "wrong")]).await;
    assert_eq!((wrong.status, wrong.has("svg")), (422, false));
    assert_eq!(wrong.text(".error"), "The current password is not right.");
    assert_eq!(confirm(&w, "bob", "123456").await.status, 409);
    let app = begin(&w, "bob").await;
    // Somebody else's app shows something else; the key is not told a second time.
    let other = confirm(&w, "bob", &begin(&w, "carol").await.code(&w)).await;
    assert_eq!((other.status, other.has("svg"), other.has("code.key")), (422, false, false));
    assert_eq!(by_password(&w, "bob").await.status, 303);
    w.pass(16);
    assert_eq!(confirm(&w, "bob", &app.code(&w)).await.status, 409);
    let (before, app) = (app, begin(&w, "bob").await);
    assert_eq!(confirm(&w, "bob", &before.code(&w)).await.status, 422);
    assert_eq!(confirm(&w, "bob", &app.code(&w)).await.status, 200);
    let again = w.form("bob", "/settings/code/begin", &[("current", PASSWORD)]).await;
    assert_eq!((again.status, again.has("svg")), (409, false));
    for path in ["/settings/code/begin", "/settings/code/off", "/settings/code/recovery"] {
        assert_eq!(w.form(NOBODY, path, &[("current", PASSWORD)]).await.status, 401);
    }
}

#[tokio::test]
async fn the_password_alone_changes_nothing_about_it() {
    let w = World::new().await;
    let (app, codes) = set_up(&w, "bob").await;
    let form = w.visit("bob", "/settings/code").await;
    for of in ["recovery", "off"] {
        let path = format!("/settings/code/{of}");
        assert!(form.has(&format!("form[action='{path}'] input#code-{of}[name=code][required]")));
        for code in ["", "000000", "aaaa-aaaa-aaaa-aaaa"] {
            let shown = [("current", PASSWORD), ("code", code)];
            let refused = w.form("bob", &path, &shown).await;
            assert_eq!((refused.status, refused.has("ol.codes")), (422, false), "{of}: {code}");
            let told = refused.text(&format!("#code-{of}-error"));
            assert_eq!(told, "That code is not right, or was used already.");
            assert_eq!(refused.texts(".error").len(), 1);
            let field = format!("#code-{of}[aria-invalid=true]");
            let described = refused.attributes(&field, "aria-describedby").remove(0);
            assert!(described.contains(&format!("code-{of}-error")), "{described}");
        }
        assert_eq!(w.form("bob", &path, &[("current", PASSWORD)]).await.status, 422, "{of}");
        let wrong = [("current", "wrong"), ("code", &*codes[0])];
        let refused = w.form("bob", &path, &wrong).await;
        let told = refused.text(&format!("#password-{of}-error"));
        assert_eq!((refused.status, &*told), (422, "The current password is not right."));
    }
    // All that was tried has changed nothing, and a code is worth something once.
    let now = app.code(&w);
    assert_eq!(show(&w, &half_way(&w, "bob").await, &now).await.status, 303);
    for of in ["recovery", "off"] {
        let seen = [("current", PASSWORD), ("code", &*now)];
        assert_eq!(w.form("bob", &format!("/settings/code/{of}"), &seen).await.status, 422, "{of}");
    }
    let recovery = [("current", PASSWORD), ("code", &*codes[0])];
    let new = w.form("bob", "/settings/code/recovery", &recovery).await.texts("ol.codes code");
    assert_eq!(new.len(), 10);
    let off = [("current", PASSWORD), ("code", &*new[0])];
    assert_eq!(w.form("bob", "/settings/code/off", &off).await.status, 303);
    assert_eq!(by_password(&w, "bob").await.location(), "/");
}

#[tokio::test]
async fn whoever_tries_codes_at_what_would_turn_it_off_is_slowed_down() {
    let w = World::with(|config| config.limits = true).await;
    let (app, _) = set_up(&w, "bob").await;
    let off = async |code: &str| {
        let shown = [("current", PASSWORD), ("code", code)];
        w.form("bob", "/settings/code/off", &shown).await.status
    };
    let mut n_tries = 0;
    while off("000000").await == 422 {
        n_tries += 1;
        assert!(n_tries <= 10);
    }
    assert_eq!(off(&app.code(&w)).await, 429);
}

#[tokio::test]
async fn turning_it_off_takes_the_password_and_a_code() {
    let w = World::new().await;
    let (app, codes) = set_up(&w, "bob").await;
    let step = half_way(&w, "bob").await;
    let code = app.code(&w);
    let off = async |password| {
        let shown = [("current", password), ("code", &*code)];
        w.form("bob", "/settings/code/off", &shown).await
    };
    assert_eq!(off("wrong").await.status, 422);
    half_way(&w, "bob").await;
    assert_eq!(off(PASSWORD).await.status, 303);
    assert_eq!(by_password(&w, "bob").await.location(), "/");
    for code in [&app.code(&w), &codes[0]] {
        assert_eq!(show(&w, &step, code).await.cookie("sid"), None);
    }
    // Another time, another key.
    let (other, _) = set_up(&w, "bob").await;
    let step = half_way(&w, "bob").await;
    assert_eq!(show(&w, &step, &app.code(&w)).await.status, 401);
    assert_eq!(show(&w, &step, &other.code(&w)).await.status, 303);
}

#[tokio::test]
async fn a_code_is_awaited_for_five_minutes_and_not_after_a_new_password() {
    let w = World::new().await;
    let (app, _) = set_up(&w, "bob").await;
    let step = half_way(&w, "bob").await;
    w.pass(5);
    assert_eq!(show(&w, &step, &app.code(&w)).await.location(), "/login?next=%2Fsettings");
    let step = half_way(&w, "bob").await;
    roster::set_password(&w.app, &Mandate::operator(), "bob", PASSWORD.into()).await.unwrap();
    assert_eq!(show(&w, &step, &app.code(&w)).await.location(), "/login?next=%2Fsettings");
    let step = half_way(&w, "bob").await;
    roster::disable(&w.app, &Mandate::operator(), "bob").await.unwrap();
    assert_eq!(show(&w, &step, &app.code(&w)).await.location(), "/login?next=%2Fsettings");
}

#[tokio::test]
async fn whoever_tries_codes_is_slowed_down_and_locks_nobody_out() {
    let w = World::with(|config| config.limits = true).await;
    let (app, codes) = set_up(&w, "bob").await;
    let home = show(&w, &half_way(&w, "bob").await, &app.code(&w)).await;
    let device = home.cookie("device").unwrap();
    let step = half_way(&w, "bob").await;
    let mut n_tries = 0;
    let slow = loop {
        let answer = show(&w, &step, "000000").await;
        if answer.status != 401 {
            break answer;
        }
        n_tries += 1;
    };
    assert!(slow.status == 429 && n_tries <= 10, "{} after {n_tries}", slow.status);
    assert!(slow.header("retry-after").parse::<u64>().unwrap() > 60);
    // Not by another log-in, and not by a right one.
    w.pass_seconds(30);
    let other = half_way(&w, "bob").await;
    for code in [&app.code(&w), &codes[0]] {
        assert_eq!(show(&w, &other, code).await.status, 429);
    }
    // But where bob is known.
    let form = [("code", codes[0].as_str())];
    let cookie = format!("step={other}; device={device}");
    let known = w.ask(post("/login/code").form(&form).header("cookie", &cookie)).await;
    assert!(known.cookie("sid").is_some(), "{}", known.status);
}

#[tokio::test]
async fn it_is_told_in_german_and_its_cookie_is_for_https_alone() {
    let w = World::with(|config| config.url = "https://chat.example.org".parse().ok()).await;
    let as_bob = |path: &str| get(path).browser().header("accept-language", "de");
    let bob = format!("__Host-sid={}", w.token("bob"));
    let page = w.ask(as_bob("/settings/code").header("cookie", &bob)).await;
    assert_eq!(page.text("h1"), "Zweiter Schritt beim Anmelden");
    let begun = post("/settings/code/begin").form(&[("current", PASSWORD)]).header("cookie", &bob);
    let app = App::told(&w.ask(begun).await.text("code.key"));
    let code = app.code(&w);
    let on = post("/settings/code/confirm").form(&[("code", &code)]).header("cookie", &bob);
    assert_eq!(w.ask(on).await.status, 200);
    let half = w.form(NOBODY, "/login", &[("name", "bob"), ("password", PASSWORD)]).await;
    let set = half.header("set-cookie");
    assert!(set.starts_with("__Host-step="), "{set}");
    for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(word), "{set}");
    }
    let step = format!("__Host-step={}", half.cookie("__Host-step").unwrap());
    let page = w.ask(as_bob("/login/code").header("cookie", &step)).await;
    assert_eq!(page.text("h1"), "Bitte den Code");
}

#[tokio::test]
async fn an_operator_turns_it_off_for_whoever_lost_everything() {
    let (server, _) = Server::furnished();
    let bob = server.log_in("bob").await;
    let password = ("current", crate::process::PASSWORD);
    let page = bob.post("/settings/code/begin", &[password]).await.body;
    let key = page.split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap();
    let code = App::told(key).code_at(now);
    let on = bob.post("/settings/code/confirm", &[("code", &code)]).await;
    assert_eq!(on.status, 200, "{}", on.body);
    let log_in = async || {
        let form = [("name", "bob"), ("password", crate::process::PASSWORD)];
        server.visitor().post("/login", &form).await.location.unwrap()
    };
    assert!(log_in().await.starts_with("/login/code"));
    server.run(&["account", "reset-code", "bob"], "");
    assert_eq!(log_in().await, "/");
}
