//! The event loop: waits for one event, takes in everything that has arrived, runs the effects, and draws when it is time.

use std::{collections::VecDeque, io, time::Duration};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{WorkspaceEffects, recording::Recorder};
use crate::{
    driver::Clock,
    term::{Input, Pacer},
    tui::{Effect, Model, Msg, ProfileId, Unlogged, Workspace},
};

/// The terminal as the loop needs it; the real one, or one in memory. What a terminal does not have does nothing.
pub trait TerminalPort {
    /// Draws the account that is shown.
    fn draw(&mut self, model: &Model) -> io::Result<()>;
    /// Follows a new size.
    fn resize(&mut self, _columns: u16, _rows: u16) {}
    /// Makes the next draw repaint every cell.
    fn repaint(&mut self) {}
    /// Puts a text on the clipboard of the user's terminal. Returns false if it is too long for that.
    fn clipboard(&mut self, _text: &str) -> io::Result<bool> {
        Ok(true)
    }
    /// Rings the bell.
    fn bell(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Asks the terminal for a notification.
    fn notify(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }
    /// Sets the window's title.
    fn title(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }
    /// Turns mouse reporting on or off.
    fn mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }
    /// Gives the terminal back to the shell and suspends the process until it is continued.
    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Takes the terminal again after another process suspended and continued this one.
    fn resume(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The user quit.
    Quit,
    /// The terminal was closed.
    Gone,
    /// SIGTERM.
    Terminated,
}

/// Messages taken in between two frames: a flood of them must not keep the screen from being drawn.
const MESSAGE_BATCH: usize = 256;

/// Runs the screen until the user quits. The caller has drawn the first frame, so that nothing delays it.
///
/// # Errors
/// If the terminal cannot be written. It is handled as a hang-up then: a lost connection is often noticed by drawing before
/// SIGHUP arrives.
pub async fn run(
    workspace: &mut Workspace,
    first: Vec<(ProfileId, Effect)>,
    effects: &mut WorkspaceEffects,
    inputs: &mut UnboundedReceiver<Input>,
    terminal: &mut impl TerminalPort,
    clock: Clock,
    frames_per_second: u32,
) -> io::Result<Exit> {
    let recorder = Recorder::begin(workspace.shown());
    let mut screen = RunningScreen { workspace, effects, terminal, clock, recorder };
    let ended = screen.run(first, inputs, Pacer::new(frames_per_second)).await;
    if ended.is_err() {
        // The effects of a hang-up do not need the terminal; those that do are ignored.
        let profile = screen.workspace.shown().id;
        for (profile, effect) in screen.update(profile, Msg::Input(Input::Hangup)) {
            screen.effects.start(profile, effect);
        }
        screen.effects.finish().await;
    }
    ended
}

/// The screen and all that acts on it.
struct RunningScreen<'a, T> {
    workspace: &'a mut Workspace,
    effects: &'a mut WorkspaceEffects,
    terminal: &'a mut T,
    clock: Clock,
    recorder: Option<Recorder>,
}

