//! The real terminal as a screen.

use std::io;

use crate::{
    domain::Failure,
    runtime::TerminalPort,
    term::{Caps, Screen, TermSession, Tty, osc, osc::Notification},
    tui::{Model, view},
};

/// The real terminal.
pub(super) struct Terminal {
    session: TermSession,
    screen: Screen<Tty>,
    tmux: bool,
    notification: Option<Notification>,
    /// The window's title, once it was set.
    title: Option<String>,
}

impl Terminal {
    pub(super) fn enter(caps: &Caps, size: (u16, u16), notification: Option<Notification>) -> Result<Self, Failure> {
        let session = TermSession::enter(caps)?;
        let screen = Screen::new(Tty, size, caps);
        Ok(Self { session, screen, tmux: caps.tmux, notification, title: None })
    }
}

impl Terminal {
    /// Draws and sets again what the terminal has lost.
    fn taken_again(&mut self) -> io::Result<()> {
        self.screen.repaint();
        match &self.title {
            Some(title) => self.screen.emit(&osc::title(title)),
            None => Ok(()),
        }
    }
}

impl TerminalPort for Terminal {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        self.screen.draw(|frame| view::draw(frame, model)).map(|_| ())
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.resize(columns, rows);
    }

    fn repaint(&mut self) {
        self.screen.repaint();
    }

    fn clipboard(&mut self, text: &str) -> io::Result<bool> {
        match osc::clipboard(text, self.tmux) {
            Some(bytes) => self.screen.emit(&bytes).map(|()| true),
            None => Ok(false),
        }
    }

    fn bell(&mut self) -> io::Result<()> {
        self.screen.emit(osc::BELL)
    }

    fn notify(&mut self, text: &str) -> io::Result<()> {
        match self.notification {
            Some(notification) => self.screen.emit(&notification.bytes(text, self.tmux)),
            None => Ok(()),
        }
    }

    fn title(&mut self, text: &str) -> io::Result<()> {
        self.title = Some(text.to_owned());
        self.screen.emit(&osc::title(text))
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.session.set_mouse(on)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.session.suspend()?;
        self.taken_again()
    }

    fn resume(&mut self) -> io::Result<()> {
        self.session.reenter()?;
        self.taken_again()
    }
}
