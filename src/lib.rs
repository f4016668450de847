//! backchannel: group chat that stays with the wiki page it is about.
//!
//! The modules in reading order.

// What everything stands on; knows no noun.
pub mod error;
pub mod clock;
pub mod vital;
pub mod language;
pub mod config;
pub mod id;
pub mod metrics;
pub mod store;
pub mod hub;
pub mod markup;
pub mod folding;
pub mod difference;
pub mod push;

// What it is about: each noun owns its rules and its SQL, and uses only those above it.
pub mod password;
pub mod account;
pub mod session;
pub mod second_step;
pub mod mandate;
pub mod journal;
pub mod group;
pub mod roster;
pub mod setting;
pub mod subject;
pub mod permission;
pub mod sight;
pub mod space;
pub mod first_admin;
pub mod audit;
pub mod room;
pub mod title;
pub mod page;
pub mod template;
pub mod trash;
pub mod tree;
pub mod history;
pub mod restriction;
pub mod effective;
pub mod watch;
pub mod recent;
pub mod file;
pub mod file_name;
pub mod resolved;
pub mod body;
pub mod topic;
pub mod pin;
pub mod reaction;
pub mod read_mark;
pub mod first_use;
pub mod presence;
pub mod status;
pub mod moderation;
pub mod typing;
pub mod transcript;
pub mod calendar;
pub mod version;
pub mod paste;
pub mod marks;
pub mod draft;
pub mod message;
pub mod thumbnail;
pub mod upload;
pub mod edit;
pub mod react;
pub mod mention;
pub mod log;
pub mod record;
pub mod minutes;
pub mod rerender;
pub mod change;
pub mod subscription;
pub mod notice;
pub mod search;
pub mod purge;
pub mod doubt;
pub mod retention;
pub mod notes;
pub mod derived;
pub mod import;
pub mod carried;
pub mod export;
pub mod app;

// What it touches.
pub mod view;
pub mod exported;
pub mod announce;
pub mod sse;
pub mod http;
pub mod admin;
pub mod demo;
pub mod render;
