//! Mistakes in the terms of `--match` that are none on the screen, where one sees what they match: keys that are no keys, and states
//! that nothing has.

use crate::{
    cli::regions::nearest,
    domain::{Failure, ImageState, filter::TERMS, text::clean},
};

const STATES: [ImageState; 8] = [
    ImageState::Pending,
    ImageState::Available,
    ImageState::Invalid,
    ImageState::Deregistered,
    ImageState::Transient,
    ImageState::Failed,
    ImageState::Error,
    ImageState::Disabled,
];

/// Refuses keys that are nearly a known one, and values that a known one never has.
///
/// # Errors
/// The first of them, with what was probably meant.
pub(in crate::cli) fn check(filter: &str) -> Result<(), Failure> {
    filter.split_whitespace().try_for_each(check_term)
}

fn check_term(term: &str) -> Result<(), Failure> {
    let Some((key, value)) = term.split_once(':') else { return Ok(()) };
    let keys = || TERMS.iter().filter_map(|(form, _)| Some(form.split_once(':')?.0));
    let value = value.to_ascii_lowercase();
    let wrong = |why: String, meant: Option<&str>| {
        let failure = Failure::new(format!("match `{}`", clean(term)), why);
        Err(meant.map_or(failure.clone(), |meant| failure.hint(format!("Did you mean `{meant}`?"))))
    };
    match key {
        "profile" => wrong("only the screen shows several accounts at once".into(), None)
            .map_err(|failure| failure.hint("--profiles chooses those that are listed.")),
        "state" if STATES.iter().all(|state| !state.as_str().starts_with(&value)) => {
            wrong("there is no such state".into(), nearest(&value, STATES.iter().map(|state| state.as_str())))
        }
        key if keys().any(|known| known == key) => Ok(()),
        // A word with a colon is a word; but not if it is so nearly a term.
        key => match keys().find(|known| key.len() > 2 && strsim::damerau_levenshtein(known, key) <= 1) {
            Some(near) => wrong(format!("there is no term `{}:`", clean(key)), Some(&format!("{near}:{value}"))),
            None => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_can_match_nothing_is_refused_with_what_was_meant() {
        for (term, meant) in [
            ("stat:pending", "`state:pending`"),
            ("web states:av", "`state:av`"),
            ("state:pendign", "`pending`"),
            ("reigon:eu-", "`region:eu-`"),
            ("profile:build", "--profiles"),
        ] {
            let failure = check(term).unwrap_err();
            assert!(failure.hint.contains(meant), "{term}: {failure:?}");
        }
        for term in ["", "web", "state:", "state:av", "enc:yes", "enc:n", "tag:Team=web", "10:30", "arn:aws", "is:x"] {
            assert_eq!(check(term), Ok(()), "{term}");
        }
    }
}
