//! backchannel: group chat that stays with the wiki page it is about.
//!
//! The modules in reading order.

// What everything stands on; knows no noun.
pub mod clock;
pub mod config;
pub mod error;
pub mod folding;
pub mod hub;
pub mod id;
pub mod markup;
pub mod store;

// What it is about: each noun owns its rules and its SQL.
pub mod account;
pub mod app;
pub mod body;
pub mod change;
pub mod import;
pub mod message;
pub mod page;
pub mod permission;
pub mod presence;
pub mod restriction;
pub mod room;
pub mod search;
pub mod space;
pub mod subject;
pub mod transcript;
pub mod tree;

// What it touches.
pub mod admin;
pub mod demo;
pub mod http;
pub mod sse;
pub mod view;
