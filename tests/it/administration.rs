//! Administration by pages: for who administers, with the draft kept and each act listed.

use backchannel::id::{PageId, RoomId};
use backchannel::mandate::Mandate;
use backchannel::restriction::Operation;
use backchannel::{group, moderation, purge, restriction, roster, session, space};

use crate::cross_site::everything;
use crate::world::{NOBODY, PASSWORD, World};

/// The list of acts: what, whom and what was set, without when and who.
async fn acts(w: &World) -> Vec<String> {
    let list = w.visit("alice", "/admin/audit").await;
    assert_eq!(list.status, 200);
    list.texts(".audit ol > li > span")
}

#[tokio::test]
async fn to_whoever_does_not_administer_there_is_nothing() {
    let w = World::new().await;
    let nothing = w.get("bob", "/no/such/page").await;
    for path in ["/admin", "/admin/accounts", "/admin/accounts/bob", "/admin/audit"] {
        for who in ["bob", "mallory"] {
            let answer = w.get(who, path).await;
            assert_eq!((answer.status, &answer.body), (404, &nothing.body), "{who}: {path}");
        }
        assert!(w.visit(NOBODY, path).await.location().starts_with("/login?next="));
        assert_eq!(w.get("alice", path).await.status, 200, "{path}");
    }
    assert!(w.get("alice", "/").await.has("a[href='/admin']"));
    assert!(!w.get("bob", "/").await.has("a[href='/admin']"));
    // Who administered a moment ago and no longer does has lost it.
    let give = w.form("alice", "/admin/accounts/bob/admin", &[("admin", "yes")]).await;
    assert_eq!(give.status, 303);
    assert_eq!(w.get("bob", "/admin").await.status, 200);
    let take = w.form("bob", "/admin/accounts/alice/admin", &[("admin", "no")]).await;
    assert_eq!(take.status, 303);
    assert_eq!(w.get("alice", "/admin").await.status, 404);
    // The last one stays.
    for (act, field) in [("disable", ""), ("admin", "no")] {
        let path = format!("/admin/accounts/bob/{act}");
        let refused = w.form("bob", &path, &[("admin", field)]).await;
        assert_eq!(refused.status, 409);
        assert!(refused.text(&format!("#{act}-error")).contains("Nobody else administers"));
    }
}

#[tokio::test]
async fn an_account_is_made_changed_shut_out_and_let_in_again() {
    let mut w = World::new().await;
    let fields = |name, password| {
        [("name", name), ("display", "Dora D"), ("groups", "crew"), ("password", password)]
    };
    // What is wrong stands beside its field, and what was right need not be typed again.
    for (name, password, field, status) in [
        ("dora", "short", "password", 422),
        ("no way", "quite long", "name", 422),
        ("BOB", "quite long", "name", 409),
    ] {
        let refused = w.form("alice", "/admin/accounts", &fields(name, password)).await;
        assert_eq!(refused.status, status, "{name}");
        assert!(refused.has(&format!("#{field}-error")), "{}", refused.body);
        let told = refused.attributes(&format!("#{field}"), "aria-describedby").remove(0);
        assert!(told.contains(&format!("{field}-error")));
        assert_eq!(refused.value("#name"), name);
        assert_eq!(
            (refused.value("#display"), refused.value("#groups")),
            ("Dora D".into(), "crew".into())
        );
        assert!(!refused.body.contains(password), "a password is not sent back");
    }
    let made = w.form("alice", "/admin/accounts", &fields("dora", "quite long")).await;
    assert_eq!((made.status, made.location()), (303, "/admin/accounts/dora".into()));
    assert_eq!(w.log_in("dora", "quite long").await.status, 303);
    let list = w.visit("alice", "/admin/accounts?q=DOR").await;
    assert_eq!(list.texts(".listed a"), ["Dora D"]);
    assert!(list.text(".listed .about").contains("crew"));

    let set = async |w: &World, what: &str, fields: &[(&str, &str)]| {
        let done = w.form("alice", &format!("/admin/accounts/dora/{what}"), fields).await;
        assert_eq!((done.status, done.location()), (303, "/admin/accounts/dora".into()), "{what}");
    };
    set(&w, "display", &[("display", "Dora Dee")]).await;
    set(&w, "groups", &[("groups", "crew, board")]).await;
    let refused = w.form("alice", "/admin/accounts/dora/groups", &[("groups", "a b, c")]).await;
    assert_eq!((refused.status, refused.value("#groups")), (422, "a b, c".into()));
    assert!(refused.has("#groups-error"));
    set(&w, "sessions/end", &[]).await;
    assert_eq!(w.visit("dora", "/settings").await.status, 303, "logged out");
    set(&w, "password", &[("password", "another one")]).await;
    assert_eq!(w.log_in("dora", "quite long").await.status, 401);
    assert_eq!(w.log_in("dora", "another one").await.status, 303);
    set(&w, "disable", &[]).await;
    assert_eq!(w.log_in("dora", "another one").await.status, 401);
    assert!(w.visit("alice", "/admin/accounts/dora").await.body.contains("let in no more"));
    set(&w, "enable", &[]).await;
    assert_eq!(w.log_in("dora", "another one").await.status, 303);
    assert_eq!(w.visit("alice", "/admin/accounts/nobody").await.status, 404);
    assert_eq!(
        acts(&w).await[..8],
        [
            "Alice let in again dora",
            "Alice disabled dora",
            "Alice set the password of dora",
            "Alice logged out everywhere dora (1)",
            "Alice set the groups of dora (board, crew)",
            "Alice renamed dora (Dora Dee)",
            "Alice made the account dora (crew)",
            "The operator made the space TEAM (view: alice, bob, carol, robo; comment: alice, bob, robo; edit: alice, bob)",
        ]
    );
}

