//! The command line: what can be asked of the program.

use std::path::PathBuf;

use backchannel::config::{Asked, Config, Settings, read_file};
use backchannel::error::Result;
use backchannel::id::{PageId, RoomId};
use clap::parser::ValueSource;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Group chat that stays with the wiki page it is about.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub wanted: Wanted,
}

/// Which file a command is about.
#[derive(Args)]
pub struct Data {
    /// The file that holds everything, or the folder that it is in [default: data/]
    #[arg(long, env = "BACKCHANNEL_DATA", global = true)]
    data: Option<PathBuf>,
    /// A configuration file; flags and the environment win over it
    #[arg(long, env = "BACKCHANNEL_CONFIG", global = true)]
    config: Option<PathBuf>,
}

impl Data {
    /// What is set here, with the configuration file under it; and where the data is.
    pub fn settings(
        &self,
        asked: Asked,
        source: impl Fn(&str) -> Option<ValueSource>,
    ) -> Result<(PathBuf, Settings)> {
        let file = self.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let data = self.data.clone().or_else(|| file.data.clone());
        let data = data.unwrap_or_else(|| PathBuf::from("data/"));
        Ok((data, Settings::merge(asked, file, source)))
    }

    /// What a command other than `serve` needs to know.
    pub fn config(&self) -> Result<Config> {
        let from_environment = |_: &str| Some(ValueSource::EnvVariable);
        let (data, settings) = self.settings(Asked::by_environment()?, from_environment)?;
        Config::new(&data, &settings)
    }
}

