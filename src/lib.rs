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
pub mod subject;
pub mod permission;
pub mod space;
pub mod page;
pub mod tree;
pub mod restriction;
pub mod body;
pub mod room;
pub mod change;
pub mod transcript;
pub mod message;
pub mod presence;
pub mod search;
pub mod app;

// What it touches.
pub mod http;
pub mod sse;
pub mod view;
