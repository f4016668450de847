//! What people write is text: it runs nothing, fetches nothing, ends nothing.

use super::person::Person;
use super::stage::{Stage, play};
use crate::visitor::Visitor;

/// Each would show itself by `pwned`: a value in the page, or a request that somebody sees.
const HOSTILE: &[&str] = &[
    "<script>window.pwned = 1</script>",
    "<img src=/pwned onerror='window.pwned = 1'>",
    "<div hx-get='/pwned' hx-trigger='load'>x</div>",
    "<div hx-get=\"/pwned\" hx-trigger=\"intersect\" data-hx-get='/pwned'>x</div>",
    "<hx-partial hx-target=\"#log\" hx-swap=\"innerHTML\">pwned</hx-partial>",
    "<input id=last name=after value=pwned hx-swap-oob=true>",
    "</div></li></ol><script>window.pwned = 1</script>",
    "<title>pwned</title><base href=/pwned/><meta http-equiv=refresh content='0;url=/pwned'>",
    "<style>body { display: none }</style><link rel=stylesheet href=/pwned>",
    "<form action=/pwned><button autofocus>x</button></form><iframe src=/pwned></iframe>",
    "first\r\n\r\nevent: ended\r\ndata: pwned\r\n\r\nlast",
    "first\revent: reload\rdata: pwned\r\rlast",
    "before\u{2028}between\u{2029}after\u{85}end",
    "[x|javascript:window.pwned=1] [y|data:text/html,<script>window.pwned=1</script>]",
    "[x|https://example.org/\" onmouseover=\"window.pwned=1] !https://example.org/x\" onerror=pwned!",
    "https://example.org/\"><script>window.pwned=1</script>",
    "{{<b onclick=pwned>}} *<i>* {color:red;background:url(/pwned)}x{color}",
    "```\n</code></pre><script>window.pwned = 1</script>\n```",
    "{html}<script>window.pwned = 1</script>{html}",
    "\u{202e}desrever \u{0} \u{1b}[31m \u{feff} \u{fffe}",
    "&lt;script&gt;window.pwned = 1&lt;/script&gt; &#x3c;b&#x3e;",
    "' onclick='window.pwned=1' x='",
    "<template shadowrootmode=open><slot></slot></template><math><mi//xlink:href='data:x,<script>'>",
];

/// Nothing of what was written has happened here.
async fn is_unharmed(person: &Person, n_messages: usize) {
    assert!(person.is("window.pwned === undefined").await);
    let fetched =
        "performance.getEntriesByType('resource').some(entry => entry.name.includes('pwned'))";
    assert!(!person.is(fetched).await, "something was fetched");
    assert!(!person.is("document.title === 'pwned'").await);
    assert!(person.is("document.body.checkVisibility()").await);
    let within = "document.querySelectorAll('.body :is(script, style, iframe, form, input, button, \
                  meta, base, link, title, template, math, hx-partial, [hx-get], [onclick], \
                  [onerror], [onmouseover], [style])').length";
    assert_eq!(person.js(within).await, 0);
    let links =
        "[...document.querySelectorAll('.body a')].every(a => /^https?:$/.test(a.protocol))";
    assert!(person.is(links).await, "a link leads out of the web");
    assert_eq!(person.js("document.querySelectorAll('#log > li').length").await, n_messages);
}

async fn say_all(mallory: &Visitor, room: i64) {
    for body in HOSTILE {
        mallory.say(room, body).await;
    }
    mallory.say(room, "the end").await;
}

#[test]
fn markup_in_a_message_is_text_wherever_the_message_is_shown() {
    play(async |stage| {
        let n = HOSTILE.len() + 1;
        let bob = stage.server.log_in("bob").await;
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let loaded = alice.js("performance.timeOrigin").await;
        say_all(&bob, stage.room).await;
        alice.sees("the end").await;
        is_unharmed(&alice, n).await;
        alice.screenshot("hostile").await;
        // What can be read back is what was written.
        let log = alice.log().await;
        for text in ["<script>window.pwned = 1</script>", "' onclick='window.pwned=1' x='"] {
            assert!(log.contains(&text.to_owned()), "{text} in {log:#?}");
        }
        assert!(log[10].starts_with("first\n") && log[10].ends_with("last"), "{}", log[10]);
        assert!(log[11].starts_with("first\n") && log[11].ends_with("last"), "{}", log[11]);
        assert!(log[12].contains("between"));
        // Still the same window, still listening, and the same again after a reload.
        bob.say(stage.room, "still here").await;
        alice.sees("still here").await;
        assert_eq!(alice.js("performance.timeOrigin").await, loaded);
        alice.enter().await;
        is_unharmed(&alice, n + 1).await;
        assert_eq!(alice.log().await[..n], log[..]);
        alice.open_window_by("#transcripts a").await;
        is_unharmed(&alice, n + 1).await;
        for query in ["pwned", "script", "reload"] {
            alice.go(&format!("/search?q={query}")).await;
            assert!(alice.is("document.querySelector('.hits li')").await, "nothing for {query}");
            assert!(alice.is("window.pwned === undefined").await);
            assert!(
                !alice.is("document.querySelector('.hits :is(script, img, iframe, style)')").await
            );
        }
    });
}

