//! backchannel: group chat that stays with the wiki page it is about.
//!
//! The modules in reading order.

pub mod clock;
pub mod error;
pub mod hub;
pub mod id;
pub mod markup;

pub mod account;
pub mod message;
pub mod page;
pub mod room;
pub mod search;
pub mod transcript;

pub mod http;
pub mod view;
