//! Answering a message with an emoji.

use crate::world::{Answer, NOBODY, World, get, post};

impl World {
    async fn react(&self, who: &str, mid: i64, emoji: &str) -> Answer {
        self.form(who, &at(self, mid), &[("emoji", emoji)]).await
    }

    async fn take_back(&self, who: &str, mid: i64, emoji: &str) -> Answer {
        self.form(who, &format!("{}/remove", at(self, mid)), &[("emoji", emoji)]).await
    }

    async fn press_chip(&self, who: &str, mid: i64, emoji: &str) -> Answer {
        let chip = format!("{mid} {emoji}");
        self.form(who, &format!("/rooms/{}/reactions", self.tea), &[("chip", &chip)]).await
    }
}

fn at(w: &World, mid: i64) -> String {
    format!("/rooms/{}/messages/{mid}/reactions", w.tea)
}

/// The chips of a message as they are read out.
fn chips(shown: &Answer, mid: i64) -> Vec<String> {
    shown.texts(&format!("#m{mid} > .reactions > .chip"))
}

#[tokio::test]
async fn chips_show_who_chose_what_in_the_window_and_the_transcript() {
    let w = World::new().await;
    let mid = w.post("bob", "tea is ready").await;
    let other = w.post("bob", "and cake").await;
    assert_eq!(chips(&w.window("carol").await, mid), [""; 0]);
    assert_eq!(w.react("alice", mid, "👍").await.status, 303);
    assert_eq!(w.react("robo", mid, "🎉").await.status, 303);
    assert_eq!(w.react("bob", mid, "👍").await.status, 303);
    assert_eq!(w.react("bob", mid, "👍").await.status, 303, "again is no error");
    for shown in [w.window("carol").await, w.transcript("carol", w.tea, "2026-11-22").await] {
        assert_eq!(chips(&shown, mid), ["👍 2 Alice, Bob (you too)", "🎉 1 Robo (you too)"]);
        assert_eq!(shown.attributes(&format!("#m{mid} .chip"), "data-by"), ["alice bob", "robo"]);
        assert_eq!(chips(&shown, other), [""; 0]);
        assert_eq!(shown.texts(".edited"), [""; 0], "a reaction is no edit");
    }
    assert_eq!(w.take_back("alice", mid, "👍").await.status, 303);
    assert_eq!(w.take_back("alice", mid, "👍").await.status, 303);
    assert_eq!(w.press_chip("robo", mid, "🎉").await.status, 303);
    assert_eq!(w.press_chip("robo", mid, "👍").await.status, 303);
    assert_eq!(chips(&w.window("carol").await, mid), ["👍 2 Bob, Robo (you too)"]);
}

#[tokio::test]
async fn a_window_marks_what_its_account_chose() {
    let w = World::new().await;
    w.post("bob", "tea is ready").await;
    let style = w.window("bob").await.texts("style").concat();
    assert!(style.contains(".chip[data-by~='bob'] .you{display:inline}"), "{style}");
    assert!(!style.contains("data-by~='alice'"), "{style}");
}

#[tokio::test]
async fn a_reaction_reaches_open_windows_and_those_who_were_away_without_a_sound() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    w.post("bob", "two").await;
    let cursor = w.window("carol").await.cursor();
    let mut here = w.listen("carol").await;
    w.react("alice", mid, "👍").await;
    let mut back = w.listen_after("carol", &cursor).await;
    for listener in [&mut here, &mut back] {
        let event = listener.next().await;
        assert!(event.has(&format!("hx-partial[hx-target='#m{mid} > .reactions'] .chip")));
        assert_eq!(event.said(), [""; 0], "what was said is not said again");
        assert!(!event.has("audio"), "a reaction is not heard");
    }
    let polled = w.get("carol", &format!("/rooms/{}/poll?after={cursor}", w.tea)).await;
    assert_eq!(polled.texts(".chip"), ["👍 1 Alice (you too)"]);
    // Who missed an edit too gets the message whole, with its chips.
    w.form("bob", &format!("/rooms/{}/messages/{mid}", w.tea), &[("body", "won")]).await;
    w.react("robo", mid, "👍").await;
    let polled = w.get("carol", &format!("/rooms/{}/poll?after={cursor}", w.tea)).await;
    assert_eq!(polled.said(), ["won"]);
    assert_eq!(chips(&polled, mid), ["👍 2 Alice, Robo (you too)"]);
}

#[tokio::test]
async fn a_reaction_is_nothing_unread() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    let seq = w.window("carol").await.cursor();
    let seq = seq.split_once('-').unwrap().1;
    w.form("carol", &format!("/rooms/{}/read", w.tea), &[("seq", seq)]).await;
    w.react("alice", mid, "👍").await;
    assert_eq!(w.visit("carol", "/").await.texts(".rooms .unread"), [""; 0]);
    assert_eq!(w.window("carol").await.attributes("#log", "data-first"), [""; 0]);
    w.post("bob", "two").await;
    assert_eq!(w.visit("carol", "/").await.texts(".rooms .unread").len(), 1);
}

