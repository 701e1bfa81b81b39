//! The event loop: waits for one event, takes in everything that has arrived, runs the effects, and draws when it is time.

use std::{collections::VecDeque, io, time::Duration};

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Effects, recording::Recorder};
use crate::{
    driver::Clock,
    term::{Input, Pacer},
    tui::{Effect, Model, Msg, Unlogged},
};

/// The terminal as the loop needs it; the real one, or one in memory. What a terminal does not have does nothing.
pub trait TerminalPort {
    /// Draws the model.
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
    model: &mut Model,
    first: Vec<Effect>,
    effects: &mut Effects,
    inputs: &mut UnboundedReceiver<Input>,
    terminal: &mut impl TerminalPort,
    clock: Clock,
    frames_per_second: u32,
) -> io::Result<Exit> {
    let recorder = Recorder::begin(model);
    let mut screen = RunningScreen { model, effects, terminal, clock, recorder };
    let ended = screen.run(first, inputs, Pacer::new(frames_per_second)).await;
    if ended.is_err() {
        // The effects of a hang-up do not need the terminal; those that do are ignored.
        for effect in screen.update(Msg::Input(Input::Hangup)) {
            screen.effects.start(effect);
        }
        screen.effects.finish().await;
    }
    ended
}

/// The screen and all that acts on it.
struct RunningScreen<'a, T> {
    model: &'a mut Model,
    effects: &'a mut Effects,
    terminal: &'a mut T,
    clock: Clock,
    recorder: Option<Recorder>,
}

impl<T: TerminalPort> RunningScreen<'_, T> {
    async fn run(
        &mut self,
        first: Vec<Effect>,
        inputs: &mut UnboundedReceiver<Input>,
        mut pacer: Pacer,
    ) -> io::Result<Exit> {
        pacer.drawn(self.clock.elapsed());
        for effect in first {
            self.effects.start(effect);
        }
        loop {
            let msg = self.wait(inputs, &pacer).await;
            if let Some(step) = self.clock.take_step()
                && let Some(exit) = self.handle(Msg::ClockStepped(step)).await?
            {
                self.effects.finish().await;
                return Ok(exit);
            }
            let mut next = msg;
            let mut entered = false;
            for _ in 0..MESSAGE_BATCH {
                let Some(msg) = next else { break };
                entered |= matches!(msg, Msg::Input(Input::Line(_)));
                if let Some(exit) = self.handle(msg).await? {
                    self.effects.finish().await;
                    return Ok(exit);
                }
                pacer.dirty();
                // Each line is answered before the next one is taken in, with all that has come until then.
                let input = if entered { None } else { inputs.try_recv().ok() };
                next = input.map(Msg::Input).or_else(|| self.effects.ready());
            }
            if entered || pacer.due(self.clock.elapsed()).is_some_and(|wait| wait.is_zero()) {
                if let Some(exit) = self.handle(Msg::Frame).await? {
                    self.effects.finish().await;
                    return Ok(exit);
                }
                self.terminal.draw(self.model)?;
                pacer.drawn(self.clock.elapsed());
            }
        }
    }

    /// The next message; `None` when it is only time to draw.
    async fn wait(&mut self, inputs: &mut UnboundedReceiver<Input>, pacer: &Pacer) -> Option<Msg> {
        let never = Duration::from_hours(24);
        let tick = self.model.next_deadline().map_or(never, |at| self.clock.until(at));
        let frame = pacer.due(self.clock.elapsed()).unwrap_or(never);
        tokio::select! {
            biased;
            input = inputs.recv() => Some(Msg::Input(input.unwrap_or(Input::Hangup))),
            msg = self.effects.next() => msg,
            () = tokio::time::sleep(frame) => None,
            () = tokio::time::sleep(tick) => Some(Msg::Tick),
        }
    }

    /// Records a message, and updates the model with it.
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let now = self.clock.now();
        if let Some(recorder) = &mut self.recorder {
            recorder.record(self.model, &msg, now);
        }
        self.model.update(msg, now)
    }

    async fn handle(&mut self, msg: Msg) -> io::Result<Option<Exit>> {
        let exit = match msg {
            Msg::Input(Input::Hangup) => Exit::Gone,
            Msg::Input(Input::Terminate) => Exit::Terminated,
            _ => Exit::Quit,
        };
        if let Msg::Input(Input::Resize(columns, rows)) = msg {
            self.terminal.resize(columns, rows);
        }
        let mut todo = VecDeque::from(self.update(msg));
        while let Some(effect) = todo.pop_front() {
            tracing::debug!(?effect, "out");
            match effect {
                Effect::Quit => return Ok(Some(exit)),
                Effect::Clipboard(Unlogged(text)) => {
                    if !self.terminal.clipboard(&text)? {
                        todo.extend(self.update(Msg::ClipboardTooLong));
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
                other => self.effects.start(other),
            }
        }
        Ok(None)
    }
}