#[derive(Subcommand)]
pub enum Wanted {
    /// Serve the wiki and its rooms
    Serve {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        asked: Asked,
    },
    /// Show every setting as `serve` would take it, and where it comes from
    Config {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        asked: Asked,
        /// A file to fill in, with what each setting is for
        #[arg(long)]
        template: bool,
    },
    /// Accounts and their groups
    Account {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: AccountWanted,
    },
    /// Spaces and who may do what in them
    Space {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: SpaceWanted,
    },
    /// Groups of accounts, `@name` where rights are written
    Group {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: GroupWanted,
    },
    /// Rooms
    Room {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: RoomWanted,
    },
    /// What was administered, the latest first: number, when, who, what, to whom
    Audit {
        #[command(flatten)]
        data: Data,
        /// Only what was before this number
        #[arg(long)]
        before: Option<i64>,
    },
    /// Pages
    Page {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: PageWanted,
    },
    /// Bring history from elsewhere into a room
    Import {
        #[command(flatten)]
        data: Data,
        #[command(subcommand)]
        wanted: ImportWanted,
    },
    /// Write what was said in a room, or in all rooms of a space, to FILE
    Export {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        of: OfWanted,
        /// What to write: one page with its pictures, plain text, or JSON Lines with everything
        #[arg(long, value_enum)]
        format: FormatWanted,
        /// Must not be there yet
        file: PathBuf,
    },
    /// Write a whole copy to FILE, also while a server runs
    Backup {
        #[command(flatten)]
        data: Data,
        /// Must not be there yet
        file: PathBuf,
    },
    /// Put a backup in the file's place, once it was looked at; writes over nothing
    Restore {
        #[command(flatten)]
        data: Data,
        /// What `backup` wrote
        backup: PathBuf,
    },
    /// Try the grammar: a JSON string of wiki markup a line in, a JSON string of HTML a line out
    Render {
        /// Where the text stands
        #[arg(long, value_enum)]
        mode: RenderMode,
        /// What links resolve against, as JSON
        #[arg(long)]
        fixture: Option<PathBuf>,
    },
    /// Remove what is older than its room keeps; a running server does that by itself
    Expire {
        #[command(flatten)]
        data: Data,
        /// Only say what would go: days, messages, files and bytes of each room
        #[arg(long)]
        dry_run: bool,
    },
    /// Look whether the file is whole, and whether all that follows from the messages is right
    ///
    /// Of a server that runs, posts wait while the index is looked at: some seconds for each million
    /// messages.
    Check {
        #[command(flatten)]
        data: Data,
    },
    /// Put right what `check` finds: renderings, days, counts, search text and indexes
    Rebuild {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RenderMode {
    Chat,
    Page,
}

#[derive(Subcommand)]
pub enum AccountWanted {
    /// Make an account
    Add {
        name: String,
        /// The name that is shown
        #[arg(long, default_value = "")]
        display: String,
        /// May administer
        #[arg(long)]
        admin: bool,
        /// Groups, with commas
        #[arg(long, value_delimiter = ',')]
        groups: Vec<String>,
        /// Read the password from standard input, one line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Set a password; ends the account's sessions
    Password {
        name: String,
        /// Read the password from standard input, one line
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Set the name that is shown
    Display { name: String, display: String },
    /// Let an account administer
    Admin {
        name: String,
        /// Let them administer no more
        #[arg(long)]
        off: bool,
    },
    /// Let nobody in by this account any more; what it wrote stays
    Disable { name: String },
    /// Let it in again, by the password that it had
    Enable { name: String },
    /// Log an account out everywhere
    LogOut { name: String },
    /// Turn off the second step at log-in, for whoever lost both the app and the recovery codes
    ResetCode { name: String },
    /// Put an account into these groups and no others
    Groups {
        name: String,
        /// Groups, with commas
        #[arg(value_delimiter = ',')]
        groups: Vec<String>,
    },
    /// List accounts: name, shown name, marks
    List,
}

#[derive(Subcommand)]
pub enum GroupWanted {
    /// Make a group
    Add {
        name: String,
        /// Accounts, with commas
        #[arg(default_value = "")]
        members: String,
    },
    /// Put these accounts into a group and no others
    Members {
        name: String,
        /// Accounts, with commas
        #[arg(default_value = "")]
        members: String,
    },
    /// Remove a group that no right names
    Remove { name: String },
    /// List groups: name, members
    List,
}

#[derive(Clone, Copy, Subcommand)]
pub enum RoomWanted {
    /// Let a room be read but not written
    Lock { room: RoomId },
    /// Let it be written again
    Unlock { room: RoomId },
    /// List rooms: number, space, page, name, state, last day
    List,
}

#[derive(Subcommand)]
pub enum SpaceWanted {
    /// Make a space
    Add {
        key: String,
        #[arg(long)]
        name: String,
        #[command(flatten)]
        rights: RightsWanted,
        /// The pages that it begins with
        #[arg(long, value_enum, default_value = "empty")]
        template: TemplateWanted,
    },
    /// Keep what is said in a space's rooms for so many days, with files; for ever without --days
    Keep {
        key: String,
        /// From 1 to 36500
        #[arg(long)]
        days: Option<i64>,
    },
    /// Set how a space is called
    Name { key: String, name: String },
    /// List spaces: key, name, who may view, comment, edit
    List,
    /// Replace who may do what in a space
    Rights {
        key: String,
        #[command(flatten)]
        rights: RightsWanted,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum TemplateWanted {
    /// No page
    Empty,
    /// A room for all, meetings, decisions
    Team,
    /// Goal, plan, open questions, decisions, meetings
    Project,
}

/// WHO: account and @group names with commas, `everyone` (all accounts) or `anyone`
#[derive(Args)]
pub struct RightsWanted {
    /// Who may see its pages, rooms and transcripts
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    pub view: String,
    /// Who may post in its rooms
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    pub comment: String,
    /// Who may make and change pages
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    pub edit: String,
}

#[derive(Subcommand)]
pub enum PageWanted {
    /// Make a page; prints its id
    Add {
        #[arg(long)]
        space: String,
        #[arg(long)]
        title: String,
        /// The page above
        #[arg(long)]
        parent: Option<PageId>,
        /// Read the body (wiki markup) from standard input
        #[arg(long, required = true)]
        body_stdin: bool,
    },
}

#[derive(Subcommand)]
pub enum ImportWanted {
    /// IRC channel logs named YYYY-MM-DD..., one day each
    Irc {
        #[arg(long)]
        room: RoomId,
        /// The zone of the channel's clock
        #[arg(long)]
        zone: String,
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// What `export --format jsonl` (or `html`) wrote, and pages of days as they were saved
    Jsonl {
        #[command(flatten)]
        into: IntoWanted,
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// What Slack exports: a zip file
    Slack {
        #[command(flatten)]
        into: IntoWanted,
        /// Only this channel
        #[arg(long)]
        channel: Option<String>,
        file: PathBuf,
    },
}

/// Where messages go
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct IntoWanted {
    /// Into this room
    #[arg(long)]
    pub room: Option<RoomId>,
    /// Into rooms of this space, each by the title of its page, which is made where there is none
    #[arg(long)]
    pub space: Option<String>,
}

/// Whose messages
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct OfWanted {
    /// Of this room
    #[arg(long)]
    pub room: Option<RoomId>,
    /// Of all rooms of this space
    #[arg(long)]
    pub space: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum FormatWanted {
    Html,
    Text,
    Jsonl,
}
