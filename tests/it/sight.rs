//! What an account sees is remembered, and never for longer than it is true.

use backchannel::mandate::Mandate;
use backchannel::roster;
use backchannel::space::{self, Rights};

use crate::world::{World, nonce};

async fn finds(w: &World, q: &str) -> Vec<String> {
    let path = format!("/search?q={}", q.replace(' ', "+"));
    w.get("carol", &path).await.texts("ol.hits li[data-hit] .line")
}

/// Carol finds what was said in the den, reads on there and writes; or does none of it.
async fn lets_in(w: &World, den: i64, is_in: bool) {
    let found: &[&str] = if is_in { &["grub in the den"] } else { &[] };
    assert_eq!(finds(w, "grub").await, found);
    let (seen, written) = if is_in { (200, 201) } else { (404, 404) };
    for path in ["", "/messages?before=1", "/status"] {
        let path = format!("/rooms/{den}{path}");
        assert_eq!(w.get("carol", &path).await.status, seen, "{path}");
    }
    assert_eq!(w.send(den, "carol", "hello", &nonce()).await.status, written);
}

#[tokio::test]
async fn every_change_of_rights_counts_from_the_next_question_on() {
    let w = World::new().await;
    w.rights("everyone", "everyone", "bob").await;
    let top = w.page("bob", "Top", "").await;
    let den = w.child("bob", top, "Den", "{chat}").await;
    assert_eq!(finds(&w, "grub").await, [""; 0]);
    w.post_in(den, "bob", "grub in the den").await;
    lets_in(&w, den, true).await;
    // The page, and one above it.
    for page in [den, top] {
        w.restrict("bob", page, "view", "bob").await;
        lets_in(&w, den, false).await;
        w.restrict("bob", page, "view", "bob, carol").await;
        lets_in(&w, den, true).await;
    }
    // Groups, and who is in them.
    w.groups("bob", &["crew"]).await;
    w.restrict("bob", top, "view", "bob, @crew").await;
    lets_in(&w, den, false).await;
    w.groups("carol", &["crew"]).await;
    lets_in(&w, den, true).await;
    w.groups("carol", &[]).await;
    lets_in(&w, den, false).await;
    w.restrict("bob", top, "view", "").await;
    // The trash.
    lets_in(&w, den, true).await;
    assert_eq!(w.form("bob", &format!("/pages/{top}/trash"), &[]).await.status, 303);
    lets_in(&w, den, false).await;
    assert_eq!(w.form("bob", &format!("/pages/{top}/restore"), &[]).await.status, 303);
    lets_in(&w, den, true).await;
    // Where it stands.
    let closed = w.page("bob", "Closed", "").await;
    w.restrict("bob", closed, "view", "bob").await;
    let to = closed.to_string();
    let moved = w.form("bob", &format!("/pages/{den}/move"), &[("parent", &to)]).await;
    assert_eq!(moved.status, 303);
    lets_in(&w, den, false).await;
    let to = top.to_string();
    w.form("bob", &format!("/pages/{den}/move"), &[("parent", &to)]).await;
    lets_in(&w, den, true).await;
    // The space.
    let rights =
        |view: &str| Rights { view: view.into(), comment: view.into(), edit: "bob".into() };
    space::set_rights(&w.app, &Mandate::operator(), "TEAM", rights("bob")).await.unwrap();
    lets_in(&w, den, false).await;
    space::set_rights(&w.app, &Mandate::operator(), "TEAM", rights("everyone")).await.unwrap();
    lets_in(&w, den, true).await;
}

#[tokio::test]
async fn a_new_name_is_known_at_once_and_the_old_one_is_not() {
    let w = World::new().await;
    let den = w.page("bob", "Den", "{chat}").await;
    w.post_in(den, "bob", "grub in the den").await;
    assert_eq!(finds(&w, "grub in:den").await.len(), 1);
    assert_eq!(w.edit("bob", den, "Lair", "{chat:Cave}").await.status, 303);
    for (q, n) in [("grub in:den", 0), ("grub in:lair", 1), ("grub in:cave", 1)] {
        assert_eq!(finds(&w, q).await.len(), n, "{q}");
    }
    let other = w.page("bob", "Den", "{chat}").await;
    w.post_in(other, "bob", "grub in a new one").await;
    assert_eq!(finds(&w, "grub in:den").await, ["grub in a new one"]);
}

