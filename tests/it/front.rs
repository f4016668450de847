//! nginx and Caddy in front of a server, as people run them: the programs themselves, on free
//! ports of this machine, with their files in a folder of the test's own.
//!
//! With `BACKCHANNEL_NO_PROXIES` in the environment tests that need them say that they are
//! skipped; without it, a machine that lacks `nginx`, `caddy`, `curl` or `openssl` fails them.
//!
//! **Invariant:** such a program ends with its test, also where the test fails or is killed.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The name in the documented configurations; nobody has it.
pub const HOST: &str = "chat.example.org";

/// The program lives as long as the test holds its shell's input open.
const SHELL: &str = "\"$@\" >/dev/null 2>>log & program=$!
    echo $program
    cat
    kill -TERM $program
    wait";

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
}

/// Both.
pub const KINDS: [Kind; 2] = [Kind::Nginx, Kind::Caddy];

/// A program in front of a server.
pub struct Front {
    kind: Kind,
    address: SocketAddr,
    folder: TempDir,
    shell: Child,
    program: String,
}

/// Are the programs here? Says so where they are left out on purpose.
pub fn is_skipped() -> bool {
    let skipped = std::env::var_os("BACKCHANNEL_NO_PROXIES").is_some();
    if skipped {
        let test = std::thread::current();
        let name = test.name().unwrap_or_default();
        // Past the test runner, which shows what is printed by a test that failed only.
        let _ = writeln!(std::io::stderr(), "SKIPPED without nginx and Caddy: {name}");
    }
    skipped
}

/// A port that nobody listens on, below those that outgoing connections are given.
pub fn free_port() -> u16 {
    loop {
        let port = 20_000 + rand::random::<u16>() % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Nothing set that need not be: no word about buffering, and compression on.
pub fn plain(kind: Kind, port: u16, server: SocketAddr) -> String {
    match kind {
        Kind::Nginx => format!(
            "server {{
                listen 127.0.0.1:{port};
                gzip on;
                gzip_types text/event-stream;
                location / {{
                    proxy_pass http://{server};
                }}
            }}"
        ),
        Kind::Caddy => format!(
            "http://127.0.0.1:{port} {{
                encode zstd gzip
                reverse_proxy {server}
            }}"
        ),
    }
}

/// An nginx that lets no stream through, whatever we ask of it: a byte of it a second.
pub fn stubborn(port: u16, server: SocketAddr) -> String {
    let site = plain(Kind::Nginx, port, server);
    let slow = format!(
        "location ~ /stream$ {{
            proxy_pass http://{server};
            proxy_ignore_headers X-Accel-Buffering;
            proxy_limit_rate 1;
        }}
        location / "
    );
    site.replace("location / ", &slow)
}

/// The configuration that we tell people to use, with this test's ports and certificate.
pub fn documented(kind: Kind, port: u16, server: SocketAddr) -> String {
    let (text, filled) = match kind {
        Kind::Nginx => (
            include_str!("../../deploy/nginx.conf"),
            vec![
                ("listen 80;".into(), format!("listen 127.0.0.1:{};", free_port())),
                ("listen [::]:80;".into(), String::new()),
                ("listen 443 ssl http2;".into(), format!("listen 127.0.0.1:{port} ssl http2;")),
                ("listen [::]:443 ssl http2;".into(), String::new()),
                (format!("/etc/letsencrypt/live/{HOST}/fullchain.pem"), "cert.pem".into()),
                (format!("/etc/letsencrypt/live/{HOST}/privkey.pem"), "key.pem".into()),
                ("127.0.0.1:8080".into(), server.to_string()),
            ],
        ),
        Kind::Caddy => (
            include_str!("../../deploy/Caddyfile"),
            vec![
                (format!("\n{HOST} {{"), format!("\nhttps://{HOST}:{port} {{\n\ttls internal")),
                ("127.0.0.1:8080".into(), server.to_string()),
            ],
        ),
    };
    filled.into_iter().fold(text.to_owned(), |text, (from, to): (String, String)| {
        assert!(text.contains(&from), "the documented configuration has no {from:?}");
        text.replace(&from, &to)
    })
}

