//! What a line can be in line mode, for its help and the manual page.

/// What can be typed, each with what it does.
pub const TYPED: [(&str, &str); 8] = [
    ("nothing", "Repeats the current screen."),
    ("a command", "Runs it, by its name, such as copy, region eu-west-1, sort age, quit."),
    ("a key", "Presses it, by its name, such as Tab, Esc, Space, Ctrl-s, PgDn, or a single character."),
    ("a number", "In a list: moves to the row last printed with this number, even if it has moved."),
    ("/WORDS", "In a list: filters it, such as /app-web state:available. Esc shows all rows again."),
    (
        "a text",
        "In a text field: replaces the text and prints the old one; undo restores it. = clears it, =TEXT enters TEXT literally. A command needs a colon there, such as :quit.",
    ),
    ("regions", "On the destinations of the copy form: chooses them, such as eu-west-1 eu-central-1."),
    ("help", "Lists what works here; :help in a text field. Ctrl-C and Ctrl-D ask to quit, a second one quits."),
];
