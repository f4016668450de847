//! An account that is there already, and the provider: who links it, who cannot, and how it ends.

use backchannel::mandate::Mandate;
use backchannel::roster;
use serde_json::json;
use url::Url;

use super::real::{self, Does};
use super::{Begun, claims, come, groups_of, head, hostile, name_of, see, world};
use crate::second_step::App;
use crate::world::{Answer, NOBODY, PASSWORD, World, get, post};

const PAGE: &str = "/settings/identity";

/// Somebody shows their password on their own page.
async fn show(w: &World, who: &str, form: &[(&str, &str)]) -> Answer {
    w.ask(post("/settings/identity/link").by(who).browser().form(form)).await
}

/// The same, who is let through; on the way to the provider.
async fn begin(w: &World, who: &str) -> Begun {
    on_the_way(&show(w, who, &[("current", PASSWORD)]).await)
}

fn on_the_way(shown: &Answer) -> Begun {
    assert_eq!(shown.status, 200, "{}", shown.body);
    let way = shown.attributes("main a.button", "href")[0].clone();
    // By itself, too; a redirect of a form would be the policy's affair.
    assert_eq!(shown.header("refresh"), format!("0; url={way}"));
    let cookie = shown.cookie("oidc").expect("a cookie");
    Begun { way: Url::parse(&way).unwrap(), cookie }
}

/// A browser with these cookies comes back, as if all were well with the provider.
async fn back(w: &World, provider: &hostile::Provider, begun: &Begun, cookies: &str) -> Answer {
    let claims = claims(provider, w, &begun.told("nonce"));
    provider.gives(&provider.key.token(&head(), &claims));
    let path = format!("/login/oidc/callback?state={}&code=c", begun.told("state"));
    w.ask(get(&path).browser().header("cookie", cookies)).await
}

/// The cookies of a browser in which somebody is logged in, and that has begun this.
fn cookies(w: &World, who: &str, begun: &Begun) -> String {
    format!("sid={}; oidc={}", w.token(who), begun.cookie)
}

/// Links somebody's account with the person whom the provider always vouches for.
async fn link(w: &World, provider: &hostile::Provider, who: &str) -> Answer {
    let begun = begin(w, who).await;
    back(w, provider, &begun, &cookies(w, who, &begun)).await
}

