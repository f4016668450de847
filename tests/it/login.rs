//! Logging in and out.

use backchannel::account;

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
    let cookie = answer.header("set-cookie");
    for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(wanted), "{cookie}");
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
    account::disable(&w.app, "bob").await.unwrap();
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
    account::set_password(&w.app, "bob", "another one".into()).await.unwrap();
    here.is_ended().await;
    assert_eq!(w.visit("bob", "/").await.status, 303);
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 401);
    assert_eq!(w.log_in("bob", "another one").await.status, 303);
    assert_eq!(w.visit("bob", "/").await.status, 200);
}

#[tokio::test]
async fn a_session_lasts_thirty_days() {
    let w = World::new().await;
    w.pass(30 * 24 * 60 - 1);
    assert_eq!(w.visit("bob", "/").await.status, 200);
    w.pass(1);
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
async fn where_people_come_by_https_the_cookie_is_for_https_and_this_host_alone() {
    let w = World::with(|config| config.url = "https://chat.example.org".parse().ok()).await;
    let form = [("name", "bob"), ("password", PASSWORD)];
    let answer = w.form(NOBODY, "/login", &form).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-sid="), "{cookie}");
    for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let token = answer.cookie("__Host-sid").unwrap();
    let home = |name: &str| get("/").browser().header("cookie", &format!("{name}={token}"));
    assert_eq!(w.ask(home("__Host-sid")).await.status, 200);
    assert_eq!(w.ask(home("sid")).await.status, 303);
}
