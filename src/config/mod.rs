//! Everything that can be set, checked before anything starts.
//!
//! **Invariant:** the only place that reads the environment (by clap, for the table in
//! `settings.rs` and the command line's struct); everything else is handed a [`Config`].

mod openid;
mod settings;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};

pub use openid::{Followed, OpenId, Secret};
pub use settings::{Asked, LogFormat, Settings, read_file};

/// What a running server was told. The table in `settings.rs` says what each is for.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `SQLite` file.
    pub file: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address that people use, if it was told.
    pub url: Option<url::Url>,
    /// Proxies in front.
    pub proxies: Vec<IpAddr>,
    /// Sites that may show what anyone may see in a frame.
    pub frames: Vec<url::Url>,
    /// Fill an empty file with the demo wiki, and show its accounts at log-in.
    pub demo: bool,
    /// Rate and connection limits hold.
    pub limits: bool,
    /// IANA time zone of new rooms.
    pub zone: String,
    /// Bytes of a message.
    pub message_limit: usize,
    /// Bytes of a paste.
    pub paste_limit: usize,
    /// Bytes of a page.
    pub page_limit: usize,
    /// Bytes of a file that is uploaded.
    pub file_limit: u64,
    /// Bytes of all files together.
    pub files_limit: u64,
    /// Bytes that one account uploads within 24 hours.
    pub files_limit_per_day: u64,
    /// Days that what was administered and moderated is kept; 0: for ever.
    pub audit_days: u32,
    /// Notices go to push services on this machine too, by plain http: for tests.
    pub push_local: bool,
    /// A push service that has no time is asked again after so long, then after longer.
    pub push_backoff: Duration,
    /// Opens `/metrics` to other machines.
    pub metrics_token: Option<String>,
    /// Who else may say who somebody is.
    pub openid: Option<OpenId>,
}

impl Config {
    /// The defaults, for the file at `data`: a file, or a folder that holds `backchannel.db`.
    pub fn for_data(data: &Path) -> Result<Self> {
        Self::new(data, &Settings::merge(Asked::default(), Asked::default(), |_| None))
    }

    /// What `settings` say, for the file at `data`; says what is wrong with them, and makes
    /// nothing.
    pub fn new(data: &Path, settings: &Settings) -> Result<Self> {
        Ok(Self { file: data_file(data), ..Self::checked(settings)? })
    }

    /// Makes the folder of the file where it is missing.
    pub fn make_folder(&self) -> Result<()> {
        make_folder_of(&self.file)
    }

    /// The same without a file: says what is wrong with `settings`, and makes nothing.
    pub fn checked(settings: &Settings) -> Result<Self> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let url = given(&settings.url).map(|url| address("url", &url)).transpose()?;
        let config = Self {
            file: PathBuf::new(),
            listen: settings.listen,
            openid: OpenId::read(settings, url.as_ref())?,
            url,
            proxies: settings.proxies.clone(),
            frames: settings
                .frames
                .iter()
                .map(|site| address("frames", site))
                .collect::<Result<_>>()?,
            demo: settings.demo,
            limits: !settings.no_limits,
            zone: settings.zone.clone(),
            message_limit: settings.message_limit,
            paste_limit: settings.paste_limit,
            page_limit: settings.page_limit,
            file_limit: settings.file_limit,
            files_limit: settings.files_limit,
            files_limit_per_day: settings.files_limit_per_day,
            audit_days: settings.audit_days,
            push_local: settings.push_local,
            push_backoff: Duration::from_secs(5),
            metrics_token: given(&settings.metrics_token),
        };
        config.check()?;
        Ok(config)
    }

    /// Browsers come by https: what is theirs may be for https alone.
    pub fn is_https(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// Refuses what would be unsafe (the demo's known passwords, missing limits and a way for
    /// notices into this machine are for loopback only), and what makes no sense.
    fn check(&self) -> Result<()> {
        if !self.listen.ip().is_loopback() && (self.demo || !self.limits || self.push_local) {
            return Err(Error::invalid(
                "listen",
                "--demo, --no-limits and --push-local are for this machine alone: listen on \
                 127.0.0.1 or [::1], or leave them out",
            ));
        }
        jiff::tz::TimeZone::get(&self.zone).map_err(|_| {
            Error::invalid("zone", format!("{} is not a time zone; try Europe/Berlin", self.zone))
        })?;
        if self.message_limit > self.paste_limit {
            return Err(Error::invalid(
                "message_limit",
                "message_limit is above paste_limit: a message that is longer becomes a paste, so \
                 set it lower, or paste_limit higher",
            ));
        }
        let longest = 1 << 20;
        if self.paste_limit > longest || self.page_limit > longest {
            return Err(Error::invalid(
                "paste_limit",
                format!("paste_limit and page_limit are at most {longest} bytes: set them lower"),
            ));
        }
        if self.file_limit > self.files_limit {
            return Err(Error::invalid(
                "file_limit",
                "file_limit is above files_limit, so no file of that size would fit: set it lower",
            ));
        }
        if self.metrics_token.as_ref().is_some_and(|token| token.len() < 16) {
            return Err(Error::invalid(
                "metrics_token",
                "metrics_token has fewer than 16 characters and could be guessed; \
                 `openssl rand -hex 16` makes a good one",
            ));
        }
        Ok(())
    }
}

/// An address without anything behind the host: rooms and pages stand at its root.
fn address(name: &'static str, text: &str) -> Result<url::Url> {
    let wrong = |why: &str| {
        Error::invalid(name, format!("{name} is {text}, but {why}; say https://chat.example.org"))
    };
    let url = url::Url::parse(text).map_err(|_| wrong("that is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("it must begin with https:// or http:// and name a host"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("nothing may stand after the host"));
    }
    Ok(url)
}

/// The file that `data` means.
fn data_file(data: &Path) -> PathBuf {
    let is_folder = data.is_dir() || data.as_os_str().as_encoded_bytes().ends_with(b"/");
    if is_folder { data.join("backchannel.db") } else { data.to_path_buf() }
}

/// Makes the folder that `file` is to be in, with mode 0700, and the way there.
fn make_folder_of(file: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(folder) = folder else { return Ok(()) };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Error::broken(format!("the folder {} cannot be made: {error}", folder.display()))
    })
}
