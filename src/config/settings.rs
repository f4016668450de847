//! Each setting once: its name, its type, its default and what it is for. Flags, environment, the
//! configuration file, `backchannel config` and the table in deploy/settings.md are all this one table.
//!
//! A flag wins over the environment, the environment over the file, the file over the default.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Args, FromArgMatches};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

macro_rules! settings {
    ($($name:ident: $type:ty = $default:expr, $env:literal, $(#[$more:meta])* $help:literal;)*) => {
        /// What was asked for in one place: on the command line with its environment, or in the
        /// file.
        #[derive(Clone, Debug, Default, clap::Args, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Asked {
            $(
                #[doc = $help]
                #[arg(long, env = $env, help = $help)]
                $(#[$more])*
                pub $name: Option<$type>,
            )*
            /// The file that holds everything, or the folder that it is in; a flag of every command
            #[arg(skip)]
            pub data: Option<PathBuf>,
        }

        /// What holds in the end.
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "the table says what each is")]
        pub struct Settings {
            $(pub $name: $type,)*
            rows: Vec<Row>,
        }

        impl Asked {
            /// What the environment asks for, of a command that has no flags for it.
            pub fn by_environment() -> Result<Self> {
                let command = Self::augment_args(clap::Command::new("backchannel"));
                let read = command.try_get_matches_from(["backchannel"]);
                let asked = read.and_then(|matches| Self::from_arg_matches(&matches));
                asked.map_err(|error| {
                    let told = error.to_string();
                    Error::broken(told.trim_start_matches("error: ").trim_end().to_owned())
                })
            }
        }

        impl Settings {
            /// Puts flags and environment over the file over the defaults. `source` tells which
            /// of the first two a value of `asked` came from.
            pub fn merge(
                asked: Asked,
                file: Asked,
                source: impl Fn(&str) -> Option<ValueSource>,
            ) -> Self {
                let mut rows = Vec::new();
                $(
                    let name = stringify!($name);
                    let (value, from) = match (asked.$name, file.$name) {
                        (Some(value), _) => (value, match source(name) {
                            Some(ValueSource::EnvVariable) => Source::Environment,
                            _ => Source::Flag,
                        }),
                        (None, Some(value)) => (value, Source::File),
                        (None, None) => ($default, Source::Default),
                    };
                    let default: $type = $default;
                    rows.push(Row {
                        name, env: $env, help: $help, source: from,
                        value: written(&value), default: written(&default),
                    });
                    let $name = value;
                )*
                Self { $($name,)* rows }
            }
        }
    };
}

