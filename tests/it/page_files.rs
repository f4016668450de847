//! Files attached to a page: by whom, for whom, how they are found, and how they go.

use backchannel::admin::{self, Command};
use backchannel::purge;
use image::ImageFormat;

use crate::files::form::Sent;
use crate::files::pictures::{encoded, photo};
use crate::world::{Answer, Ask, NOBODY, World, get, post};

impl World {
    /// Attaches one file to a page, which has to succeed: its address.
    pub async fn attach(&self, who: &str, page: i64, name: &str, bytes: &[u8]) -> String {
        let answer = self.ask(attach_form(who, page, Sent::default().file(name, bytes))).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        let links = answer.attributes("#page_files .about > a", "href");
        let clean = name.rsplit('/').next().unwrap();
        links.into_iter().find(|link| link.ends_with(&format!("/{clean}"))).unwrap()
    }

    /// Takes the file of this address away from a page.
    async fn detach(&self, who: &str, page: i64, address: &str) -> Answer {
        let id = address.split('/').nth(2).unwrap();
        self.form(who, &format!("/pages/{page}/files/{id}/remove"), &[]).await
    }
}

/// The question that sends a form with files to a page.
fn attach_form(who: &str, page: i64, sent: Sent) -> Ask {
    let (kind, bytes) = sent.finish();
    post(&format!("/pages/{page}/files")).by(who).body(&kind, &bytes)
}

/// What a page shows below its text.
async fn attached(w: &World, who: &str, page: i64) -> Vec<String> {
    w.get(who, &format!("/pages/{page}")).await.texts("#page_files .about > a")
}

#[tokio::test]
async fn who_may_edit_a_page_attaches_files_and_who_may_see_it_has_them() {
    let w = World::new().await;
    let page = w.page("alice", "Plans", "Nothing yet.").await;
    // Who only reads is not told of an empty list; who may attach something is.
    assert!(!w.get("carol", &format!("/pages/{page}")).await.has("#page_files"));
    let shown = w.get("bob", &format!("/pages/{page}")).await;
    assert_eq!(shown.text("#page_files .hint"), "No files yet.");
    assert!(shown.has("#page_files form.upload input[type=file][multiple]"));

    let sent = Sent::default().file("b.txt", b"two").file("A.txt", b"one");
    let done = w.ask(attach_form("bob", page, sent).browser()).await;
    assert_eq!((done.status, done.location()), (303, format!("/pages/{page}#page_files")));
    assert_eq!(attached(&w, "carol", page).await, ["A.txt", "b.txt"]);
    let shown = w.get("carol", &format!("/pages/{page}")).await;
    assert_eq!(shown.texts("#page_files .about p")[0], "3 bytes, Bob, 22 Nov 2026, 10:00");
    assert!(!shown.has("#page_files form"), "who only reads changes nothing");
    let links = shown.attributes("#page_files .about > a", "href");
    let had = w.get("carol", &links[0]).await;
    assert_eq!(&had.bytes[..], b"one");
    assert!(had.header("content-disposition").starts_with("attachment; "));
    assert_eq!(had.header("content-type"), "application/octet-stream");
    assert!(had.header("content-security-policy").starts_with("sandbox; default-src 'none'"));

    assert_eq!(w.detach("carol", page, &links[0]).await.status, 403);
    assert_eq!(w.detach("bob", page, &links[0]).await.status, 303);
    assert_eq!(attached(&w, "carol", page).await, ["b.txt"]);
    assert_eq!(w.get("bob", &links[0]).await.status, 404);
    assert_eq!(w.detach("bob", page, &links[0]).await.status, 404);
    assert_eq!((w.count("file"), w.count("file_chunk")), (1, 1));
}

