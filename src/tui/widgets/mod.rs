//! Pieces that screens are drawn with. None knows the model.

pub mod bar;
pub mod cells;
pub mod dressing;
pub mod editor;
pub mod list;
