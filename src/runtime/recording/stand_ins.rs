//! Stand-ins for client tokens in a recording: equal for equal tokens, and unrelated to them.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use super::filter::{Place, Texts};
use crate::domain::{ClientToken, token_text};

/// The first number of a token that this run has not made itself.
const OTHERS: u64 = 1 << 40;
/// A shorter token of the user's is not looked for in other texts: it may be any word.
const SHORTEST: usize = 8;

/// The client tokens of a run with their stand-ins.
#[derive(Debug)]
pub(super) struct StandIns {
    /// The run's tokens are numbered from here: the model of a replay, whose seed is 0, makes their stand-ins.
    seed: u128,
    others: RefCell<HashMap<String, u64>>,
    /// Those among the others that users gave, and that are looked for in texts.
    given: RefCell<Vec<String>>,
}

impl StandIns {
    pub(super) fn new(seed: u128) -> Self {
        Self { seed, others: RefCell::default(), given: RefCell::default() }
    }

    fn stand_in(&self, token: &str) -> String {
        let Ok(token) = ClientToken::given(token) else { return String::new() };
        let number = token.since_seed(self.seed).unwrap_or_else(|| self.number(&token));
        token.stand_in(number).as_str().to_owned()
    }

    fn number(&self, token: &ClientToken) -> u64 {
        let mut others = self.others.borrow_mut();
        if let Some(known) = others.get(token.as_str()) {
            return *known;
        }
        let next = OTHERS + u64::try_from(others.len()).unwrap_or_default();
        others.insert(token.as_str().to_owned(), next);
        if token.as_str().len() >= SHORTEST && token_text::find(token.as_str()).is_none() {
            self.given.borrow_mut().push(token.as_str().to_owned());
        }
        next
    }

    /// Replaces the tokens in a text: those that amigrate makes, by their form, and those of the user's that were seen before.
    fn without_tokens<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        while let Some(range) = token_text::find(&text) {
            let stand_in = self.stand_in(&text[range.clone()]);
            text.to_mut().replace_range(range, &stand_in);
        }
        for token in self.given.borrow().iter() {
            if text.contains(token.as_str()) {
                text = Cow::Owned(text.replace(token.as_str(), &self.stand_in(token)));
            }
        }
        text
    }
}

impl Texts for StandIns {
    fn text<'t>(&self, place: Place, text: &'t str) -> Cow<'t, str> {
        if place.owner == "ClientToken" { Cow::Owned(self.stand_in(text)) } else { self.without_tokens(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: u128 = 0x1234_5678_9abc_4def_8123_4567_89ab_cdef;

    fn token(stand_ins: &StandIns, token: &ClientToken) -> String {
        stand_ins.text(Place { owner: "ClientToken", field: "" }, token.as_str()).into_owned()
    }

    #[test]
    fn equal_tokens_have_equal_stand_ins_that_tell_nothing() {
        let stand_ins = StandIns::new(SEED);
        let own = token(&stand_ins, &ClientToken::from_random(SEED + 3));
        assert_eq!(own, ClientToken::from_random(3).as_str(), "what a replay makes");
        let others = [
            ClientToken::from_random(SEED - 1),
            ClientToken::derived(SEED),
            ClientToken::given("of the user's".replace(' ', "-").as_str()).unwrap(),
        ];
        let written = others.each_ref().map(|other| token(&stand_ins, other));
        assert_eq!(written, others.each_ref().map(|other| token(&stand_ins, other)));
        assert!(written[0] != written[1] && written[1] != written[2] && written[0] != written[2]);
        assert!(written[1].starts_with("amigrate-same-0000"));
        for (token, stand_in) in others.iter().zip(&written) {
            let text = format!("the token {} was used", token.as_str());
            assert_eq!(stand_ins.text(Place::default(), &text), format!("the token {stand_in} was used"));
        }
    }

    #[test]
    fn other_texts_stay() {
        let stand_ins = StandIns::new(SEED);
        token(&stand_ins, &ClientToken::given("web").unwrap());
        assert_eq!(stand_ins.text(Place::default(), "web amigrate-1"), "web amigrate-1");
    }
}
