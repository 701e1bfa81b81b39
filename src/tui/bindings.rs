//! THE table of key bindings. Lookup, footer, help, command list and README all come from it.

use crate::term::input::{KeyCode, KeyEvent, KeyModifiers};

/// Where a binding applies. A key is looked up in the contexts of what has the focus, innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Every screen where no text is being typed.
    Everywhere,
    /// Everything that scrolls.
    Lists,
    Images,
    Jobs,
    ImageDetails,
    /// Job details, help and problems.
    Pager,
    Form,
    /// The review before copies start.
    Review,
    Picker,
    /// A line of text being typed.
    Input,
    /// A confirmation that can be answered with yes or no.
    Confirm,
    /// Any confirmation: a dialog with choices.
    Choice,
}

impl Context {
    /// The heading in help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "Lists",
            Self::Images => "Images",
            Self::Jobs => "Jobs",
            Self::ImageDetails => "Image details",
            Self::Pager => "Other pages",
            Self::Form => "Copy form",
            Self::Review => "Review",
            Self::Picker => "Pickers",
            Self::Input => "Text input",
            Self::Confirm => "Confirmations",
            Self::Choice => "Dialogs",
        }
    }
}

/// What a key does; the table below has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    Deregister,
    Regions,
    Whose,
    Profile,
    YankId,
    YankArn,
    Expand,
    Cancel,
    CancelBatch,
    Retry,
    Edit,
    RetryBatch,
    History,
    Dismiss,
    Raw,
    NextField,
    PreviousField,
    Press,
    Toggle,
    RemoveLine,
    Presets,
    SavePreset,
    RemovePreset,
    Start,
    NextLine,
    PreviousLine,
    YankCommand,
    Skip,
    SkipAll,
    Rename,
    CopyAnyway,
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

    /// The name in help: `Ctrl-s`, `Space`, `PgUp`.
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
            KeyCode::Delete => "Delete".into(),
            KeyCode::PageUp => "PgUp".into(),
            KeyCode::PageDown => "PgDn".into(),
            KeyCode::F(n) => format!("F{n}"),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub context: Context,
    /// Any of these keys; the footer names the first.
    pub chords: &'static [Chord],
    pub action: Action,
    /// What it does, for help and the command list.
    pub text: &'static str,
    /// The footer's label and its drop order: where there is no room, the highest goes first.
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

