//! Requests in, fragments out.

pub mod serve;
