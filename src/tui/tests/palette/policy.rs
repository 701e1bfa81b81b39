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
    "failures": [{"operation": "list images in eu-west-3", "message": "denied"}], "digest": "d1ce57"}"#;

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
    let account = AccountId::new("123456789012").unwrap();
    assert_eq!(asked, SyncRequest { file: "my dr.toml".into(), account, apply: None });
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
    assert!(screen.contains("Y copies the command that also waits, and retires then: amigrate sync "), "{screen}");
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
fn the_plan_is_carried_out_once_its_number_is_typed_and_no_other_is() {
    let mut model = opened(|_| {});
    assert!(ctrl(&mut model, 's').is_empty());
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("Type 2 to confirm") && screen.contains("If it is another one then"), "{screen}");
    assert!(screen.contains("copy ami-1 \"web") && screen.contains("to eu-west-1"), "{screen}");
    assert!(screen.contains("Deregistering cannot be undone, unless a Recycle Bin"), "{screen}");
    keys(&mut model, "3");
    assert!(press(&mut model, KeyCode::Enter).is_empty());
    press(&mut model, KeyCode::Backspace);
    keys(&mut model, "2");
    let (id, asked) = request(&press(&mut model, KeyCode::Enter));
    assert_eq!((asked.apply.as_deref(), asked.account.as_str()), (Some("d1ce57"), "123456789012"));
    assert!(shown(&mut model, 120, 24).contains("carrying the plan out"));
    ctrl(&mut model, 's');
    assert!(notice(&model).starts_with("Another operation"), "{}", notice(&model));
    model.notice = None;
    let done = PLAN.replace("\"missing\"", "\"missing\", \"result\": \"pending\"");
    let done = done.replace("\"reason\": \"deregister\"", "\"reason\": \"copies_first\", \"result\": \"left\"");
    let done = done.replace("{\"operation\": \"list images in eu-west-3\", \"message\": \"denied\"}", "");
    answer(&mut model, id, plan(&done));
    assert_eq!(notice(&model), "1 copy started, 0 retired, 1 not retired. Select a row to see why.");
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("pending; not in eu-west-1 yet"), "{screen}");
    // What was started is not to be copied any more.
    assert!(screen.contains("08:00 UTC: 1 started, 1 not retired, 1 skipped"), "{screen}");
}

#[test]
fn quitting_says_that_a_plan_that_is_carried_out_continues() {
    let mut model = opened(|_| {});
    ctrl(&mut model, 's');
    keys(&mut model, "2");
    let (id, _) = request(&press(&mut model, KeyCode::Enter));
    assert!(ctrl(&mut model, 'c').is_empty());
    let screen = shown(&mut model, 100, 24);
    assert!(screen.contains("A sync plan is being carried out") && screen.contains("without this screen"), "{screen}");
    press(&mut model, KeyCode::Esc);
    answer(&mut model, id, plan(PLAN));
    assert_eq!(ctrl(&mut model, 'c'), [Effect::Quit]);
}

#[test]
fn the_keys_of_pages_go_from_any_page_to_any_other() {
    let mut model = opened(|_| {});
    for (page, title) in
        [("3", "Coverage:"), ("4", "Orphans:"), ("5", "Recycle Bin:"), ("6", "Storage"), ("3", "Coverage:")]
    {
        keys(&mut model, page);
        let screen = shown(&mut model, 100, 24);
        assert!(screen.contains(title), "{page}: {screen}");
        assert!(model.notice.is_none(), "{page}: {}", notice(&model));
    }
    // A dialog is answered first.
    keys(&mut model, "7");
    ctrl(&mut model, 's');
    let overlays = model.overlays.len();
    crate::tui::screens::coverage::update::open(&mut model);
    assert_eq!((model.overlays.len(), notice(&model)), (overlays, "Close the open dialog first."));
}

#[test]
fn the_welcome_does_not_hide_the_plan_that_the_program_was_started_for() {
    let first = |plans_at_start| {
        let mut start = start(|_| {}).0.start;
        start.first_run = true;
        start.config.sync.plans_at_start = plans_at_start;
        Model::new(start).0.welcome
    };
    assert!(first(false) && !first(true));
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
    answer(&mut model, id, plan("{\"actions\": [], \"digest\": \"0\"}"));
    ctrl(&mut model, 's');
    assert_eq!(notice(&model), "Nothing to copy or retire.");
    // Another account's plan is not this one's.
    let mut fresh = listed(vec![image(1)]);
    keys(&mut fresh, "7");
    assert!(notice(&fresh).contains(":policy FILE"), "{}", notice(&fresh));
}

#[test]
fn the_command_works_in_the_account_that_is_shown_from_anywhere() {
    let mut model = opened(|config| {
        config.sync.screen_flags = ["--region", "eu-west-3"].map(String::from).to_vec();
        config.sync.directory = "/home/an ops".into();
    });
    let effects = keys(&mut model, "Y");
    let [Effect::Clipboard(copied)] = &effects[..] else { panic!("{effects:?}") };
    let expected = "amigrate sync --region eu-west-3 --profile prod --policy '/home/an ops/my dr.toml' \
                    --expect-account 123456789012 --apply --wait";
    assert_eq!(copied.0, expected);
}

/// A plan that is being carried out.
fn applying() -> (Model, EffectId) {
    let mut model = opened(|_| {});
    ctrl(&mut model, 's');
    keys(&mut model, "2");
    let (id, _) = request(&press(&mut model, KeyCode::Enter));
    (model, id)
}

#[test]
fn quitting_says_that_a_plan_is_being_carried_out() {
    let (mut model, id) = applying();
    assert!(ctrl(&mut model, 'c').is_empty());
    let screen = shown(&mut model, 120, 24);
    assert!(screen.contains("A sync plan is being carried out in account 123456789012."), "{screen}");
    answer(&mut model, id, plan(PLAN));
    assert!(!shown(&mut model, 120, 24).contains("being carried out"));
}

#[test]
fn what_comes_of_a_plan_is_told_after_another_profile_was_chosen_too() {
    let (mut model, id) = applying();
    let mut effects = Vec::new();
    crate::tui::browse::switch_profile(&mut model, "dev".into(), &mut effects);
    assert!(notice(&model).contains("carried out in account 123456789012"), "{}", notice(&model));
    let signed_in = reply(&mut model, connect_id(&effects[effects.len() - 1..]), Reply::Connected(Ok(connected())));
    for effect in signed_in {
        if let Effect::AskAccount { id } = effect {
            let account = Account { id: AccountId::new("555566667777").unwrap(), arn: "arn".into() };
            reply(&mut model, id, Reply::Account(Ok(account)));
        }
    }
    // Nothing else is planned or carried out meanwhile, and the page waits for nothing of the other account.
    assert!(!keys(&mut model, "7").iter().any(|effect| matches!(effect, Effect::Sync { .. })));
    answer(&mut model, id, plan(PLAN));
    assert!(notice(&model).starts_with("In account 123456789012: 0 copies started"), "{}", notice(&model));
    assert!(!shown(&mut model, 120, 24).contains("ami-9"), "it is another account's");
    assert!(
        matches!(request(&keys(&mut model, "R")), (_, SyncRequest { account, .. }) if account.as_str() == "555566667777")
    );
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
