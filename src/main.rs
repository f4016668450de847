//! Arguments, open, serve, orderly stop.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use backchannel::admin::{self, Command};
use backchannel::app::App;
use backchannel::clock::Clock;
use backchannel::config::Config;
use backchannel::error::{Error, Result};
use backchannel::http::{self, Limits, Site};
use backchannel::id::{PageId, RoomId};
use backchannel::import::irc;
use backchannel::markup::Mode;
use backchannel::{demo, hub, render, sse};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Group chat that stays with the wiki page it is about.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    wanted: Wanted,
}

#[derive(Args)]
struct Data {
    /// The file that holds everything, or the folder that it is in
    #[arg(long, env = "BACKCHANNEL_DATA", default_value = "data/", global = true)]
    data: PathBuf,
}

#[derive(Subcommand)]
enum Wanted {
    /// Serve the wiki and its rooms
    Serve {
        #[command(flatten)]
        data: Data,
        /// Where to listen; port 0 picks a free one
        #[arg(long, env = "BACKCHANNEL_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Fill an empty file with a small wiki and the accounts alice, bob and carol
        #[arg(long, env = "BACKCHANNEL_DEMO")]
        demo: bool,
        /// Turn rate and connection limits off (for measurements)
        #[arg(long, env = "BACKCHANNEL_NO_LIMITS")]
        no_limits: bool,
        /// Bytes of an uploaded file at most
        #[arg(long, env = "BACKCHANNEL_FILE_LIMIT", default_value_t = 25 << 20)]
        file_limit: u64,
        /// Bytes of all uploaded files together at most
        #[arg(long, env = "BACKCHANNEL_FILES_LIMIT", default_value_t = 50 << 30)]
        files_limit: u64,
        /// Time zone of new rooms: where their days begin
        #[arg(long, env = "BACKCHANNEL_ZONE", default_value = "UTC")]
        zone: String,
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
    /// Write a whole copy to FILE, also while a server runs
    Backup {
        #[command(flatten)]
        data: Data,
        /// Must not be there yet
        file: PathBuf,
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
    /// Look whether the file is whole
    Check {
        #[command(flatten)]
        data: Data,
    },
    /// Make anew what is derived from the messages: search text and indexes
    Rebuild {
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum RenderMode {
    Chat,
    Page,
}

#[derive(Subcommand)]
enum AccountWanted {
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
    /// Let nobody in by this account any more; what it wrote stays
    Disable { name: String },
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
enum SpaceWanted {
    /// Make a space
    Add {
        key: String,
        #[arg(long)]
        name: String,
        #[command(flatten)]
        rights: RightsWanted,
    },
    /// Replace who may do what in a space
    Rights {
        key: String,
        #[command(flatten)]
        rights: RightsWanted,
    },
}

/// WHO: account and @group names with commas, `everyone` (all accounts) or `anyone`
#[derive(Args)]
struct RightsWanted {
    /// Who may see its pages, rooms and transcripts
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    view: String,
    /// Who may post in its rooms
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    comment: String,
    /// Who may make and change pages
    #[arg(long, default_value = "everyone", value_name = "WHO")]
    edit: String,
}

#[derive(Subcommand)]
enum PageWanted {
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
enum ImportWanted {
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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::INFO.into())
                .with_env_var("BACKCHANNEL_LOG")
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| runtime.block_on(run(arguments.wanted)));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("backchannel: {}", admin::tell(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(wanted: Wanted) -> Result<ExitCode> {
    match wanted {
        Wanted::Serve { data, listen, demo, no_limits, file_limit, files_limit, zone } => {
            let limits = !no_limits;
            let config = Config::for_data(&data.data)?;
            let config = Config { listen, demo, limits, zone, file_limit, files_limit, ..config };
            config.check()?;
            serve(config).await
        }
        Wanted::Account { data, wanted } => carry_out(&data, account(wanted)?).await,
        Wanted::Space { data, wanted } => carry_out(&data, space(wanted)).await,
        Wanted::Page { data, wanted } => {
            let PageWanted::Add { space, title, parent, body_stdin: _ } = wanted;
            let mut body = String::new();
            std::io::stdin().read_to_string(&mut body)?;
            carry_out(&data, Command::PageAdd { space, title, parent, body }).await
        }
        Wanted::Import { data, wanted } => {
            let ImportWanted::Irc { room, zone, files } = wanted;
            import(&data, room, &zone, &files).await
        }
        Wanted::Backup { data, file } => {
            let file = std::path::absolute(file)?;
            carry_out(&data, Command::Backup { file }).await
        }
        Wanted::Render { mode, fixture } => render(mode, fixture),
        Wanted::Check { data } => carry_out(&data, Command::Check).await,
        Wanted::Rebuild { data } => carry_out(&data, Command::Rebuild).await,
    }
}

fn render(mode: RenderMode, fixture: Option<PathBuf>) -> Result<ExitCode> {
    let mode = match mode {
        RenderMode::Chat => Mode::Chat,
        RenderMode::Page => Mode::Page,
    };
    let fixture = match fixture {
        Some(file) => Some(serde_json::from_slice(&std::fs::read(file)?).map_err(Error::broken)?),
        None => None,
    };
    render::run(mode, fixture, std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}

fn account(wanted: AccountWanted) -> Result<Command> {
    Ok(match wanted {
        AccountWanted::Add { name, display, admin, groups, password_stdin: _ } => {
            Command::AccountAdd { name, display, admin, groups, password: read_password()? }
        }
        AccountWanted::Password { name, password_stdin: _ } => {
            Command::AccountPassword { name, password: read_password()? }
        }
        AccountWanted::Disable { name } => Command::AccountDisable { name },
        AccountWanted::Groups { name, groups } => Command::AccountGroups { name, groups },
        AccountWanted::List => Command::AccountList,
    })
}

fn space(wanted: SpaceWanted) -> Command {
    match wanted {
        SpaceWanted::Add { key, name, rights: RightsWanted { view, comment, edit } } => {
            Command::SpaceAdd { key, name, view, comment, edit }
        }
        SpaceWanted::Rights { key, rights: RightsWanted { view, comment, edit } } => {
            Command::SpaceRights { key, view, comment, edit }
        }
    }
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn carry_out(data: &Data, command: Command) -> Result<ExitCode> {
    let config = Config::for_data(&data.data)?;
    Ok(print(admin::carry_out(&config, command).await))
}

fn print(reply: admin::Reply) -> ExitCode {
    match reply {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("backchannel: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Imports file after file; one that is refused does not keep the others out.
async fn import(data: &Data, room: RoomId, zone: &str, files: &[PathBuf]) -> Result<ExitCode> {
    let config = Config::for_data(&data.data)?;
    let mut code = ExitCode::SUCCESS;
    // Shown on a terminal only; indicatif sees to that.
    let bar = indicatif::ProgressBar::new(files.len() as u64).with_style(
        indicatif::ProgressStyle::with_template("{bar:40} {pos}/{len} files, {eta} left")
            .map_err(Error::broken)?,
    );
    for file in files {
        let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let reply = match std::fs::read(file) {
            Ok(bytes) => {
                let text = irc::decode(&bytes);
                let zone = zone.to_owned();
                let command = Command::ImportIrc { room, zone, file_name, text };
                admin::carry_out(&config, command).await
            }
            Err(error) => Err(format!("{}: {error}", file.display())),
        };
        bar.suspend(|| {
            if reply.is_err() {
                code = ExitCode::FAILURE;
            }
            print(reply);
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(code)
}

async fn serve(config: Config) -> Result<ExitCode> {
    if config.demo {
        demo::fill(&config).await?;
    }
    let limits = Limits { off: !config.limits, ..Limits::default() };
    let streams = if config.limits {
        hub::Config::default()
    } else {
        hub::Config { max_streams: usize::MAX, per_address: usize::MAX, ..hub::Config::default() }
    };
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .map_err(|error| Error::broken(format!("cannot listen on {}: {error}", config.listen)))?;
    let address = listener.local_addr()?;
    let app = App::open(config, Clock::real())?;
    let live = sse::start(&app, streams)?;
    let commands = admin::serve(&app)?;
    let hub = live.hub.clone();
    // Before the line that says that we are there: who reads it may end us at once.
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    println!("listening on http://{address}");
    std::io::stdout().flush()?;
    let upkeep = tokio::spawn(look_after(app.clone(), live.hub.clone()));
    let rendering = tokio::spawn(render_anew(app.clone()));
    let failed = wait_for_failure(app.clone());
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
            () = failed => {}
        }
        // The readers' windows come back by themselves when somebody serves again.
        let _ = backchannel::store::blocking(move || {
            hub.stop();
            Ok(())
        })
        .await;
    };
    let router = http::router(Site { app: app.clone(), live });
    http::serve(listener, router, limits, stop).await?;
    upkeep.abort();
    rendering.abort();
    drop(commands);
    app.store.close().await;
    Ok(if app.store.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// After an update of the grammar, once.
async fn render_anew(app: backchannel::app::Shared) {
    match backchannel::rerender::all(&app).await {
        Ok(0) => {}
        Ok(n_messages) => tracing::info!(n_messages, "rendered anew by this version's grammar"),
        Err(error) => tracing::error!(%error, "messages were not rendered anew"),
    }
}

/// What has to be done now and then.
async fn look_after(app: backchannel::app::Shared, hub: hub::Hub) {
    let mut minutes = tokio::time::interval(std::time::Duration::from_mins(1));
    loop {
        minutes.tick().await;
        app.pace.forget();
        // Sessions that have run out by time end their streams; everything else is told at once.
        hub.publish(vec![hub::Item::Recheck]);
        // At the start this takes away what broke off when the last server ended.
        backchannel::file::sweep(&app).await;
    }
}

/// Resolves when the disk has failed: no database can go on after that.
async fn wait_for_failure(app: backchannel::app::Shared) {
    let mut seconds = tokio::time::interval(std::time::Duration::from_secs(1));
    while !app.store.failed() {
        seconds.tick().await;
    }
    tracing::error!("the disk failed; ending, to begin again from what is on it");
}
