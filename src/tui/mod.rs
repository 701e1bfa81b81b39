//! The screen in the Elm architecture: a model, messages that change it, effects for the runtime, and a view.
//!
//! [`Model::update`] neither waits nor fails; [`view::draw`] is a pure function of the model.

mod banner;
pub mod bindings;
mod browse;
pub mod catalogue;
pub mod glyphs;
pub mod jobs_view;
pub mod layout;
pub mod model;
pub mod msg;
pub mod problems;
mod quit;
pub mod screens;
pub mod theme;
mod update;
pub mod view;
pub mod widgets;

pub use jobs_view::JobsView;
pub use model::{Model, Start};
pub use msg::{Connected, Effect, EffectId, Msg, Reply, StoredForms};

#[cfg(test)]
mod tests;
