//! THE key table: context, keys, action, text. Lookup, footer, help and README come from it.

use crate::term::input::{KeyCode, KeyEvent, KeyModifiers};

/// Where a binding holds. A key is looked up in the contexts of what has the focus, innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// On every screen where no text is being typed.
    Everywhere,
    /// In everything that scrolls.
    Lists,
    /// In the images pane.
    Images,
    /// In the jobs pane.
    Jobs,
    /// In an image's details.
    Details,
    /// In a job's details, help and problems.
    Reading,
    /// In the copy form.
    Form,
    /// In a list to choose from.
    Picker,
    /// In a line to type.
    Prompt,
    /// In a question.
    Question,
}

impl Context {
    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "Lists",
            Self::Images => "Images",
            Self::Jobs => "Jobs",
            Self::Details => "Image details",
            Self::Reading => "Other pages",
            Self::Form => "Copy form",
            Self::Picker => "Lists to choose from",
            Self::Prompt => "Typing a line",
            Self::Question => "Questions",
        }
    }
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each does")]
pub enum Action {
    Help,
    Commands,
    Problems,
    OtherPane,
    ImagesOnly,
    JobsOnly,
    Back,
    Refresh,
    Repaint,
    Suspend,
    Quit,
    Mouse,
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    Filter,
    Sort,
    Reverse,
    Details,
    Mark,
    MarkAll,
    MarkNone,
    Copy,
    Regions,
    Whose,
    Profile,
    YankId,
    YankArn,
    Expand,
    Cancel,
    CancelBatch,
    Retry,
    RetryBatch,
    History,
    Dismiss,
    Raw,
    NextField,
    PreviousField,
    Press,
    Toggle,
    Start,
    NextLine,
    PreviousLine,
    YankCommand,
    Accept,
    Yes,
    No,
}

/// A key with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
}

const fn k(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), ctrl: false }
}

const fn ctrl(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), ctrl: true }
}

const fn code(code: KeyCode) -> Chord {
    Chord { code, ctrl: false }
}

impl Chord {
    fn matches(self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        self.ctrl == ctrl && self.code == key.code && !key.modifiers.contains(KeyModifiers::ALT)
    }

