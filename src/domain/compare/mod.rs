//! Two images compared: any two ([`diff()`]), or a copy against its source ([`verify()`]).
//!
//! What could not be read is unknown and never counts as equal. Pure: the images and what belongs to them are read elsewhere.

mod diff;
mod left_out;
mod parts;
mod requested;
mod subject;
mod types;
mod verify;

pub use diff::diff;
pub use subject::{CompareRequest, Described, ImageRef, Incomparable, OwnerDetails, Pair};
pub use types::{Comparison, DeviceProperty, Difference, Part, Unknown, Unread, Value};
pub use verify::{Finding, RequestStatus, Verification, verify};

#[cfg(test)]
mod tests;
