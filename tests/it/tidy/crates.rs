//! How much of others' code is in the program: an upper bound, so that each more is a decision.

use std::collections::{BTreeMap, BTreeSet};

/// Crates of the program, those for other systems and those that only build it included.
const MOST: usize = 300;

type Lock = BTreeMap<(String, String), Vec<String>>;

fn table(path: &str) -> toml::Table {
    std::fs::read_to_string(super::root().join(path)).unwrap().parse().unwrap()
}

fn text(of: &toml::Value, key: &str) -> String {
    of.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
}

/// What the lock file says that each crate needs.
fn lock() -> Lock {
    let packages = table("Cargo.lock")["package"].as_array().unwrap().clone();
    let packages = packages.iter().map(|package| {
        let needs = package.get("dependencies").and_then(toml::Value::as_array);
        let needs = needs.into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
        ((text(package, "name"), text(package, "version")), needs.collect())
    });
    packages.collect()
}

/// Everything that is reached from `roots`, which are named as the lock file does: with a version
/// where there are several.
fn reached(lock: &Lock, roots: Vec<String>) -> BTreeSet<(String, String)> {
    let (mut found, mut open) = (BTreeSet::new(), roots);
    while let Some(need) = open.pop() {
        let (name, version) = need.split_once(' ').unwrap_or((&need, ""));
        for (package, needs) in lock {
            let meant = package.0 == name && (version.is_empty() || package.1 == version);
            if meant && found.insert(package.clone()) {
                open.extend(needs.iter().cloned());
            }
        }
    }
    found
}

#[test]
fn the_program_has_at_most_300_crates() {
    let lock = lock();
    let own = table("Cargo.toml")["dependencies"].as_table().unwrap().clone();
    let us = lock.iter().find(|((name, _), _)| name == "backchannel").unwrap().1.clone();
    // Tests need more, which nobody is given.
    let roots = us.into_iter().filter(|need| own.contains_key(need.split(' ').next().unwrap()));
    let crates = reached(&lock, roots.collect());
    let names: BTreeSet<_> = crates.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains("hyper") && names.contains("httparse"), "the walk reaches nothing");
    assert!(!names.contains("fantoccini"), "what only tests need is no part of the program");
    assert!(!names.contains("h2"), "HTTP/2, with its floods, is the proxy's");
    assert!(crates.len() <= MOST, "{} crates, of which {MOST} may be", crates.len());
}
