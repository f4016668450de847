//! How streams end: a lost right, a window that goes, the stop.

use super::*;

#[test]
fn losing_the_right_ends_the_stream_before_later_frames() {
    let w = world(calm());
    let mut bob = w.join(subscriber(1, 1));
    let mut twin = w.join(subscriber(1, 1));
    let mut carol = w.join(subscriber(1, 2));
    w.say(1, 1, "before");
    assert_eq!(bob.next(), Some("before".into()));
    assert_eq!(twin.next(), Some("before".into()));
    w.shut_out.lock().unwrap().insert(1);
    // In the order in which it would harm: the frame even stands before the recheck.
    w.hub.publish(vec![frame(1, 2, 0, "secret", "secret"), Item::Recheck]);
    w.say(1, 3, "later");
    for window in [&mut bob, &mut twin] {
        assert_eq!(window.next(), Some("event: ended\ndata: \n\n".into()));
        assert_eq!(window.next(), None);
        assert_eq!(window.fill(), 0, "closed after the last chunk");
    }
    let got: Vec<_> = (0..3).filter_map(|_| carol.next()).collect();
    assert_eq!(got, ["before", "secret", "later"]);
    assert_eq!(w.asked.load(Ordering::SeqCst), 2, "asked once for each account and session");
    assert_eq!(w.hub.n_streams(), 1);
}

#[test]
fn who_cannot_be_asked_about_is_told_nothing_and_may_come_back() {
    let w = world(calm());
    let mut bob = w.join(subscriber(1, UNKNOWN));
    w.say(1, 1, "before");
    assert_eq!(bob.next(), Some("before".into()));
    let subscription = w.hub.subscribe(1);
    w.hub.publish(vec![frame(1, 2, 0, "secret", "secret"), Item::Recheck]);
    // Neither the frame nor that he is not in the room any more, which may not be so.
    assert_eq!(bob.fill(), 0);
    let (ours, mut twin) = w.pair();
    w.hub.adopt(subscription, ours, subscriber(1, UNKNOWN), HEAD.into(), 0, 0);
    twin.fill();
    assert!(twin.buffer.starts_with(b"HTTP/1.1 503 "));
    assert_eq!(w.hub.n_streams(), 0);
}

#[test]
fn whose_right_ends_without_a_word_is_let_go_within_some_heartbeats() {
    let w = world(Config { heartbeat: Duration::from_millis(100), ..Config::unlimited() });
    let mut bob = w.join(subscriber(1, 1));
    let mut carol = w.join(subscriber(1, 2));
    w.shut_out.lock().unwrap().insert(1);
    let last = std::iter::from_fn(|| bob.next()).take(20).last();
    assert_eq!(last, Some("event: ended\ndata: \n\n".into()));
    assert_eq!(carol.next().unwrap(), BEAT);
    assert_eq!(w.hub.n_streams(), 1);
}

#[test]
fn who_arrives_just_after_losing_the_right_sees_nothing() {
    let w = world(calm());
    let subscription = w.hub.subscribe(1);
    // The handler has asked for the right, and read; now the right goes.
    w.shut_out.lock().unwrap().insert(1);
    w.hub.publish(vec![Item::Recheck]);
    let (ours, mut bob) = w.pair();
    let first = [HEAD.as_bytes(), &chunk(b"secret")].concat();
    w.hub.adopt(subscription, ours, subscriber(1, 1), first.into(), 0, 0);
    bob.head();
    assert_eq!(bob.next(), Some("event: ended\ndata: \n\n".into()));
    assert_eq!(bob.next(), None);
    assert_eq!(w.hub.n_streams(), 0);
}

