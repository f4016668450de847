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
/// (nothing, where it was built to be static), and a place for the volume with its data. No `/proc`,
/// no `/dev`, no `/etc`, no time zones, no place for temporary files.
struct Root {
    folder: tempfile::TempDir,
}

/// The program that goes into the root: that of this build, or the static one that `make release`
/// has made, which says so by this variable.
const STATIC: &str = "BACKCHANNEL_STATIC";

impl Root {
    fn new() -> Self {
        let root = Self { folder: tempfile::tempdir().unwrap() };
        let own_static = std::env::var_os(STATIC).map(PathBuf::from);
        let program =
            own_static.clone().unwrap_or_else(|| env!("CARGO_BIN_EXE_backchannel").into());
        root.bring(&program, "backchannel");
        let linked = Command::new("ldd").arg(&program).output().unwrap();
        let linked = String::from_utf8(linked.stdout).unwrap();
        let linked: Vec<_> =
            linked.split_whitespace().filter(|word| word.starts_with('/')).collect();
        assert!(own_static.is_none() || linked.is_empty(), "not static: {linked:?}");
        for word in linked {
            root.bring(Path::new(word), word);
        }
        std::fs::create_dir(root.path("data")).unwrap();
        std::fs::create_dir(root.data("")).unwrap();
        root
    }

    /// Where what is in the volume is seen from outside.
    fn data(&self, inside: &str) -> PathBuf {
        self.folder.path().join("volume").join(inside)
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("root").join(inside.trim_start_matches('/'))
    }

    fn bring(&self, from: &Path, to: &str) {
        let to = self.path(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }

    /// The program inside, as `--read-only` has it: the root mounted to be read, the volume to be
    /// written; as nobody where we are root, else as a root of nothing but itself.
    fn run(&self, words: &[&str]) -> Command {
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let mut command = Command::new("unshare");
        let mut nobody = "";
        if is_root {
            std::os::unix::fs::chown(self.data(""), Some(65534), Some(65534)).unwrap();
            nobody = "--userspec=65534:65534";
        } else {
            command.arg("--map-root-user");
        }
        let mount = "mount --bind $0 $0 && mount --bind $1 $0/data && \
            mount -o remount,bind,ro $0 && ! touch $0/x 2>/dev/null && \
            nobody=$2 && shift 2 && exec chroot $nobody $0 /backchannel \"$@\"";
        // What is left of the arguments begins behind the one that says who.
        command.args(["--mount", "sh", "-c", mount]).arg(self.path("")).arg(self.data(""));
        command.arg(nobody).args(words).env_clear();
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
}

#[tokio::test]
async fn the_container_s_root_is_all_that_the_program_needs() {
    let file = include_str!("../../deploy/Containerfile");
    assert!(file.contains("FROM scratch") && file.contains("BACKCHANNEL_DATA=/data/"));
    let root = Root::new();
    let may = root.run(&["--version"]).output();
    if !may.is_ok_and(|done| done.status.success()) {
        let mut err = std::io::stderr();
        let _ = writeln!(err, "SKIPPED: no root can be mounted here");
        return;
    }
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
    assert!(root.data("copy").is_file());
}
