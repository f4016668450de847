//! Arguments, open, serve, orderly stop.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use backchannel::admin::{self, Command, Format};
use backchannel::app::App;
use backchannel::clock::Clock;
use backchannel::config::{Config, LogFormat, Settings};
use backchannel::error::{Error, Result};
use backchannel::export::Of;
use backchannel::http::{self, Limits, Site};
use backchannel::markup::Mode;
use backchannel::space::Rights;
use backchannel::template::Template;
use backchannel::{demo, first_admin, hub, render, sse, vital};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;

use crate::arguments::{
    AccountWanted, Arguments, Data, FormatWanted, GroupWanted, PageWanted, RenderMode,
    RightsWanted, RoomWanted, SpaceWanted, TemplateWanted, Wanted,
};

#[path = "main/arguments.rs"]
mod arguments;
#[path = "main/import.rs"]
mod import;

/// A message takes some hundred small pieces of memory, which pass from thread to thread.
/// `SQLite` takes its own there too (`override`): in glibc's arenas, one for each thread that happens to
/// use a connection, what it holds crept up for hours.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    // Clap tells a flag from the environment by the name of the setting.
    let asked_by = |name: &str| {
        let (_, of_command) = matches.subcommand()?;
        of_command.try_contains_id(name).ok()?.then(|| of_command.value_source(name))?
    };
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::from)
        .and_then(|runtime| {
            let done = runtime.block_on(run(arguments.wanted, asked_by));
            // What nobody waits for any more, a picture or a copy, ends with the process.
            runtime.shutdown_background();
            done
        });
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("backchannel: {}", admin::tell(&error));
            ExitCode::FAILURE
        }
    }
}

/// Log lines go to standard error.
fn begin_to_log(settings: &Settings) {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        // What looks at each request besides us would tell its whole address, titles and all.
        .parse_lossy(format!("{},tower_http=warn", settings.log));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).init(),
    }
    std::panic::set_hook(Box::new(vital::log_panic));
}

async fn run(wanted: Wanted, asked_by: impl Fn(&str) -> Option<ValueSource>) -> Result<ExitCode> {
    match wanted {
        Wanted::Serve { data, asked } => {
            let (data, settings) = data.settings(asked, asked_by)?;
            begin_to_log(&settings);
            serve(Config::new(&data, &settings)?).await
        }
        Wanted::Config { data, asked, template } => {
            let (_, settings) = data.settings(asked, asked_by)?;
            // What would keep `serve` from starting is said here too.
            Config::checked(&settings)?;
            print!("{}", if template { settings.template() } else { settings.effective() });
            Ok(ExitCode::SUCCESS)
        }
        Wanted::Account { data, wanted } => carry_out(&data, account(wanted)?).await,
        Wanted::Space { data, wanted } => carry_out(&data, space(wanted)).await,
        Wanted::Group { data, wanted } => carry_out(&data, group(wanted)).await,
        Wanted::Room { data, wanted } => carry_out(&data, room(wanted)).await,
        Wanted::Audit { data, before } => carry_out(&data, Command::Audit { before }).await,
        Wanted::Page { data, wanted } => {
            let PageWanted::Add { space, title, parent, body_stdin: _ } = wanted;
            let mut body = String::new();
            std::io::stdin().read_to_string(&mut body)?;
            carry_out(&data, Command::PageAdd { space, title, parent, body }).await
        }
        Wanted::Import { data, wanted } => import::run(&data, wanted).await,
        Wanted::Export { data, of, format, file } => {
            let file = std::path::absolute(file)?;
            let of = match (of.room, of.space) {
                (Some(room), _) => Of::Room(room),
                (None, space) => Of::Space(space.unwrap_or_default()),
            };
            let format = match format {
                FormatWanted::Html => Format::Html,
                FormatWanted::Text => Format::Text,
                FormatWanted::Jsonl => Format::Jsonl,
            };
            carry_out(&data, Command::Export { of, format, file }).await
        }
        Wanted::Backup { data, file } => {
            let file = std::path::absolute(file)?;
            carry_out(&data, Command::Backup { file }).await
        }
        Wanted::Restore { data, backup } => restore(&data, &backup),
        Wanted::Render { mode, fixture } => render(mode, fixture),
        Wanted::Expire { data, dry_run } => carry_out(&data, Command::Expire { dry_run }).await,
        Wanted::Check { data } => carry_out(&data, Command::Check).await,
        Wanted::Rebuild { data } => carry_out(&data, Command::Rebuild).await,
    }
}

/// Of no running server: it would have the file.
fn restore(data: &Data, backup: &Path) -> Result<ExitCode> {
    let config = data.config()?;
    config.make_folder()?;
    let version = backchannel::store::restore(backup, &config.file)?;
    println!("The backup is whole (schema {version}) and is now {}.", config.file.display());
    Ok(ExitCode::SUCCESS)
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
        AccountWanted::Display { name, display } => Command::AccountDisplay { name, display },
        AccountWanted::Admin { name, off } => Command::AccountAdmin { name, admin: !off },
        AccountWanted::Disable { name } => Command::AccountDisable { name },
        AccountWanted::Enable { name } => Command::AccountEnable { name },
        AccountWanted::LogOut { name } => Command::AccountLogOut { name },
        AccountWanted::ResetCode { name } => Command::AccountResetCode { name },
        AccountWanted::Groups { name, groups } => Command::AccountGroups { name, groups },
        AccountWanted::List => Command::AccountList,
    })
}

