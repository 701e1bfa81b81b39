//! The screen in the Elm architecture: a model, messages that change it, effects for the runtime, and a view.
//!
//! [`Model::update`] neither waits nor fails; [`view::draw`] is a pure function of the model.

mod account_flag;
mod accounts;
mod actions;
mod banner;
mod browse;
pub mod catalogue;
mod discovery;
mod fast_regions;
mod finishing;
mod freshness;
pub mod glyphs;
mod job_counts;
pub mod jobs_view;
pub mod keymap;
mod known_regions;
pub mod layout;
pub mod line_mode;
mod live;
pub mod model;
mod mouse;
pub mod msg;
mod narrowing;
mod news;
mod notice;
pub mod others;
mod pages;
mod pending;
pub mod problem_log;
pub mod problems;
mod profiles;
mod quit;
pub mod screens;
mod send;
mod shown_ends;
mod sign_in;
mod source_reads;
mod sync_plan;
mod text_input;
pub mod theme;
mod typing;
mod unlisted;
mod update;
pub mod view;
mod view_memory;
mod welcome;
pub mod widgets;
mod workspace;

pub use crate::config::bindings;
pub use jobs_view::JobsView;
pub use model::{Model, Start};
pub use msg::{
    Connected, Effect, EffectId, ExportRequest, Msg, Reply, Restored, StorageReply, StorageRequest, StoredFilters,
    StoredForms, Unlogged,
};
pub use others::ProfileId;
pub use sync_plan::{PrintedPlan, SyncRequest};
pub use typing::{TypedLine, Typing};
pub use workspace::Workspace;

#[cfg(test)]
pub(crate) mod tests;