settings! {
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)), "BACKCHANNEL_LISTEN",
        "Where to listen; port 0 picks a free one";
    url: String = String::new(), "BACKCHANNEL_URL",
        "The address that people use, like `https://chat.example.org`: other names are not answered; with https, cookies are for https alone";
    proxies: Vec<IpAddr> = Vec::new(), "BACKCHANNEL_PROXIES", #[arg(value_delimiter = ',')]
        "Addresses of proxies in front: their connections are not limited as one visitor's are, and X-Forwarded-For is believed of them alone";
    frames: Vec<String> = Vec::new(), "BACKCHANNEL_FRAMES", #[arg(value_delimiter = ',')]
        "Sites that may show the status tables of rooms that anyone may see in a frame, like `https://wiki.example.org`";
    zone: String = "UTC".to_owned(), "BACKCHANNEL_ZONE",
        "Time zone of new rooms: where their days begin";
    message_limit: usize = 16 << 10, "BACKCHANNEL_MESSAGE_LIMIT",
        "Bytes of a message at most; what is longer becomes a paste";
    paste_limit: usize = 1 << 20, "BACKCHANNEL_PASTE_LIMIT",
        "Bytes of a paste at most";
    page_limit: usize = 1 << 20, "BACKCHANNEL_PAGE_LIMIT",
        "Bytes of a page at most";
    file_limit: u64 = 25 << 20, "BACKCHANNEL_FILE_LIMIT",
        "Bytes of an uploaded file at most";
    files_limit: u64 = 50 << 30, "BACKCHANNEL_FILES_LIMIT",
        "Bytes of all uploaded files together at most";
    files_limit_per_day: u64 = 1 << 30, "BACKCHANNEL_FILES_LIMIT_PER_DAY",
        "Bytes that one account uploads within 24 hours at most";
    audit_days: u32 = 730, "BACKCHANNEL_AUDIT_DAYS",
        "Days that the list of what was administered, and the lists of what was done in rooms, are kept; 0: for ever";
    metrics_token: String = String::new(), "BACKCHANNEL_METRICS_TOKEN", #[arg(hide_env_values = true)]
        "Lets whoever shows it (Authorization: Bearer ...) read /metrics; empty: this machine alone";
    openid_issuer: String = String::new(), "BACKCHANNEL_OPENID_ISSUER",
        "Log in by a provider of OpenID Connect too: its issuer, like `https://id.example.org/realm`; it sends browsers back to `url` + `/login/oidc/callback`";
    openid_client: String = String::new(), "BACKCHANNEL_OPENID_CLIENT",
        "The name under which the provider knows this site (client id)";
    openid_secret: String = String::new(), "BACKCHANNEL_OPENID_SECRET", #[arg(hide_env_values = true)]
        "What proves that to it (client secret); empty where it wants none";
    openid_secret_file: PathBuf = PathBuf::new(), "BACKCHANNEL_OPENID_SECRET_FILE",
        "The same in a file of its own";
    openid_scopes: String = "openid profile".to_owned(), "BACKCHANNEL_OPENID_SCOPES",
        "What the provider is asked for (scopes, with spaces)";
    openid_name_claim: String = "preferred_username".to_owned(), "BACKCHANNEL_OPENID_NAME_CLAIM",
        "The claim that the name of a new account is made of";
    openid_display_claim: String = "name".to_owned(), "BACKCHANNEL_OPENID_DISPLAY_CLAIM",
        "The claim that a new account is shown by";
    openid_groups_claim: String = "groups".to_owned(), "BACKCHANNEL_OPENID_GROUPS_CLAIM",
        "The claim that lists groups; dots lead inside, as in `realm_access.roles`";
    openid_groups: Vec<String> = Vec::new(), "BACKCHANNEL_OPENID_GROUPS", #[arg(value_delimiter = ',')]
        "Groups that each log-in sets as that claim says, `name` or `value=name`; no others";
    openid_label: String = String::new(), "BACKCHANNEL_OPENID_LABEL",
        "How the provider is called on the log-in page; empty: by its host";
    log: String = "info".to_owned(), "BACKCHANNEL_LOG",
        "What is logged: error, warn, info, debug or trace, also by module";
    log_format: LogFormat = LogFormat::Text, "BACKCHANNEL_LOG_FORMAT", #[arg(value_enum)]
        "How log lines are written: text or json";
    demo: bool = false, "BACKCHANNEL_DEMO",
        #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        "Fill an empty file with a small wiki and the accounts alice, bob and carol";
    no_limits: bool = false, "BACKCHANNEL_NO_LIMITS",
        #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        "Turn rate and connection limits off (for measurements)";
    push_local: bool = false, "BACKCHANNEL_PUSH_LOCAL",
        #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        "Send notices to push services on this machine too, by plain http (for tests)";
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
    File,
    Default,
}

/// A setting as it is told.
#[derive(Clone, Debug)]
struct Row {
    name: &'static str,
    env: &'static str,
    help: &'static str,
    source: Source,
    value: String,
    default: String,
}

impl Row {
    fn source(&self) -> String {
        match self.source {
            Source::Flag => format!("--{}", self.name.replace('_', "-")),
            Source::Environment => self.env.to_owned(),
            Source::File => "file".to_owned(),
            Source::Default => "default".to_owned(),
        }
    }

