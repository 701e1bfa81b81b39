//! The screens: a model, messages that change it, effects it asks for, and a view of it.
//!
//! [`Model::update`] neither waits nor fails; [`view::draw`] is a pure function of the model.

pub mod board;
mod browse;
pub mod glyphs;
pub mod keys;
pub mod layout;
mod leaving;
pub mod model;
pub mod msg;
pub mod problems;
pub mod screens;
mod standing;
pub mod theme;
mod update;
pub mod view;
pub mod widgets;

pub use board::{Board, Driver, OtherDriver, Post};
pub use model::{Model, Start};
pub use msg::{Connected, Effect, Msg, Page, Reply, RequestId};

#[cfg(test)]
mod tests;