impl<T: TerminalPort> RunningScreen<'_, T> {
    async fn run(
        &mut self,
        first: Vec<(ProfileId, Effect)>,
        inputs: &mut UnboundedReceiver<Input>,
        mut pacer: Pacer,
    ) -> io::Result<Exit> {
        pacer.drawn(self.clock.elapsed());
        for (profile, effect) in first {
            self.effects.start(profile, effect);
        }
        loop {
            let msg = self.wait(inputs, &pacer).await;
            if let Some(step) = self.clock.take_step()
                && let Some(exit) = self.handle(self.of_shown(Msg::ClockStepped(step))).await?
            {
                self.effects.finish().await;
                return Ok(exit);
            }
            let mut next = msg;
            let mut entered = false;
            for _ in 0..MESSAGE_BATCH {
                let Some(msg) = next else { break };
                entered |= matches!(msg.1, Msg::Input(Input::Line(_)));
                if let Some(exit) = self.handle(msg).await? {
                    self.effects.finish().await;
                    return Ok(exit);
                }
                pacer.dirty();
                // Each line is answered before the next one is taken in, with all that has come until then.
                let input = if entered { None } else { inputs.try_recv().ok() };
                next = input.map(|input| self.of_shown(Msg::Input(input))).or_else(|| self.effects.ready());
            }
            if entered || pacer.due(self.clock.elapsed()).is_some_and(|wait| wait.is_zero()) {
                if let Some(exit) = self.handle(self.of_shown(Msg::Frame)).await? {
                    self.effects.finish().await;
                    return Ok(exit);
                }
                self.terminal.draw(self.workspace.shown())?;
                pacer.drawn(self.clock.elapsed());
            }
        }
    }

    /// The next message; `None` when it is only time to draw.
    async fn wait(&mut self, inputs: &mut UnboundedReceiver<Input>, pacer: &Pacer) -> Option<(ProfileId, Msg)> {
        let never = Duration::from_hours(24);
        let tick = self.workspace.next_deadline().map_or(never, |at| self.clock.until(at));
        let frame = pacer.due(self.clock.elapsed()).unwrap_or(never);
        let msg = tokio::select! {
            biased;
            input = inputs.recv() => Msg::Input(input.unwrap_or(Input::Hangup)),
            (profile, msg) = self.effects.next() => return Some((profile, msg)),
            () = tokio::time::sleep(frame) => return None,
            () = tokio::time::sleep(tick) => Msg::Tick,
        };
        Some(self.of_shown(msg))
    }

    /// A message for the account that is shown, or for all.
    fn of_shown(&self, msg: Msg) -> (ProfileId, Msg) {
        (self.workspace.shown().id, msg)
    }

    /// Records a message for a profile, and updates the workspace with it.
    fn update(&mut self, profile: ProfileId, msg: Msg) -> Vec<(ProfileId, Effect)> {
        let now = self.clock.now();
        if let Some(recorder) = &mut self.recorder {
            recorder.record(self.workspace.shown(), profile, &msg, now);
        }
        self.workspace.update(profile, msg, now)
    }

    async fn handle(&mut self, (profile, msg): (ProfileId, Msg)) -> io::Result<Option<Exit>> {
        let exit = match msg {
            Msg::Input(Input::Hangup) => Exit::Gone,
            Msg::Input(Input::Terminate) => Exit::Terminated,
            _ => Exit::Quit,
        };
        if let Msg::Input(Input::Resize(columns, rows)) = msg {
            self.terminal.resize(columns, rows);
        }
        let mut todo = VecDeque::from(self.update(profile, msg));
        while let Some((profile, effect)) = todo.pop_front() {
            tracing::debug!(profile = profile.0, ?effect, "out");
            match effect {
                Effect::Quit => return Ok(Some(exit)),
                Effect::Clipboard(Unlogged(text)) => {
                    if !self.terminal.clipboard(&text)? {
                        todo.extend(self.update(profile, Msg::ClipboardTooLong));
                    }
                }
                Effect::Bell => self.terminal.bell()?,
                Effect::Notify(Unlogged(text)) => self.terminal.notify(&text)?,
                Effect::Title(Unlogged(text)) => self.terminal.title(&text)?,
                Effect::Mouse(on) => self.terminal.mouse(on)?,
                Effect::Repaint => self.terminal.repaint(),
                Effect::ResumeTerminal => self.terminal.resume()?,
                Effect::Suspend => {
                    // Another process may run the queue meanwhile.
                    self.effects.pause().await;
                    let suspended = self.terminal.suspend();
                    // Also if the terminal was closed meanwhile: commands are still stored then.
                    self.effects.resume();
                    suspended?;
                }
                other => self.effects.start(profile, other),
            }
        }
        Ok(None)
    }
}
