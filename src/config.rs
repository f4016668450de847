//! Everything that can be set, checked before anything starts.
//!
//! **Invariant:** the only place that reads the environment (by clap, on the command line's
//! struct in `main.rs`); everything else is handed a [`Config`].

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What a running server was told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `SQLite` file.
    pub file: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Fill an empty file with the demo wiki, and show its accounts at log-in.
    pub demo: bool,
    /// Rate and connection limits hold.
    pub limits: bool,
    /// IANA time zone of new rooms.
    pub zone: String,
    /// Bytes of a message, by default 16 KB.
    pub message_limit: usize,
    /// Bytes of a paste, by default 1 MB.
    pub paste_limit: usize,
    /// Bytes of a page, by default 1 MB.
    pub page_limit: usize,
    /// Bytes of a file that is uploaded, by default 25 MB.
    pub file_limit: u64,
    /// Bytes of all files together, by default 50 GB.
    pub files_limit: u64,
    /// Bytes that one account uploads within 24 hours, by default 1 GB.
    pub files_limit_per_day: u64,
}

impl Config {
    /// The defaults, for the file at `data`: a file, or a folder that holds `backchannel.db`.
    pub fn for_data(data: &Path) -> Result<Self> {
        Ok(Self {
            file: data_file(data)?,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            demo: false,
            limits: true,
            zone: "UTC".into(),
            message_limit: 16 * 1024,
            paste_limit: 1 << 20,
            page_limit: 1 << 20,
            file_limit: 25 << 20,
            files_limit: 50 << 30,
            files_limit_per_day: 1 << 30,
        })
    }

    /// Refuses what would be unsafe: the demo's known passwords and missing limits are for
    /// loopback only.
    pub fn check(&self) -> Result<()> {
        if !self.listen.ip().is_loopback() && (self.demo || !self.limits) {
            return Err(Error::invalid(
                "listen",
                "--demo and --no-limits are for this machine alone: listen on 127.0.0.1 or [::1], \
                 or leave them out",
            ));
        }
        jiff::tz::TimeZone::get(&self.zone).map_err(|_| {
            Error::invalid("zone", format!("{} is not a time zone; try Europe/Berlin", self.zone))
        })?;
        Ok(())
    }
}

/// The file that `data` means; makes a folder's way, with mode 0700, where it is missing.
fn data_file(data: &Path) -> Result<PathBuf> {
    let text = data.as_os_str().as_encoded_bytes();
    if data.is_dir() || text.ends_with(b"/") {
        make_folder(data)?;
        return Ok(data.join("backchannel.db"));
    }
    if let Some(folder) = data.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    Ok(data.to_path_buf())
}

fn make_folder(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Error::broken(format!("the folder {} cannot be made: {error}", folder.display()))
    })
}
