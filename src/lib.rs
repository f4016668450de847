//! backchannel: group chat that stays with the wiki page it is about.
//!
//! The modules in reading order.

pub mod clock;
pub mod error;
pub mod hub;
pub mod id;
pub mod markup;
pub mod render;
