//! Widgets of the screens. None knows the model.

pub mod bar;
pub mod draw_context;
pub mod editor;
pub mod elide;
pub mod fitted;
pub mod list;
pub mod list_page;
pub mod title_filter;

pub use crate::term::text_fit;