/// Whoever is linked, as `bob canary-7`.
async fn linked(w: &World) -> Vec<String> {
    let sql = "select name || ' ' || subject from identity join account on id = account order by 1";
    let read = w.app.store.read(move |connection| {
        let mut names = connection.prepare(sql)?;
        let names = names.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<Vec<String>, _>>()?)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn somebody_links_their_account_at_a_certified_provider_and_comes_in_by_it() {
    if real::is_skipped() {
        return;
    }
    let mut provider = real::Provider::start();
    let mut w = world(&provider.issuer).await;
    w.groups("bob", &["choir"]).await;
    provider.knows(
        "7",
        &json!({ "name": "Dora Example", "preferred_username": "dora", "groups": ["crew"] }),
    );
    let own = w.visit("bob", "/settings").await;
    assert!(own.has(&format!("a[href='{PAGE}']")), "{}", own.body);
    assert!(w.visit("bob", PAGE).await.body.contains("Not linked with"));
    let begun = begin(&w, "bob").await;
    for (name, value) in [("code_challenge_method", "S256"), ("prompt", "login")] {
        assert_eq!(begun.told(name), value);
    }
    let home = real::go(begun.way.as_str(), "7", Does::LogsIn).await;
    let path = &home[url::Position::BeforePath..];
    let returns = || get(path).browser().header("cookie", &cookies(&w, "bob", &begun));
    let back = w.ask(returns()).await;
    assert_eq!((back.status, back.location()), (303, format!("{PAGE}?done=linked")));
    assert_eq!(back.cookie("sid"), None, "it is the same session");
    let again = w.ask(returns()).await;
    assert_eq!(again.status, 403, "{}", again.body);
    assert!(w.visit("bob", PAGE).await.body.contains("Linked with"));
    assert_eq!(
        (linked(&w).await, groups_of(&w, "bob").await),
        (vec!["bob 7".into()], "choir, crew".into())
    );

    // From then on the provider leads there, and not to an account of its own.
    let log_in = async || {
        let begun = Begun::of(&w, "/").await;
        let home = real::go(begun.way.as_str(), "7", Does::LogsIn).await;
        begun.back_to(&w, &home[url::Position::BeforePath..]).await
    };
    let opened = log_in().await;
    assert_eq!(name_of(&w, &opened).await, "bob");
    assert!(roster::show(&w.app, &Mandate::operator(), "dora").await.is_err());
    let told = w.visit("alice", "/admin/accounts/bob").await.body;
    assert!(told.contains("Linked with <bdi>Example ID</bdi>"), "{told}");
    assert!(w.visit("alice", "/admin/audit").await.body.contains("linked with the provider"));

    // Unlinked, it is as it was before: but for what others may have opened by it.
    let unlink = |password: &'static str| {
        post("/settings/identity/unlink").by("bob").browser().form(&[("current", password)])
    };
    assert_eq!(w.ask(unlink("wrong")).await.status, 422);
    assert_eq!(see(&w, &opened, "/settings").await.status, 200);
    assert_eq!(w.ask(unlink(PASSWORD)).await.location(), format!("{PAGE}?done=unlinked"));
    assert_eq!(see(&w, &opened, "/settings").await.status, 303);
    assert_eq!((linked(&w).await, groups_of(&w, "bob").await), (vec![], "choir".into()));
    assert_eq!(w.visit("bob", "/settings").await.status, 200);
    let opened = log_in().await;
    assert_eq!(name_of(&w, &opened).await, "dora");
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_link_takes_the_password_and_the_code_where_one_is_asked_for() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    for (who, form, status) in [
        (NOBODY, [("current", PASSWORD)], 401),
        ("bob", [("current", "wrong")], 422),
        ("bob", [("current", "")], 422),
        // A form without its field is none.
        ("bob", [("code", "1")], 400),
    ] {
        let ask = post("/settings/identity/link").by(who).form(&form);
        let shown = w.ask(ask).await;
        assert!(
            shown.status == status && shown.cookie("oidc").is_none(),
            "{who} {form:?} {}",
            shown.status
        );
    }
    assert_eq!(w.visit("bob", "/settings/identity/link").await.status, 405);
    let key = w.form("bob", "/settings/code/begin", &[("current", PASSWORD)]).await;
    let app = App::told(&key.text("code.key"));
    let code = || app.code_at(w.app.clock.now().as_second());
    let first = code();
    assert_eq!(w.form("bob", "/settings/code/confirm", &[("code", &first)]).await.status, 200);
    assert!(w.visit("bob", PAGE).await.has("input[name=code][required]"));
    // The one by which it was turned on is worth nothing any more.
    for code in ["", "000000", first.as_str()] {
        let refused = show(&w, "bob", &[("current", PASSWORD), ("code", code)]).await;
        assert_eq!((refused.status, refused.cookie("oidc")), (422, None), "{code}");
        assert_eq!(refused.text(".error"), "That code is not right, or was used already.");
    }
    assert_eq!(show(&w, "bob", &[("current", PASSWORD)]).await.status, 422);
    w.pass_seconds(30);
    let second = code();
    let begun = on_the_way(&show(&w, "bob", &[("current", PASSWORD), ("code", &second)]).await);
    let again = show(&w, "bob", &[("current", PASSWORD), ("code", &second)]).await;
    assert_eq!(again.status, 422, "a code is taken once");
    assert_eq!(back(&w, &provider, &begun, &cookies(&w, "bob", &begun)).await.status, 303);
    assert_eq!(linked(&w).await, ["bob canary-7"]);
    // So does the end of it.
    let unlink = async |code: &str| {
        w.form("bob", "/settings/identity/unlink", &[("current", PASSWORD), ("code", code)]).await
    };
    for code in ["", second.as_str()] {
        assert_eq!(unlink(code).await.status, 422, "{code}");
    }
    w.pass_seconds(30);
    assert_eq!(linked(&w).await, ["bob canary-7"]);
    assert_eq!(unlink(&code()).await.status, 303);
    assert_eq!(linked(&w).await, [""; 0]);
}

#[tokio::test]
async fn no_link_is_made_but_in_the_session_that_began_it_once_and_in_time() {
    let provider = hostile::Provider::open().await;
    let mut w = world(&provider.issuer).await;
    let refused = |answer: &Answer, what: &str| {
        assert_eq!(answer.status, 403, "{what}: {}", answer.body);
        assert!(answer.text(".error").contains("Begin again"), "{what}");
        assert!(answer.cookie("sid").is_none(), "{what}");
    };
    // Somebody has begun at home, and leads bob's browser on, with their cookie in it.
    let begun = begin(&w, "mallory").await;
    refused(&back(&w, &provider, &begun, &cookies(&w, "bob", &begun)).await, "planted");
    refused(&back(&w, &provider, &begun, &cookies(&w, "mallory", &begun)).await, "spent by that");
    // A cookie that somebody wrote is the beginning of nothing: neither of a link nor of a log-in.
    let log_in = Begun::of(&w, "/").await;
    let forged = format!("{}.link", log_in.cookie);
    let forged = Begun { way: log_in.way.clone(), cookie: forged };
    refused(&back(&w, &provider, &forged, &cookies(&w, "bob", &forged)).await, "made a link");
    let begun = begin(&w, "bob").await;
    let cut = begun.cookie.trim_end_matches(".link").to_owned();
    assert_ne!(cut, begun.cookie);
    let cut = Begun { way: begun.way.clone(), cookie: cut };
    refused(&back(&w, &provider, &cut, &cookies(&w, "bob", &cut)).await, "made a log-in");
    // Another account in the same browser, or nobody.
    refused(&back(&w, &provider, &begun, &cookies(&w, "carol", &begun)).await, "another account");
    let begun = begin(&w, "bob").await;
    refused(&back(&w, &provider, &begun, &format!("oidc={}", begun.cookie)).await, "nobody");
    // One after the other, and the first of two.
    let (first, second) = (begin(&w, "bob").await, begin(&w, "bob").await);
    refused(&back(&w, &provider, &first, &cookies(&w, "bob", &first)).await, "begun anew");
    w.pass(11);
    refused(&back(&w, &provider, &second, &cookies(&w, "bob", &second)).await, "too late");
    // Another session of the same account.
    let begun = begin(&w, "bob").await;
    assert_eq!(w.form("bob", "/logout", &[]).await.status, 303);
    refused(&back(&w, &provider, &begun, &cookies(&w, "bob", &begun)).await, "logged out");
    let begun_before = begin(&w, "carol").await;
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 303);
    let begun = begin(&w, "bob").await;
    assert_eq!(w.log_in("bob", PASSWORD).await.status, 303);
    refused(&back(&w, &provider, &begun, &cookies(&w, "bob", &begun)).await, "another session");
    roster::disable(&w.app, &Mandate::operator(), "carol").await.unwrap();
    let carol = cookies(&w, "carol", &begun_before);
    refused(&back(&w, &provider, &begun_before, &carol).await, "shut out");
    // The program began anew meanwhile.
    let begun = begin(&w, "bob").await;
    let w = w.restart().await;
    refused(&back(&w, &provider, &begun, &cookies(&w, "bob", &begun)).await, "restarted");
    assert_eq!((linked(&w).await, w.count("account")), (vec![], 5), "nobody was linked or made");
    // Of the same browser, at once: that is the way.
    let begun = begin(&w, "bob").await;
    let cookies = cookies(&w, "bob", &begun);
    let done = back(&w, &provider, &begun, &cookies).await;
    assert_eq!((done.status, done.location()), (303, format!("{PAGE}?done=linked")));
    refused(&back(&w, &provider, &begun, &cookies).await, "twice");
    assert_eq!(linked(&w).await, ["bob canary-7"]);
}

