//! What a keystroke and a frame cost.

fn main() {}
