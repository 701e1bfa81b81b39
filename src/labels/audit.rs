//! Outcomes of audited requests in words.

use crate::{domain::text::clean, engine::Outcome};

/// Returns what became of a request.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent => "sent, no answer known".into(),
        Outcome::Done => "done".into(),
        Outcome::Refused(code) => format!("refused: {}", clean(code)),
        Outcome::NoAnswer => "outcome unknown".into(),
        Outcome::NotSent => "not sent".into(),
    }
}