#[tokio::test]
async fn an_identity_has_one_account_and_an_account_keeps_a_way_in() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    // Whoever logged in there first has an account of their own.
    let opened = come(&w, &provider, |_| {}).await;
    assert_eq!(name_of(&w, &opened).await, "dora");
    let refused = link(&w, &provider, "bob").await;
    assert_eq!(refused.status, 409);
    assert!(refused.text(".error").contains("belongs to another account"), "{}", refused.body);
    assert!(!refused.body.contains("dora"), "whose is not told");
    assert_eq!(linked(&w).await, ["dora canary-7"]);

    // It is the only way into that account: neither its owner nor who administers takes it away.
    let own = see(&w, &opened, PAGE).await;
    assert!(own.body.contains("the only way into this account") && !own.has("form.fields"));
    let dora = format!("sid={}", opened.cookie("sid").unwrap());
    let unlink = post("/settings/identity/unlink").form(&[("current", "")]);
    assert_eq!(w.ask(unlink.header("cookie", &dora)).await.status, 409);
    let page = "/admin/accounts/dora";
    let by_admin = async || w.ask(post(&format!("{page}/unlink")).by("alice").browser()).await;
    let kept = by_admin().await;
    assert_eq!(kept.status, 409);
    assert!(kept.body.contains("the only way into this account"), "{}", kept.body);
    assert_eq!(linked(&w).await, ["dora canary-7"]);

    // With a password it can be unlinked, which ends its sessions, and is then bob's to link.
    let password = [("password", "a new way in")];
    assert_eq!(w.form("alice", &format!("{page}/password"), &password).await.status, 303);
    let opened = come(&w, &provider, |_| {}).await;
    assert_eq!((by_admin().await.status, groups_of(&w, "dora").await), (303, String::new()));
    assert_eq!(see(&w, &opened, "/settings").await.status, 303);
    assert_eq!(by_admin().await.status, 409, "it is not linked");
    assert_eq!(link(&w, &provider, "bob").await.status, 303);
    // One is enough; nobody else gets it, and what is not linked is not unlinked.
    assert_eq!(show(&w, "bob", &[("current", PASSWORD)]).await.status, 409);
    assert_eq!(link(&w, &provider, "carol").await.status, 409);
    let unlink = [("current", PASSWORD)];
    assert_eq!(w.form("carol", "/settings/identity/unlink", &unlink).await.status, 409);
    assert_eq!(linked(&w).await, ["bob canary-7"]);
    let told = w.get("alice", "/admin/audit").await.body;
    assert!(told.contains("unlinked from the provider"), "{told}");
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_told_on_the_page_and_links_nothing() {
    let provider = hostile::Provider::open().await;
    let w = world(&provider.issuer).await;
    let begun = begin(&w, "bob").await;
    let path = format!("/login/oidc/callback?state={}&error=access_denied", begun.told("state"));
    let ask = get(&path).browser().header("cookie", &cookies(&w, "bob", &begun));
    let told = w.ask(ask.header("accept-language", "de")).await;
    assert_eq!((told.status, told.text("h1")), (403, "Anmeldung über einen anderen Dienst".into()));
    assert_eq!(told.text(".error"), "Die Anmeldung wurde abgebrochen.");
    // A token of somebody else's log-in: its nonce is another.
    let (begun, other) = (begin(&w, "bob").await, Begun::of(&w, "/").await);
    let claims = claims(&provider, &w, &other.told("nonce"));
    provider.gives(&provider.key.token(&head(), &claims));
    let path = format!("/login/oidc/callback?state={}&code=c", begun.told("state"));
    let ask = get(&path).browser().header("cookie", &cookies(&w, "bob", &begun));
    let refused = w.ask(ask).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.text(".error").contains("cannot be trusted"));
    assert_eq!(linked(&w).await, [""; 0]);
    // Where nobody is there to vouch, or nobody is set, nothing is begun.
    let w = world("http://127.0.0.1:1").await;
    let away = show(&w, "bob", &[("current", PASSWORD)]).await;
    assert_eq!((away.status, away.cookie("oidc")), (503, None));
    let w = World::new().await;
    assert_eq!(w.visit("bob", PAGE).await.status, 404);
    assert_eq!(show(&w, "bob", &[("current", PASSWORD)]).await.status, 404);
    assert!(!w.visit("bob", "/settings").await.has(&format!("a[href='{PAGE}']")));
}

#[tokio::test]
async fn whoever_guesses_the_password_there_is_slowed_down() {
    let provider = hostile::Provider::open().await;
    let w = World::with(|config| {
        config.limits = true;
        config.openid = Some(super::set(&provider.issuer));
    })
    .await;
    let mut n_tries = 0;
    let slow = loop {
        let tried = w.form("bob", "/settings/identity/link", &[("current", "wrong")]).await;
        if tried.status != 422 {
            break tried;
        }
        n_tries += 1;
    };
    assert!(slow.status == 429 && n_tries < 60, "{} after {n_tries}", slow.status);
    assert!(slow.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(slow.cookie("oidc"), None);
    assert_eq!(linked(&w).await, [""; 0]);
}
