//! A newer grammar renders anew what an older one rendered.

use backchannel::rerender;

use crate::world::World;

#[tokio::test]
async fn old_messages_are_rendered_anew_with_the_links_they_had() {
    let w = World::new().await;
    let plan = w.page("bob", "Plan", "").await;
    w.post("bob", "see [Plan], *soon*").await;
    w.post("bob", "*plain*").await;
    let fresh = w.window("bob").await.texts("#log .body");
    let link = format!("#log a[href='/pages/{plan}']");
    assert!(w.window("bob").await.has(&link));
    // As if an older grammar had made them; and what the title meant has gone meanwhile.
    w.app
        .store
        .write(|tx| {
            tx.execute_batch("update message set grammar = 0, html = 'old', search = 'old'")?;
            tx.execute_batch("update page set title_key = 'elsewhere' where title = 'Plan'")?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(w.window("bob").await.texts("#log .body"), ["old", "old"]);
    assert_eq!(rerender::all(&w.app).await.unwrap(), 2);
    assert_eq!(w.window("bob").await.texts("#log .body"), fresh);
    assert!(w.window("bob").await.has(&link));
    assert_eq!(rerender::all(&w.app).await.unwrap(), 0);
    // The file says that all is done: nobody looks through it again.
    let old = "update message set grammar = 0 where mid = (select max(mid) from message)";
    let set = |sql: &'static str| {
        w.app.store.write(move |tx| {
            tx.execute_batch(sql)?;
            Ok(())
        })
    };
    set(old).await.unwrap();
    assert_eq!(rerender::all(&w.app).await.unwrap(), 0);
    set("update copy set grammar = 0").await.unwrap();
    assert_eq!(rerender::all(&w.app).await.unwrap(), 1);
}
