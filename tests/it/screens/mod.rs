//! The whole program, scenario and keys in, screens out: the real loop, the embedded EC2, the real painter and a
//! terminal emulator, on tokio's paused clock. Nothing really waits, and every screen is the same in every run.

mod accounts;
mod browse;
mod bytes;
mod compare;
mod copying;
mod coverage;
mod deregister;
mod discovery;
mod edit_and_retry;
mod ending;
mod failures;
mod form;
mod form_sections;
mod live;
mod mutated;
mod narrowing;
mod palette;
mod presets;
mod replay;
mod review;
mod review_limits;
mod sizes;
mod storage;
mod storage_held;
mod unknown_outcome;
mod used_by;