#[tokio::test]
async fn only_who_may_post_reacts_and_only_with_one_emoji() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    assert_eq!(w.react("carol", mid, "👍").await.status, 403);
    assert_eq!(w.press_chip("carol", mid, "👍").await.status, 403);
    assert_eq!(w.react("mallory", mid, "👍").await.status, 404);
    assert_eq!(w.get("mallory", &at(&w, mid)).await.status, 404);
    assert_eq!(w.react(NOBODY, mid, "👍").await.status, 401);
    for odd in ["", "x", "👍👍", "👍 nice", ":)"] {
        let refused = w.react("bob", mid, odd).await;
        assert_eq!(refused.status, 422, "{odd:?}");
        assert!(refused.body.contains("Choose one emoji."), "{}", refused.body);
    }
    assert_eq!(w.react("bob", mid + 100, "👍").await.status, 404);
    assert_eq!(w.press_chip("bob", mid + 100, "👍").await.status, 404);
    for odd in ["", "👍", "x 👍"] {
        let chip = [("chip", odd)];
        let refused = w.form("bob", &format!("/rooms/{}/reactions", w.tea), &chip).await;
        assert!([404, 422].contains(&refused.status), "{odd:?}: {}", refused.status);
    }
    assert_eq!(chips(&w.window("bob").await, mid), [""; 0]);
}

#[tokio::test]
async fn who_may_not_write_now_may_not_react_either_but_slow_mode_does_not_matter() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    let settings = |what: &str| format!("/rooms/{}/settings/{what}", w.tea);
    w.form("alice", &settings("slow"), &[("seconds", "60")]).await;
    assert_eq!(w.send(w.tea, "bob", "two", "n").await.status, 429);
    assert_eq!(w.react("bob", mid, "👍").await.status, 303);
    w.form("alice", &settings("mute"), &[("account", "bob"), ("minutes", "10")]).await;
    assert_eq!(w.react("bob", mid, "🎉").await.status, 403);
    assert_eq!(w.take_back("bob", mid, "👍").await.status, 403);
    w.pass(11);
    assert_eq!(w.take_back("bob", mid, "👍").await.status, 303);
    w.form("alice", &settings("lock"), &[]).await;
    assert_eq!(w.react("bob", mid, "👍").await.status, 409);
    assert_eq!(w.window("bob").await.texts("#react, #picker"), [""; 0]);
    w.form("alice", &settings("unlock"), &[]).await;
    assert_eq!(w.window("bob").await.texts("#react, #picker").len(), 2);
    assert_eq!(w.window("carol").await.texts("#react, #picker"), [""; 0]);
    assert_eq!(w.react("bob", mid, "👍").await.status, 303);
    w.edit("alice", w.tea, "Tea", "Only words.").await;
    assert_eq!(w.take_back("bob", mid, "👍").await.status, 409, "the room is closed");
}

#[tokio::test]
async fn a_removed_message_loses_its_reactions_and_takes_none() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    w.react("alice", mid, "👍").await;
    assert_eq!(chips(&w.window("carol").await, mid).len(), 1);
    assert_eq!(w.remove("bob", mid).await.status, 200);
    assert_eq!(w.window("carol").await.texts(&format!("#m{mid} .chip")), [""; 0]);
    assert_eq!(w.react("alice", mid, "👍").await.status, 409);
    let kept: i64 = w
        .app
        .store
        .read(|db| Ok(db.query_row("select count(*) from reaction", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn twenty_different_emoji_are_enough() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    let many = "😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇🥰😍🤩😘😗😚";
    for emoji in many.chars() {
        assert_eq!(w.react("bob", mid, &emoji.to_string()).await.status, 303, "{emoji}");
    }
    let refused = w.react("bob", mid, "👍").await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("20 different emoji"), "{}", refused.body);
    assert_eq!(w.react("alice", mid, "😀").await.status, 303, "one of them is not one more");
}

#[tokio::test]
async fn without_scripts_a_page_tells_who_reacted_and_takes_one_more() {
    let w = World::new().await;
    let mid = w.post("bob", "one").await;
    w.react("alice", mid, "👍").await;
    let page = w.visit("bob", &at(&w, mid)).await;
    assert_eq!(page.texts(".reacting li"), ["👍 Alice"]);
    assert_eq!(page.attributes("#react", "action"), [format!("/rooms/{}/reactions", w.tea)]);
    assert_eq!(page.texts("button[form=react]").len(), 8);
    let page = w.visit("carol", &at(&w, mid)).await;
    assert_eq!(page.texts(".reacting li"), ["👍 Alice"]);
    assert_eq!(page.texts("button[form=react]"), [""; 0]);
    // Back to where it was chosen, if that was a place of this room.
    let chip = format!("{mid} 👍");
    let back = async |from: &str| {
        let ask = post(&format!("/rooms/{}/reactions", w.tea)).by("bob").browser();
        w.ask(ask.header("referer", from).form(&[("chip", &chip)])).await.location()
    };
    let log = format!("/rooms/{}/plain/log", w.tea);
    assert_eq!(back(&format!("http://{}{log}", w.address)).await, log);
    let message = format!("/rooms/{}/messages/{mid}", w.tea);
    assert_eq!(back("http://elsewhere.example/").await, message);
    let picker = w.ask(get(&at(&w, mid)).by("alice").htmx()).await;
    assert_eq!(picker.texts("[aria-pressed=true]"), ["👍"]);
}
