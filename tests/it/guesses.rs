//! What a log-in costs, and what many of them at once cost others.

use std::collections::HashMap;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::{PASSWORD, Server};
use crate::world::{Ask, client, get, post};

async fn ask(address: &str, ask: Ask) -> (u16, String, String) {
    let answer = ask.send(&client(), address, &HashMap::new()).await;
    (answer.status, answer.header("retry-after").to_owned(), answer.body)
}

/// Passwords that were hashed so far.
async fn n_hashed(address: &str) -> u64 {
    let (_, _, figures) = ask(address, get("/metrics")).await;
    let name = "backchannel_password_hashes_total ";
    let count = figures.lines().find_map(|line| line.strip_prefix(name));
    count.expect(&figures).parse().unwrap()
}

#[tokio::test]
async fn a_log_in_is_one_comparison_whoever_it_is_by() {
    let (server, _) = Server::furnished();
    server.run(&["account", "disable", "mallory"], "");
    let address = server.address().to_string();
    let (long, longer) = ("x".repeat(128), "x".repeat(129));
    let long_name = "n".repeat(10_000);
    for (name, password, told, costs) in [
        ("bob", PASSWORD, 303, 1),
        ("bob", "wrong", 401, 1),
        // The first unknown name, too, and each later one.
        ("eve", "wrong", 401, 1),
        ("eve", PASSWORD, 401, 1),
        ("trudy", "wrong", 401, 1),
        ("mallory", PASSWORD, 401, 1),
        ("", "", 401, 1),
        (long_name.as_str(), "wrong", 401, 1),
        ("bob", long.as_str(), 401, 1),
        // No password is so long: refused without a look, alike.
        ("bob", longer.as_str(), 401, 0),
        ("eve", longer.as_str(), 401, 0),
    ] {
        let before = n_hashed(&address).await;
        let fields = [("name", name), ("password", password)];
        let (status, _, _) = ask(&address, post("/login").form(&fields)).await;
        let cost = n_hashed(&address).await - before;
        let password = &password[..password.len().min(20)];
        assert_eq!((status, cost), (told, costs), "{} {password}", &name[..name.len().min(9)]);
    }
}

#[tokio::test]
async fn a_flood_of_log_ins_is_sent_away_and_takes_little() {
    let (server, rooms) = Server::furnished();
    let bob = server.log_in("bob").await;
    let address = server.address().to_string();
    let before = server.memory();
    let mut flood = JoinSet::new();
    for n in 0..300 {
        let address = address.clone();
        // Half of them with as much as a form may hold.
        let password = if n % 2 == 0 { "wrong".to_owned() } else { "x".repeat(60_000) };
        flood.spawn(async move {
            let fields = [("name", "alice"), ("password", password.as_str())];
            ask(&address, post("/login").form(&fields)).await
        });
    }
    // Others are served meanwhile.
    bob.say(rooms.room, "undisturbed").await;
    let answers = flood.join_all().await;
    let n_busy = answers.iter().filter(|(status, ..)| *status == 503).count();
    for (status, retry, _) in &answers {
        assert!(matches!(status, 401 | 503), "{status}");
        assert_eq!(*status == 503, retry.parse::<u32>().is_ok_and(|after| after > 0));
    }
    assert!(n_busy > 0 && n_busy < answers.len(), "{n_busy} were sent away");
    let grown = server.most_memory().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes");
    // And it is over.
    let fields = [("name", "alice"), ("password", PASSWORD)];
    assert_eq!(ask(&address, post("/login").form(&fields)).await.0, 303);
}

#[tokio::test]
async fn nobody_waits_behind_the_log_ins_of_others() {
    let (server, rooms) = Server::furnished();
    let bob = server.log_in("bob").await;
    let address = server.address().to_string();
    // As many as are worked on or may wait, all the time: none of them is sent away.
    let mut flood = JoinSet::new();
    for _ in 0..22 {
        let address = address.clone();
        flood.spawn(async move {
            loop {
                let fields = [("name", "alice"), ("password", "wrong")];
                ask(&address, post("/login").form(&fields)).await;
            }
        });
    }
    let begun = n_hashed(&address).await;
    let full = async { while n_hashed(&address).await < begun + 22 {} };
    tokio::time::timeout(Duration::from_mins(1), full).await.expect("a flood");
    // How long each of them waited, in passwords that were compared meanwhile: whoever stood in the
    // line would have seen all pass that stood there before.
    let mut n_late = 0;
    for n in 0..40 {
        let before = n_hashed(&address).await;
        bob.say(rooms.room, &format!("undisturbed {n}")).await;
        let passed = n_hashed(&address).await - before;
        n_late += usize::from(passed >= 11);
        // A sync of the disk may take that long now and then; the line is long for everybody.
        assert!(n_late <= 10, "of {n}, {n_late} waited while half of the line passed");
    }
    let all = n_hashed(&address).await;
    assert!(all > begun + 22 && flood.len() == 22, "the flood went on: {all}");
    flood.shutdown().await;
}

#[tokio::test]
async fn who_hangs_up_while_a_password_is_compared_makes_no_room_for_more() {
    let (server, _) = Server::furnished();
    let address = server.address().to_string();
    let form = "name=alice&password=wrong";
    let request = format!(
        "POST /login HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    let (before, mut n_begun) = (server.memory(), n_hashed(&address).await);
    for _ in 0..60 {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let begins = async { while n_hashed(&address).await == n_begun {} };
        tokio::time::timeout(Duration::from_mins(1), begins).await.expect("a comparison");
        n_begun = n_hashed(&address).await;
    }
    // Two at a time, of 19 MiB each.
    let grown = server.most_memory().saturating_sub(before);
    assert!(grown < 45 << 20, "{grown} bytes");
}
