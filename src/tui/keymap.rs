//! Keys as the terminal reports them, looked up in the keys in force; and the footer, which names those that work.

use crate::{
    config::{
        KeyMap,
        bindings::{Action, Binding, Context},
        chord::{Chord, KeyCode as Code},
    },
    term::input::{KeyCode, KeyEvent, KeyModifiers},
};

/// The key as the settings know it; `None` for one that they cannot name.
fn chord(key: &KeyEvent) -> Option<Chord> {
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::Insert => Code::Insert,
        KeyCode::Delete => Code::Delete,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let held = |modifier| key.modifiers.contains(modifier);
    Some(Chord { code, ctrl: held(KeyModifiers::CONTROL), alt: held(KeyModifiers::ALT) })
}

/// The binding of a key in these contexts, innermost first.
pub fn binding(keys: &KeyMap, contexts: &[Context], key: &KeyEvent) -> Option<&'static Binding> {
    keys.find(contexts, chord(key)?)
}

/// The action of a key in these contexts, innermost first.
pub fn lookup(keys: &KeyMap, contexts: &[Context], key: &KeyEvent) -> Option<Action> {
    binding(keys, contexts, key).map(|b| b.action)
}

/// The action of a key that no screen may keep for itself: no user may be trapped. `Ctrl-c` quits whatever the settings say.
pub fn always(keys: &KeyMap, key: &KeyEvent) -> Option<Action> {
    let chord = chord(key).filter(|chord| !chord.types_text())?;
    if chord == Chord::ctrl('c') {
        return Some(Action::Quit);
    }
    let action = keys.find(&[Context::Everywhere], chord)?.action;
    matches!(action, Action::Quit | Action::Suspend | Action::Repaint).then_some(action)
}

/// The footer's keys for these contexts, fitted into a width by dropping the least important. `label_of` gives an action's label; what
/// it has none for would do nothing now, and is left out.
pub fn footer(
    keys: &KeyMap,
    contexts: &[Context],
    width: usize,
    label_of: impl Fn(&'static Binding) -> Option<String>,
) -> Vec<(String, String)> {
    let mut words: Vec<(String, String, u8)> = Vec::new();
    for context in contexts {
        for row in keys.rows().iter().filter(|row| row.binding.context == *context) {
            let Some((_, drop)) = row.binding.footer else { continue };
            // A key that an inner context binds does something else.
            let is_ours = |chord: &&Chord| keys.find(contexts, **chord).is_some_and(|b| b.context == *context);
            if let Some((chord, label)) = row.chords.iter().find(is_ours).zip(label_of(row.binding)) {
                words.push((chord.to_string(), label, drop));
            }
        }
    }
    let cells = |text: &str| text.chars().count();
    let length = |words: &[(String, String, u8)]| words.iter().map(|(k, w, _)| cells(k) + cells(w) + 3).sum::<usize>();
    while length(&words) > width {
        let Some(last) = words.iter().enumerate().max_by_key(|(i, (.., drop))| (*drop, *i)).map(|(i, _)| i) else {
            break;
        };
        words.remove(last);
    }
    words.into_iter().map(|(key, word, _)| (key, word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KeySettings;

    fn label(binding: &'static Binding) -> Option<String> {
        binding.footer.map(|(word, _)| word.to_owned())
    }

    fn line(keys: &KeyMap, contexts: &[Context], width: usize) -> String {
        footer(keys, contexts, width, label).iter().map(|(k, w)| format!("{k} {w}")).collect::<Vec<_>>().join("  ")
    }

    #[test]
    fn the_footer_keeps_what_matters() {
        let (keys, contexts) = (KeyMap::default(), [Context::Images, Context::Everywhere]);
        assert!(line(&keys, &contexts, 200).contains("Tab other pane"));
        assert_eq!(line(&keys, &contexts, 30), "c copy  ? help  q quit");
        assert!(line(&keys, &contexts, 78).len() <= 78);
        assert_eq!(footer(&keys, &contexts, 0, label), []);
    }

    #[test]
    fn the_footer_names_the_key_that_works_here() {
        let keys = KeyMap::default();
        let details = line(&keys, &[Context::ImageDetails, Context::Lists, Context::Everywhere], 200);
        assert!(details.contains("Esc back") && details.contains("Ctrl-c quit"), "q is back here: {details}");
        let settings = KeySettings([(Context::Images, [(Action::Copy, vec![Chord::ctrl('k')])].into())].into());
        assert!(line(&KeyMap::new(&settings), &[Context::Images], 200).starts_with("Ctrl-k copy"));
        let unbound = KeySettings([(Context::Images, [(Action::Copy, Vec::new())].into())].into());
        assert!(!line(&KeyMap::new(&unbound), &[Context::Images], 200).contains("copy"));
    }

    #[test]
    fn modifiers_matter() {
        let keys = KeyMap::default();
        let key = |c, m| KeyEvent::new(KeyCode::Char(c), m);
        assert_eq!(lookup(&keys, &[Context::Lists], &key('d', KeyModifiers::CONTROL)), Some(Action::PageDown));
        assert_eq!(lookup(&keys, &[Context::Images], &key('d', KeyModifiers::NONE)), Some(Action::Details));
        assert_eq!(lookup(&keys, &[Context::Lists], &key('G', KeyModifiers::SHIFT)), Some(Action::Bottom));
        assert_eq!(lookup(&keys, &[Context::Images], &key('c', KeyModifiers::ALT)), None);
    }

    #[test]
    fn ctrl_c_quits_whatever_the_settings_say() {
        let settings =
            KeySettings([(Context::Everywhere, [(Action::Quit, vec![Chord::parse("Q").unwrap()])].into())].into());
        let keys = KeyMap::new(&settings);
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(always(&keys, &ctrl('c')), Some(Action::Quit));
        assert_eq!(always(&keys, &ctrl('l')), Some(Action::Repaint));
        assert_eq!(always(&keys, &KeyEvent::new(KeyCode::Char('Q'), KeyModifiers::SHIFT)), None);
    }
}