/// Every binding, in the order of help and footer.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    foot(C::Everywhere, &[k('?')], A::Help, "help", "help", 0),
    row(C::Everywhere, &[k(':')], A::Commands, "find a command by name"),
    row(C::Everywhere, &[k('!')], A::Problems, "problems"),
    foot(C::Everywhere, &[code(KeyCode::Tab)], A::OtherPane, "switch panes", "other pane", 7),
    row(C::Everywhere, &[k('1')], A::ImagesOnly, "maximise the images pane, or restore it"),
    row(C::Everywhere, &[k('2')], A::JobsOnly, "maximise the jobs pane, or restore it"),
    row(C::Everywhere, &[k('R')], A::Refresh, "refresh: list the images again and poll every copy now"),
    row(C::Everywhere, &[k('m')], A::Mouse, "turn the mouse on or off (off lets your terminal select text)"),
    row(C::Everywhere, &[ctrl('l')], A::Repaint, "redraw the screen"),
    row(C::Everywhere, &[ctrl('z')], A::Suspend, "suspend"),
    row(C::Everywhere, &[code(KeyCode::Esc)], A::Back, "back"),
    foot(C::Everywhere, &[k('q'), ctrl('c')], A::Quit, "quit", "quit", 0),
    row(C::Lists, &[k('j'), code(KeyCode::Down)], A::Down, "down"),
    row(C::Lists, &[k('k'), code(KeyCode::Up)], A::Up, "up"),
    row(C::Lists, &[k('g'), code(KeyCode::Home)], A::Top, "first"),
    row(C::Lists, &[k('G'), code(KeyCode::End)], A::Bottom, "last"),
    row(C::Lists, &[code(KeyCode::PageDown), ctrl('d'), ctrl('f')], A::PageDown, "page down"),
    row(C::Lists, &[code(KeyCode::PageUp), ctrl('u'), ctrl('b')], A::PageUp, "page up"),
    foot(C::Images, &[k('c')], A::Copy, "copy the marked images, or this one", "copy", 1),
    foot(C::Images, &[k(' ')], A::Mark, "mark or unmark, and move to the next", "mark", 3),
    row(C::Images, &[k('a')], A::MarkAll, "mark all shown"),
    row(C::Images, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Images, &[k('/')], A::Filter, "filter by words, or by state: arch: region: enc: owner: tag:KEY=VALUE", "filter", 2),
    foot(C::Images, &[k('r')], A::Regions, "choose regions", "regions", 4),
    foot(C::Images, &[code(KeyCode::Enter), k('d')], A::Details, "details", "details", 5),
    foot(C::Images, &[k('w')], A::Whose, "whose images: mine, shared, Amazon, Marketplace, an account, public", "whose", 6),
    row(C::Images, &[k('p')], A::Profile, "switch to another profile"),
    row(C::Images, &[code(KeyCode::Delete), ctrl('x')], A::Deregister, "deregister the marked images of yours, or this one (shows who uses them, and asks first)"),
    row(C::Images, &[k('y')], A::YankId, "copy the image id to your clipboard"),
    row(C::Images, &[k('Y')], A::YankArn, "copy the ARN to your clipboard"),
    row(C::Images, &[k('o')], A::Sort, "sort by the next column"),
    row(C::Images, &[k('O')], A::Reverse, "reverse the sort order"),
    foot(C::Jobs, &[code(KeyCode::Enter)], A::Expand, "show or hide the snapshots; in the history, show details", "snapshots", 3),
    foot(C::Jobs, &[k('x')], A::Cancel, "cancel this copy (asks first)", "cancel", 1),
    foot(C::Jobs, &[k('X')], A::CancelBatch, "cancel the batch: every running copy, and on request deregister the available images (asks first)", "cancel batch", 5),
    foot(C::Jobs, &[k('t')], A::Retry, "retry a failed copy (asks first if an image must be removed) or its failed steps, or decide a copy in doubt", "retry", 1),
    foot(C::Jobs, &[k('e')], A::Edit, "edit and retry: open the form with everything a failed, cancelled or gone copy had, or with the failed steps of an available one", "edit", 2),
    row(C::Jobs, &[k('T')], A::RetryBatch, "retry every failed copy of the batch (asks likewise) and every failed step"),
    foot(C::Jobs, &[k('d')], A::Details, "details", "details", 6),
    foot(C::Jobs, &[k('/')], A::Filter, "filter by name, image id, region, state, batch or note (Esc clears)", "filter", 4),
    foot(C::Jobs, &[k('H')], A::History, "show the history of ended copies, or go back", "history", 7),
    row(C::Jobs, &[k('D')], A::Dismiss, "dismiss the ended copies shown; the history keeps them"),
    row(C::Jobs, &[k('y')], A::YankId, "copy the new image's id to your clipboard"),
    foot(C::ImageDetails, &[k('v')], A::Raw, "show as JSON, or go back", "JSON", 1),
    row(C::ImageDetails, &[code(KeyCode::Delete), ctrl('x')], A::Deregister, "deregister this image (shows who uses it, and asks first)"),
    row(C::ImageDetails, &[k('y')], A::YankId, "copy the id to your clipboard"),
    row(C::ImageDetails, &[k('Y')], A::YankArn, "copy the ARN to your clipboard"),
    foot(C::ImageDetails, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    row(C::Pager, &[k('y')], A::YankId, "in job details: copy the new image's id to your clipboard"),
    foot(C::Pager, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    foot(C::Form, &[ctrl('s')], A::Start, "review the copies before they start, from any field", "review", 0),
    foot(C::Form, &[code(KeyCode::Tab), code(KeyCode::Down)], A::NextField, "next field", "next field", 2),
    row(C::Form, &[code(KeyCode::BackTab), code(KeyCode::Up)], A::PreviousField, "previous field"),
    foot(C::Form, &[code(KeyCode::Enter)], A::Press, "open the field's picker, fold or open a section, or press the button", "choose", 3),
    row(C::Form, &[k(' ')], A::Toggle, "turn a choice to its next value, fold or open a section"),
    row(C::Form, &[ctrl('x')], A::RemoveLine, "remove this tag line"),
    foot(C::Form, &[ctrl('n')], A::NextLine, "show the next copy's AWS CLI command", "next command", 6),
    row(C::Form, &[ctrl('p')], A::PreviousLine, "show the previous copy's AWS CLI command"),
    foot(C::Form, &[ctrl('y')], A::YankCommand, "copy the AWS CLI command to your clipboard", "copy command", 5),
    foot(C::Form, &[ctrl('o')], A::Presets, "fill the form in from a preset, or with the last values", "presets", 5),
    row(C::Form, &[ctrl('t')], A::SavePreset, "save the form as a preset"),
    foot(C::Form, &[code(KeyCode::F(1)), k('?')], A::Help, "help with the form; in a text field only F1", "help", 4),
    foot(C::Form, &[code(KeyCode::Esc)], A::Back, "close the form (asks first if it was edited)", "leave", 1),
    foot(C::Review, &[ctrl('s')], A::Start, "start the copies, once every check has answered", "start", 0),
    foot(C::Review, &[code(KeyCode::Enter)], A::Press, "go to the field where this can be corrected", "field", 2),
    foot(C::Review, &[k('s')], A::Skip, "skip this copy, which is there already", "skip", 3),
    foot(C::Review, &[k('S')], A::SkipAll, "skip all copies that are there already", "skip all", 4),
    foot(C::Review, &[k('r')], A::Rename, "give this copy the next free name", "rename", 5),
    foot(C::Review, &[k('c')], A::CopyAnyway, "copy anyway", "anyway", 6),
    foot(C::Review, &[k('R')], A::Refresh, "check everything again", "check again", 7),
    foot(C::Review, &[code(KeyCode::Esc), k('q')], A::Back, "back to the form", "back", 1),
    foot(C::Picker, &[code(KeyCode::Enter)], A::Accept, "choose the marked rows, or this one", "choose", 0),
    foot(C::Picker, &[k(' ')], A::Mark, "mark or unmark, where several can be chosen", "mark", 2),
    row(C::Picker, &[k('a')], A::MarkAll, "mark all shown"),
    row(C::Picker, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Picker, &[k('/')], A::Filter, "filter the list", "filter", 3),
    row(C::Picker, &[code(KeyCode::Delete)], A::RemovePreset, "in presets: remove this one (asks first)"),
    foot(C::Picker, &[k('?'), code(KeyCode::F(1))], A::Help, "help with pickers", "help", 4),
    foot(C::Picker, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, or close without choosing", "back", 1),
    foot(C::Input, &[code(KeyCode::Enter)], A::Accept, "apply", "apply", 0),
    foot(C::Input, &[code(KeyCode::Esc)], A::Back, "cancel", "back", 0),
    row(C::Input, &[code(KeyCode::F(1))], A::Help, "help"),
    row(C::Input, &[code(KeyCode::Down), code(KeyCode::PageDown)], A::Down, "scroll down in a long text or list"),
    row(C::Input, &[code(KeyCode::Up), code(KeyCode::PageUp)], A::Up, "scroll up"),
    foot(C::Confirm, &[k('y')], A::Yes, "yes", "yes", 0),
    foot(C::Confirm, &[k('n'), code(KeyCode::Esc), k('q')], A::No, "no", "no", 0),
    foot(C::Choice, &[code(KeyCode::Tab), code(KeyCode::Right)], A::NextField, "next choice", "next choice", 2),
    row(C::Choice, &[code(KeyCode::BackTab), code(KeyCode::Left)], A::PreviousField, "previous choice"),
    row(C::Choice, &[k('y')], A::Yes, "take the first choice"),
    foot(C::Choice, &[code(KeyCode::Enter)], A::Press, "take the choice in brackets", "confirm", 1),
    row(C::Choice, &[k('j'), code(KeyCode::Down), code(KeyCode::PageDown)], A::Down, "scroll down in a long text"),
    row(C::Choice, &[k('k'), code(KeyCode::Up), code(KeyCode::PageUp)], A::Up, "scroll up"),
    foot(C::Choice, &[code(KeyCode::Esc), k('n'), k('q')], A::No, "close without choosing", "back", 0),
];

/// The binding of a key in these contexts, innermost first.
pub fn binding(contexts: &[Context], key: &KeyEvent) -> Option<&'static Binding> {
    contexts
        .iter()
        .find_map(|context| KEYS.iter().find(|b| b.context == *context && b.chords.iter().any(|c| c.matches(key))))
}

/// The action of a key in these contexts, innermost first.
pub fn lookup(contexts: &[Context], key: &KeyEvent) -> Option<Action> {
    binding(contexts, key).map(|b| b.action)
}

/// Returns true for plain characters: where text is being typed they are part of it.
pub fn types_text(key: &KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL)
}

/// The footer's keys and labels for these contexts, fitted into a width by dropping the least important.
///
/// Actions of the jobs pane and of pickers that `offers` refuses would do nothing now, and are left out.
pub fn footer(contexts: &[Context], width: usize, offers: impl Fn(Action) -> bool) -> Vec<(String, &'static str)> {
    let mut words: Vec<(String, &'static str, u8)> = contexts
        .iter()
        .flat_map(|context| KEYS.iter().filter(move |b| b.context == *context))
        .filter(|b| !matches!(b.context, Context::Jobs | Context::Picker) || offers(b.action))
        // A key that an inner context binds does something else.
        .filter(|b| KEYS.iter().all(|k| !shadows(contexts, k, b)))
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

/// Returns true if `inner` binds the first key of `outer` in a context further inside.
fn shadows(contexts: &[Context], inner: &Binding, outer: &Binding) -> bool {
    let depth = |b: &Binding| contexts.iter().position(|c| *c == b.context);
    depth(inner).is_some_and(|d| Some(d) < depth(outer)) && inner.chords.contains(&outer.chords[0])
}

/// The table in Markdown, for the README.
pub fn markdown() -> String {
    let mut out = String::from("| where | keys | action |\n|---|---|---|\n");
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
