//! One binary for all integration tests: a file per noun, in by the front door.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod admin;
mod import;
mod login;
mod markup;
mod messages;
mod pages;
mod permissions;
mod presence;
mod revocation;
mod rooms;
mod search;
mod streams;
mod transcripts;
mod web;
mod world;
