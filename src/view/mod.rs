//! HTML, one file per noun or screen.
//!
//! A view is a function of its data. It asks nobody and nothing, and it does not know who is
//! looking: what differs between readers is an attribute and one rule of CSS. Only shells, the
//! frames of whole documents, show the name of who is signed in.
//!
//! **Invariant:** every value that people typed goes through maud's escaping or arrives as
//! [`crate::markup::Html`]; nothing here makes raw HTML of a string.

pub mod asset;
pub mod account;
pub mod administration;
pub mod audit;
pub mod calendar;
pub mod edit;
pub mod editor;
pub mod effective;
pub mod error;
pub mod export;
pub mod file;
pub mod first_admin;
pub mod help;
pub mod history;
pub mod home;
pub mod keys;
pub mod layout;
pub mod linking;
pub mod login;
pub mod message;
pub mod names;
pub mod notice;
pub mod page;
pub mod page_file;
pub mod paste;
pub mod plain;
pub mod presence;
pub mod popup;
pub mod reaction;
pub mod recent;
pub mod reply;
pub mod retention;
pub mod room;
pub mod search;
pub mod second_step;
pub mod settings;
pub mod text;
pub mod topic;
pub mod trash;
pub mod transcript;
pub mod typing;
pub mod unsaved;

pub use layout::Shell;
