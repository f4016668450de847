//! The processes under test, and what the kernel says that they cost.
//!
//! **Invariant:** every process that was started ends with its handle.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Which build is measured, where it is not this one.
static OTHER_PROGRAM: OnceLock<PathBuf> = OnceLock::new();
/// Kernel ticks a second in /proc: the same on every Linux.
const TICKS: f64 = 100.0;

/// Measures `program` from now on.
pub fn measure_other(program: &str) {
    let _ = OTHER_PROGRAM.set(program.into());
}

fn program() -> &'static Path {
    OTHER_PROGRAM.get().map_or(Path::new(env!("CARGO_BIN_EXE_backchannel")), PathBuf::as_path)
}

/// A running process that said where it listens.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    fn start(command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().rsplit('/').next().unwrap_or_default().parse();
        let Ok(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err("a process did not say where it listens".into());
        };
        Ok(Self { child, address })
    }

    /// The server on the file in `data`. What it logs goes to `log`.
    pub fn serve(data: &Path, log: &Path, level: &str) -> Outcome<Self> {
        Self::start(
            Command::new(program())
                .args(["serve", "--listen", "127.0.0.1:0", "--no-limits", "--data"])
                .arg(data)
                .env("BACKCHANNEL_LOG", level)
                .stderr(File::create(log)?),
        )
    }

    /// nginx with nchan, one process; `None` where they are not installed.
    pub fn nchan(folder: &Path) -> Outcome<Option<Self>> {
        const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
        const NGINX: &str = "/usr/sbin/nginx";
        if !Path::new(MODULE).exists() || !Path::new(NGINX).exists() {
            return Ok(None);
        }
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let folder = folder.join("nchan");
        fs::create_dir_all(&folder)?;
        let place = folder.display();
        let config = format!(
            "load_module {MODULE};\ndaemon off;\nmaster_process off;\npid {place}/pid;\n\
             error_log {place}/errors crit;\nevents {{ worker_connections 24000; }}\n\
             http {{ access_log off; client_body_temp_path {place}/body;\n\
             proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;\n\
             scgi_temp_path {place}/scgi; uwsgi_temp_path {place}/uwsgi;\n\
             server {{ listen {address} backlog=4096;\n\
             location ~ ^/(\\d+)$ {{ nchan_pubsub; nchan_channel_id $1;\n\
             nchan_subscriber_first_message newest; nchan_message_buffer_length 16;\n\
             nchan_max_channel_subscribers 0; }} }} }}\n"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config)?;
        let child = Command::new(NGINX)
            .args(["-c", &file.display().to_string(), "-e", "/dev/null"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let process = Self { child, address };
        let since = Instant::now();
        while TcpStream::connect(address).is_err() {
            if since.elapsed() > Duration::from_secs(5) {
                return Err("nginx does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Some(process))
    }

    /// This program again, as the bare loop; see `bare`.
    pub fn bare_loop(n_readers: usize) -> Outcome<Self> {
        let myself = std::env::current_exe()?;
        Self::start(Command::new(myself).args(["--bare-loop", &n_readers.to_string()]))
    }

    /// Processor seconds so far, of the program and of the kernel for it.
    pub fn cpu(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(") ").next().ok_or("odd /proc stat")?;
        let ticks: f64 =
            after_name.split(' ').skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS)
    }

    /// Processor seconds so far of the thread of that name.
    pub fn cpu_of(&self, thread: &str) -> Outcome<f64> {
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let task = task?.path();
            if fs::read_to_string(task.join("comm"))?.trim() == thread {
                let stat = fs::read_to_string(task.join("schedstat"))?;
                let ns: f64 = stat.split(' ').next().unwrap_or_default().parse()?;
                return Ok(ns / 1e9);
            }
        }
        Ok(0.0)
    }

    /// Memory in bytes; pages that are shared count in part.
    pub fn memory(&self) -> Outcome<f64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kib = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Pss:"))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok())
            .ok_or("no Pss in smaps_rollup")?;
        Ok(kib * 1024.0)
    }

    /// Ends it the way an operator would; says when it did not end well.
    pub fn stop(mut self) -> Outcome {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(8) {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the server ended with {status}").into())
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("the server did not end".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One command of the program on the file in `data`; what it printed.
pub fn command(data: &Path, arguments: &[&str], input: &str) -> Outcome<String> {
    let mut child = Command::new(program())
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{arguments:?} ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A folder that goes away with its handle.
pub struct Folder {
    pub path: PathBuf,
}

impl Folder {
    pub fn new() -> Outcome<Self> {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("live-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
