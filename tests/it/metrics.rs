//! What an operator can read off: counts that follow what happened, and for nobody else's eyes.

use std::collections::BTreeSet;

use crate::world::{NOBODY, World, get};

/// The value of a line of the exposition.
fn value(text: &str, line: &str) -> f64 {
    let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {line} in:\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn the_counts_follow_what_happened() {
    let w = World::new().await;
    let mut carol = w.listen("carol").await;
    for n in 0..3 {
        w.post("bob", &format!("message {n}")).await;
    }
    for n in 0..3 {
        assert_eq!(carol.next().await.said(), [format!("message {n}")]);
    }
    assert_eq!(w.get("mallory", &format!("/pages/{}", w.tea)).await.status, 404);
    w.get("alice", "/search?q=message").await;
    let answer = w.get(NOBODY, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = &answer.body;
    assert!(text.ends_with("# EOF\n"));
    assert!(value(text, "backchannel_changes_total{kind=\"message\"}") >= 3.0, "{text}");
    let route =
        "backchannel_requests_total{method=\"POST\",route=\"/rooms/{id}/messages\",status=\"201\"}";
    assert!(value(text, route) >= 3.0);
    assert!(value(text, "backchannel_errors_total{kind=\"not_found\"}") >= 1.0);
    assert!(value(text, "backchannel_deliveries_total") >= 3.0);
    assert!(value(text, "backchannel_delivery_lag_seconds_count") >= 1.0);
    assert!(value(text, "backchannel_write_commit_seconds_count") >= 3.0);
    assert!(value(text, "backchannel_search_seconds_count") >= 1.0);
    assert!(value(text, "backchannel_connections_refused_total") >= 0.0);
    assert!(value(text, "backchannel_file_bytes") > 0.0);
    assert!(value(text, "backchannel_open_streams") >= 1.0);
    for private in ["message 0", "Tea", "bob", "carol"] {
        assert!(!text.contains(private), "{private} is in the metrics");
    }
}

#[tokio::test]
async fn nobody_reads_them_through_a_proxy_or_without_the_token() {
    let w = World::new().await;
    assert_eq!(w.get(NOBODY, "/metrics").await.status, 200);
    for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let through = get("/metrics").header(header, "192.0.2.1");
        assert_eq!(w.ask(through).await.status, 404, "{header}");
    }
    let token = "a long and secret token";
    let w = World::with(|config| config.metrics_token = Some(token.into())).await;
    assert_eq!(w.get(NOBODY, "/metrics").await.status, 404);
    for (shown, status) in [(token, 200), ("a long and secret tokem", 404), ("", 404)] {
        let ask = get("/metrics").header("authorization", &format!("Bearer {shown}"));
        assert_eq!(w.ask(ask).await.status, status, "{shown}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let w = World::new().await;
    let mut seen = BTreeSet::new();
    for path in ["/", "/nothing", "/healthz", "/assets/nothing"] {
        let id = w.get("alice", path).await.header("x-request-id").to_owned();
        assert!(id.len() == 16 && seen.insert(id.clone()), "{path}: {id}");
    }
}

/// A graph of something that is not counted would stay empty for ever.
#[tokio::test]
async fn the_dashboard_asks_for_nothing_that_is_not_counted() {
    let w = World::new().await;
    w.post("bob", "hello").await;
    w.get("alice", "/nothing").await;
    let text = w.get(NOBODY, "/metrics").await.body;
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../deploy/grafana.json")).unwrap();
    let mut n_asked = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            for at in expression.match_indices("backchannel_").map(|(at, _)| at) {
                let rest = &expression[at..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let name = &rest[..end.unwrap_or(rest.len())];
                let there = text.lines().any(|line| {
                    line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                });
                assert!(there, "{name} is asked for and not counted");
                n_asked += 1;
            }
        }
    }
    assert!(n_asked > 10);
}
