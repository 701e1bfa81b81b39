//! Records: what is written of an image, with its columns and its JSON, the same from a command and from the screen's export. Field
//! names are stable: fields are added, never removed or renamed.

pub mod export;
mod failure;
pub mod form;
mod image;
mod record;

pub use failure::FailureRecord;
pub use image::ImageRecord;
pub use record::{Column, Elision, Form, Record, Shown};
