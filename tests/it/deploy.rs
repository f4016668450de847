//! What an operator installs, tried with the programs that read it.

use std::process::Command;

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
