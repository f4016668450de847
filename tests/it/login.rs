//! Logging in and out.

use backchannel::mandate::Mandate;
use backchannel::roster;

use crate::world::{NOBODY, PASSWORD, World, get, post};

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let mut w = World::new().await;
    assert_eq!(w.visit(NOBODY, "/").await.status, 303);
    let answer = w.log_in("bob", PASSWORD).await;
    assert_eq!((answer.status, answer.location().as_str()), (303, "/"));
    assert_eq!(w.visit("bob", "/").await.text(".viewer .account"), "Bob");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let mut w = World::new().await;
    let answer = w.log_in("bob", PASSWORD).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.to_str().unwrap().contains(wanted), "{cookie:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_401_with_a_clear_error_and_the_name_kept() {
    let w = World::new().await;
    let fields = [("name", "bob"), ("password", "wrong"), ("next", "/pages/1")];
    let answer = w.ask(post("/login").browser().form(&fields)).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.text("[role=alert]"), "The name or the password is not right.");
    assert_eq!(answer.value("input[name=name]"), "bob");
    assert_eq!(answer.value("form.fields input[name=next]"), "/pages/1");
    assert_eq!(answer.cookie("sid"), None);
}

#[tokio::test]
async fn an_unknown_name_is_answered_as_a_wrong_password_is() {
    let w = World::new().await;
    let mut answers = Vec::new();
    for name in ["bob", "eve"] {
        let answer = w.form(NOBODY, "/login", &[("name", name), ("password", "wrong")]).await;
        let nonce = answer.header("content-security-policy").to_owned();
        answers.push((answer.status, answer.body.replace(name, "NAME"), nonce.len()));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn after_logging_in_one_is_where_one_wanted_to_be() {
    let w = World::new().await;
    let path = format!("/rooms/{}?x=1", w.tea);
    let sent = w.visit(NOBODY, &path).await;
    assert_eq!(sent.status, 303);
    let form = w.visit(NOBODY, &sent.location()).await;
    assert_eq!(form.value("form.fields input[name=next]"), path);
    let fields = [("name", "bob"), ("password", PASSWORD), ("next", path.as_str())];
    assert_eq!(w.form(NOBODY, "/login", &fields).await.location(), path);
}

#[tokio::test]
async fn only_paths_of_this_site_are_followed() {
    let w = World::new().await;
    for odd in ["//evil.example/", "https://evil.example/", "/\\evil.example", "evil", "/a\r\nx: y"]
    {
        let fields = [("name", "bob"), ("password", PASSWORD), ("next", odd)];
        assert_eq!(w.form(NOBODY, "/login", &fields).await.location(), "/", "{odd}");
        let mut query = url::form_urlencoded::Serializer::new(String::from("/login?"));
        query.append_pair("next", odd);
        assert_eq!(w.visit("bob", &query.finish()).await.location(), "/", "{odd}");
    }
}

/// Ways in which a path is none, or one of somebody else's.
const ELSEWHERE: [&str; 32] = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example@chat.example.org",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/a\\..\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "http:\\\\evil.example",
    "javascript:alert('evil.example')",
    "data:text/html,evil.example",
    "evil.example",
    "@evil.example",
    "?x=//evil.example",
    "#//evil.example",
    ".evil.example",
    "../evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\nlocation: https://evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u{a0}//evil.example",
    "/\u{0}/evil.example",
    "/\u{85}/evil.example",
    "/\u{7f}/evil.example",
];

#[tokio::test]
async fn nobody_is_sent_elsewhere_by_any_form() {
    let w = World::new().await;
    for odd in ELSEWHERE {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", odd);
        let query = query.finish();
        let sound = [("sound", "on"), ("next", odd)];
        for answer in [
            w.visit("bob", &format!("/login?{query}")).await,
            w.form("bob", "/settings/sound", &sound).await,
            w.visit(NOBODY, &format!("/login/code?{query}")).await,
            w.form(NOBODY, "/login/code", &[("code", "123456"), ("next", odd)]).await,
        ] {
            let to = answer.location();
            assert_eq!(answer.status, 303, "{odd:?}");
            assert!(to.starts_with('/') && !to.contains("evil"), "{odd:?}: {to}");
        }
        let form = w.visit(NOBODY, &format!("/login?{query}")).await;
        assert_eq!(form.value("form.fields input[name=next]"), "/", "{odd:?}");
    }
    // A path of ours is followed.
    let own = w.visit("bob", "/login?next=%2Fsettings%3Fx%3D%2F%2Fy").await;
    assert_eq!(own.location(), "/settings?x=//y");
}

#[tokio::test]
async fn a_token_that_somebody_else_chose_opens_nothing() {
    let w = World::new().await;
    let chosen = "a".repeat(64);
    for name in ["sid", "step", "device"] {
        let form = [("name", "bob"), ("password", PASSWORD)];
        let cookie = format!("{name}={chosen}");
        let answer = w.ask(post("/login").form(&form).header("cookie", &cookie)).await;
        for set in ["sid", "device"] {
            let token = answer.cookie(set).unwrap();
            assert!(token != chosen && token.len() == 64, "{name}: {set} is {token}");
        }
        let as_bob = get("/").browser().header("cookie", &format!("sid={chosen}"));
        assert_eq!(w.ask(as_bob).await.status, 303, "{name}");
    }
}

#[tokio::test]
async fn a_stolen_file_opens_no_session() {
    let mut w = World::new().await;
    let answer = w.log_in("bob", PASSWORD).await;
    let device = answer.cookie("device").unwrap();
    w.post("bob", "is in the file").await;
    assert!(w.holds("is in the file") && w.count("session") > 0);
    for secret in [w.token("bob"), w.token("alice"), device.as_str(), PASSWORD] {
        assert!(!w.holds(secret), "{secret} is in the file");
    }
}

#[tokio::test]
async fn a_name_is_found_however_it_is_written() {
    let w = World::new().await;
    for name in ["BOB", " bob ", "ｂｏｂ"] {
        let fields = [("name", name), ("password", PASSWORD)];
        assert_eq!(w.form(NOBODY, "/login", &fields).await.status, 303, "{name}");
    }
}

#[tokio::test]
async fn logging_out_ends_the_session_and_its_streams() {
    let w = World::new().await;
    let mut here = w.listen("bob").await;
    w.post("alice", "before").await;
    assert_eq!(here.next().await.said(), ["before"]);
    let answer = w.form("bob", "/logout", &[]).await;
    assert_eq!((answer.status, answer.location().as_str()), (303, "/"));
    here.is_ended().await;
    assert_eq!(w.visit("bob", "/").await.status, 303);
}

#[tokio::test]
async fn logging_out_here_leaves_the_session_elsewhere_alone() {
    let mut w = World::new().await;
    let mut elsewhere = w.listen("bob").await;
    w.log_in("bob", PASSWORD).await;
    let mut here = w.listen("bob").await;
    w.form("bob", "/logout", &[]).await;
    here.is_ended().await;
    w.post("alice", "still there?").await;
    assert_eq!(elsewhere.next().await.said(), ["still there?"]);
}

#[tokio::test]
async fn logging_in_again_in_the_same_browser_ends_the_old_session() {
    let w = World::new().await;
    let mut before = w.listen("bob").await;
    let fields = [("name", "carol"), ("password", PASSWORD)];
    let answer = w.form("bob", "/login", &fields).await;
    assert!(answer.cookie("sid").is_some());
    before.is_ended().await;
}

#[tokio::test]
async fn a_disabled_account_is_let_in_no_more_and_loses_its_streams() {
    let mut w = World::new().await;
    let mut here = w.listen("bob").await;
    w.post("bob", "hello").await;
    assert_eq!(here.next().await.said(), ["hello"]);
    roster::disable(&w.app, &Mandate::operator(), "bob").await.unwrap();
    here.is_ended().await;
    assert_eq!(w.visit("bob", "/").await.status, 303);
    let right = w.log_in("bob", PASSWORD).await;
    let wrong = w.log_in("alice", "wrong").await;
    assert_eq!((right.status, wrong.status), (401, 401));
    assert_eq!(right.text("[role=alert]"), wrong.text("[role=alert]"));
    // What it wrote stays, with its name.
    let window = w.window("carol").await;
    assert_eq!((window.said(), window.text("li .author")), (vec!["hello".into()], "Bob".into()));
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let mut w = World::new().await;
    let mut here = w.listen("bob").await;
    assert_eq!(w.visit("bob", "/").await.status, 200);
    roster::set_password(&w.app, &Mandate::operator(), "bob", "another one".into()).await.unwrap();
    here.is_ended().await;
    assert_eq!(w.visit("bob", "/").await.status, 303);
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 401);
    assert_eq!(w.log_in("bob", "another one").await.status, 303);
    assert_eq!(w.visit("bob", "/").await.status, 200);
}

