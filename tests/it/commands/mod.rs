//! Commands as a script runs them: arguments to standard output, standard error and exit status, under snapshot, against the embedded
//! EC2 on a port. `INSTA_UPDATE=always` writes the snapshots again; read them before committing.

mod closed;
mod completions;
mod config;
mod copy;
mod copy_again;
mod copy_start;
mod coverage;
mod credentials;
mod deregister;
pub(crate) mod fixture;
mod help;
mod history;
mod hooks;
mod hosts;
mod jobs;
mod lineage;
mod list;
mod man;
pub(crate) mod map;
mod mistakes;
mod once;
pub(crate) mod orphans;
mod partial;
mod policy;
mod recycle_bin;
mod replay;
mod schema;
mod screen;
mod show;
mod sources;
mod stored;
mod sync;
mod sync_retiring;
mod tables;
mod typed;
mod verify;
