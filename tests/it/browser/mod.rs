//! What people see and hear, in a real Chromium: one browser for each person.
//!
//! With `BACKCHANNEL_NO_BROWSER` in the environment these tests say that they are skipped;
//! without it, a machine that lacks `chromium` or `chromedriver` fails them.

mod driver;
mod person;
mod proxy;
mod stage;

mod access;
mod administering;
mod attending;
mod chat;
mod connection;
mod draft;
mod files;
mod finding;
mod fronts;
mod hearing;
mod hostile;
mod join;
mod languages;
mod leaving;
mod linking;
mod looks;
mod moderating;
mod naming;
mod notices;
mod panel;
mod pastes;
mod plain;
mod ranges;
mod reacting;
mod reading;
mod replying;
mod rewriting;
mod second_step;
mod sound;
mod unsaved;
mod weight;
mod wiki;
mod windows;
