//! One binary for all integration tests: a file per noun, in by the front door.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod admin;
mod administration;
mod answers;
mod badge;
mod browser;
mod bytes;
mod calendar;
mod cross_site;
mod deploy;
mod derived;
mod editing;
mod edits;
mod export;
mod exports;
mod files;
mod first_admin;
mod front;
mod import;
mod import_order;
mod grammar;
mod guesses;
mod heads;
mod history;
mod hostile;
mod injection;
mod languages;
mod late;
mod leftovers;
mod limits;
mod log_lines;
mod login;
mod markup;
mod mentions;
mod messages;
mod metrics;
mod moderation;
mod notes;
mod notices;
mod openid;
mod page_files;
mod pages;
mod pastes;
mod permissions;
mod pins;
mod plain;
mod presence;
mod process;
mod proxies;
mod reactions;
mod read_marks;
mod recent;
mod replies;
mod restore;
mod retention;
mod revocation;
mod rooms;
mod round_trips;
mod routes;
mod search;
mod search_hidden;
mod search_operators;
mod search_recall;
mod second_step;
mod sight;
mod streams;
mod tidy;
mod topics;
mod torture;
mod transcript_forms;
mod transcripts;
mod trash;
mod typing;
mod unsaved;
mod visitor;
mod web;
mod work;
mod world;
mod wrong_file;