#[tokio::test]
async fn a_session_lasts_a_fortnight_unused_and_ninety_days_in_all() {
    const DAY: i64 = 24 * 60;
    let mut w = World::new().await;
    w.pass(14 * DAY - 1);
    assert_eq!(w.visit("bob", "/").await.status, 200);
    w.pass(14 * DAY - 1);
    assert_eq!(w.visit("bob", "/").await.status, 200);
    assert_eq!(w.visit("carol", "/").await.status, 303);
    w.log_in("carol", PASSWORD).await;
    // Used every day, it ends all the same.
    for _ in 0..62 {
        w.pass(DAY);
        assert_eq!(w.visit("carol", "/").await.status, 200);
        assert_eq!(w.visit("bob", "/").await.status, 200);
    }
    w.pass(2);
    assert_eq!(w.visit("carol", "/").await.status, 200);
    assert_eq!(w.visit("bob", "/").await.status, 303);
}

#[tokio::test]
async fn a_stranger_s_cookie_is_nobody_s() {
    let w = World::new().await;
    let as_bob = format!("sid={}", w.token("bob"));
    assert_eq!(w.ask(get("/").header("cookie", &as_bob)).await.status, 200);
    for odd in ["sid=", "sid=00", "sid=%00", "sid=\u{e4}", "sid=' or 1=1 --"] {
        assert_eq!(w.ask(get("/").header("cookie", odd)).await.status, 303, "{odd}");
    }
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_for_one_name_alone() {
    let w = World::with(|config| config.limits = true).await;
    let wrong = [("name", "bob"), ("password", "wrong")];
    let mut last = w.form(NOBODY, "/login", &wrong).await;
    assert_eq!(last.status, 401);
    for _ in 0..40 {
        last = w.form(NOBODY, "/login", &wrong).await;
        if last.status != 401 {
            break;
        }
    }
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0, "{:?}", last.headers);
    let fields = [("name", "carol"), ("password", PASSWORD)];
    assert_eq!(w.form(NOBODY, "/login", &fields).await.status, 303);
}