    /// As it is written in help: `Ctrl-s`, `Space`, `PgUp`.
    pub fn text(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".into(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Enter => "Enter".into(),
            KeyCode::Esc => "Esc".into(),
            KeyCode::Tab => "Tab".into(),
            KeyCode::BackTab => "Shift-Tab".into(),
            KeyCode::Up => "Up".into(),
            KeyCode::Down => "Down".into(),
            KeyCode::Left => "Left".into(),
            KeyCode::Right => "Right".into(),
            KeyCode::Home => "Home".into(),
            KeyCode::End => "End".into(),
            KeyCode::PageUp => "PgUp".into(),
            KeyCode::PageDown => "PgDn".into(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// Any of these keys.
    pub chords: &'static [Chord],
    /// What it does.
    pub action: Action,
    /// What it does, in words.
    pub text: &'static str,
    /// The footer's word, and how early it is dropped when there is no room: the higher, the earlier.
    pub footer: Option<(&'static str, u8)>,
}

const fn row(context: Context, chords: &'static [Chord], action: Action, text: &'static str) -> Binding {
    Binding { context, chords, action, text, footer: None }
}

const fn foot(
    context: Context,
    chords: &'static [Chord],
    action: Action,
    text: &'static str,
    word: &'static str,
    drop: u8,
) -> Binding {
    Binding { context, chords, action, text, footer: Some((word, drop)) }
}

use Action as A;
use Context as C;

/// Every binding. The order is that of help; the footer shows a context's words in this order too.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    foot(C::Everywhere, &[k('?')], A::Help, "help", "help", 0),
    row(C::Everywhere, &[k(':')], A::Commands, "find a command by its name"),
    row(C::Everywhere, &[k('!')], A::Problems, "problems"),
    foot(C::Everywhere, &[code(KeyCode::Tab)], A::OtherPane, "the other pane", "other pane", 7),
    row(C::Everywhere, &[k('1')], A::ImagesOnly, "images in full height, and back"),
    row(C::Everywhere, &[k('2')], A::JobsOnly, "jobs in full height, and back"),
    row(C::Everywhere, &[k('R')], A::Refresh, "fetch the images again, and look at every copy now"),
    row(C::Everywhere, &[k('m')], A::Mouse, "mouse on or off (off lets your terminal select text)"),
    row(C::Everywhere, &[ctrl('l')], A::Repaint, "paint the screen anew"),
    row(C::Everywhere, &[ctrl('z')], A::Suspend, "suspend"),
    row(C::Everywhere, &[code(KeyCode::Esc)], A::Back, "back"),
    foot(C::Everywhere, &[k('q'), ctrl('c')], A::Quit, "quit", "quit", 0),
    row(C::Lists, &[k('j'), code(KeyCode::Down)], A::Down, "down"),
    row(C::Lists, &[k('k'), code(KeyCode::Up)], A::Up, "up"),
    row(C::Lists, &[k('g'), code(KeyCode::Home)], A::Top, "first"),
    row(C::Lists, &[k('G'), code(KeyCode::End)], A::Bottom, "last"),
    row(C::Lists, &[code(KeyCode::PageDown), ctrl('d'), ctrl('f')], A::PageDown, "a page down"),
    row(C::Lists, &[code(KeyCode::PageUp), ctrl('u'), ctrl('b')], A::PageUp, "a page up"),
    foot(C::Images, &[k('c')], A::Copy, "copy the marked images, else this one", "copy", 1),
    foot(C::Images, &[k(' ')], A::Mark, "mark or unmark, and go on to the next", "mark", 3),
    row(C::Images, &[k('a')], A::MarkAll, "mark all that are shown"),
    row(C::Images, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Images, &[k('/')], A::Filter, "filter: words, or state: arch: region: enc: owner: tag:KEY=VALUE", "filter", 2),
    foot(C::Images, &[k('r')], A::Regions, "choose regions", "regions", 4),
    foot(C::Images, &[code(KeyCode::Enter), k('d')], A::Details, "details", "details", 5),
    foot(C::Images, &[k('w')], A::Whose, "whose images: mine, shared, Amazon, Marketplace, an account, public", "whose", 6),
    row(C::Images, &[k('p')], A::Profile, "choose another profile"),
    row(C::Images, &[k('y')], A::YankId, "send the image id to the clipboard of your terminal"),
    row(C::Images, &[k('Y')], A::YankArn, "send the ARN to the clipboard of your terminal"),
    row(C::Images, &[k('o')], A::Sort, "sort by the next column"),
    row(C::Images, &[k('O')], A::Reverse, "reverse the order"),
    foot(C::Jobs, &[code(KeyCode::Enter)], A::Expand, "show or hide the snapshots; in the history: details", "snapshots", 3),
    foot(C::Jobs, &[k('x')], A::Cancel, "cancel this copy (asks first)", "cancel", 1),
    foot(C::Jobs, &[k('X')], A::CancelBatch, "cancel every copy of its batch, or deregister those available (asks first)", "cancel batch", 5),
    foot(C::Jobs, &[k('t')], A::Retry, "try a failed copy again (asks first if an image is removed for it)", "try again", 1),
    row(C::Jobs, &[k('T')], A::RetryBatch, "try every failed copy of its batch again (asks likewise)"),
    foot(C::Jobs, &[k('d')], A::Details, "details", "details", 6),
    foot(C::Jobs, &[k('/')], A::Filter, "filter by name, image id, region, state, batch or note (Esc clears)", "filter", 4),
    foot(C::Jobs, &[k('H')], A::History, "the history of ended copies, and back", "history", 7),
    row(C::Jobs, &[k('D')], A::Dismiss, "take the ended copies shown off the list; the history keeps them"),
    row(C::Jobs, &[k('y')], A::YankId, "send the new image's id to the clipboard of your terminal"),
    foot(C::Details, &[k('v')], A::Raw, "as JSON, and back", "JSON", 1),
    row(C::Details, &[k('y')], A::YankId, "send the id to the clipboard of your terminal"),
    row(C::Details, &[k('Y')], A::YankArn, "send the ARN to the clipboard of your terminal"),
    foot(C::Details, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    row(C::Reading, &[k('y')], A::YankId, "in a copy's details: send the new image's id to the clipboard of your terminal"),
    foot(C::Reading, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    foot(C::Form, &[ctrl('s')], A::Start, "start the copies, from any field", "start", 0),
    foot(C::Form, &[code(KeyCode::Tab), code(KeyCode::Down)], A::NextField, "next field", "next field", 2),
    row(C::Form, &[code(KeyCode::BackTab), code(KeyCode::Up)], A::PreviousField, "previous field"),
    foot(C::Form, &[code(KeyCode::Enter)], A::Press, "open the field's list, or press the button", "choose", 3),
    row(C::Form, &[k(' ')], A::Toggle, "switch a yes or no"),
    foot(C::Form, &[ctrl('n')], A::NextLine, "the next copy's command line", "next command", 6),
    row(C::Form, &[ctrl('p')], A::PreviousLine, "the previous copy's command line"),
    foot(C::Form, &[ctrl('y')], A::YankCommand, "send the command line to the clipboard of your terminal", "send command", 5),
    foot(C::Form, &[code(KeyCode::Esc)], A::Back, "leave (asks if something was changed)", "leave", 1),
    foot(C::Picker, &[code(KeyCode::Enter)], A::Accept, "choose the marked, else this one", "choose", 0),
    foot(C::Picker, &[k(' ')], A::Mark, "mark or unmark, where several can be taken", "mark", 2),
    row(C::Picker, &[k('a')], A::MarkAll, "mark all that are shown"),
    row(C::Picker, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Picker, &[k('/')], A::Filter, "narrow the list", "filter", 3),
    foot(C::Picker, &[code(KeyCode::Esc), k('q')], A::Back, "leave it as it was", "back", 1),
    foot(C::Prompt, &[code(KeyCode::Enter)], A::Accept, "apply it", "apply", 0),
    foot(C::Prompt, &[code(KeyCode::Esc)], A::Back, "leave it", "back", 0),
    row(C::Prompt, &[code(KeyCode::Down), code(KeyCode::PageDown)], A::Down, "further down in a long text or list"),
    row(C::Prompt, &[code(KeyCode::Up), code(KeyCode::PageUp)], A::Up, "further up"),
    foot(C::Question, &[k('y')], A::Yes, "yes", "yes", 0),
    foot(C::Question, &[k('n'), code(KeyCode::Esc), k('q')], A::No, "no", "no", 0),
    row(C::Question, &[code(KeyCode::Tab), code(KeyCode::Right)], A::NextField, "the next answer"),
    row(C::Question, &[code(KeyCode::BackTab), code(KeyCode::Left)], A::PreviousField, "the answer before"),
    row(C::Question, &[k('j'), code(KeyCode::Down), code(KeyCode::PageDown)], A::Down, "further down in a long question"),
    row(C::Question, &[k('k'), code(KeyCode::Up), code(KeyCode::PageUp)], A::Up, "further up"),
    foot(C::Question, &[code(KeyCode::Enter)], A::Press, "the answer in brackets", "chosen answer", 1),
];

/// The row of a key in these contexts, innermost first.
pub fn binding(contexts: &[Context], key: &KeyEvent) -> Option<&'static Binding> {
    contexts
        .iter()
        .find_map(|context| KEYS.iter().find(|b| b.context == *context && b.chords.iter().any(|c| c.matches(key))))
}

/// What a key does in these contexts, innermost first.
pub fn lookup(contexts: &[Context], key: &KeyEvent) -> Option<Action> {
    binding(contexts, key).map(|b| b.action)
}

/// Whether a key steers rather than types: everything but plain characters.
pub fn steers(key: &KeyEvent) -> bool {
    !matches!(key.code, KeyCode::Char(_)) || key.modifiers.contains(KeyModifiers::CONTROL)
}

/// The footer's words for these contexts, fitted into a width by dropping the least important.
///
/// What `offers` refuses would do nothing now, and is left out.
pub fn footer(contexts: &[Context], width: usize, offers: impl Fn(Action) -> bool) -> Vec<(String, &'static str)> {
    let mut words: Vec<(String, &'static str, u8)> = contexts
        .iter()
        .flat_map(|context| KEYS.iter().filter(move |b| b.context == *context))
        .filter(|b| b.context != Context::Jobs || offers(b.action))
        .filter_map(|b| b.footer.map(|(word, drop)| (b.chords[0].text(), word, drop)))
        .collect();
    let length = |words: &[(String, &str, u8)]| words.iter().map(|(k, w, _)| k.len() + w.len() + 3).sum::<usize>();
    while length(&words) > width {
        let Some(last) = words.iter().enumerate().max_by_key(|(i, (_, _, drop))| (*drop, *i)).map(|(i, _)| i) else {
            break;
        };
        words.remove(last);
    }
    words.into_iter().map(|(key, word, _)| (key, word)).collect()
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let mut out = String::from("| where | keys | what |\n|---|---|---|\n");
    for binding in KEYS {
        let keys: Vec<String> = binding.chords.iter().map(|c| format!("`{}`", c.text())).collect();
        out.extend(["| ", binding.context.title(), " | ", &keys.join(" "), " | ", binding.text, " |\n"]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for (i, a) in KEYS.iter().enumerate() {
            for b in &KEYS[i + 1..] {
                let clash = a.context == b.context && a.chords.iter().any(|c| b.chords.contains(c));
                assert!(!clash, "{} and {}", a.text, b.text);
            }
        }
    }

    #[test]
    fn the_footer_keeps_what_matters() {
        let contexts = [Context::Images, Context::Everywhere];
        let line = |width| {
            footer(&contexts, width, |_| true).iter().map(|(k, w)| format!("{k} {w}")).collect::<Vec<_>>().join("  ")
        };
        assert!(line(200).contains("Tab other pane"));
        assert_eq!(line(30), "c copy  ? help  q quit");
        assert!(line(78).len() <= 78);
        assert_eq!(footer(&contexts, 0, |_| true), []);
    }

    #[test]
    fn modifiers_matter() {
        let key = |c, m| KeyEvent::new(KeyCode::Char(c), m);
        assert_eq!(lookup(&[Context::Lists], &key('d', KeyModifiers::CONTROL)), Some(Action::PageDown));
        assert_eq!(lookup(&[Context::Images], &key('d', KeyModifiers::NONE)), Some(Action::Details));
        assert_eq!(lookup(&[Context::Lists], &key('G', KeyModifiers::SHIFT)), Some(Action::Bottom));
        assert_eq!(lookup(&[Context::Images], &key('c', KeyModifiers::ALT)), None);
    }
}
