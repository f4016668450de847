//! The server broken on purpose: each break is a change of its sources that some trial has to see.
//!
//! `make torture-breaks` makes all the changes in one copy of the sources, where a variable of the
//! environment chooses which of them is on, builds that once, and lets the trials that should see
//! a break run against it. A trial that sees nothing has failed.

mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use table::{BREAKS, Break, SIMULATION};

/// What the copy has besides.
const ASKED: &str = "
/// Is this what is broken on purpose?
pub fn broken(name: &str) -> bool {
    std::env::var(\"BACKCHANNEL_BREAK\").is_ok_and(|broken| broken == name)
}
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file with every break in it.
fn broken(file: &str) -> String {
    let mut text = std::fs::read_to_string(root().join(file)).unwrap();
    for Break { what, edits, .. } in &BREAKS {
        for edit in edits.iter().filter(|edit| edit.file == file) {
            let n = text.matches(edit.from).count();
            assert_eq!(n, 1, "{file} does not have the place for `{what}` once: {:?}", edit.from);
            text = text.replace(edit.from, edit.to);
        }
    }
    text
}

#[test]
fn each_break_still_has_its_place_and_its_trial() {
    for Break { edits, trial, .. } in &BREAKS {
        for edit in *edits {
            assert!(broken(edit.file).contains(edit.to));
        }
        let (file, test) = trial.rsplit_once("::").unwrap();
        let folder = if file.starts_with("torture::") { "tests/it" } else { "src" };
        let file = root().join(folder).join(file.replace("::", "/")).with_extension("rs");
        let tests = std::fs::read_to_string(file).unwrap();
        assert!(tests.contains(&format!("fn {test}()")), "there is no {trial}");
    }
}

#[test]
#[ignore = "builds the server anew and takes some minutes: make torture-breaks"]
fn each_break_is_caught() {
    let program = build();
    let mut missed = Vec::new();
    let trials: BTreeSet<_> = BREAKS.iter().map(|one| one.trial).collect();
    for trial in trials {
        let ran = run(trial, &program, "nothing");
        assert!(ran.is_none(), "{trial} fails where nothing is broken: {ran:?}");
    }
    for Break { name, what, trial, .. } in &BREAKS {
        // Where chance decides, it may need another try.
        let caught = (1..=3).find_map(|tries| Some((tries, run(trial, &program, name)?)));
        let trial = trial.trim_start_matches("torture::");
        if let Some((tries, words)) = caught {
            println!("{what:48} {trial}, try {tries}: {words}");
        } else {
            println!("{what:48} NOT CAUGHT by {trial}");
            missed.push(name);
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

fn copy() -> PathBuf {
    root().join("target/broken")
}

/// Builds the copy; where its program is.
fn build() -> PathBuf {
    let copy = copy();
    let _ = std::fs::remove_dir_all(&copy);
    copy_folder(&root().join("src"), &copy.join("src"));
    for edit in BREAKS.iter().flat_map(|one| one.edits) {
        std::fs::write(copy.join(edit.file), broken(edit.file)).unwrap();
    }
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    std::fs::write(copy.join("src/lib.rs"), lib + ASKED).unwrap();
    for name in ["assets", "benches", "deploy", "tests", "schema.sql", "Cargo.lock", "README.md"] {
        std::os::unix::fs::symlink(root().join(name), copy.join(name)).unwrap();
    }
    // Under another name, beside what was built of the sources as they are.
    let cargo = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let cargo = cargo.replacen("autobenches = false", "autobenches = false\nautobins = false", 1);
    let bin = "\n[[bin]]\nname = \"broken\"\npath = \"src/main.rs\"\n";
    std::fs::write(copy.join("Cargo.toml"), cargo + bin).unwrap();
    let target = root().join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--bin", "broken", "--target-dir"]).arg(&target);
    assert!(cargo.current_dir(&copy).status().unwrap().success());
    target.join("debug/broken")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Runs a trial against the program with one break; what it says is wrong, if it does.
fn run(trial: &str, program: &Path, name: &str) -> Option<String> {
    let mut command = if trial == SIMULATION {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["test", "-q", "--locked", "--lib", "--target-dir"]).arg(root().join("target"));
        cargo.arg("--").current_dir(copy());
        cargo
    } else {
        Command::new(std::env::current_exe().unwrap())
    };
    let output = command
        .args(["--exact", trial, "--nocapture"])
        .env("BACKCHANNEL_PROGRAM", program)
        .env("BACKCHANNEL_BREAK", name)
        .env("RUST_BACKTRACE", "0")
        .env_remove("BACKCHANNEL_TORTURE")
        .env_remove("BACKCHANNEL_TORTURE_TABLE")
        .output()
        .unwrap();
    if output.status.success() {
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no such {trial}");
        return None;
    }
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(" panicked at "), "{trial} did not run: {told}");
    let mut words = told.lines().skip_while(|line| !line.contains(" panicked at ")).skip(1);
    let first = words.next().unwrap_or_default().trim();
    let next = words.next().unwrap_or_default().trim();
    Some(if first.ends_with('[') { format!("{first} {next}") } else { first.to_owned() })
}
