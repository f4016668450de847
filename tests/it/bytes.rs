//! What is on the disk: every byte of the file and its log, free pages included.

use std::time::{Duration, Instant};

use crate::world::World;

impl World {
    /// Is the text anywhere on the disk, in any case of its letters?
    pub fn holds(&self, text: &str) -> bool {
        let file = self.file();
        let wal = file.with_extension("db-wal");
        [file, wal].iter().any(|path| {
            let bytes = std::fs::read(path).unwrap_or_default().to_ascii_lowercase();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }

    /// Waits until the text is nowhere on the disk.
    pub async fn forgets(&self, text: &str) {
        let begun = Instant::now();
        while self.holds(text) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{text} is still on the disk");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
