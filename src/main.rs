//! Arguments, open, serve, orderly stop.

fn main() {}
