//! What goes from one wiki to another is no more to anybody there than it was here.

use std::io::Cursor;

use backchannel::admin::Format;
use backchannel::export::Of;
use backchannel::id::RoomId;
use backchannel::import::slack;

use crate::export::{archive, export, lines, take};
use crate::world::World;

#[tokio::test]
async fn whoever_is_a_mere_name_stays_one() {
    let w = World::new().await;
    let day = serde_json::json!([{
        "type": "message", "user": "U1", "text": "hello", "ts": "1100509201.000100",
        "reactions": [{"name": "+1", "users": ["U1"], "count": 1}],
    }]);
    let zip = archive(&[
        ("users.json", r#"[{"id":"U1","name":"alice"}]"#.into()),
        ("channels.json", r#"[{"id":"C1","name":"tea"}]"#.into()),
        ("tea/2004-11-15.json", day.to_string()),
    ]);
    take(&w, w.tea, slack::Export::open(Cursor::new(zip), None).unwrap()).await;
    let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
    let again = World::new().await;
    take(&again, again.tea, lines(&text)).await;
    for w in [w, again] {
        let window = w.window("alice").await;
        assert_eq!(window.texts(".chip"), ["👍 1 alice (you too)"]);
        assert_eq!(window.attributes(".chip", "data-by"), [""], "she is not who has that account");
        // Alice, who has, may do the same.
        let mid = window.mids()[0];
        let path = format!("/rooms/{}/messages/{mid}/reactions", w.tea);
        w.form("alice", &path, &[("emoji", "👍")]).await;
        let window = w.window("alice").await;
        assert_eq!(window.texts(".chip"), ["👍 2 alice, Alice (you too)"]);
        assert_eq!(window.attributes(".chip", "data-by"), ["alice"]);
        let text = export(&w, Of::Room(RoomId(w.tea)), Format::Jsonl).await;
        assert!(text.contains(r#""by":["alice"],"names":["alice"]"#), "{text}");
    }
}
