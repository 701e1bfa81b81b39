//! What a line can be in line mode, for its help and the manual page.

/// What can be typed, each with what it does.
pub const TYPED: [(&str, &str); 8] = [
    ("nothing", "Says again what has the focus."),
    ("a command", "Runs it, by its name, such as copy, region eu-west-1, sort age, quit."),
    ("a key", "Presses it, by its name, such as Tab, Esc, Space, Ctrl-s, PgDn, or a single character."),
    ("a number", "In a list: goes to the row that was said with this number, wherever it stands now."),
    ("/WORDS", "In a list: filters it, such as /app-web state:available. Esc shows all rows again."),
    (
        "a text",
        "Where a text has the focus: replaces it, and says what it was; undo takes that back. = alone empties it, =TEXT is taken as it is. A command needs a colon before it there, such as :quit.",
    ),
    ("regions", "On the destinations of the copy form: chooses them, such as eu-west-1 eu-central-1."),
    (
        "help",
        "Lists what works here; :help where a text has the focus. Ctrl-C and Ctrl-D ask to quit, a second one quits.",
    ),
];
