//! The socket beside the file: one command in, one reply out, as a line of JSON each.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use super::{Command, Reply, run, socket_path};
use crate::app::Shared;
use crate::error::{Error, Result};

/// A command's size at most: an import's file with its escapes.
const LONGEST: u64 = 256 << 20;

/// The socket, open until this is dropped.
pub struct Listening {
    task: JoinHandle<()>,
    path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Serves commands at `path`. Whoever holds the file's lock may take the place of a left-over.
pub fn listen(app: &Shared, path: &Path) -> Result<Listening> {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).map_err(|error| {
        Error::broken(format!("the socket {} cannot be made: {error}", path.display()))
    })?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let app = Arc::clone(app);
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let app = Arc::clone(&app);
                    tokio::spawn(async move {
                        if let Err(error) = answer(&app, stream).await {
                            tracing::warn!(%error, "a command was not answered");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the socket for commands did not accept");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    });
    Ok(Listening { task, path: path.into() })
}

async fn answer(app: &Shared, stream: UnixStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(LONGEST)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Command>(&line) {
        Ok(command) => run(app, command).await,
        Err(_) => Err("This command is of another version: restart the server.".into()),
    };
    let mut reply = serde_json::to_vec(&reply)?;
    reply.push(b'\n');
    writer.write_all(&reply).await
}

/// Has the server that holds `file` do it; `None` where there is no server.
pub(super) async fn ask(file: &Path, command: &Command) -> Option<Reply> {
    let stream = UnixStream::connect(socket_path(file)).await.ok()?;
    Some(converse(stream, command).await.unwrap_or_else(|error| {
        Err(format!("The server did not answer ({error}); it may have been done or not."))
    }))
}

async fn converse(stream: UnixStream, command: &Command) -> std::io::Result<Reply> {
    let (reader, mut writer) = stream.into_split();
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    let mut reply = String::new();
    BufReader::new(reader).read_line(&mut reply).await?;
    Ok(serde_json::from_str(&reply)?)
}
