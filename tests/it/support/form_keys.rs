//! Keys in the copy form and its review.

use amigrate::term::input::KeyCode;

use super::screen_harness::ScreenHarness;

impl ScreenHarness {
    /// In an open list of regions: marks these, and takes them.
    pub(crate) async fn take_regions(&self, regions: &[&str]) {
        for region in regions {
            self.send("/").await;
            self.ctrl('u').await;
            self.send(region).await;
            self.press(KeyCode::Enter).await;
            self.send(" ").await;
        }
        self.press(KeyCode::Enter).await;
    }

    /// The copy form of the image these words find, with these destinations; the name has the focus then.
    pub(crate) async fn form(&self, words: &str, destinations: &[&str]) {
        self.filter(words).await;
        self.send("c").await;
        self.shows("Copy 1 image");
        if !destinations.is_empty() {
            self.press(KeyCode::Enter).await;
            self.take_regions(destinations).await;
        }
    }

    /// In the form, the line with the focus, without marks.
    fn focused(&self) -> String {
        let line = self.screen().lines().find(|l| l.starts_with("│>")).unwrap_or_default().to_owned();
        line.trim_matches(['│', '>', ' ']).to_owned()
    }

    /// In the form: goes down to the section or field with this label.
    pub(crate) async fn focus(&self, label: &str) {
        for _ in 0..60 {
            if format!("{} ", self.focused().trim_start_matches(['+', '-', ' '])).starts_with(&format!("{label} ")) {
                return;
            }
            self.press(KeyCode::Down).await;
        }
        panic!("no field `{label}`:\n{}", self.screen());
    }

    /// In the form: opens a section, if it is folded.
    pub(crate) async fn unfold(&self, section: &str) {
        self.focus(section).await;
        if self.focused().starts_with('+') {
            self.press(KeyCode::Enter).await;
        }
    }

    /// In the form: turns encryption on, and goes to the key for all.
    pub(crate) async fn encrypt(&self) {
        self.unfold("Encryption").await;
        self.focus("Encrypt").await;
        self.send(" ").await;
        self.press(KeyCode::Down).await;
    }

    /// In a form: opens the review, and waits until every check has answered.
    pub(crate) async fn review(&self) {
        self.ctrl('s').await;
        self.wait_for("the end of the checks", |s| s.contains(" Review: ") && !s.contains(" Checking: ")).await;
    }

    /// In a form: starts the copies, by way of the review.
    pub(crate) async fn start_copies(&self) {
        self.review().await;
        self.ctrl('s').await;
        self.lacks(" Review: ");
    }

    /// Puts another text into the field with the focus.
    pub(crate) async fn retype(&self, text: &str) {
        self.ctrl('e').await;
        self.ctrl('u').await;
        self.send(text).await;
    }
}
