//! Parses, runs, exits; nothing else.

fn main() {}