#[tokio::test]
async fn whoever_guesses_locks_nobody_out_of_a_browser_that_is_known() {
    let proxy = "127.0.0.1".parse().unwrap();
    let w = World::with(|config| (config.limits, config.proxies) = (true, vec![proxy])).await;
    let try_from = async |address: &str, password: &str, device: &str| {
        let form = [("name", "bob"), ("password", password)];
        let ask = post("/login").browser().form(&form).header("x-forwarded-for", address);
        w.ask(ask.header("cookie", &format!("device={device}"))).await
    };
    let home = try_from("192.0.2.1", PASSWORD, "").await;
    let device = home.cookie("device").unwrap();
    assert_eq!(home.status, 303);
    let form = [("name", "carol"), ("password", PASSWORD)];
    let carol = w.ask(post("/login").browser().form(&form)).await.cookie("device").unwrap();
    // From one place, some tries; from the next place, some more; in the end none from anywhere.
    let mut n_places = 0;
    let mut n_tries = 0;
    'guessing: for place in 0..100 {
        let address = format!("198.51.100.{place}");
        for n in 0..100 {
            match try_from(&address, "wrong", "made up").await.status {
                401 => n_tries += 1,
                429 if n == 0 => break 'guessing,
                429 => break,
                other => panic!("{other}"),
            }
        }
        n_places += 1;
    }
    assert!((2..20).contains(&n_places) && n_tries < 150, "{n_tries} from {n_places}");
    assert_eq!(try_from("203.0.113.1", PASSWORD, "").await.status, 429);
    assert_eq!(try_from("203.0.113.2", PASSWORD, &device).await.status, 303);
    // A browser where somebody else is known is none where bob is.
    assert_eq!(try_from("203.0.113.3", PASSWORD, &carol).await.status, 429);
}

