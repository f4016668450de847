//! Every phrase that a name is put into keeps it apart from the words, numbers and marks beside it.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::effective::Reason;
use crate::error::Error;
use crate::file::File;
use crate::id::{Mid, RoomId};
use crate::language::{LANGUAGES, within};
use crate::page_file::Act;
use crate::presence::State;
use crate::room::Room;

/// Written from right to left, and closes what it did not open, to get out and turn the rest round.
const NAME: &str = "\u{2069}\u{5d3}\u{5e0}\u{5d4}\u{202e}7";

/// Where the phrases are.
const SOURCES: [&str; 9] = [
    include_str!("admin_words.rs"),
    include_str!("help_words.rs"),
    include_str!("linking_words.rs"),
    include_str!("phrases.rs"),
    include_str!("retention_words.rs"),
    include_str!("second_step_words.rs"),
    include_str!("template_words.rs"),
    include_str!("trouble.rs"),
    include_str!("wiki_words.rs"),
];

/// Of a text that is typed on in, or whose names are no part of what is said.
const OTHERS: [&str; 4] = ["copy_of", "template", "zone", "shut"];

/// What is said with the name in it, by who says it.
fn said() -> Vec<(&'static str, String)> {
    let room = Room {
        id: RoomId(1),
        name: NAME.into(),
        zone: "UTC".into(),
        open: true,
        locked: false,
        slow_seconds: 0,
    };
    let file = File {
        id: "0".repeat(32).parse().unwrap(),
        mid: Mid(1),
        name: "plan.txt".into(),
        size: 7,
        by: NAME.into(),
        local: date(2026, 11, 22).at(10, 0, 0, 0),
    };
    let mut said = vec![
        ("window", window(NAME)),
        ("titled", titled(NAME, "what")),
        ("of", of("what", NAME)),
        ("act_on", act_on("what", NAME)),
        ("is_here", is_here(NAME, State::Here)),
        ("types", types(&[NAME])),
        ("types", types(&["Ann", NAME])),
        ("types", types(&[NAME, NAME, "Ben"])),
        ("paste_by", paste_by(NAME)),
        ("message_by", message_by(NAME)),
        ("changed", changed(Some(NAME), "10:00")),
        ("closes", closes(NAME)),
        ("shown_above", shown_above(&room)),
        ("files_of", files_of(NAME)),
        ("settings_of", settings_of(NAME)),
        ("of_file", of_file(&file)),
        ("too_large", too_large(NAME, 1 << 20)),
        ("plain_removed", plain_removed(NAME, "10:00")),
        ("plain_edited", plain_edited(NAME, "10:00")),
        ("plain_reacted", plain_reacted(NAME, "10:00", true)),
        ("plain_reacted", plain_reacted(NAME, "10:00", false)),
        ("saved_by", saved_by(Some(NAME))),
        ("restore_first", restore_first(NAME)),
        ("file_act", file_act(Act::Attached, NAME)),
        ("file_act", file_act(Act::Removed, NAME)),
        ("remove_file", remove_file(NAME)),
        ("error", error(&Error::Conflict(format!("There is a group named {NAME} already.")))),
        ("sentence", sentence(&format!("There is no space {NAME}."))),
    ];
    let (one, other) = (NAME.to_owned(), NAME.to_owned());
    let reasons = [
        Reason::SpaceNames(one.clone(), other.clone()),
        Reason::SpaceNamesNot(one.clone()),
        Reason::PageNames(one.clone(), other),
        Reason::PageNamesNot(one.clone()),
        Reason::Trashed(one),
    ];
    said.extend(reasons.iter().map(|why| ("reason", reason(why))));
    said
}

#[test]
fn a_name_within_a_phrase_stands_for_itself() {
    let inside = isolated(NAME);
    for language in LANGUAGES {
        for (phrase, said) in within(language, said) {
            assert!(said.contains(&inside), "{phrase}: {said:?}");
            let words = said.replace(&inside, "");
            assert!(
                words.chars().all(|c| c < '\u{590}' || "“”„…".contains(c)),
                "{phrase}: {said:?}"
            );
        }
    }
}

#[test]
fn no_phrase_with_a_name_is_left_out() {
    let tried: BTreeSet<&str> =
        said().into_iter().map(|(phrase, _)| phrase).chain(OTHERS).collect();
    let mut all = BTreeSet::new();
    for phrase in SOURCES.iter().flat_map(|source| source.split("\npub fn ").skip(1)) {
        let (name, rest) = phrase.split_once('(').unwrap_or_default();
        let taken = rest.split("->").next().unwrap_or_default();
        if ["str", "&Room", "&File", "&Reason", "&Error"].iter().any(|kind| taken.contains(kind)) {
            all.insert(name);
        }
    }
    assert_eq!(all, tried);
}