#[tokio::test]
async fn groups_and_spaces_decide_who_reads_at_once() {
    let w = World::new().await;
    let add = [("name", "night"), ("members", "bob, nobody")];
    let refused = w.form("alice", "/admin/groups", &add).await;
    assert_eq!((refused.status, refused.value("#members")), (422, "bob, nobody".into()));
    assert!(refused.text("#members-error").contains("nobody"));
    let add = [("name", "@Night"), ("members", "bob")];
    assert_eq!(w.form("alice", "/admin/groups", &add).await.status, 303);
    assert_eq!(w.form("alice", "/admin/groups", &add).await.status, 409);
    let rights = [
        ("key", "NIGHT"),
        ("name", "The night"),
        ("view", "alice, @night"),
        ("comment", "@night"),
        ("edit", "alice, @none"),
    ];
    let refused = w.form("alice", "/admin/spaces", &rights).await;
    assert_eq!((refused.status, refused.value("#edit")), (422, "alice, @none".into()));
    assert!(refused.text("#edit-error").contains("@none"));
    let rights = [&rights[..4], &[("edit", "alice")]].concat();
    assert_eq!(w.form("alice", "/admin/spaces", &rights).await.location(), "/admin/spaces/NIGHT");
    assert_eq!(w.form("alice", "/admin/spaces", &rights).await.status, 409);
    let team = [
        ("key", "CREW"),
        ("name", "Die Crew"),
        ("view", "everyone"),
        ("comment", ""),
        ("edit", "everyone"),
        ("template", "team"),
    ];
    let ask = crate::world::post("/admin/spaces").by("alice").form(&team);
    assert_eq!(w.ask(ask.header("accept-language", "de")).await.status, 303);
    let home = w.get("bob", "/display/CREW/Die%20Crew").await;
    assert_eq!(home.status, 303);
    let home = w.get("bob", &home.location()).await;
    assert_eq!(home.texts(".children a"), ["Entscheidungen", "Treffen"]);
    assert!(home.has("a.join"));
    let odd = [&team[..5], &[("template", "castle")]].concat();
    assert_eq!(w.form("alice", "/admin/spaces", &odd).await.status, 400);
    let page = w.page_in("alice", "NIGHT", None, "Moon", "{chat:Moon}").await;
    let path = format!("/rooms/{page}");
    assert_eq!(w.get("bob", &path).await.status, 200);
    assert_eq!(w.get("carol", &path).await.status, 404);
    let mut bob = w.listen_to(&format!("{path}/stream"), "bob", &[]).await;
    assert_eq!(w.form("alice", "/admin/groups/night", &[("members", "carol")]).await.status, 303);
    bob.is_ended().await;
    assert_eq!(w.get("carol", &path).await.status, 200);
    // A group that rights name cannot go.
    let removed = w.form("alice", "/admin/groups/night/remove", &[]).await;
    assert_eq!(removed.status, 409);
    let wider = [("view", "everyone"), ("comment", "alice"), ("edit", "alice")];
    let set = w.form("alice", "/admin/spaces/NIGHT/rights", &wider).await;
    assert_eq!(set.status, 303, "{}", set.body);
    assert_eq!(w.get("bob", &path).await.status, 200);
    assert_eq!(w.form("alice", "/admin/groups/night/remove", &[]).await.status, 303);
    assert!(!w.visit("alice", "/admin/groups").await.body.contains("@night"));
    let named = w.form("alice", "/admin/spaces/NIGHT/name", &[("name", "Night shift")]).await;
    assert_eq!(named.status, 303);
    assert!(w.visit("bob", "/").await.texts(".spaces li a").contains(&"Night shift".into()));
    assert_eq!(w.form("alice", "/admin/spaces/NIGHT/name", &[("name", " ")]).await.status, 422);
    assert_eq!(
        acts(&w).await[..7],
        [
            "Alice renamed the space NIGHT (Night shift)",
            "Alice removed the group night",
            "Alice set the rights of NIGHT (view: everyone; comment: alice; edit: alice)",
            "Alice set the members of night (carol)",
            "Alice made the space CREW (view: everyone; comment: -; edit: everyone)",
            "Alice made the space NIGHT (view: alice, @night; comment: @night; edit: alice)",
            "Alice made the group night (bob)",
        ]
    );
}