/// What others say where one sees nothing changes nothing of what one is answered, byte for byte:
/// no count, no order, no address of a next page.
#[tokio::test]
async fn an_answer_is_the_same_whatever_was_said_out_of_sight() {
    let mut answers = Vec::new();
    for hidden in [0, 7] {
        let w = World::new().await;
        let secret = w.page("bob", "Secret", "{chat}").await;
        w.restrict("bob", secret, "view", "bob").await;
        for n in 0..25 {
            w.post("bob", &format!("grub {n}")).await;
            for m in (0..hidden).filter(|_| n % 4 == 0) {
                w.post_in(secret, "bob", &format!("grub grub {m} https://example.org")).await;
            }
        }
        let mut all = String::new();
        for q in ["grub", "gr", "grub+-1", "has:link", "from:bob", "-nothing", "in:tea+grub"] {
            for sort in ["newest", "best"] {
                let mut path = format!("/search?q={q}&sort={sort}");
                for _ in 0..2 {
                    let answer = w.get("carol", &path).await;
                    all.push_str(&answer.source("#found"));
                    match answer.attributes("a[rel=next]", "href").first() {
                        Some(next) => path.clone_from(next),
                        None => break,
                    }
                }
            }
        }
        answers.push(all);
    }
    assert!(answers[0].contains("rel=\"next\""));
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn of_many_rooms_the_front_page_shows_those_where_somebody_wrote_last() {
    let w = World::new().await;
    let mut rooms = Vec::new();
    for n in 0..14 {
        rooms.push(w.page("bob", &format!("Room {n}"), "{chat}").await);
    }
    let secret = w.page("bob", "Secret", "{chat}").await;
    w.restrict("bob", secret, "view", "bob").await;
    // Long ago, in an order of their own; much in one of them, and much where carol sees nothing.
    for n in [3, 7, 1, 0, 9, 11, 2, 5, 4, 12] {
        w.pass(1);
        w.post_in(rooms[n], "bob", "here").await;
        w.post_in(secret, "bob", "out of sight").await;
        w.post_in(rooms[7], "alice", "and here").await;
    }
    let shown = async |w: &World| w.visit("carol", "/").await.texts("ul.rooms a.page");
    let wanted = |numbers: &[usize]| -> Vec<String> {
        numbers.iter().map(|n| format!("Room {n}")).collect()
    };
    let mut first = shown(&w).await;
    assert_eq!(first.len(), 10);
    first.truncate(9);
    first.sort();
    let mut all = wanted(&[12, 7, 4, 5, 2, 11, 9, 0, 1]);
    all.sort();
    assert_eq!(first, all);
    // One that was made just now, and where nobody has said anything yet.
    w.pass(1);
    w.page("bob", "Fresh", "{chat}").await;
    assert_eq!(shown(&w).await[0], "Fresh");
    w.pass(1);
    w.post_in(rooms[13], "bob", "at last").await;
    assert_eq!(shown(&w).await[..2], ["Room 13", "Fresh"]);
}

/// What is known of who comes with a session is as it is now: their name, language and powers, and
/// whether it is a session at all.
#[tokio::test]
async fn every_change_of_an_account_or_a_session_counts_from_the_next_request_on() {
    let w = World::new().await;
    w.rights("everyone", "everyone", "bob").await;
    let (app, operator) = (&w.app, Mandate::operator());
    let admin = async || w.get("carol", "/admin").await.status;
    let author = async || {
        assert_eq!(w.send(w.tea, "carol", "hello", &nonce()).await.status, 201);
        w.window("carol").await.texts("#log li .author").pop().unwrap()
    };
    let language = async || w.get("carol", "/").await.header("content-language").to_owned();
    for _ in 0..2 {
        assert_eq!((admin().await, language().await.as_str()), (404, "en"));
        assert_eq!(author().await, "Carol");
        roster::set_display(app, &operator, "carol", "Carola").await.unwrap();
        assert_eq!(author().await, "Carola");
        roster::set_display(app, &operator, "carol", "Carol").await.unwrap();
        roster::give_admin(app, &operator, "carol").await.unwrap();
        assert_eq!(admin().await, 200);
        roster::take_admin(app, &operator, "carol").await.unwrap();
        for chosen in ["de", "en"] {
            let fields = [("language", chosen)];
            assert_eq!(w.form("carol", "/settings/language", &fields).await.status, 303);
            assert_eq!(language().await, chosen);
        }
    }
    // Used again and again, it lasts; unused for a fortnight it does not.
    for _ in 0..3 {
        w.pass(13 * 24 * 60);
        assert_eq!(w.get("carol", "/settings").await.status, 200);
    }
    w.pass(15 * 24 * 60);
    assert_eq!(w.get("carol", "/settings").await.status, 303);
    assert_eq!(w.get("bob", "/settings").await.status, 303);
    let w = World::new().await;
    assert_eq!(w.get("carol", "/settings").await.status, 200);
    roster::disable(&w.app, &operator, "carol").await.unwrap();
    assert_eq!(w.get("carol", "/settings").await.status, 303);
    assert_eq!(w.get("bob", "/settings").await.status, 200);
    roster::end_sessions(&w.app, &operator, "bob").await.unwrap();
    assert_eq!(w.get("bob", "/settings").await.status, 303);
}
