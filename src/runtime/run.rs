//! The event loop: waits for one event, takes in everything that has arrived, runs the effects, and draws when it is time.

use std::{collections::VecDeque, io, time::Duration};

use tokio::sync::mpsc::UnboundedReceiver;

use super::Effects;
use crate::{
    driver::Clock,
    term::{Input, Pacer},
    tui::{Effect, Model, Msg},
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
    let ended = run_until_exit(model, first, effects, inputs, terminal, clock, frames_per_second).await;
    if ended.is_err() {
        // The effects of a hang-up do not need the terminal; those that do are ignored.
        for effect in model.update(Msg::Input(Input::Hangup), clock.now()) {
            effects.start(effect);
        }
        effects.finish().await;
    }
    ended
}

async fn run_until_exit(
    model: &mut Model,
    first: Vec<Effect>,
    effects: &mut Effects,
    inputs: &mut UnboundedReceiver<Input>,
    terminal: &mut impl TerminalPort,
    mut clock: Clock,
    frames_per_second: u32,
) -> io::Result<Exit> {
    let mut pacer = Pacer::new(frames_per_second);
    pacer.drawn(clock.elapsed());
    for effect in first {
        effects.start(effect);
    }
    loop {
        let msg = wait(model, effects, inputs, &pacer, clock).await;
        if let Some(step) = clock.take_step()
            && let Some(exit) = handle(model, Msg::ClockStepped(step), effects, terminal, clock).await?
        {
            effects.finish().await;
            return Ok(exit);
        }
        let mut next = msg;
        let mut entered = false;
        for _ in 0..MESSAGE_BATCH {
            let Some(msg) = next else { break };
            entered = matches!(msg, Msg::Input(Input::Line(_)));
            if let Some(exit) = handle(model, msg, effects, terminal, clock).await? {
                effects.finish().await;
                return Ok(exit);
            }
            pacer.dirty();
            if entered {
                // Each line is answered before the next one is taken in.
                break;
            }
            next = inputs.try_recv().ok().map(Msg::Input).or_else(|| effects.ready());
        }
        if entered || pacer.due(clock.elapsed()).is_some_and(|wait| wait.is_zero()) {
            if let Some(exit) = handle(model, Msg::Frame, effects, terminal, clock).await? {
                effects.finish().await;
                return Ok(exit);
            }
            terminal.draw(model)?;
            pacer.drawn(clock.elapsed());
        }
    }
}

/// The next message; `None` when it is only time to draw.
async fn wait(
    model: &Model,
    effects: &mut Effects,
    inputs: &mut UnboundedReceiver<Input>,
    pacer: &Pacer,
    clock: Clock,
) -> Option<Msg> {
    let never = Duration::from_hours(24);
    let tick = model.next_deadline().map_or(never, |at| clock.until(at));
    let frame = pacer.due(clock.elapsed()).unwrap_or(never);
    tokio::select! {
        biased;
        input = inputs.recv() => Some(Msg::Input(input.unwrap_or(Input::Hangup))),
        msg = effects.next() => msg,
        () = tokio::time::sleep(frame) => None,
        () = tokio::time::sleep(tick) => Some(Msg::Tick),
    }
}

async fn handle(
    model: &mut Model,
    msg: Msg,
    effects: &mut Effects,
    terminal: &mut impl TerminalPort,
    clock: Clock,
) -> io::Result<Option<Exit>> {
    let exit = match msg {
        Msg::Input(Input::Hangup) => Exit::Gone,
        Msg::Input(Input::Terminate) => Exit::Terminated,
        _ => Exit::Quit,
    };
    if let Msg::Input(Input::Resize(columns, rows)) = msg {
        terminal.resize(columns, rows);
    }
    tracing::trace!(?msg, "in");
    let mut todo = VecDeque::from(model.update(msg, clock.now()));
    while let Some(effect) = todo.pop_front() {
        tracing::debug!(?effect, "out");
        match effect {
            Effect::Quit => return Ok(Some(exit)),
            Effect::Clipboard(text) => {
                if !terminal.clipboard(&text)? {
                    todo.extend(model.update(Msg::ClipboardTooLong, clock.now()));
                }
            }
            Effect::Bell => terminal.bell()?,
            Effect::Notify(text) => terminal.notify(&text)?,
            Effect::Title(text) => terminal.title(&text)?,
            Effect::Mouse(on) => terminal.mouse(on)?,
            Effect::Repaint => terminal.repaint(),
            Effect::ResumeTerminal => terminal.resume()?,
            Effect::Suspend => {
                // Another process may run the queue meanwhile.
                effects.pause().await;
                let suspended = terminal.suspend();
                // Also if the terminal was closed meanwhile: commands are still stored then.
                effects.resume();
                suspended?;
            }
            other => effects.start(other),
        }
    }
    Ok(None)
}