#[test]
fn markup_in_a_name_or_a_title_is_text() {
    play(async |stage| {
        let server = &stage.server;
        server.account("eve", "<script>window.pwned=1</script><b>Eve</b>", &[]);
        let body = "{chat:<img src=/pwned onerror=window.pwned=1>}";
        let page = server.page("OPEN", "</title><script>window.pwned=1</script>", body);
        let eve = server.log_in("eve").await;
        let alice = stage.person("alice").await;
        alice.go(&format!("/rooms/{page}")).await;
        alice.is_listening().await;
        eve.say(page, "hello").await;
        alice.sees("hello").await;
        is_unharmed(&alice, 1).await;
        let author = alice.text("document.querySelector('.author').innerText").await;
        assert_eq!(author, "<script>window.pwned=1</script><b>Eve</b>");
        let bidi = "getComputedStyle(document.querySelector('.author')).unicodeBidi";
        assert_eq!(alice.text(bidi).await, "isolate", "a name turns round what stands beside it");
        let _stream = eve.listen(&format!("/rooms/{page}/stream")).await.unwrap();
        alice
            .until("Eve to come", "document.getElementById('people').innerText.includes('Eve')")
            .await;
        assert!(alice.is("window.pwned === undefined").await);
        for path in [
            format!("/pages/{page}"),
            "/".into(),
            format!("/rooms/{page}/status"),
            "/search?q=hello".into(),
            format!("/pages/{page}/edit"),
        ] {
            alice.go(&path).await;
            assert!(alice.is("window.pwned === undefined").await, "{path}");
            assert!(
                !alice.is("document.querySelector('main :is(script, b, img)')").await,
                "{path}"
            );
        }
    });
}

/// Ends whatever it stands in, and shows itself by `pwned`.
const ANYWHERE: &str = "\"'></title></textarea></script><img src=/pwned onerror=window.pwned=1>\
    <script>window.pwned=1</script><b hx-get=/pwned hx-trigger=load>";

/// Fills in what there is besides messages, names and titles; where it is shown.
async fn fill_in_all_else(stage: &Stage) -> Vec<String> {
    let room = format!("/rooms/{}", stage.room);
    let (alice, bob) = (stage.server.log_in("alice").await, stage.server.log_in("bob").await);
    let topic = alice.post(&format!("{room}/topic"), &[("topic", ANYWHERE)]).await;
    assert_eq!(topic.status.as_u16(), 303, "{}", topic.body);
    let paste = bob.say(stage.room, &format!("{ANYWHERE}\n").repeat(12)).await;
    let said = bob.say(stage.room, &format!("/me {ANYWHERE}")).await;
    let answer = [("body", ANYWHERE), ("reply_to", &said.to_string())];
    assert_eq!(alice.post(&format!("{room}/messages"), &answer).await.status.as_u16(), 201);
    for text in [ANYWHERE, "and once more"] {
        let edited = bob.post(&format!("{room}/messages/{said}"), &[("body", text)]).await;
        assert_eq!(edited.status.as_u16(), 200, "{}", edited.body);
    }
    let pin = alice.post(&format!("{room}/messages/{said}/pin"), &[]).await;
    assert!(pin.status.as_u16() < 400, "{}", pin.body);
    let name = ANYWHERE.replace('/', "").replace('"', "%22");
    let file = format!(
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
         {ANYWHERE}\r\n--b--\r\n"
    );
    let kind = "multipart/form-data; boundary=b";
    let sent = bob.send_bytes(&format!("{room}/files"), kind, file.into()).await;
    assert!(sent.contains("class=\"file\""), "{sent}");
    let log = stage.server.folder().join("2004-11-15.txt");
    std::fs::write(&log, format!("[10:00] <\"'onerror=window.pwned=1> {ANYWHERE}\n")).unwrap();
    let number = stage.room.to_string();
    let import = ["import", "irc", "--room", &number, "--zone", "UTC", log.to_str().unwrap()];
    assert!(stage.server.run(&import, "").contains("1 messages imported"));
    let page = format!("/pages/{}", stage.room);
    let body = format!("{ANYWHERE}\n\n{{code:title={ANYWHERE}}}\nx\n{{code}}\n\n{{chat:Mirror}}");
    let saved = [("title", "The mirror"), ("body", &body), ("version", "1")];
    assert_eq!(alice.post(&page, &saved).await.status.as_u16(), 303);
    let day = alice.get(&room).await.body;
    let day = day.split(&format!("{room}/transcripts/")).nth(1).unwrap().split('"').next().unwrap();
    let day = alice.get(&format!("{room}/transcripts/{day}")).await.location.unwrap();
    let old = alice.get(&format!("{room}/transcripts/2004-11-15")).await.location.unwrap();
    let mut shown: Vec<String> =
        ["", "/status", "/files", "/settings", "/audit", "/calendar", "/calendar?month=2004-11"]
            .map(|end| format!("{room}{end}"))
            .into();
    shown.extend([day, old, format!("{room}/messages/{paste}/paste"), page.clone()]);
    shown.extend([format!("{room}/messages/{said}/history"), format!("{page}/history/2")]);
    shown.extend([format!("{page}/history/compare?from=1&to=2"), format!("{page}/edit")]);
    shown.extend(["/search?q=onerror", "/changes", "/settings", "/admin/rooms"].map(str::to_owned));
    shown
}

#[test]
fn whatever_else_is_filled_in_is_text_wherever_it_is_shown() {
    play(async |stage| {
        let alice = stage.in_room("alice").await;
        alice.is_listening().await;
        let shown = fill_in_all_else(stage).await;
        // While the window is open it comes by the stream.
        alice
            .until("the topic", "document.getElementById('topic').innerText.includes('pwned')")
            .await;
        let harmed = "window.pwned !== undefined || performance.getEntriesByType('resource')\
            .some(entry => entry.name.endsWith('/pwned'))";
        assert!(!alice.is(harmed).await, "in the open window");
        for path in &shown {
            alice.go(path).await;
            assert!(!alice.is(harmed).await, "{path}");
            let within = "document.querySelector('main img[src=\"/pwned\"], [hx-get=\"/pwned\"], \
                [onerror]')";
            assert!(!alice.is(within).await, "{path}");
            assert!(alice.is("document.body.checkVisibility()").await, "{path}");
        }
    });
}
