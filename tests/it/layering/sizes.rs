//! How long files and functions are.

use super::tokens::{item_end, tokens};

/// Lines of a file.
const FILE: usize = 400;
/// Lines of a function, from `fn` to its closing brace.
const FUNCTION: usize = 60;

/// Names what is too long in one file: the file itself by its path, a function by path and name.
pub(super) fn too_long(path: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    if source.lines().count() > FILE {
        found.push(path.to_owned());
    }
    let tokens = tokens(source);
    for (at, pair) in tokens.windows(2).enumerate().filter(|(_, p)| p[0].text == "fn" && p[1].is_word()) {
        let end = tokens[item_end(&tokens, at) - 1].line;
        if end - pair[0].line + 1 > FUNCTION {
            found.push(format!("{path} fn {}", pair[1].text));
        }
    }
    found
}
