//! The loop: wait for one thing, take in everything that is there, run what it asks for, draw when it is time.

use std::{io, time::Duration};

use tokio::sync::mpsc::UnboundedReceiver;

use super::Effects;
use crate::{
    driver::Clock,
    term::{Input, Pacer},
    tui::{Effect, Model, Msg},
};

/// The terminal as the loop needs it; the real one, or one in memory.
pub trait TerminalPort {
    /// Draws the model.
    fn draw(&mut self, model: &Model) -> io::Result<()>;
    /// Follows a new size.
    fn resize(&mut self, columns: u16, rows: u16);
    /// Draws every cell anew next time.
    fn repaint(&mut self);
    /// Puts a text on the clipboard of the user's terminal. Whether it is short enough for that.
    fn clipboard(&mut self, text: &str) -> io::Result<bool>;
    /// Rings.
    fn bell(&mut self) -> io::Result<()>;
    /// Switches the mouse.
    fn mouse(&mut self, on: bool) -> io::Result<()>;
    /// Gives the terminal to the shell until it is given back.
    fn suspend(&mut self) -> io::Result<()>;
    /// Takes the terminal again after somebody else stopped and continued the process.
    fn resume(&mut self) -> io::Result<()>;
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The person left.
    Quit,
    /// The terminal is gone, or a signal said to leave.
    Gone,
}

/// Messages taken in between two frames: a flood of answers must not keep the screen from moving.
const AT_ONCE: usize = 256;

/// Runs until it is left.
///
/// # Errors
/// If the terminal cannot be written. What a hang-up leaves to be done is done then as well: a lost line is often
/// found out by drawing before anything says so.
pub async fn run(
    model: &mut Model,
    first: Vec<Effect>,
    effects: &mut Effects,
    inputs: &mut UnboundedReceiver<Input>,
    face: &mut impl TerminalPort,
    clock: Clock,
    frames_per_second: u32,
) -> io::Result<Exit> {
    let ended = rounds(model, first, effects, inputs, face, clock, frames_per_second).await;
    if ended.is_err() {
        // None of these has to do with the terminal, or it would not be started.
        for effect in model.update(Msg::Input(Input::Hangup), clock.now()) {
            effects.start(effect);
        }
        effects.finish().await;
    }
    ended
}

async fn rounds(
    model: &mut Model,
    first: Vec<Effect>,
    effects: &mut Effects,
    inputs: &mut UnboundedReceiver<Input>,
    face: &mut impl TerminalPort,
    mut clock: Clock,
    frames_per_second: u32,
) -> io::Result<Exit> {
    let mut pacer = Pacer::new(frames_per_second);
    pacer.dirty();
    // The first frame comes before anything is asked of anybody.
    draw(model, face, &mut pacer, clock)?;
    for effect in first {
        effects.start(effect);
    }
    loop {
        let msg = wait(model, effects, inputs, &pacer, clock).await;
        if let Some(step) = clock.stepped() {
            model.clock_stepped(step);
        }
        let mut next = msg;
        for _ in 0..AT_ONCE {
            let Some(msg) = next else { break };
            if let Some(exit) = take_in(model, msg, effects, face, clock).await? {
                effects.finish().await;
                return Ok(exit);
            }
            pacer.dirty();
            next = inputs.try_recv().ok().map(Msg::Input).or_else(|| effects.ready());
        }
        if pacer.due(clock.elapsed()).is_some_and(|wait| wait.is_zero()) {
            draw(model, face, &mut pacer, clock)?;
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

async fn take_in(
    model: &mut Model,
    msg: Msg,
    effects: &mut Effects,
    face: &mut impl TerminalPort,
    clock: Clock,
) -> io::Result<Option<Exit>> {
    let gone = matches!(msg, Msg::Input(Input::Hangup | Input::Terminate));
    if let Msg::Input(Input::Resize(columns, rows)) = msg {
        face.resize(columns, rows);
    }
    tracing::trace!(?msg, "in");
    for effect in model.update(msg, clock.now()) {
        tracing::debug!(?effect, "out");
        match effect {
            Effect::Quit => return Ok(Some(if gone { Exit::Gone } else { Exit::Quit })),
            Effect::Clipboard(text) => {
                if !face.clipboard(&text)? {
                    model.complain("That is too long for a terminal's clipboard.");
                }
            }
            Effect::Bell => face.bell()?,
            Effect::Mouse(on) => face.mouse(on)?,
            Effect::Repaint => face.repaint(),
            Effect::ResumeTerminal => face.resume()?,
            Effect::Suspend => {
                // Another process may go on with the queue meanwhile.
                effects.pause().await;
                let given = face.suspend();
                // Also when the terminal has died meanwhile: what is asked for then is written down as ever.
                effects.resume();
                given?;
            }
            other => effects.start(other),
        }
    }
    Ok(None)
}

fn draw(model: &mut Model, face: &mut impl TerminalPort, pacer: &mut Pacer, clock: Clock) -> io::Result<()> {
    model.prepare();
    face.draw(model)?;
    pacer.drawn(clock.elapsed());
    Ok(())
}