fn group(wanted: GroupWanted) -> Command {
    match wanted {
        GroupWanted::Add { name, members } => Command::GroupAdd { name, members },
        GroupWanted::Members { name, members } => Command::GroupMembers { name, members },
        GroupWanted::Remove { name } => Command::GroupRemove { name },
        GroupWanted::List => Command::GroupList,
    }
}

fn room(wanted: RoomWanted) -> Command {
    match wanted {
        RoomWanted::Lock { room } => Command::RoomLock { room },
        RoomWanted::Unlock { room } => Command::RoomUnlock { room },
        RoomWanted::List => Command::RoomList,
    }
}

fn space(wanted: SpaceWanted) -> Command {
    match wanted {
        SpaceWanted::Add { key, name, rights: RightsWanted { view, comment, edit }, template } => {
            let template = match template {
                TemplateWanted::Empty => Template::Empty,
                TemplateWanted::Team => Template::Team,
                TemplateWanted::Project => Template::Project,
            };
            let rights = Rights { view, comment, edit };
            Command::SpaceAdd { key, name, rights, template }
        }
        SpaceWanted::Name { key, name } => Command::SpaceName { key, name },
        SpaceWanted::List => Command::SpaceList,
        SpaceWanted::Keep { key, days } => Command::SpaceKeep { key, days },
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
    let config = data.config()?;
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

/// A stop takes no longer, from the signal to the end. Slow readers and slow requests get two seconds
/// each of it, the writer all that is left.
const LONGEST_STOP: Duration = Duration::from_millis(4_800);

async fn serve(config: Config) -> Result<ExitCode> {
    if config.demo {
        demo::fill(&config).await?;
    }
    let uncounted = config.proxies.clone();
    let mut limits =
        Limits { off: !config.limits, uncounted: uncounted.clone(), ..Limits::default() };
    let streams = if config.limits {
        hub::Config { uncounted, ..hub::Config::default() }
    } else {
        hub::Config::unlimited()
    };
    let listener = http::listen(config.listen)
        .map_err(|error| Error::broken(format!("cannot listen on {}: {error}", config.listen)))?;
    let address = listener.local_addr()?;
    let app = App::open(config, Clock::real())?;
    limits.refused = app.requests.refused_connections.clone();
    let live = sse::start(&app, streams)?;
    let commands = admin::serve(&app)?;
    let (hub, readers) = (live.hub.clone(), live.hub.clone());
    // Before the line that says that we are there: who reads it may end us at once.
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    if let Some(token) = first_admin::invite(&app).await? {
        let url = match &app.config.url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{address}"),
        };
        // Not a log line: it is for whoever looks at this very start, and for them alone.
        eprintln!(
            "Nobody administers yet. The first account is made here, once: {url}/first/{token}"
        );
    }
    println!("listening on http://{address}");
    std::io::stdout().flush()?;
    let upkeep = [app.keep(forget(app.clone())), app.keep(sweep(app.clone()))];
    let rendering = tokio::spawn(render_anew(app.clone()));
    let failed = wait_for_failure(app.clone(), live.hub.clone());
    let signalled = OnceLock::new();
    let when = &signalled;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
            () = failed => {}
        }
        let _ = when.set(Instant::now());
        // The readers' windows come back by themselves when somebody serves again.
        let _ = backchannel::store::blocking(move || {
            hub.stop();
            Ok(())
        })
        .await;
    };
    let router = http::router(Site { app: app.clone(), live });
    http::serve(listener, router, limits, stop).await?;
    upkeep.iter().for_each(JoinHandle::abort);
    rendering.abort();
    drop(commands);
    // What is longer in the writer's hands (a check of the whole index) is undone, as by a power cut.
    let end = *signalled.get_or_init(Instant::now) + LONGEST_STOP;
    if tokio::time::timeout_at(end, app.store.close()).await.is_err() {
        tracing::warn!("the writer did not end in time");
    }
    let failed = app.failed() || readers.failed();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// After an update of the grammar, once.
async fn render_anew(app: backchannel::app::Shared) {
    match backchannel::rerender::all(&app).await {
        Ok(0) => {}
        Ok(n_messages) => tracing::info!(n_messages, "rendered anew by this version's grammar"),
        Err(error) => tracing::error!(%error, "messages were not rendered anew"),
    }
}

/// Lets go of who has been slow for long enough. Not in the task that sweeps, which may take hours: each
/// address that asks takes memory until then.
async fn forget(app: backchannel::app::Shared) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    loop {
        minutes.tick().await;
        app.rate_limits.forget();
    }
}

/// Takes away what nothing needs any more; at the start what broke off when the last server ended.
async fn sweep(app: backchannel::app::Shared) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    loop {
        minutes.tick().await;
        backchannel::file::sweep(&app).await;
        backchannel::purge::sweep(&app).await;
        backchannel::retention::sweep(&app).await;
    }
}

/// Resolves when the disk has failed, since no database can go on after that, or something else
/// that there is no replacement for.
async fn wait_for_failure(app: backchannel::app::Shared, hub: hub::Hub) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    while !app.failed() && !hub.failed() {
        seconds.tick().await;
    }
    tracing::error!(
        "the disk or a part of the server failed; ending, to begin again from the file"
    );
}