#[tokio::test]
async fn without_the_right_a_page_s_files_are_as_if_there_were_none() {
    let w = World::new().await;
    let page = w.page("alice", "Plans", "").await;
    let address = w.attach("alice", page, "plan.txt", b"secret").await;
    let none = "/pages/999/files";
    for who in ["mallory", NOBODY] {
        for (asked, unknown) in [
            (w.get(who, &format!("/pages/{page}/files")).await, w.get(who, none).await),
            (
                w.ask(attach_form(who, page, Sent::default().file("a.txt", b"x"))).await,
                w.ask(attach_form(who, 999, Sent::default().file("a.txt", b"x"))).await,
            ),
            (w.detach(who, page, &address).await, w.detach(who, 999, &address).await),
        ] {
            let body = |answer: &Answer| answer.body.replace(&page.to_string(), "999");
            assert_eq!((asked.status, body(&asked)), (unknown.status, body(&unknown)), "{who}");
            assert!(matches!(asked.status, 303 | 401 | 404), "{who}: {}", asked.status);
        }
    }
    // Who may read and not edit is told so, and who may no longer read sees nothing more.
    let sent = || Sent::default().file("a.txt", b"x");
    assert_eq!(w.ask(attach_form("carol", page, sent())).await.status, 403);
    let tag = w.get("carol", &address).await.header("etag").to_owned();
    w.restrict("alice", page, "view", "alice, bob").await;
    w.restrict("alice", page, "edit", "alice").await;
    let asked = get(&address).by("carol").header("if-none-match", &tag);
    assert_eq!(w.ask(asked).await.status, 404);
    assert_eq!(w.get("carol", &format!("/pages/{page}/files")).await.status, 404);
    assert_eq!(w.ask(attach_form("bob", page, sent())).await.status, 403);
    assert_eq!(w.detach("bob", page, &address).await.status, 403);
    assert_eq!(w.count("file"), 1);
    // A file is taken away from its own page alone, and a room's file from none.
    let other = w.page("bob", "Mine", "").await;
    assert_eq!(w.detach("bob", other, &address).await.status, 404);
    let (said, _) = w.put("bob", "said.txt", b"x").await;
    assert_eq!(w.detach("bob", w.tea, &said).await.status, 404);
    assert_eq!(w.get("bob", &said).await.status, 200);
}

#[tokio::test]
async fn a_body_names_a_page_s_files_and_no_two_have_one_name() {
    let w = World::new().await;
    let picture = encoded(&photo(900, 600), ImageFormat::Png);
    let (of_room, _) = w.put("bob", "plan.png", &picture).await;
    let other = encoded(&photo(300, 200), ImageFormat::Png);
    w.ask(attach_form("bob", w.tea, Sent::default().file("plan.png", &other))).await;
    assert_eq!(attached(&w, "carol", w.tea).await, ["plan-2.png"], "the room has a plan.png");
    w.edit("alice", w.tea, "Tea", "{chat:Tea}\n\n!plan-2.png! !plan.png!").await;
    let shown = w.get("carol", &format!("/pages/{}", w.tea)).await;
    let sources = shown.attributes(".prose a.picture img", "src");
    assert_eq!(shown.attributes(".prose a.picture img", "width"), ["300", "900"]);
    assert!(sources[0].ends_with("/plan-2.png") && sources[1] == of_room, "{sources:?}");
    // What is attached to the page is not said in its room.
    let listed = w.get("carol", &format!("/rooms/{}/files", w.tea)).await;
    assert_eq!(listed.texts(".files a"), ["plan.png"]);
    assert_eq!(w.window("carol").await.mids().len(), 1);
}

#[tokio::test]
async fn what_is_sent_again_is_the_file_that_is_there() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "").await;
    for _ in 0..2 {
        w.attach("bob", page, "plan.txt", b"one").await;
        let sent = Sent::default().file("plan.txt", b"another");
        assert_eq!(w.ask(attach_form("bob", page, sent)).await.status, 201);
    }
    assert_eq!(attached(&w, "carol", page).await, ["plan-2.txt", "plan.txt"]);
    assert_eq!((w.count("file"), w.count("file_act")), (2, 2));
}

