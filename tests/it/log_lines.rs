//! The log is for the operator: it tells of routes and ids, never of what people wrote, named or
//! searched for, nor by what they are known.

use crate::process::{PASSWORD, Server, folder};
use crate::routes::{ROWS, path, streams};
use crate::visitor::Visitor;
use crate::world::Door;

/// In every private thing.
const CANARY: &str = "Kanarienvogel";

/// Everything that can be asked, each with the canary wherever there is place for it.
async fn ask_everything(visitor: &Visitor, room: i64) {
    let file = format!("/files/{}/{CANARY}.txt", "0".repeat(32));
    for (method, route, _, form) in ROWS {
        if streams(route) || *route == "/logout" || route.ends_with("/files") {
            continue;
        }
        let path = path(route, room, &file);
        let fields: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| match *name {
                "title" | "body" | "topic" | "name" | "password" | "current" => (*name, CANARY),
                _ => (*name, *value),
            })
            .chain([("next", "/Kanarienvogel")])
            .collect();
        match *method {
            "GET" => {
                let join = if path.contains('?') { '&' } else { '?' };
                visitor
                    .get(&format!("{path}{join}canary={CANARY}&q={CANARY}&next=/{CANARY}"))
                    .await;
            }
            "POST" => {
                visitor.post(&path, &fields).await;
            }
            _ => {
                visitor.delete(&path).await;
            }
        }
    }
}

#[tokio::test]
async fn no_line_of_the_log_holds_anything_private() {
    let talkative = vec![("BACKCHANNEL_LOG".into(), "trace".into())];
    let (server, rooms) = Server::start_in(folder(), talkative).furnish();
    let alice = server.log_in("alice").await;
    let about = format!("{CANARY} {{chat:{CANARY}}}");
    let fields = [("title", CANARY), ("body", &about), ("version", "1")];
    let saved = alice.post(&format!("/pages/{}", rooms.room), &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    alice.say(rooms.room, CANARY).await;
    // Last whoever may trash the page.
    for visitor in
        [&server.visitor(), &server.log_in("mallory").await, &server.log_in("carol").await, &alice]
    {
        ask_everything(visitor, rooms.room).await;
        visitor.get(&format!("/nothing/{CANARY}")).await;
        visitor.get(&format!("/display/WORK/{CANARY}")).await;
    }
    server.terminate();
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    for told in ["/display/{space}/{title}", "/search", "/files/{id}/{name}", "status=404"] {
        assert!(log.contains(told), "{told} in {log}");
    }
    for secret in [CANARY, &CANARY.to_lowercase(), PASSWORD, "sid=", "127.0.0.1"] {
        let lines = log.lines().filter(|line| line.contains(secret));
        // The link for the first account is no line of the log: it is for who looks on.
        let lines: Vec<_> = lines.filter(|line| !line.contains("/first/")).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}

#[tokio::test]
async fn a_fault_is_one_line_with_the_id_of_its_request_and_nothing_that_people_wrote() {
    // Of little that is logged, too.
    let (server, rooms) = Server::furnished_with(&[("BACKCHANNEL_LOG", "error")]);
    let alice = server.log_in("alice").await;
    alice.say(rooms.room, CANARY).await;
    // Somebody breaks the file behind the server's back.
    let file = rusqlite::Connection::open(server.folder().join("wiki.db")).unwrap();
    file.execute_batch("drop table reaction").unwrap();
    let door = Door::at(&server.address().to_string());
    let token = door.log_in("alice", PASSWORD).await;
    let path = format!("/rooms/{}/messages/1/reactions?canary={CANARY}", rooms.room);
    let answer = door.get(&token, &path).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.body, "Something went wrong on the server.\n");
    server.terminate();
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let told: Vec<_> = log.lines().filter(|line| line.contains("a request failed")).collect();
    assert_eq!(told.len(), 1, "{log}");
    for part in
        [answer.header("x-request-id"), "no such table", "/rooms/{id}/messages/{mid}/reactions"]
    {
        assert!(told[0].contains(part), "{part} in {told:?}");
    }
    for secret in [CANARY, PASSWORD, token.as_str(), "Alice", "127.0.0.1"] {
        assert!(!told[0].contains(secret), "{secret} in {told:?}");
    }
}