#[tokio::test]
async fn one_changes_one_s_own_password_and_is_logged_out_elsewhere() {
    let mut w = World::new().await;
    let elsewhere = w.token("bob").to_owned();
    let mut window = w.listen("bob").await;
    w.log_in("bob", PASSWORD).await;
    let mut here = w.listen("bob").await;
    let change = async |current: &str, password: &str| {
        let form = [("current", current), ("password", password)];
        w.form("bob", "/settings/password", &form).await
    };
    let wrong = change("wrong", "a longer one").await;
    assert_eq!(
        (wrong.status, wrong.text(".error")),
        (422, "The current password is not right.".into())
    );
    let short = change(PASSWORD, "short").await;
    assert_eq!(
        (short.status, short.text(".error")),
        (422, "A password has 8 to 128 bytes.".into())
    );
    let changed = change(PASSWORD, "a longer one").await;
    assert_eq!((changed.status, changed.location().as_str()), (303, "/settings?done=password"));
    assert_eq!(
        w.visit("bob", &changed.location()).await.text("[role=status]"),
        "The password was changed."
    );
    window.is_ended().await;
    w.post("alice", "still there?").await;
    assert_eq!(here.next().await.said(), ["still there?"]);
    let old = get("/settings").header("cookie", &format!("sid={elsewhere}"));
    assert_eq!(w.ask(old).await.status, 303);
    assert_eq!(
        w.form(NOBODY, "/settings/password", &[("current", "x"), ("password", "y")]).await.status,
        401
    );
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 401);
    assert_eq!(w.log_in("bob", "a longer one").await.status, 303);
}

#[tokio::test]
async fn one_sees_where_one_is_logged_in_and_ends_it() {
    let mut w = World::new().await;
    let mut first = w.listen("bob").await;
    w.pass(1);
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let form = [("name", "bob"), ("password", PASSWORD)];
    let second = w.ask(post("/login").browser().form(&form).header("user-agent", agent)).await;
    let second = second.cookie("sid").unwrap();
    let page = w.visit("bob", "/settings").await;
    let places = page.texts("#sessions li > span");
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0].starts_with("Firefox, Linux since"), "{places:?}");
    assert!(places[1].contains("(here)"), "{places:?}");
    // Nobody ends another's.
    let end = page.attributes("#sessions li form", "action")[0].clone();
    assert_eq!(w.form("carol", &end, &[]).await.status, 303);
    let as_second = || get("/").header("cookie", &format!("sid={second}"));
    assert_eq!(w.ask(as_second()).await.status, 200);
    assert_eq!(w.form("bob", &end, &[]).await.status, 303);
    assert_eq!(w.ask(as_second()).await.status, 303);
    w.log_in("bob", PASSWORD).await;
    assert_eq!(w.form("bob", "/settings/sessions/end", &[]).await.status, 303);
    first.is_ended().await;
    assert_eq!(w.visit("bob", "/settings").await.texts("#sessions li").len(), 1);
}

#[tokio::test]
async fn where_people_come_by_https_the_cookie_is_for_https_and_this_host_alone() {
    let w = World::with(|config| config.url = "https://chat.example.org".parse().ok()).await;
    let form = [("name", "bob"), ("password", PASSWORD)];
    let answer = w.form(NOBODY, "/login", &form).await;
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|set| set.starts_with("__Host-")), "{cookies:?}");
    let cookie = cookies.iter().find(|set| set.starts_with("__Host-sid=")).unwrap();
    for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let token = answer.cookie("__Host-sid").unwrap();
    let home = |name: &str| get("/").browser().header("cookie", &format!("{name}={token}"));
    assert_eq!(w.ask(home("__Host-sid")).await.status, 200);
    assert_eq!(w.ask(home("sid")).await.status, 303);
}
