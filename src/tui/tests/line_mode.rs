//! Line mode: what a line does where it is typed, and what is said of it.

use super::*;
use crate::engine::Status;
use crate::tui::{
    line_mode::{awaited, place, question, screen, state::LineReply},
    screens::Overlay,
};

fn in_lines(images: Vec<Image>) -> Model {
    let mut model = listed(images);
    model.start.caps.line_mode = true;
    model
}

/// Enters a line, as the loop does: it is answered before the next one is taken in.
fn enter(model: &mut Model, line: &str) -> Vec<Effect> {
    let effects = model.update(Msg::Input(Input::Line(line.into())), now());
    frame(model);
    effects
}

fn said(model: &Model) -> String {
    match &model.line_mode.reply {
        LineReply::Lines(lines) => lines.join("\n"),
        other => panic!("{other:?}"),
    }
}

fn text(model: &Model) -> String {
    let screen = screen(model);
    std::iter::once(&screen.title).chain(&screen.lines).map(|line| line.spoken() + "\n").collect()
}

#[test]
fn in_a_list_a_line_is_a_command_a_key_a_number_or_a_filter() {
    let mut model = in_lines((1..=30).map(image).collect());
    assert!(
        text(&model).starts_with("Images: 30, mine, by age ascending\n1: current, web-1, us-east-1, ami-00000001, age")
    );
    assert!(text(&model).contains("Rows 1 to 20 of 30."), "{}", text(&model));
    enter(&mut model, "23");
    assert!(text(&model).contains("23: current, web-23,"), "a number is a row, not a key: {}", text(&model));
    for (line, row) in [("Up", 22), ("k", 21), ("down", 22), ("PgUp", 3), ("pgdn", 22), (":top", 1), ("G", 30)] {
        enter(&mut model, line);
        assert!(text(&model).contains(&format!("{row}: current,")), "{line}: {}", text(&model));
    }
    enter(&mut model, "/web-2 age:>1d");
    assert!(text(&model).starts_with("Images: 5 of 30, mine, filter web-2 age:>1d"), "{}", text(&model));
    assert_eq!(model.images.recent, ["web-2 age:>1d"]);
    enter(&mut model, "Esc");
    assert_eq!(model.images.rows.len(), 30);
    enter(&mut model, "mark all");
    assert!(text(&model).contains("30 marked") && text(&model).contains("2: marked, web-2"), "{}", text(&model));
    assert_eq!(model.line_mode.reply, LineReply::News);
    enter(&mut model, "  ");
    assert_eq!(model.line_mode.reply, LineReply::Screen);
    assert_eq!(model.line_mode.entered, 12);
    assert_eq!(enter(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn what_cannot_be_run_is_said_with_what_comes_near_and_leaves_nothing_open() {
    let mut model = in_lines(vec![image(1)]);
    for (line, mistake) in [
        ("dereg", "There is no command dereg. Nearest: deregister,"),
        ("cpoy", "There is no command cpoy. Nearest: copy"),
        ("region", "region needs REGION"),
        (":region eu-wset-1", "There is no region eu-wset-1; did you mean eu-west-1?"),
        ("save_preset", "That works in another screen: Copy form."),
        ("z", "does nothing here"),
        ("F5", "does nothing here"),
        ("7", "There is no row 7."),
        ("0", "There is no row 0."),
        ("mouse", "mouse is not available in line mode."),
        (&"x".repeat(5_000), "There is no command xxx"),
        ("\u{1b}[2J", "There is no command  [2J."),
    ] {
        assert_eq!(enter(&mut model, line), [], "{line}");
        assert!(said(&model).contains(mistake), "{line}: {}", said(&model));
        assert!(said(&model).len() < 300 && model.overlays.is_empty());
    }
    enter(&mut model, "x");
    assert!(model.notice.as_ref().is_some_and(|notice| notice.text.contains("with the jobs")), "as on the screen");
    enter(&mut model, "copy_id");
    assert_eq!((said(&model).as_str(), &model.notice), ("ami-00000001", &None), "there is no clipboard");
    enter(&mut model, ":");
    assert!(said(&model).contains("mark (Space)") && !said(&model).contains("usual_sizes"), "{}", said(&model));
}

#[test]
fn where_a_text_has_the_focus_a_line_replaces_it() {
    let mut model = in_lines(vec![image(1)]);
    enter(&mut model, "copy");
    assert!(text(&model).contains("Current: Destinations: (none"), "{}", text(&model));
    enter(&mut model, "eu-wset-1");
    assert_eq!(said(&model), "There is no region eu-wset-1; did you mean eu-west-1?");
    enter(&mut model, "af-south-1");
    assert_eq!(said(&model), "af-south-1 is not enabled for this account.");
    enter(&mut model, "eu-west-1, eu-west-2");
    assert!(text(&model).contains("Destinations: eu-west-1, eu-west-2\n"), "{}", text(&model));
    for (line, name) in [("end", "end"), ("=End", "End"), ("=:quit", ":quit"), ("=help", "help"), ("  a b ", "a b")] {
        assert_eq!(enter(&mut model, line), []);
        assert!(text(&model).contains(&format!("Current: Name: {name}\n")), "{line}: {}", text(&model));
    }
    for word in ["quit", "q", "help"] {
        assert_eq!(enter(&mut model, word), []);
        assert_eq!(
            said(&model),
            format!("Nothing was changed: type :{word} for the command, ={word} to enter the word {word}.")
        );
        assert!(text(&model).contains("Current: Name: a b\n"), "{}", text(&model));
    }
    let told = |model: &Model| model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    enter(&mut model, "oops");
    assert_eq!(told(&model), "Name: changed from \"a b\" to \"oops\". Type undo to revert.");
    enter(&mut model, "undo");
    assert_eq!(told(&model), "Name: changed from \"oops\" to \"a b\". Type undo to revert.");
    enter(&mut model, "a b");
    assert_eq!(told(&model), "Name: \"a b\", as before.");
    enter(&mut model, "=");
    assert!(text(&model).contains("Error: "), "{}", text(&model));
    enter(&mut model, ":help");
    assert!(said(&model).contains("A text has the focus now."));
    enter(&mut model, "web-dr");
    enter(&mut model, "Tab");
    assert!(text(&model).contains("Current: Description"), "{}", text(&model));
    enter(&mut model, "F2");
    assert!(said(&model).contains("start (Ctrl-s)") && model.overlays.len() == 1, "the prompt is the palette");
    enter(&mut model, ":presets");
    assert!(awaited(&model).contains("the presets"), "{:?}", awaited(&model));
}

#[test]
fn a_number_is_the_row_that_was_said_with_it() {
    let mut model = super::jobs::with_jobs((1..=3).map(super::jobs::copying).collect());
    model.start.caps.line_mode = true;
    let account = model.account_key(&model.account.clone().unwrap());
    let jobs = |model: &mut Model, numbers: [u32; 3]| {
        let jobs = numbers.map(|n| Arc::new(super::jobs::copying(n))).to_vec();
        let opened = JobUpdate::Opened { account: account.clone(), jobs, status: Status::default() };
        super::jobs::update_jobs(model, opened);
        frame(model);
    };
    let current = |model: &Model| model.jobs.current.map(|id| id.0);
    let first = current(&model);
    enter(&mut model, "1");
    assert!(said(&model).starts_with("1: current, "), "the row, not that nothing has changed: {}", said(&model));
    assert_eq!(current(&model), first);
    enter(&mut model, "");
    // The newest first.
    let rows: [u64; 3] = [3, 2, 1];
    // One comes, unsaid, before the others or behind them, and one goes.
    jobs(&mut model, [1, 3, 4]);
    for (number, id) in rows.iter().enumerate().filter(|(_, id)| **id != 2) {
        enter(&mut model, "");
        jobs(&mut model, [1, 2, 3]);
        enter(&mut model, "");
        jobs(&mut model, [1, 3, 4]);
        enter(&mut model, &(number + 1).to_string());
        assert_eq!(current(&model), Some(*id), "{rows:?}");
    }
    jobs(&mut model, [1, 2, 3]);
    enter(&mut model, "");
    jobs(&mut model, [1, 3, 4]);
    let gone = rows.iter().position(|id| *id == 2).unwrap() + 1;
    enter(&mut model, &gone.to_string());
    assert!(said(&model).starts_with(&format!("Row {gone} is no longer there. It was: ")), "{}", said(&model));
}

#[test]
fn a_choice_that_is_off_says_what_it_would_do() {
    let mut model = in_lines(vec![image(1)]);
    enter(&mut model, "copy");
    let mut shown = text(&model);
    for _ in 0..40 {
        if shown.contains("Public: ") {
            break;
        }
        enter(&mut model, if shown.contains("Current: Section After") { "Enter" } else { "Tab" });
        shown = text(&model);
    }
    assert!(shown.contains("Public: off. If on, everyone may launch the copies.\n"), "{shown}");
    assert!(!shown.contains("[ ]"), "{shown}");
}

#[test]
fn a_picker_is_filtered_by_what_is_no_command_and_a_text_to_confirm_is_entered_at_once() {
    let mut model = in_lines(vec![image(1)]);
    enter(&mut model, "regions");
    assert!(place(&model).contains("Regions to list"));
    enter(&mut model, "west-2");
    assert!(
        text(&model).contains("Filter: west-2") && text(&model).contains("1: current, eu-west-2"),
        "{}",
        text(&model)
    );
    enter(&mut model, "Esc");
    enter(&mut model, "Esc");
    assert_eq!((model.overlays.len(), question(&model)), (0, String::new()));
    enter(&mut model, "owner");
    enter(&mut model, "public");
    enter(&mut model, "Enter");
    enter(&mut model, "ab");
    assert!(text(&model).contains("Type at least three characters"), "{}", text(&model));
    assert_eq!(lists(&enter(&mut model, "ubuntu*")).len(), 1);
    assert_eq!(model.query.whose, OwnerFilter::Public { name: "ubuntu*".into() });
    assert!(awaited(&model).contains("the images of us-east-1"));
    enter(&mut model, "filter");
    enter(&mut model, "web");
    assert!(!model.images.editing && model.images.filter.value() == "web");
}

#[test]
fn a_dialog_is_read_to_the_end_and_answered_by_key_word_or_number() {
    let mut model = in_lines(vec![image(1)]);
    start_copies(&mut model, |job| job.state = JobState::Copying { image: ImageId::new("ami-11").unwrap() });
    frame(&mut model);
    enter(&mut model, "cancel");
    let asked = text(&model);
    assert!(asked.contains("1: current, No, let it continue\n2: Yes, cancel it\n"), "{asked}");
    assert!(question(&model).contains("Cancel a copy"));
    assert_eq!(enter(&mut model, "no"), []);
    enter(&mut model, "x");
    enter(&mut model, "2");
    let cancels = |effects: &[Effect]| matches!(effects, [Effect::Command(Command::Cancel(_)), ..]);
    assert!(cancels(&enter(&mut model, "Enter")));
    enter(&mut model, "x");
    assert!(cancels(&enter(&mut model, "y")));
}

#[test]
fn nothing_starts_that_was_not_read() {
    let mut model = in_lines(vec![image(1)]);
    enter(&mut model, "copy");
    enter(&mut model, "eu-west-1");
    enter(&mut model, "Ctrl-s");
    assert!(matches!(model.overlays.last(), Some(Overlay::Review(_))));
    let before = question(&model);
    assert!(awaited(&model).contains("the checks"));
    _ = model.update(Msg::Tick, now() + crate::domain::review::Review::CHECK_TIMEOUT);
    assert_eq!(question(&model), before, "it is not complete before the frame that says it");
    frame(&mut model);
    assert!(question(&model).contains("Ready: Ctrl-s starts 1 copy."), "{}", question(&model));
}
