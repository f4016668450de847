//! Rooms as one file.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use crate::app::App;
use crate::error::{Error, Result};
use crate::export::{self, Of};
use crate::exported::{self, Format, Out};
use crate::{room, store};

/// Writes what was said into `path`, which must not be there yet.
pub(super) async fn write(app: &App, of: Of, format: Format, path: PathBuf) -> Result<String> {
    // What is not there leaves no file.
    if let Of::Room(room) = of {
        room::exists(app, room).await?;
    }
    for room in export::rooms(app, of.clone()).await? {
        export::head(app, room).await?;
    }
    let mut file = File::create(path).await?;
    let (out, mut pieces) = Out::for_operator();
    // Each has its end of the channel to itself, and drops it when it is done or fails.
    let read = async move { exported::write(app, &of, format, &out).await };
    let written = async move {
        while let Some(piece) = pieces.recv().await {
            file.write(piece?).await?;
        }
        Ok::<_, Error>(file)
    };
    let (read, written) = tokio::join!(read, written);
    let file = written?;
    let (n_messages, n_rooms) = read?;
    file.finish().await?;
    Ok(format!("{n_messages} messages of {n_rooms} rooms exported\n"))
}

/// The file that is being written; taken away again if it does not become whole.
struct File {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl File {
    async fn create(path: PathBuf) -> Result<Self> {
        store::blocking(move || {
            let made =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            match made {
                Ok(file) => Ok(Self { path, file: Some(file) }),
                Err(error) => Err(Error::broken(format!(
                    "{} cannot be made ({error}); an export writes over nothing",
                    path.display()
                ))),
            }
        })
        .await
    }

    async fn write(&mut self, text: String) -> Result<()> {
        let Some(mut file) = self.file.take() else { return Err(Error::broken("not open")) };
        self.file = Some(
            store::blocking(move || {
                file.write_all(text.as_bytes())?;
                Ok(file)
            })
            .await?,
        );
        Ok(())
    }

    async fn finish(mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Err(Error::broken("not open")) };
        store::blocking(move || Ok(file.sync_all()?)).await?;
        self.path.clear();
        Ok(())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