#[tokio::test]
async fn a_room_is_locked_also_by_who_does_not_read_it() {
    let w = World::new().await;
    w.rights("bob, carol", "bob", "bob").await;
    assert_eq!(w.window("alice").await.status, 404);
    let list = w.visit("alice", "/admin/rooms?q=tea").await;
    assert_eq!(list.texts(".listed .about a"), ["Tea"]);
    assert!(w.visit("alice", "/admin/rooms?q=coffee").await.texts(".listed a").is_empty());
    let lock = format!("/admin/rooms/{}/lock", w.tea);
    for _ in 0..2 {
        assert_eq!(w.form("alice", &lock, &[]).await.status, 303);
    }
    assert_eq!(w.send(w.tea, "bob", "hello", "n1").await.status, 409);
    assert!(w.visit("alice", "/admin/rooms").await.text(".listed").contains("locked"));
    let unlock = format!("/admin/rooms/{}/unlock", w.tea);
    assert_eq!(w.form("alice", &unlock, &[]).await.status, 303);
    w.post("bob", "hello").await;
    assert_eq!(w.form("alice", "/admin/rooms/999/lock", &[]).await.status, 404);
    assert_eq!(acts(&w).await[..2], ["Alice unlocked Tea", "Alice locked Tea"]);
    // What goes for good leaves its number there and no word.
    w.rights("alice, bob", "bob", "bob").await;
    assert_eq!(w.form("bob", &format!("/pages/{}/trash", w.tea), &[]).await.status, 303);
    let purge = format!("/pages/{}/purge", w.tea);
    assert_eq!(w.form("alice", &purge, &[("confirm", "yes")]).await.status, 303);
    backchannel::purge::sweep(&w.app).await;
    let number = format!("number {}", w.tea);
    let acts = acts(&w).await;
    assert_eq!(acts[0], format!("Alice deleted for good the page {number} (TEAM)"));
    assert!(acts.contains(&format!("Alice locked {number}")) && !acts.concat().contains("Tea"));
}

#[tokio::test]
async fn long_lists_go_on_and_no_act_is_listed_that_did_nothing() {
    let w = World::new().await;
    for n in 0..101 {
        let name = if n % 2 == 0 { "Even" } else { "Odd" };
        let fields = [("display", name)];
        assert_eq!(w.form("alice", "/admin/accounts/bob/display", &fields).await.status, 303);
    }
    let first = w.visit("alice", "/admin/audit").await;
    assert_eq!(first.texts(".audit ol > li").len(), 100);
    let older = first.attributes("a.button[href^='/admin/audit?before=']", "href").remove(0);
    let rest = w.visit("alice", &older).await;
    assert_eq!(rest.texts(".audit ol > li > span")[0], "Alice renamed bob (Even)");
    for path in ["groups", "display", "enable", "sessions/end"] {
        let path = format!("/admin/accounts/mallory/{path}");
        w.form("alice", &path, &[("groups", ""), ("display", "Mallory")]).await;
    }
    let last = acts(&w).await.remove(0);
    assert_eq!(last, "Alice logged out everywhere mallory (1)");
    assert!(!w.visit("alice", "/admin/audit").await.body.contains(PASSWORD));
}

#[tokio::test]
async fn whoever_loses_the_mandate_while_a_form_is_on_its_way_does_nothing_by_it() {
    let w = World::new().await;
    let operator = Mandate::operator();
    roster::give_admin(&w.app, &operator, "bob").await.unwrap();
    // As a form of bob's has it, which now waits for its turn to write.
    let viewer = session::viewer(&w.app, w.token("bob")).await.unwrap();
    let bobs = Mandate::of(&viewer).unwrap();
    roster::take_admin(&w.app, &operator, "bob").await.unwrap();
    let hidden = w.page("alice", "Plans", "x").await;
    w.restrict("alice", hidden, "view", "alice").await;
    let gone = w.page("alice", "Gone", "x").await;
    w.form("alice", &format!("/pages/{gone}/trash"), &[]).await;
    let before = everything(&w).await;
    let room = RoomId(w.tea);
    let (hidden, gone) = (PageId(hidden), PageId(gone));
    for done in [
        purge::begin(&w.app, &viewer, gone).await,
        restriction::set(&w.app, &viewer, hidden, Operation::View, "bob").await,
        roster::set_display(&w.app, &bobs, "carol", "Carlo").await,
        roster::give_admin(&w.app, &bobs, "bob").await,
        roster::disable(&w.app, &bobs, "alice").await,
        roster::end_sessions(&w.app, &bobs, "alice").await,
        roster::set_password(&w.app, &bobs, "alice", "another one".into()).await,
        group::add(&w.app, &bobs, "crowd", "bob").await,
        space::set_name(&w.app, &bobs, "TEAM", "Mine").await,
        moderation::lock_any(&w.app, &bobs, room).await,
    ] {
        assert!(matches!(done, Err(backchannel::error::Error::NotFound)), "{done:?}");
    }
    assert!(everything(&w).await == before);
}
