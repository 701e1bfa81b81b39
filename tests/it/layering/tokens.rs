//! Rust source as tokens, as far as a reader of `use` lines and function bodies needs them.

/// A word, `::`, or one other character outside comments and literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is_word(&self) -> bool {
        self.text.starts_with(is_word_char)
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Splits a source into tokens. Comments and literals are left out.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let (length, is_token) = next(rest, c);
        if is_token {
            found.push(Token { text: &rest[..length], line });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// The length of what stands at the start of a text that begins with `c`, and whether it is a token.
fn next(rest: &str, c: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    let word = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
    let after = &rest[word..];
    match c {
        '"' => (string(rest), false),
        '\'' => quote(rest),
        'b' | 'c' | 'r' if word <= 2 && after.starts_with('"') => {
            let length = if rest[..word].contains('r') { raw_string(after) } else { string(after) };
            (word + length, false)
        }
        'b' if word == 1 && after.starts_with('\'') => (1 + quote(after).0, false),
        'r' | 'b' if word <= 2 && after.trim_start_matches('#').starts_with('"') && after.starts_with('#') => {
            (word + raw_string(after), false)
        }
        _ if is_word_char(c) => (word, true),
        ':' if rest.starts_with("::") => (2, true),
        _ => (c.len_utf8(), !c.is_whitespace()),
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a literal in double quotes.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw literal from its hashes, or its quote, on.
fn raw_string(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    rest[hashes + 1..].find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len())
}

/// A literal of one character is left out, a lifetime is left out as well.
fn quote(rest: &str) -> (usize, bool) {
    let inner = &rest[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        let closing = escape.char_indices().skip(1).find(|(_, c)| *c == '\'');
        return (closing.map_or(rest.len(), |(at, _)| at + 3), false);
    }
    let first = inner.chars().next().map_or(0, char::len_utf8);
    if inner[first..].starts_with('\'') {
        return (first + 2, false);
    }
    (1 + inner.find(|c| !is_word_char(c)).unwrap_or(inner.len()), false)
}

/// Leaves out every item under `#[cfg(test)]`.
pub(super) fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].iter().map(|t| t.text).take(7).eq(CFG_TEST) {
            at = item_end(tokens, at + 7);
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// Where the item that starts here ends: behind its `;` or its body.
pub(super) fn item_end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}
