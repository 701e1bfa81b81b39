//! The page of a sync plan, which `:policy FILE` opens.

use super::*;
use crate::tui::{PrintedPlan, Reply, SyncRequest, msg::Msg};

const PLAN: &str = r#"{"actions": [
    {"policy": "dr", "action": "copy", "region": "eu-west-1", "source_region": "us-east-1", "source_image_id": "ami-1",
     "name": "web\u001b[31m-2", "reason": "missing", "message": "not in eu-west-1 yet"},
    {"policy": "dr", "action": "retire", "region": "eu-west-1", "source_region": "us-east-1", "source_image_id": "ami-8",
     "image_id": "ami-9", "name": "web-1", "reason": "deregister", "message": "deregister: 1 newer version of web kept"},
    {"policy": "dr", "action": "skip", "region": "eu-west-2", "source_region": "us-east-1", "source_image_id": "ami-1",
     "name": "web-2", "reason": "there", "message": "ami-3 is there"}],
    "failures": [{"operation": "list images in eu-west-3", "message": "denied"}]}"#;

fn plan(stdout: &str) -> Result<Box<PrintedPlan>, Failure> {
    PrintedPlan::read(stdout, "").map(Box::new)
}

fn request(effects: &[Effect]) -> (EffectId, SyncRequest) {
    match effects {
        [.., Effect::Sync { id, request }] => (*id, request.clone()),
        other => panic!("{other:?}"),
    }
}

fn answer(model: &mut Model, id: EffectId, plan: Result<Box<PrintedPlan>, Failure>) {
    assert!(model.update(Msg::Reply { id, reply: Reply::Sync(plan) }, now()).is_empty());
}

fn shown(model: &mut Model, columns: u16, rows: u16) -> String {
    frame(model);
    jobs::screen(model, columns, rows)
}

fn opened(change: impl FnOnce(&mut Config)) -> Model {
    let mut model = listed_with(vec![image(1)], change);
    let (id, asked) = request(&command(&mut model, "policy my dr.toml"));
    assert_eq!(asked, SyncRequest { file: "my dr.toml".into(), apply: None });
    assert!(shown(&mut model, 100, 24).contains("Making the plan ..."));
    answer(&mut model, id, plan(PLAN));
    model
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

#[test]
fn the_plan_is_shown_with_counts_reasons_and_what_is_not_known() {
    let mut model = opened(|_| {});
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("Sync my dr.toml at 08:00 UTC: 1 to copy, 1 to retire, 1 skipped"), "{screen}");
    assert!(
        screen.contains("> copy   eu-west-1      web [31m-2") && screen.contains("not in eu-west-1 yet"),
        "{screen}"
    );
    assert!(screen.contains("list images in eu-west-3: denied") && !screen.contains('\u{1b}'), "{screen}");
    assert!(screen.contains("amigrate sync --policy 'my dr.toml' --apply --wait"), "{screen}");
    keys(&mut model, "/retire");
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("deregister ami-9 \"web-1\" in eu-west-1") && !screen.contains("web-2"), "{screen}");
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Esc);
    assert!(model.overlays.is_empty());
    // Its key opens the last file again.
    let (_, asked) = request(&keys(&mut model, "7"));
    assert_eq!(asked.file, std::path::PathBuf::from("my dr.toml"));
}

#[test]
fn the_plan_is_carried_out_once_its_number_is_typed_and_retires_no_other_image() {
    let mut model = opened(|_| {});
    assert!(ctrl(&mut model, 's').is_empty());
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("Type 2 to confirm") && screen.contains("No other images are retired"), "{screen}");
    assert!(screen.contains("Deregistering cannot be undone"), "{screen}");
    keys(&mut model, "3");
    assert!(press(&mut model, KeyCode::Enter).is_empty());
    press(&mut model, KeyCode::Backspace);
    keys(&mut model, "2");
    let (id, asked) = request(&press(&mut model, KeyCode::Enter));
    let confirmed = asked.apply.unwrap();
    assert_eq!((confirmed.retired, confirmed.account.as_str()), (vec!["ami-9".to_owned()], "123456789012"));
    assert!(shown(&mut model, 120, 24).contains("carrying the plan out"));
    ctrl(&mut model, 's');
    assert!(notice(&model).starts_with("Another operation"), "{}", notice(&model));
    let done = PLAN.replace("\"missing\"", "\"missing\", \"result\": \"pending\"");
    let done = done.replace("\"reason\": \"deregister\"", "\"reason\": \"copies_first\", \"result\": \"left\"");
    let done = done.replace("{\"operation\": \"list images in eu-west-3\", \"message\": \"denied\"}", "");
    answer(&mut model, id, plan(&done));
    assert_eq!(notice(&model), "1 copy started, 0 retired, 1 not retired. Select a row to see why.");
    assert!(shown(&mut model, 120, 24).contains("pending; not in eu-west-1 yet"));
}

#[test]
fn what_may_not_be_carried_out_is_refused() {
    let mut model = opened(|config| config.read_only = true);
    assert!(ctrl(&mut model, 's').is_empty());
    assert_eq!(notice(&model), "Read-only session: nothing was started.");

    let mut model = opened(|_| {});
    let (id, _) = request(&keys(&mut model, "R"));
    let failure = Failure::new("dr.toml:5:8", "expected a nonzero number").hint("See the README.");
    answer(&mut model, id, Err(failure));
    let screen = shown(&mut model, 100, 24);
    assert!(
        screen.contains("dr.toml:5:8: expected a nonzero number") && screen.contains("See the README."),
        "{screen}"
    );
    assert!(ctrl(&mut model, 's').is_empty());
    assert_eq!(notice(&model), "There is no plan to carry out.");
    let (id, _) = request(&keys(&mut model, "R"));
    answer(&mut model, id, plan("{\"actions\": []}"));
    ctrl(&mut model, 's');
    assert_eq!(notice(&model), "Nothing to copy or retire.");
    // Another account's plan is not this one's.
    let mut fresh = listed(vec![image(1)]);
    keys(&mut fresh, "7");
    assert!(notice(&fresh).contains(":policy FILE"), "{}", notice(&fresh));
}

#[test]
fn line_mode_says_every_image() {
    let model = opened(|_| {});
    let Some(Overlay::SyncPlan(screen)) = model.overlays.last() else { panic!("it is open") };
    let lines = crate::tui::screens::sync_plan::line_mode::screen(screen, &model);
    let said: Vec<String> = lines.lines.iter().map(crate::tui::line_mode::text::LineModeLine::spoken).collect();
    assert_eq!(said[0], "1: current, copy ami-1 \"web [31m-2\" to eu-west-1, not in eu-west-1 yet");
    assert!(said.iter().any(|line| line.contains("--apply --wait")), "{said:?}");
}

#[test]
fn no_size_is_too_small() {
    let mut model = opened(|_| {});
    for (columns, rows) in [(20, 5), (40, 10), (60, 15), (80, 24), (200, 60)] {
        model.size = (columns, rows);
        shown(&mut model, columns, rows);
    }
}
