//! What an operator installs, tried with the programs that read it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::world::Door;

/// With a program of ours that is there: whether `ExecStart` can be run is looked at too.
fn unit(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let unit = include_str!("../../deploy/backchannel.service");
    assert!(unit.contains("/usr/local/bin/backchannel serve"));
    let unit = unit.replace("/usr/local/bin/backchannel", env!("CARGO_BIN_EXE_backchannel"));
    let path = folder.path().join("backchannel.service");
    std::fs::write(&path, unit).unwrap();
    path
}

/// Runs `systemd-analyze`, or says that it is not here.
fn analyze(arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(output) = Command::new("systemd-analyze").args(arguments).output() else {
        eprintln!("SKIPPED: systemd-analyze is not here, the unit was not looked at");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = unit(&folder);
    let Some((ok, text)) = analyze(&["verify", "--man=no", unit.to_str().unwrap()]) else { return };
    // Other units of the machine may have faults of their own.
    let ours = text.lines().filter(|line| line.contains("backchannel.service"));
    assert_eq!((ok, ours.collect::<Vec<_>>()), (true, vec![]), "{text}");
}

#[test]
fn the_unit_gives_away_next_to_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let unit = unit(&folder);
    let path = unit.to_str().unwrap();
    // 20 is 2.0 on its scale, of which 10.0 is the worst.
    let Some((ok, text)) = analyze(&["security", "--offline=yes", "--threshold=20", path]) else {
        return;
    };
    assert!(ok, "{text}");
    let open = std::fs::read_to_string(&unit).unwrap().replace("DynamicUser=yes", "");
    let open = open.replace("ProtectSystem=strict", "").replace("CapabilityBoundingSet=\n", "");
    std::fs::write(&unit, open).unwrap();
    let Some((ok, text)) = analyze(&["security", "--offline=yes", "--threshold=20", path]) else {
        return;
    };
    assert!(!ok, "a unit that gives much away passes: {text}");
}

/// The root of the container's image, as its file makes it: the program, what it is linked with
/// (nothing, where it was built to be static), and a folder for its data. No `/proc`, no `/dev`, no
/// `/etc`, no time zones, no place for temporary files.
struct Root {
    folder: tempfile::TempDir,
}

impl Root {
    fn new() -> Self {
        let root = Self { folder: tempfile::tempdir().unwrap() };
        let program = Path::new(env!("CARGO_BIN_EXE_backchannel"));
        root.bring(program, "backchannel");
        let linked = Command::new("ldd").arg(program).output().unwrap();
        for word in String::from_utf8(linked.stdout).unwrap().split_whitespace() {
            if word.starts_with('/') {
                root.bring(Path::new(word), word);
            }
        }
        std::fs::create_dir(root.path("data")).unwrap();
        root
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("root").join(inside.trim_start_matches('/'))
    }

    fn bring(&self, from: &Path, to: &str) {
        let to = self.path(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }

    /// The program inside: as nobody where we are root, else as a root of nothing but itself.
    fn run(&self, words: &[&str]) -> Command {
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let root = self.path("");
        let mut command;
        if is_root {
            let data = self.path("data");
            std::os::unix::fs::chown(&data, Some(65534), Some(65534)).unwrap();
            command = Command::new("chroot");
            command.arg("--userspec=65534:65534").arg(root);
        } else {
            command = Command::new("unshare");
            command.args(["--map-root-user", "chroot"]).arg(root);
        }
        command.arg("/backchannel").args(words).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("BACKCHANNEL_DATA", "/data/");
        command
    }

    fn works(&self, words: &[&str], input: &str) -> String {
        let mut command = self.run(words);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// All that is in it but the data.
    fn names(&self) -> Vec<PathBuf> {
        let (mut names, mut folders) = (Vec::new(), vec![self.path("")]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                names.push(path.clone());
                if path.is_dir() && path != self.path("data") {
                    folders.push(path);
                }
            }
        }
        names.sort();
        names
    }
}

#[tokio::test]
async fn the_container_s_root_is_all_that_the_program_needs() {
    let file = include_str!("../../deploy/Containerfile");
    assert!(file.contains("FROM scratch") && file.contains("BACKCHANNEL_DATA=/data/"));
    let root = Root::new();
    let may = root.run(&["--version"]).output();
    if !may.is_ok_and(|done| done.status.success()) {
        let mut err = std::io::stderr();
        let _ = writeln!(err, "SKIPPED: neither chroot nor unshare may be used here");
        return;
    }
    let before = root.names();
    let listen = ["serve", "--listen", "127.0.0.1:0", "--zone", "Europe/Berlin"];
    let mut server =
        root.run(&listen).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").expect("an address").to_owned();
    // Commands of another process in the same root reach it by the socket beside the file.
    let add = ["account", "add", "alice", "--admin", "--password-stdin"];
    root.works(&add, "open sesame\n");
    root.works(&["space", "add", "TEAM", "--name", "Team", "--template", "team"], "");
    let door = Door::at(&address);
    let alice = door.log_in("alice", "open sesame").await;
    assert_eq!(door.get(&alice, "/readyz").await.status, 200);
    let rooms = root.works(&["room", "list"], "");
    let id = rooms.split('\t').next().unwrap();
    let window = door.get(&alice, &format!("/rooms/{id}")).await;
    assert_eq!(window.status, 200);
    assert_eq!(door.get(&alice, "/search?q=team").await.status, 200);
    // Which zones there are is known without the system's list of them.
    let taken = door.get(&alice, &format!("/rooms/{id}/export/txt")).await;
    assert!(taken.body.contains("(TEAM, Europe/Berlin)"), "{}", taken.body);
    root.works(&["backup", "/data/copy"], "");
    assert_eq!(root.works(&["check"], ""), "The file is whole.\n");
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert_eq!(root.names(), before, "it writes nowhere but to its data");
    assert!(root.path("data/copy").is_file());
}
