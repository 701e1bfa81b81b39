//! Line mode: what a typed line means, and the screen with the focus as lines of text. For screen readers and terminals on which
//! nothing can be painted; the model is that of the screen.

mod awaited;
mod help;
mod keys;
pub mod list_page;
mod places;
mod rows;
mod screen;
pub mod state;
pub mod text;
mod typed;
mod typing;

pub use awaited::awaited;
pub use places::{place, question};
pub(super) use rows::on_frame;
pub use screen::{banner, copies, header, keys, other_accounts, screen};
pub(super) use typed::{Meaning, Step, meaning, take};
pub(super) use typing::is_typing;