#[test]
fn who_asked_for_the_right_after_somebody_lost_one_is_not_asked_about() {
    let w = world(calm());
    w.hub.publish(vec![Item::Recheck]);
    let mut bob = w.join(subscriber(1, 1));
    w.say(1, 1, "hello");
    assert_eq!(bob.next(), Some("hello".into()));
    assert_eq!(w.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_slow_subscriber_without_the_right_gets_the_begun_frame_and_the_end() {
    let w = world(calm());
    let mut bob = w.join(subscriber(1, 1));
    let big = "y".repeat(8 << 20);
    w.say(1, 1, &big);
    w.say(1, 2, "secret");
    bob.fill();
    w.shut_out.lock().unwrap().insert(1);
    w.hub.publish(vec![Item::Recheck]);
    assert_eq!(w.joined(), subscriber(1, 1));
    assert_eq!(w.left(), subscriber(1, 1));
    assert!(bob.next().as_deref() == Some(big.as_str()));
    assert_eq!(bob.next(), Some("event: ended\ndata: \n\n".into()));
    assert_eq!(bob.next(), None);
}

#[test]
fn a_window_that_closes_is_noticed() {
    let w = world(calm());
    let (bob, carol) = (w.join(subscriber(1, 1)), w.join(subscriber(1, 2)));
    assert_eq!(w.joined(), subscriber(1, 1));
    assert_eq!(w.joined(), subscriber(1, 2));
    let begin = Instant::now();
    drop(bob);
    assert_eq!(w.left(), subscriber(1, 1));
    // Half closed is gone as well.
    carol.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(w.left(), subscriber(1, 2));
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_eq!(w.hub.n_streams(), 0);
}

#[test]
fn what_a_window_says_is_ignored_within_reason() {
    let w = world(calm());
    let mut bob = w.join(subscriber(1, 1));
    bob.socket.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    w.say(1, 1, "still here");
    assert_eq!(bob.next(), Some("still here".into()));
    let mut chatty = w.join(subscriber(1, 2));
    let mut n = 0;
    while n < 64 << 20 && chatty.socket.write_all(&[b'x'; 4096]).is_ok() {
        n += 4096;
    }
    assert!(n < 64 << 20, "cut at last");
}

#[test]
fn a_stop_gives_everybody_the_last_frame_and_the_last_chunk() {
    let w = world(calm());
    let mut windows: Vec<_> =
        (0..50).map(|account| w.join(subscriber(account % 5, account))).collect();
    for room in 0..5 {
        w.say(room, 1, "last words");
    }
    // Unread bytes at a close are a reset, and a reset takes the tail away.
    windows[3].socket.write_all(b"unread").unwrap();
    let hub = w.hub.clone();
    let stop = std::thread::spawn(move || {
        let begin = Instant::now();
        hub.stop();
        begin.elapsed()
    });
    for mut window in windows {
        assert_eq!(window.next(), Some("last words".into()));
        assert_eq!(window.next(), None);
        assert_eq!(window.fill(), 0);
    }
    assert!(stop.join().unwrap() < Duration::from_secs(2), "all had gone before the linger");
    assert_eq!(w.told.try_iter().filter(|event| matches!(event, Event::Left { .. })).count(), 50);
    // Who comes later is told so, and polls do not hang.
    let (ours, mut late) = w.pair();
    w.hub.adopt(w.hub.subscribe(1), ours, subscriber(1, 1), HEAD.into(), 0, 0);
    assert!(late.head().starts_with("HTTP/1.1 503 "));
    assert!(wakes(w.hub.listen(1)));
}

#[test]
fn a_stop_does_not_wait_for_who_does_not_read() {
    let w = world(Config { linger: Duration::from_millis(100), ..calm() });
    let _stalled = w.join(subscriber(1, 1));
    w.say(1, 1, &"y".repeat(8 << 20));
    let begin = Instant::now();
    w.hub.stop();
    assert!(begin.elapsed() < Duration::from_secs(1));
    assert_eq!(w.hub.n_streams(), 0);
}

#[test]
fn a_hub_that_panics_has_failed_and_lets_go_of_everybody() {
    let config = Config { heartbeat: Duration::from_millis(100), ..Config::unlimited() };
    let mad = Box::new(|| vec![0; "mad".parse().unwrap()].into());
    let hub = Hub::start(config, Box::new(|_| Some(true)), Box::new(|_| ()), mad).unwrap();
    assert!(!hub.failed());
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut theirs = TcpStream::connect(door.local_addr().unwrap()).unwrap();
    theirs.set_read_timeout(Some(PATIENCE)).unwrap();
    let subscription = hub.subscribe(1);
    hub.adopt(subscription, door.accept().unwrap().0, subscriber(1, 7), HEAD.into(), 0, 0);
    let mut got = Vec::new();
    let _ = theirs.read_to_end(&mut got);
    while !hub.failed() {
        std::thread::yield_now();
    }
    // Nobody waits for what is gone.
    assert!(wakes(hub.listen(1)));
    hub.stop();
}

#[test]
fn what_goes_with_a_stream_goes_when_it_does() {
    let w = world(Config { max_streams: 1, ..calm() });
    let companion = Arc::new(());
    let subscribe = || w.hub.subscribe(1).with(Arc::clone(&companion));
    drop(subscribe());
    assert_eq!(Arc::strong_count(&companion), 1, "it never began");
    let (ours, mut client) = w.pair();
    w.hub.adopt(subscribe(), ours, subscriber(1, 1), HEAD.into(), 0, 0);
    client.head();
    w.joined();
    assert_eq!(Arc::strong_count(&companion), 2);
    let (ours, mut refused) = w.pair();
    w.hub.adopt(subscribe(), ours, subscriber(1, 1), HEAD.into(), 0, 0);
    assert!(refused.head().starts_with("HTTP/1.1 503 "));
    drop(client);
    w.left();
    assert_eq!(Arc::strong_count(&companion), 1, "one is over, one was not taken in");
}
