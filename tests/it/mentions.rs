//! Naming somebody: who can be named, and what the one who is named sees.

use backchannel::mandate::Mandate;
use backchannel::roster::{self, NewAccount};

use crate::world::{NOBODY, PASSWORD, World};

impl World {
    /// The names that are offered after an `@` and some letters.
    async fn names(&self, who: &str, typed: &str) -> Vec<String> {
        let q: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        let list = self.get(who, &format!("/rooms/{}/names?q={q}", self.tea)).await;
        assert_eq!(list.status, 200, "{}", list.body);
        list.attributes("li[role=option]", "data-name")
    }

    async fn newcomer(&self, name: &str, display: &str) {
        let new = NewAccount {
            name: name.into(),
            display: display.into(),
            admin: false,
            groups: Vec::new(),
            password: PASSWORD.into(),
        };
        roster::add(&self.app, &Mandate::operator(), new).await.unwrap();
    }
}

#[tokio::test]
async fn who_reads_here_is_named_and_nobody_else() {
    let w = World::new().await;
    let mid = w.post("bob", "@carol and @Alice, not @mallory nor @nobody, mail@carol.org").await;
    let window = w.window("bob").await;
    let mentions = format!("#m{mid} .body a.mention");
    assert_eq!(window.texts(&mentions), ["@Carol", "@Alice"]);
    assert_eq!(window.attributes(&mentions, "href"), ["/accounts/carol", "/accounts/alice"]);
    assert!(window.said()[0].contains("not @mallory nor @nobody"));
}

#[tokio::test]
async fn the_window_of_the_one_who_is_named_has_a_rule_for_it() {
    let w = World::new().await;
    w.newcomer("Jürgen", "J").await;
    w.rights("everyone", "everyone", "alice").await;
    let mid = w.post("bob", "@carol @jürgen").await;
    let window = w.window("carol").await;
    assert!(window.body.contains(".mention[href='/accounts/carol']{"), "{}", window.body);
    assert!(!w.window("bob").await.body.contains(".mention[href='/accounts/carol']"));
    let hrefs = window.attributes(&format!("#m{mid} a.mention"), "href");
    // The rule of Jürgen's own window names the same address.
    assert_eq!(hrefs, ["/accounts/carol", "/accounts/J%C3%BCrgen"]);
}

#[tokio::test]
async fn who_is_named_hears_another_sound_and_nobody_hears_one_for_an_edit() {
    let w = World::new().await;
    let mut alice = w.listen("alice").await;
    let mut carol = w.listen("carol").await;
    let mut bob = w.listen("bob").await;
    let mid = w.post("bob", "@carol and @bob, and [~alice] is a link").await;
    assert!(carol.next().await.has("audio[src*='/chime.']"), "carol is named");
    assert!(alice.next().await.has("audio[src*='/beep.']"), "alice is not called");
    assert!(!bob.next().await.has("audio"), "nobody calls himself");
    w.post("bob", "and now {noformat}@carol{noformat}").await;
    assert!(carol.next().await.has("audio[src*='/beep.']"), "text is no call");
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    w.form("bob", &path, &[("body", "@alice @carol")]).await;
    alice.next().await;
    let edited = alice.next().await;
    assert!(edited.has(&format!("#m{mid} .mention")) && !edited.has("audio"), "{edited:?}");
}

#[tokio::test]
async fn a_mention_is_silent_where_sound_is_off() {
    let w = World::new().await;
    let mut loud = w.listen("carol").await;
    w.post("bob", "@carol").await;
    assert!(loud.next().await.has("audio"));
    let next = format!("/rooms/{}", w.tea);
    w.form("carol", "/settings/sound", &[("sound", "off"), ("next", &next)]).await;
    let mut quiet = w.listen("carol").await;
    w.post("bob", "@carol again").await;
    let frame = quiet.next().await;
    assert!(frame.has(".mention") && !frame.has("audio"), "{frame:?}");
}

#[tokio::test]
async fn an_edit_resolves_mentions_anew() {
    let w = World::new().await;
    let mid = w.post("bob", "@alice").await;
    let path = format!("/rooms/{}/messages/{mid}", w.tea);
    w.form("bob", &path, &[("body", "@carol")]).await;
    assert_eq!(w.window("bob").await.texts(&format!("#m{mid} .mention")), ["@Carol"]);
}

#[tokio::test]
async fn names_are_offered_by_their_beginning_who_spoke_last_first() {
    let w = World::new().await;
    assert_eq!(w.names("bob", "").await, ["alice", "carol", "robo"]);
    w.post("robo", "beep").await;
    w.pass(1);
    w.post("alice", "hush").await;
    assert_eq!(w.names("bob", "").await, ["alice", "robo", "carol"]);
    assert_eq!(w.names("bob", "C").await, ["carol"]);
    assert_eq!(w.names("bob", "ro").await, ["robo"]);
    assert!(w.names("bob", "x").await.is_empty());
    assert!(w.names("bob", "m").await.is_empty(), "mallory is not for those who may not meet her");
    assert!(w.names("bob", "%").await.is_empty() && w.names("bob", "'").await.is_empty());
}

#[tokio::test]
async fn names_in_other_scripts_are_found() {
    let w = World::new().await;
    w.rights("everyone", "everyone", "alice").await;
    w.newcomer("Jürgen", "Jürgen Weiß").await;
    w.newcomer("山田", "Yamada Tarō").await;
    w.newcomer("o.brien", "Seán O'Brien <b>").await;
    for (typed, name) in [
        ("jü", "Jürgen"),
        ("ju\u{308}r", "Jürgen"),
        ("JUR", "Jürgen"),
        ("weiß", "Jürgen"),
        ("山", "山田"),
        ("taro", "山田"),
        ("ｙａｍａ", "山田"),
        ("o.b", "o.brien"),
        ("sean", "o.brien"),
    ] {
        assert_eq!(w.names("bob", typed).await, [name], "{typed}");
    }
    let list = w.get("bob", &format!("/rooms/{}/names?q=sean", w.tea)).await;
    assert_eq!(list.texts("li b"), ["Seán O'Brien <b>"]);
}

#[tokio::test]
async fn names_are_for_those_who_may_write_here() {
    let w = World::new().await;
    let path = format!("/rooms/{}/names?q=a", w.tea);
    for (who, status) in [("bob", 200), ("carol", 403), ("mallory", 404), (NOBODY, 303)] {
        assert_eq!(w.get(who, &path).await.status, status, "{who}");
    }
    w.restrict("alice", w.tea, "view", "alice, bob").await;
    assert_eq!(w.names("bob", "").await, ["alice"]);
}

#[tokio::test]
async fn an_account_that_is_disabled_is_not_offered() {
    let w = World::new().await;
    roster::disable(&w.app, &Mandate::operator(), "carol").await.unwrap();
    assert_eq!(w.names("bob", "").await, ["alice", "robo"]);
}