#[tokio::test]
async fn what_is_wrong_with_files_is_said_beside_their_field() {
    let w = World::with(|config| {
        config.file_limit = 1 << 20;
        config.files_limit_per_day = 3 << 20;
    })
    .await;
    let page = w.page("bob", "Plans", "").await;
    let wrong = "#page_files form.upload #page_files_wrong";
    let large = vec![b'x'; (1 << 20) + 1];
    let many = (0..11).fold(Sent::default(), |sent, n| sent.file(&format!("{n}.txt"), b"x"));
    for (sent, status, told) in [
        (Sent::default().file("big.bin", &large), 413, "“big.bin” is too large"),
        (Sent::default().file("", b""), 422, "Choose a file first."),
        (many, 422, "At most 10 files at once."),
    ] {
        let refused = w.ask(attach_form("bob", page, sent).browser()).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert!(refused.text(wrong).contains(told), "{}", refused.body);
        assert_eq!(
            refused.attributes("form.upload input", "aria-describedby"),
            ["page_files_wrong"]
        );
    }
    assert_eq!(w.count("file"), 0, "nothing of it is left");
    for n in 0..3 {
        w.attach("bob", page, &format!("{n}.bin"), &large[1..]).await;
    }
    let refused = w.ask(attach_form("bob", page, Sent::default().file("a", b"x"))).await;
    assert_eq!(refused.status, 507, "it counts with what is put into rooms: {}", refused.body);
    let odd = post(&format!("/pages/{page}/files")).by("bob").form(&[("file", "x")]);
    assert_eq!(w.ask(odd).await.status, 415);
    // The page of a day has its room's files.
    w.post("bob", "hello").await;
    let day = w.get("bob", &format!("/rooms/{}/transcripts/2026-11-22", w.tea)).await.location();
    let day: i64 = day.rsplit('/').next().unwrap().parse().unwrap();
    let refused = w.ask(attach_form("bob", day, Sent::default().file("a", b"x"))).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}

#[tokio::test]
async fn a_page_is_found_by_the_names_of_its_files_until_they_go() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "About the *winter*.").await;
    let address = w.attach("bob", page, "samovar-blueprint.pdf", b"%PDF").await;
    for query in ["samovar", "winter blueprint", "\"samovar-blueprint.pdf\""] {
        let path = format!("/search?q={}", query.replace(' ', "+").replace('"', "%22"));
        assert!(w.get("carol", &path).await.body.contains("Plans"), "{query}");
        assert!(!w.get("mallory", &path).await.body.contains("Plans"), "{query}");
    }
    let found = w.get("carol", "/search?q=samovar").await;
    assert!(found.body.contains("<mark>samovar</mark>-blueprint.pdf"), "{}", found.body);
    assert_eq!(admin::run(&w.app, Command::Check).await, Ok("The file is whole.\n".into()));
    // An edit keeps them findable; and what is found is worked out again.
    w.edit("bob", page, "Plans", "About the spring.").await;
    assert!(w.get("carol", "/search?q=spring+samovar").await.body.contains("Plans"));
    w.app.store.write(|tx| Ok(tx.execute("update page set search = 'x'", [])?)).await.unwrap();
    assert!(admin::run(&w.app, Command::Check).await.is_err());
    admin::run(&w.app, Command::Rebuild).await.unwrap();
    assert_eq!(admin::run(&w.app, Command::Check).await, Ok("The file is whole.\n".into()));
    assert!(w.get("carol", "/search?q=spring+samovar").await.body.contains("Plans"));
    w.detach("bob", page, &address).await;
    assert!(!w.get("carol", "/search?q=samovar").await.body.contains("Plans"));
    assert!(w.get("carol", "/search?q=spring").await.body.contains("Plans"));
}

