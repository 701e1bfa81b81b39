//! Parts of docs/reliability.md that tests write and compare.

/// The part of the page between these marks; with `UPDATE=1` it is replaced by this text first.
pub(crate) fn part(mark: &str, now: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reliability.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (open, close) = (format!("<!-- {mark} -->"), format!("<!-- /{mark} -->"));
    let (before, rest) = text.split_once(&open).unwrap();
    let (shown, after) = rest.split_once(&close).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(page, format!("{before}{open}{now}{close}{after}")).unwrap();
        return now.to_owned();
    }
    shown.to_owned()
}

/// All numbers in a text, in their order.
pub(crate) fn numbers(text: &str) -> Vec<u64> {
    let digits = |c: char| c.is_ascii_digit() || c == ',';
    text.split(|c: char| !digits(c)).filter_map(|word| word.replace(',', "").parse().ok()).collect()
}

/// Returns true if a documented number is within about a quarter of the present one.
pub(crate) fn about(documented: u64, now: u64) -> bool {
    documented.abs_diff(now) <= now / 4 + 3
}
