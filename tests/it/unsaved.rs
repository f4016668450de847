//! What somebody wrote is in the answer that refuses it, where no script keeps it too.

use backchannel::session;

use crate::world::{Answer, NOBODY, World, post};

const TEXT: &str = "A long thought, in two lines.\nIt says </textarea> & <b>more</b>.";

/// A form that people write in: its path and what it sends.
type Form = (String, Vec<(&'static str, &'static str)>);

/// The forms for messages: in the window, in the plain room's frame and page, and for one that is
/// there already.
fn messages(w: &World, mid: i64) -> Vec<Form> {
    let room = format!("/rooms/{}", w.tea);
    vec![
        (format!("{room}/messages"), vec![("body", TEXT)]),
        (format!("{room}/plain/compose"), vec![("body", TEXT)]),
        (format!("{room}/plain/compose"), vec![("body", TEXT), ("whole", "1")]),
        (format!("{room}/messages/{mid}"), vec![("body", TEXT)]),
    ]
}

/// The editor's forms: for a new page, and for one that is there.
fn pages(w: &World) -> Vec<Form> {
    let page = vec![("space", "TEAM"), ("title", "A plan"), ("body", TEXT), ("version", "1")];
    vec![("/pages".to_owned(), page.clone()), (format!("/pages/{}", w.tea), page)]
}

/// A browser without scripts sends it.
async fn send(w: &World, who: &str, (path, fields): &Form) -> Answer {
    w.ask(post(path).by(who).browser().form(fields)).await
}

/// It was refused, and the text is there: to be written on, or to be copied.
fn holds(answer: &Answer, status: u16, form: &Form) {
    assert_eq!(answer.status, status, "{form:?}: {}", answer.body);
    let text = TEXT.split_whitespace().collect::<Vec<_>>().join(" ");
    // What stands in a frame is for browsers that have none: to all others it is no element.
    let framed = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let is_there = answer.texts("textarea").contains(&text)
        || answer.texts("iframe#write").iter().any(|inside| inside.contains(&framed));
    assert!(is_there, "{form:?}: {}", answer.body);
    assert!(!answer.has("textarea b") && !answer.body.contains("<b>more"), "{}", answer.body);
}

#[tokio::test]
async fn a_session_that_ended_takes_no_text_with_it_even_where_anyone_may_read() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    for view in ["bob", "anyone"] {
        w.rights(view, "bob", "bob").await;
        for form in [messages(&w, mid), pages(&w)].concat() {
            let answer = send(&w, NOBODY, &form).await;
            holds(&answer, 401, &form);
            // And the way back in, which in the low frame stands below it: it leads away.
            assert!(answer.has("form[action='/login'], .unsaved ~ p a.button"), "{form:?}");
        }
    }
}

#[tokio::test]
async fn a_room_that_takes_no_messages_gives_them_back() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    let lock = format!("/rooms/{}/settings/lock", w.tea);
    assert_eq!(w.form("alice", &lock, &[]).await.status, 303);
    for form in messages(&w, mid) {
        holds(&send(&w, "bob", &form).await, 409, &form);
    }
    assert_eq!(w.form("alice", &lock.replace("lock", "unlock"), &[]).await.status, 303);
    assert_eq!(w.edit("bob", w.tea, "Tea", "closed").await.status, 303);
    for form in messages(&w, mid) {
        holds(&send(&w, "bob", &form).await, 409, &form);
    }
}

#[tokio::test]
async fn who_may_not_write_any_more_gets_back_what_they_wrote() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    for form in [messages(&w, mid), pages(&w)].concat() {
        holds(&send(&w, "carol", &form).await, 403, &form);
    }
    // Nor may they read, and are told nothing of it.
    w.restrict("alice", w.tea, "view", "alice").await;
    for form in [messages(&w, mid), pages(&w)[1..].to_vec()].concat() {
        holds(&send(&w, "carol", &form).await, 404, &form);
    }
}

#[tokio::test]
async fn too_many_forms_at_once_are_refused_with_what_is_in_them() {
    let w = World::with(|config| config.limits = true).await;
    let mid = w.post("bob", "hello").await;
    let bob = session::viewer(&w.app, w.token("bob")).await.unwrap().account_id().unwrap();
    for form in [messages(&w, mid), pages(&w)].concat() {
        let mut answer = None;
        // One more may act each tenth of a second.
        for _ in 0..100 {
            while w.app.rate_limits.act(bob.0).is_ok() {}
            answer = Some(send(&w, "bob", &form).await).filter(|answer| answer.status == 429);
            if answer.is_some() {
                break;
            }
        }
        let answer = answer.expect("a limit");
        holds(&answer, 429, &form);
        assert_eq!(answer.header("retry-after"), "1", "{form:?}");
    }
}

#[tokio::test]
async fn a_full_disk_gives_back_what_it_has_no_room_for() {
    let w = World::new().await;
    let full = w.app.store.write(|tx| {
        let now: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
        tx.pragma(None, "max_page_count", now, |_| Ok(()))?;
        Ok(())
    });
    full.await.unwrap();
    let long = "a long text that no page has room for\n".repeat(20_000);
    let room = format!("/rooms/{}/messages", w.tea);
    for path in [room, "/pages".to_owned(), format!("/pages/{}", w.tea)] {
        let page = [("space", "TEAM"), ("title", "A plan"), ("version", "1"), ("confirm", "close")];
        let typed = [&page[..], &[("body", &*long)]].concat();
        let answer = w.ask(post(&path).by("bob").browser().form(&typed)).await;
        assert_eq!(answer.status, 507, "{path}");
        assert_eq!(answer.text("textarea[name=body]").len(), long.trim().len(), "{path}");
        assert!(answer.text(".error").contains("disk is full"), "{path}");
    }
}

#[tokio::test]
async fn the_answer_to_a_save_carries_its_mark_and_no_other_answer_does() {
    let w = World::new().await;
    let typed = |title, mark| vec![("space", "TEAM"), ("title", title), ("mark", mark)];
    for (title, mark, status, told) in [
        ("One", "12-345-6", 303, Some("12-345-6")),
        ("", "12-345-6", 422, None),
        ("Two", "", 303, None),
        ("Three", "1; path=/rooms", 303, None),
    ] {
        let answer = send(&w, "bob", &("/pages".to_owned(), typed(title, mark))).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.cookie("saved").as_deref(), told, "{title} {mark}");
    }
    let page = w.page("bob", "Four", "short").await;
    let form = [("title", "Four"), ("body", "longer"), ("version", "1"), ("mark", "7-8")];
    for (status, told) in [(303, Some("7-8")), (409, None)] {
        let answer = w.form("bob", &format!("/pages/{page}"), &form).await;
        assert_eq!((answer.status, answer.cookie("saved").as_deref()), (status, told));
    }
}
