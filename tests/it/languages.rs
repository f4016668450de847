//! Two languages, chosen by the account or the browser.

use crate::world::{Answer, Listener, NOBODY, World, get, post};

const GERMAN: &str = "de-AT,de;q=0.9,en;q=0.5";

async fn in_german(w: &World, who: &str, path: &str) -> Answer {
    let ask = get(path).browser().by(who).header("accept-language", GERMAN);
    let answer = w.ask(ask).await;
    if answer.header("content-type").starts_with("text/html") {
        assert_eq!(answer.header("content-language"), "de", "{path}");
    }
    answer
}

#[tokio::test]
async fn pages_are_in_the_language_that_the_browser_asks_for() {
    let w = World::new().await;
    let mid = w.post("bob", "hello").await;
    w.post_in(w.tea, "alice", "there").await;
    w.remove("bob", mid).await;
    let tea = w.tea;
    for (path, german, english) in [
        ("/login".to_owned(), "Anmelden", "Log in"),
        ("/".to_owned(), "Zuletzt aktive Räume", "Recently active rooms"),
        (format!("/pages/{tea}"), "Zum Chat", "Join Chat"),
        (format!("/pages/{tea}/edit"), "Speichern", "Save"),
        (format!("/rooms/{tea}"), "Nachricht entfernt", "Message removed"),
        (format!("/rooms/{tea}/status"), "Letzte Aktivität", "Last activity"),
        (format!("/rooms/{tea}/plain/compose"), "Senden", "Send"),
        (format!("/rooms/{tea}/files"), "Noch keine", "None yet"),
        (format!("/rooms/{tea}/calendar"), "November 2026", "Su"),
        ("/search".to_owned(), "Was suchen Sie?", "What are you looking for?"),
        ("/pages/999999".to_owned(), "Hier ist nichts", "Nothing here"),
    ] {
        let who = if path == "/login" { NOBODY } else { "alice" };
        let (de, en) = (in_german(&w, who, &path).await, w.visit(who, &path).await);
        assert!(de.body.contains(german), "{path} lacks {german}: {}", de.body);
        assert!(en.body.contains(english), "{path} lacks {english}");
        if path != format!("/rooms/{tea}/calendar") {
            assert!(!de.body.contains(&format!(">{english}<")), "{path} has {english}");
        }
        assert!(de.body.contains("lang=\"de\""), "{path}");
    }
}

#[tokio::test]
async fn errors_are_in_the_reader_s_language() {
    let w = World::new().await;
    let path = format!("/rooms/{}/messages", w.tea);
    let empty = post(&path).by("bob").form(&[("body", " ")]);
    let german = w.ask(empty.htmx().header("accept-language", GERMAN)).await;
    assert_eq!(
        (german.status, german.text(".error").as_str()),
        (422, "Bitte zuerst etwas schreiben.")
    );
    let wrong = post("/login").browser().form(&[("name", "bob"), ("password", "x")]);
    let german = w.ask(wrong.header("accept-language", GERMAN)).await;
    assert_eq!(german.text("[role=alert]"), "Der Name oder das Passwort stimmt nicht.");
    let refused = in_german(&w, "carol", &format!("/pages/{}/edit", w.tea)).await;
    assert!(refused.body.contains("Sie dürfen diese Seite sehen, aber nicht ändern."));
}

#[tokio::test]
async fn an_account_s_own_choice_wins_over_the_browser() {
    let w = World::new().await;
    let page = in_german(&w, "bob", "/settings").await;
    assert_eq!(page.text("h1"), "Meine Einstellungen");
    let chosen = w.form("bob", "/settings/language", &[("language", "en")]).await;
    assert_eq!((chosen.status, chosen.location().as_str()), (303, "/settings"));
    let ask = get("/settings").browser().by("bob").header("accept-language", GERMAN);
    let page = w.ask(ask).await;
    assert_eq!((page.text("h1").as_str(), page.header("content-language")), ("My settings", "en"));
    assert_eq!(page.text("option[selected]"), "English");
    w.form("bob", "/settings/language", &[("language", "")]).await;
    assert_eq!(in_german(&w, "bob", "/settings").await.text("h1"), "Meine Einstellungen");
    assert_eq!(w.get(NOBODY, "/settings").await.status, 303);
}

#[tokio::test]
async fn one_room_speaks_to_each_reader_in_their_own_language() {
    let w = World::new().await;
    let stream = format!("/rooms/{}/stream", w.tea);
    let mut alice = w.listen("alice").await;
    let mut bob = w.listen_to(&stream, "bob", &[("accept-language", GERMAN)]).await;
    let mid = w.post("bob", "x").await;
    w.remove("alice", mid).await;
    assert_eq!(removed(&mut alice).await, "Message removed");
    assert_eq!(removed(&mut bob).await, "Nachricht entfernt");
}

/// What stands where a message was, in the frame that removes it.
async fn removed(reader: &mut Listener) -> String {
    loop {
        let event = reader.next().await;
        if let Some(said) = event.texts("li[data-removed] > .body").pop() {
            return said.trim().to_owned();
        }
    }
}

#[tokio::test]
async fn the_help_is_in_the_reader_s_language() {
    let w = World::new().await;
    for (language, heading) in [("en", "For authors of pages"), ("de", "Wer Seiten schreibt")] {
        let help = w.ask(get("/help").browser().header("accept-language", language)).await;
        assert_eq!(help.status, 200);
        assert!(help.texts("h2").contains(&heading.to_owned()), "{language}");
        // Its list leads to its sections.
        for link in help.attributes("nav.choices a", "href") {
            assert!(help.has(&format!("h2{link}")), "{link}");
        }
        assert!(help.has("header.site a[href='/help']"));
        // Examples of the notation stand in the lines that tell of them, as they are typed.
        assert!(help.texts(".prose li code").contains(&"{chat}".to_owned()), "{language}");
        assert!(!help.has(".prose li pre") && !help.has(".prose table"), "{language}");
    }
}
