//! A form with files, as a browser sends it.

use backchannel::error::Result;

use crate::world::{Answer, Ask, World, nonce, post};

const BOUNDARY: &str = "----a-line-between-parts-7d1c";

/// Parts of a form in their order.
#[derive(Default)]
pub struct Sent(Vec<u8>);

impl Sent {
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.head(&format!("name=\"{name}\""));
        self.0.extend_from_slice(value.as_bytes());
        self.0.extend_from_slice(b"\r\n");
        self
    }

    pub fn file(mut self, name: &str, bytes: &[u8]) -> Self {
        let name = name.replace('"', "%22");
        self.head(&format!(
            "name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/x-anything"
        ));
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    fn head(&mut self, about: &str) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {about}\r\n\r\n");
        self.0.extend_from_slice(head.as_bytes());
    }

    /// The content type and the bytes.
    pub fn finish(mut self) -> (String, Vec<u8>) {
        self.0.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), self.0)
    }
}

impl World {
    /// The question that sends a form with files to Tea.
    pub fn upload_form(&self, who: &str, sent: Sent) -> Ask {
        let (kind, bytes) = sent.finish();
        post(&format!("/rooms/{}/files", self.tea)).by(who).body(&kind, &bytes)
    }

    /// Uploads one file to Tea.
    pub async fn upload(&self, who: &str, name: &str, bytes: &[u8]) -> Answer {
        let sent = Sent::default().text("nonce", &nonce()).file(name, bytes);
        self.ask(self.upload_form(who, sent)).await
    }

    /// Uploads one file to Tea, which has to succeed: its address and its message.
    pub async fn put(&self, who: &str, name: &str, bytes: &[u8]) -> (String, i64) {
        let answer = self.upload(who, name, bytes).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        let links = answer.attributes(".body a", "href");
        (links[0].clone(), answer.mid())
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> i64 {
        let all = format!("select count(*) from {table}");
        let count = self.app.store.read_here(|connection| -> Result<i64> {
            Ok(connection.query_row(&all, [], |row| row.get(0))?)
        });
        count.unwrap()
    }
}
