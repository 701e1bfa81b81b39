//! `amigrate`: browse Amazon Machine Images by region, copy them, watch the copies, cancel them.
//!
//! The layers, lowest first; a module uses only those above it in this list (`tests/it/layering` checks it):
//!
//! | layer | owns |
//! |---|---|
//! | [`domain`] | the words of the problem; pure |
//! | [`config`] | settings: defaults, file, environment, flags |
//! | [`engine`] | a copy's life; sans-IO: (state, event, now) to commands |
//! | [`store`] | jobs on disk: SQLite, one file, several processes |
//! | [`aws`] | the AWS SDK; domain in, domain out |
//! | [`driver`] | carries out the queue: leader lock, loop, follower, store thread |
//! | [`labels`] | the engine's and the driver's values in words |
//! | [`records`] | images as JSON and CSV, for commands and exports |
//! | [`sim`] | an EC2 that lives in the process |
//! | [`term`] | the terminal as a device |
//! | [`tui`] | model, messages, effects, screens |
//! | [`runtime`] | the screen's event loop; runs effects |
//! | [`cli`] | arguments; one file a command |

pub mod aws;
pub mod cli;
pub mod config;
pub mod domain;
pub mod driver;
pub mod engine;
pub mod labels;
pub mod records;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod term;
pub mod tui;