#[tokio::test]
async fn changes_history_and_who_watches_tell_of_files() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "").await;
    let news = async |who: &str| w.get(who, "/").await.texts("[aria-labelledby=watched] .about p");
    w.form("carol", &format!("/pages/{page}/watch"), &[("watch", "yes")]).await;
    w.pass(1);
    let address = w.attach("bob", page, "plan.txt", b"x").await;
    assert_eq!(news("carol").await, ["22 Nov 2026, 10:01, Bob"]);
    let home = w.get("carol", "/").await;
    let link = home.attributes("[aria-labelledby=watched] a.button", "href");
    assert_eq!(link, [format!("/pages/{page}#page_files")]);
    w.get("carol", &format!("/pages/{page}")).await;
    assert!(news("carol").await.is_empty());
    w.pass(1);
    w.detach("bob", page, &address).await;
    assert_eq!(news("carol").await, ["22 Nov 2026, 10:02, Bob"]);
    let changes = w.get("carol", "/changes").await;
    assert_eq!(changes.texts(".changes li .about > a"), ["Plans", "Plans", "Plans", "Tea"]);
    assert_eq!(
        changes.texts(".changes li .about > p:not(.hint)"),
        ["removed “plan.txt”", "attached “plan.txt”"]
    );
    let history = w.get("carol", &format!("/pages/{page}/history")).await;
    assert_eq!(history.texts(".acts .about").len(), 2);
    assert!(history.text(".acts").contains("removed “plan.txt”"), "{}", history.body);
    // Without the right there is silence.
    w.restrict("bob", page, "view", "bob").await;
    assert!(news("carol").await.is_empty());
    assert!(!w.get("carol", "/changes").await.body.contains("plan.txt"));
}

#[tokio::test]
async fn a_long_list_of_changes_goes_on_after_a_file() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "").await;
    for n in 0..70 {
        w.attach("bob", page, &format!("{n:02}.txt"), &[n]).await;
    }
    let first = w.get("carol", "/changes").await;
    let older = first.attributes(".changes p > a.button", "href").remove(0);
    let mut told = first.texts(".changes li .about > p:not(.hint)");
    told.extend(w.get("carol", &older).await.texts(".changes li .about > p:not(.hint)"));
    // All in one instant: by their numbers then, and none twice.
    let mut expected: Vec<_> = (0..70).map(|n| format!("attached “{n:02}.txt”")).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn files_follow_their_page_into_the_trash_back_and_away() {
    let w = World::new().await;
    let page = w.page("bob", "Plans", "").await;
    let bytes = b"fullofxylophones ".repeat(40_000);
    let address = w.attach("bob", page, "xylophones.txt", &bytes).await;
    w.attach("bob", page, "photo.png", &encoded(&photo(640, 480), ImageFormat::Png)).await;
    let copy = w.file().with_extension("copy");
    admin::run(&w.app, Command::Backup { file: copy.clone() }).await.unwrap();
    let kept: i64 = rusqlite::Connection::open(&copy)
        .unwrap()
        .query_row("select sum(length(bytes)) from file_chunk where form = 'original'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(kept > 680_000);
    w.form("bob", &format!("/pages/{page}/trash"), &[]).await;
    assert_eq!(w.get("bob", &address).await.status, 404);
    assert!(!w.get("bob", "/search?q=xylophones").await.body.contains("Plans"));
    w.form("bob", &format!("/pages/{page}/restore"), &[]).await;
    assert!(w.get("bob", &address).await.bytes == bytes);
    w.form("bob", &format!("/pages/{page}/trash"), &[]).await;
    assert!(w.holds("fullofxylophones"));
    let purged = w.form("alice", &format!("/pages/{page}/purge"), &[("confirm", "yes")]).await;
    assert_eq!(purged.status, 303);
    purge::sweep(&w.app).await;
    for table in ["file", "file_picture", "file_chunk", "file_act"] {
        assert_eq!(w.count(table), 0, "{table}");
    }
    w.forgets("xylophones").await;
    admin::run(&w.app, Command::Check).await.unwrap();
}

#[tokio::test]
async fn the_messages_of_a_room_expire_and_its_page_s_files_stay() {
    let w = World::new().await;
    let (said, _) = w.put("bob", "said.txt", b"said").await;
    let address = w.attach("bob", w.tea, "plan.txt", b"plan").await;
    let keep = format!("/rooms/{}/settings/keep", w.tea);
    w.pass(10 * 24 * 60);
    let answer = w.form("alice", &keep, &[("days", "7"), ("confirm", "yes")]).await;
    assert!(answer.status < 400, "{}", answer.body);
    admin::run(&w.app, Command::Expire { dry_run: false }).await.unwrap();
    assert_eq!(w.get("alice", &said).await.status, 404);
    assert_eq!(&w.get("alice", &address).await.bytes[..], b"plan");
}