impl Front {
    /// Starts one that listens on `port`.
    pub fn start(kind: Kind, port: u16, site: &str) -> Self {
        let folder = TempDir::new().unwrap();
        configure(kind, folder.path(), site);
        let (shell, program) = launch(kind, folder.path());
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut front = Self { kind, address, folder, shell, program };
        front.wait();
        front
    }

    /// How a client without TLS reaches it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Another configuration, while it runs. Returns when whatever was open has ended.
    pub fn reload(&self, site: &str) {
        assert_eq!(self.kind, Kind::Nginx, "Caddy is told by an interface that is off here");
        configure(self.kind, self.folder.path(), site);
        let n_gone = || self.log().matches("exited with code").count();
        let before = n_gone();
        self.signal("HUP");
        let begun = Instant::now();
        while n_gone() == before {
            assert!(begun.elapsed() < Duration::from_secs(30), "nginx goes on as before");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it and starts it anew.
    pub fn restart(&mut self) {
        self.end();
        (self.shell, self.program) = launch(self.kind, self.folder.path());
        self.wait();
    }

    /// Everything that it has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.program);
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn end(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let fine = begun.elapsed() < Duration::from_secs(30);
            assert!(fine, "{:?} does not start:\n{}", self.kind, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("{:?} said:\n{}", self.kind, self.log());
        }
    }
}

fn configure(kind: Kind, folder: &Path, site: &str) {
    match kind {
        Kind::Nginx => {
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|what| format!("{what}_temp_path {what};\n"))
                .concat();
            // Its workers would be somebody who may not come into our folder.
            let main = format!(
                "user root; worker_processes 1; worker_shutdown_timeout 1s;
                pid nginx.pid; daemon off; error_log stderr notice;
                events {{ worker_connections 512; }}
                http {{ access_log off;\n{temporary} include site.conf; }}"
            );
            std::fs::write(folder.join("nginx.conf"), main).unwrap();
            std::fs::write(folder.join("site.conf"), site).unwrap();
            if !folder.join("key.pem").exists() {
                certify(folder);
            }
        }
        Kind::Caddy => {
            let options = "{\n\tadmin off\n\tskip_install_trust\n\tgrace_period 1s\n\
                \tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n";
            std::fs::write(folder.join("Caddyfile"), format!("{options}{site}")).unwrap();
        }
    }
}

fn certify(folder: &Path) {
    let name = format!("subjectAltName=DNS:{HOST}");
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=test"])
        .args(["-addext", &name])
        .current_dir(folder)
        .output()
        .expect(MISSING);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const MISSING: &str = "install nginx-light, caddy, curl and openssl (`make test` does on Debian), \
    or set BACKCHANNEL_NO_PROXIES to skip these tests";

fn launch(kind: Kind, folder: &Path) -> (Child, String) {
    let path = folder.to_str().unwrap();
    let arguments = match kind {
        Kind::Nginx => vec!["nginx", "-p", path, "-c", "nginx.conf", "-e", "stderr"],
        Kind::Caddy => vec!["caddy", "run", "--config", "Caddyfile"],
    };
    // Not on everybody's path, nor everybody's: Debian keeps nginx where root looks for it.
    let paths = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let here = Command::new("sh")
        .args(["-c", "command -v \"$0\"", arguments[0]])
        .env("PATH", &paths)
        .output();
    assert!(here.unwrap().status.success(), "{MISSING}");
    let mut shell = Command::new("sh")
        .args(["-c", SHELL, "sh"])
        .args(arguments)
        .current_dir(folder)
        .env("PATH", paths)
        .envs([("HOME", path), ("XDG_DATA_HOME", path), ("XDG_CONFIG_HOME", path)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut program = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut program).unwrap();
    (shell, program.trim().to_owned())
}
