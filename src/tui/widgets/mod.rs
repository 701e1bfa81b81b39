//! Pieces that screens are drawn with. None knows the model.

pub mod bar;
pub mod draw_context;
pub mod editor;
pub mod list;
pub mod text_fit;