    /// What nobody should read over an operator's shoulder.
    fn is_secret(&self) -> bool {
        self.name.ends_with("token") || self.name.ends_with("secret")
    }
}

fn written(value: &impl Serialize) -> String {
    toml::Value::try_from(value).map_or_else(|_| "\"\"".into(), |value| value.to_string())
}

impl Settings {
    /// What holds, as a file that would give the same, with the source of each value.
    pub fn effective(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let value =
                if row.is_secret() && row.value != row.default { "\"...\"" } else { &row.value };
            let _ = writeln!(text, "{} = {value} # {}", row.name, row.source());
        }
        text
    }

    /// A file with every setting and what it is for, all commented out.
    pub fn template(&self) -> String {
        let mut text = String::from(
            "# backchannel's configuration. Give it with --config FILE or BACKCHANNEL_CONFIG.\n\
             # Flags and the environment win over it.\n\n\
             # The file that holds everything, or the folder that it is in\n# data = \"data/\"\n",
        );
        for row in &self.rows {
            let _ = writeln!(text, "\n# {}\n# {} = {}", row.help, row.name, row.default);
        }
        text
    }

    /// The table of all settings, in Markdown.
    pub fn table(&self) -> String {
        let mut text = String::from(
            "| in the file | in the environment | default | what it is |\n| --- | --- | --- | --- |\n",
        );
        for Row { name, env, help, default, .. } in &self.rows {
            let _ = writeln!(text, "| `{name}` | `{env}` | `{default}` | {help} |");
        }
        text
    }
}

/// Reads a configuration file.
pub fn read_file(path: &Path) -> Result<Asked> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::broken(format!("the configuration {} cannot be read: {error}", path.display()))
    })?;
    toml::from_str(&text).map_err(|error| {
        Error::broken(format!(
            "the configuration {} says something that is not understood; `backchannel config \
             --template` shows what can be said\n{error}",
            path.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Asked {
        toml::from_str(text).unwrap_or_default()
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let asked = Asked { zone: Some("Asia/Tokyo".into()), ..Asked::default() };
        let file = read("zone = 'Europe/Berlin'\nfile_limit = 7");
        let settings = Settings::merge(asked, file, |_| Some(ValueSource::CommandLine));
        let told = settings.effective();
        assert!(told.contains("zone = \"Asia/Tokyo\" # --zone\n"), "{told}");
        assert!(told.contains("file_limit = 7 # file\n"), "{told}");
        assert!(told.contains("paste_limit = 1048576 # default\n"), "{told}");
    }

    #[test]
    fn a_token_and_a_secret_are_not_shown() {
        let file = read("metrics_token = 'a long and secret one'\nopenid_secret = 'as secret'");
        let settings = Settings::merge(Asked::default(), file, |_| None);
        let told = settings.effective();
        assert!(!told.contains("a long") && !told.contains("as secret"), "{told}");
        assert_eq!(settings.metrics_token, "a long and secret one");
    }

    #[test]
    fn what_config_prints_and_the_template_are_files_that_can_be_read() {
        let settings = Settings::merge(Asked::default(), Asked::default(), |_| None);
        let told: Result<Asked, _> = toml::from_str(&settings.effective());
        assert!(told.is_ok_and(|told| told.listen == Some(settings.listen)));
        // Every line that is commented out means something.
        let template = settings.template();
        let lines = template.lines().filter(|line| line.contains(" = ")).map(|line| &line[2..]);
        let filled: Vec<&str> = lines.collect();
        assert!(filled.len() > 10, "{template}");
        assert!(toml::from_str::<Asked>(&filled.join("\n")).is_ok(), "{template}");
    }

    #[test]
    fn the_papers_have_the_table() {
        let settings = Settings::merge(Asked::default(), Asked::default(), |_| None);
        let paper = include_str!("../../deploy/settings.md");
        assert!(paper.contains(&settings.table()), "it wants:\n{}", settings.table());
    }
}
