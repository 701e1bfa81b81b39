//! Logs come from others: whatever is in a line, a replay of it ends with a screen or says what is wrong.

use std::{env, fs};

use amigrate::runtime::recording::{Replay, Runs, Until, redact};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::replay::{logged, main_job, recorded};

const MARKER: &str = "amigrate::recording: ";

const TIMES: [&str; 5] = [
    "-009999-01-02T01:59:59Z",
    "1970-01-01T00:00:00Z",
    "2027-01-15T08:00:00Z",
    "2199-12-31T23:59:59Z",
    "9999-12-30T21:59:59Z",
];
const DURATIONS: [&str; 4] = ["PT2562047788015215H30M7S", "-PT2562047788015215H30M7S", "PT0S", "PT1H"];
const TEXTS: [&str; 10] = [
    "",
    "x",
    "\u{1b}[2J\u{202e}é日",
    "ami-0123456789abcdef0",
    "eu-west-1",
    "123456789012",
    "Esc",
    ":region",
    "size:>99999999999999999999T",
    "9999-12-30T21:59:59Z",
];
const NUMBERS: [u64; 9] = [0, 1, 2, 255, 400, 65_535, 0xffff_ffff, 1 << 63, u64::MAX];

fn one_of<'t>(random: &mut Rng, texts: &[&'t str]) -> &'t str {
    texts[random.usize(..texts.len())]
}

/// Any other value.
fn odd(random: &mut Rng) -> Value {
    match random.u8(..5) {
        0 => json!(NUMBERS[random.usize(..NUMBERS.len())]),
        1 => json!(i64::MIN),
        2 => [Value::Null, json!(true), json!([]), json!({}), json!(1.5)][random.usize(..5)].clone(),
        3 => json!("日".repeat(random.usize(..3_000))),
        _ => json!(one_of(random, &TEXTS)),
    }
}

/// Changes one of the values within this one, most often to one that can be read in its place.
fn mutate(value: &mut Value, random: &mut Rng) {
    match value {
        _ if random.u8(..40) == 0 => *value = odd(random),
        Value::Array(items) if !items.is_empty() => {
            let at = random.usize(..items.len());
            match random.u8(..10) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                2 => items.swap(0, at),
                _ => mutate(&mut items[at], random),
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let name = fields.keys().nth(random.usize(..fields.len())).cloned().unwrap();
            if random.u8(..40) == 0 {
                fields.remove(&name);
            } else {
                mutate(&mut fields[&name], random);
            }
        }
        Value::Bool(is) => *is = !*is,
        Value::Number(_) => *value = json!(NUMBERS[random.usize(..NUMBERS.len())]),
        Value::String(text) => {
            let other = if text.parse::<Timestamp>().is_ok() {
                one_of(random, &TIMES)
            } else if text.parse::<SignedDuration>().is_ok() {
                one_of(random, &DURATIONS)
            } else {
                one_of(random, &TEXTS)
            };
            other.clone_into(text);
        }
        Value::Array(_) | Value::Object(_) | Value::Null => *value = odd(random),
    }
}

#[tokio::test(start_paused = true)]
async fn any_log_is_replayed_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("a.log");
    let guard = logged(&log, "debug");
    let harness = recorded(&log).await;
    main_job(&harness).await;
    drop(harness.leave().await);
    drop(guard);
    let text = fs::read_to_string(&log).unwrap();
    let last = format!("{{\"run\":{}", serde_json::to_string(&Runs::read(&log).unwrap().ids().next_back()).unwrap());
    let lines: Vec<&str> = text.lines().filter_map(|line| line.split_once(MARKER)).map(|(_, json)| json).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|json| json.starts_with(&last)).collect();
    assert!(lines.len() > 50, "{}", lines.len());

    let number = |name| env::var(name).ok().map(|n| n.parse::<u64>().unwrap());
    let seeds = match number("REPLAY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REPLAY_SEEDS").unwrap_or(20),
    };
    let mutated = dir.path().join("b.log");
    let mut replayed = 0;
    for seed in seeds {
        let mut random = Rng::with_seed(seed);
        // The beginning, and what was typed, decide about all that follows.
        let at = if random.u8(..6) == 0 { 0 } else { random.usize(..lines.len()) };
        let mut value: Value = serde_json::from_str(lines[at]).unwrap();
        for _ in 0..random.u8(1..3) {
            mutate(&mut value["entry"], &mut random);
        }
        if random.u8(..10) == 0 {
            value["at"] = odd(&mut random);
        }
        // The run comes first, by which lines are told apart.
        let [run, n, at_time, entry] = ["run", "n", "at", "entry"].map(|name| value[name].to_string());
        let changed = format!("{{\"run\":{run},\"n\":{n},\"at\":{at_time},\"entry\":{entry}}}");
        let all = lines.iter().enumerate().map(|(n, line)| if n == at { &changed } else { *line });
        let all: String = all.flat_map(|line| [MARKER, line, "\n"]).collect();
        println!("REPLAY_SEED={seed} changes message {at}");
        fs::write(&mutated, all).unwrap();
        let Ok(recording) = Runs::read(&mutated).and_then(|runs| runs.choose(None)) else { continue };
        let Ok(replay) = Replay::new(&recording, Until::End, None) else { continue };
        _ = replay.screen();
        replayed += u32::from(recording.lines.len() > at);
        for size in [(0, 0), (60, 15), (300, 100)] {
            _ = Replay::new(&recording, Until::Message(at as u64 + 1), Some(size)).unwrap().screen();
        }
        _ = redact(&recording, u64::MAX, "");
    }
    assert!(replayed > 0 || number("REPLAY_SEED").is_some(), "no line was read after it was changed");
    println!("{replayed} changed lines were read");
}
