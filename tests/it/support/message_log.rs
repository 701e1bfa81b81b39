//! The messages of a run with their times, to be replayed to another model.

use std::time::Duration;

use amigrate::{
    driver::SessionSource,
    runtime::Effects,
    tui::{Effect, Model, Msg},
};
use jiff::Timestamp;

use crate::support::screen_harness::{ScreenHarnessBuilder, effect_config};

/// What happened, and when.
pub(crate) type MessageLog = Vec<(Timestamp, Msg)>;

/// Plays a scenario with these inputs, each at its time since the start, until `end`. Gives the log, the model and
/// what it asked for.
pub(crate) async fn record(
    builder: &ScreenHarnessBuilder,
    mut inputs: Vec<(Duration, Msg)>,
    end: Duration,
) -> (MessageLog, Model, Vec<Effect>) {
    let (_, http, home, clock) = builder.world();
    let (mut model, first) = Model::new(builder.start());
    let mut effects = Effects::new(SessionSource::simulated(http, home), effect_config(&builder.config), clock);
    let mut asked = first.clone();
    for effect in first {
        effects.start(effect);
    }
    inputs.reverse();
    let mut log = MessageLog::new();
    while clock.elapsed() < end {
        log.push((clock.now(), Msg::Frame));
        _ = model.update(Msg::Frame, clock.now());
        let input = inputs.last().map_or(end, |(at, _)| *at).saturating_sub(clock.elapsed());
        let tick = model.next_deadline().map_or(end, |at| clock.until(at));
        let msg = tokio::select! {
            biased;
            msg = effects.next() => msg,
            () = tokio::time::sleep(input) => inputs.pop().map(|(_, msg)| msg),
            () = tokio::time::sleep(tick) => Some(Msg::Tick),
        };
        let Some(msg) = msg else { continue };
        log.push((clock.now(), msg.clone()));
        for effect in model.update(msg, clock.now()) {
            asked.push(effect.clone());
            effects.start(effect);
        }
    }
    log.push((clock.now(), Msg::Frame));
    _ = model.update(Msg::Frame, clock.now());
    (log, model, asked)
}

/// Replays a log to a new model.
pub(crate) fn replay(builder: &ScreenHarnessBuilder, log: &MessageLog) -> (Model, Vec<Effect>) {
    let (mut model, mut asked) = Model::new(builder.start());
    for (now, msg) in log {
        asked.extend(model.update(msg.clone(), *now));
    }
    (model, asked)
}
