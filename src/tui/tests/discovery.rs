//! The regions that join the home region because they answer fast.

use super::{jobs::screen, *};
use crate::tui::{bindings::Context, fast_regions::FastRegions};

const OTHERS: [&str; 6] = ["ap-south-1", "ca-central-1", "eu-west-1", "eu-west-2", "sa-east-1", "us-west-2"];

fn seconds(n: i64) -> Timestamp {
    now() + SignedDuration::from_secs(n)
}

fn page(n: u32, at: &str) -> Reply {
    let mut image = image(n);
    image.region = region(at);
    Reply::Images { region: region(at), page: Ok(ImagePage { images: vec![image], next: None }) }
}

fn denied(at: &str) -> Reply {
    let mut failure = Failure::new(format!("list images in {at}"), "an SCP says no");
    failure.code = Some("UnauthorizedOperation".into());
    Reply::Images { region: region(at), page: Err(failure) }
}

/// A model without a choice of regions, in an account with seven of them and one that is not enabled. Returns it with the first lists.
fn connected_model(change: impl FnOnce(&mut Config)) -> (Model, Vec<(EffectId, Region, Option<String>)>) {
    let (mut model, effects) = start(|config| {
        config.browse.regions.clear();
        change(config);
    });
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let first = lists(&effects);
    for effect in &effects {
        match effect {
            Effect::AskAccount { id } => {
                let account = Account { id: AccountId::new("123456789012").unwrap(), arn: "arn".into() };
                reply(&mut model, *id, Reply::Account(Ok(account)));
            }
            Effect::ListRegions { id } => {
                let open = std::iter::once("us-east-1").chain(OTHERS);
                let mut regions: Vec<_> =
                    open.map(|r| RegionInfo { region: region(r), opt_in: OptIn::NotRequired }).collect();
                regions.push(RegionInfo { region: region("af-south-1"), opt_in: OptIn::NotOptedIn });
                assert_eq!(lists(&reply(&mut model, *id, Reply::Regions(Ok(regions)))), [], "home comes first");
            }
            _ => {}
        }
    }
    (model, first)
}

/// The same, with the home region listed and others asked.
fn asked() -> (Model, Vec<(EffectId, Region, Option<String>)>) {
    let (mut model, first) = connected_model(|_| {});
    let (id, ..) = first[0].clone();
    let others = lists(&reply(&mut model, id, page(1, "us-east-1")));
    frame(&mut model);
    (model, others)
}

fn places(lists: &[(EffectId, Region, Option<String>)]) -> Vec<&str> {
    lists.iter().map(|(_, region, _)| region.as_str()).collect()
}

#[test]
fn the_home_region_is_listed_first_and_four_others_are_asked_at_a_time() {
    let (mut model, others) = asked();
    assert_eq!(places(&others), OTHERS[..4]);
    assert!(screen(&mut model, 80, 24).contains("us-east-1 (1/7)"));
    assert!(!model.waits_for_network(), "nothing shows that they are asked");
    let next = reply(&mut model, others[2].0, page(2, "eu-west-1"));
    assert_eq!(places(&lists(&next)), ["sa-east-1"], "one place is free");
    assert!(
        !next.iter().any(|effect| matches!(effect, Effect::Command(_))),
        "the queue is told once they have all answered"
    );
    frame(&mut model);
    assert_eq!(model.images.total(), 2);
    let text = screen(&mut model, 80, 24);
    assert!(text.contains("2/7 regions"), "{text}");
}

#[test]
fn the_queue_is_told_of_all_regions_at_once_and_all_is_all() {
    let (mut model, mut open) = asked();
    let mut followed = Vec::new();
    for n in 2.. {
        let Some((id, at, _)) = open.pop() else { break };
        let effects = reply(&mut model, id, page(n, at.as_str()));
        followed.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Command(Command::ListPendingIn(regions)) => Some(regions.len()),
            _ => None,
        }));
        open.extend(lists(&effects));
    }
    assert_eq!(followed, [7]);
    let text = screen(&mut model, 80, 24);
    assert!(text.contains("us-east-1 +6"), "{text}");
    assert_eq!(model.fast_regions.as_ref().and_then(FastRegions::deadline), None, "nothing is due any more");
}

#[test]
fn a_region_that_is_slow_or_denied_is_left_out_and_named_until_it_is_asked_again() {
    let (mut model, others) = asked();
    let denied = reply(&mut model, others[0].0, denied("ap-south-1"));
    assert_eq!(places(&lists(&denied)), ["sa-east-1"]);
    let late = model.next_deadline().unwrap();
    assert!(late > seconds(3) && late < seconds(4), "{late}");
    let effects = model.update(Msg::Tick, late);
    assert_eq!(lists(&effects), [], "those that are late keep their places: no fifth request is under way");
    let failing: Vec<String> = model.problems().iter().map(|problem| problem.location.to_string()).collect();
    assert!(failing.contains(&others[1].1.to_string()), "what is shown is not all there is: {failing:?}");
    assert!(!failing.contains(&"ap-south-1".into()), "it denies listing for good: {failing:?}");
    let problems = {
        keys(&mut model, "!");
        screen(&mut model, 120, 60)
    };
    assert!(problems.contains("an SCP says no") && problems.contains("no answer within 3 s"), "{problems}");
    press(&mut model, KeyCode::Esc);
    keys(&mut model, "r");
    let picker = screen(&mut model, 120, 40);
    assert!(picker.contains("left out: UnauthorizedOperation"), "{picker}");
    assert!(picker.contains("left out: no answer within 3 s"), "{picker}");
    press(&mut model, KeyCode::Esc);
    // It answers in the end, which makes room for the next, and is not listed.
    let (id, at, _) = others[1].clone();
    let effects = model.update(Msg::Reply { id, reply: page(9, at.as_str()) }, seconds(20));
    assert_eq!(places(&lists(&effects)), ["us-west-2"]);
    assert_eq!(model.chosen, [region("us-east-1")]);
    let (id, at, _) = others[2].clone();
    assert_eq!(lists(&model.update(Msg::Reply { id, reply: page(9, at.as_str()) }, seconds(20))), [], "all were asked");
    let mut home = None;
    for minutes in 1..60 {
        let asked = lists(&model.update(Msg::Tick, seconds(20 + 60 * minutes)));
        assert!(!places(&asked).contains(&"ap-south-1"), "not asked again by itself");
        home = asked.into_iter().find(|(_, at, _)| at.as_str() == "us-east-1").map(|(id, ..)| id).or(home);
    }
    let key = Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE)));
    assert_eq!(
        lists(&model.update(key, seconds(4_000))),
        [],
        "the home region, which is being listed, comes first again"
    );
    let again = model.update(Msg::Reply { id: home.unwrap(), reply: page(1, "us-east-1") }, seconds(4_001));
    assert!(places(&lists(&again)).contains(&"ap-south-1"), "{again:?}");
}

#[test]
fn who_chooses_regions_is_asked_for_no_others() {
    let (mut model, others) = asked();
    keys(&mut model, ":region us-east-1");
    press(&mut model, KeyCode::Enter);
    let late = reply(&mut model, others[0].0, page(2, OTHERS[0]));
    assert_eq!((lists(&late), model.chosen.len()), (Vec::new(), 1));
    for words in [&["home"][..], &["us-east-1"]] {
        let (mut model, first) =
            connected_model(|c| c.browse.regions = words.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(lists(&reply(&mut model, first[0].0, page(1, "us-east-1"))), [], "{words:?}");
    }
    let (mut model, effects) = start(|config| config.browse.regions.clear());
    let remembered = Connected { cached_regions: vec![region("eu-west-1")], ..connected() };
    reply(&mut model, connect_id(&effects), Reply::Connected(Ok(remembered)));
    assert_eq!((model.fast_regions.is_none(), model.chosen.clone()), (true, vec![region("eu-west-1")]));
}

#[test]
fn only_own_images_are_asked_for_in_other_regions() {
    let (mut model, first) = connected_model(|config| config.browse.whose = "amazon".into());
    assert_eq!(lists(&reply(&mut model, first[0].0, page(1, "us-east-1"))), []);
    let (mut model, others) = asked();
    keys(&mut model, "w/shared");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!(places(&lists(&effects)), ["us-east-1"]);
    assert_eq!(lists(&reply(&mut model, others[0].0, page(2, OTHERS[0]))), [], "of the query before");
    assert_eq!(model.contexts()[0], Context::Images);
    keys(&mut model, "w/mine");
    let effects = press(&mut model, KeyCode::Enter);
    let (id, ..) = lists(&effects)[0].clone();
    let effects = reply(&mut model, id, page(1, "us-east-1"));
    assert_eq!(places(&lists(&effects)), OTHERS[..4], "asked anew");
}

#[test]
fn regions_that_were_chosen_are_listed_once_pages_of_others_make_room() {
    let (mut model, first) = connected_model(|config| {
        config.browse.regions.clear();
        config.browse.concurrent_regions = 2;
    });
    let others = lists(&reply(&mut model, first[0].0, page(1, "us-east-1")));
    assert_eq!(others.len(), 2, "all the room there is");
    keys(&mut model, ":region ca-central-1");
    assert_eq!(lists(&press(&mut model, KeyCode::Enter)), [], "there is no room yet");
    let effects = reply(&mut model, others[0].0, page(2, others[0].1.as_str()));
    assert_eq!(places(&lists(&effects)), ["ca-central-1"]);
}

fn cached(effects: &[Effect]) -> Option<Vec<&str>> {
    effects.iter().find_map(|effect| match effect {
        Effect::CacheRegions { regions, .. } => Some(regions.iter().map(Region::as_str).collect()),
        _ => None,
    })
}

#[test]
fn looking_at_the_regions_keeps_them_automatic_and_changing_them_loses_none_that_was_slow() {
    let (mut model, others) = asked();
    reply(&mut model, others[0].0, denied("ap-south-1"));
    let slow = others[1].1.clone();
    _ = model.update(Msg::Tick, seconds(4));
    keys(&mut model, "r");
    let picker = screen(&mut model, 120, 40);
    assert!(picker.contains("6 regions marked") && picker.contains("Automatic: "), "{picker}");
    let row = |at: &str| picker.lines().find(|line| line.contains(at) && !line.contains("7)")).unwrap().to_owned();
    assert!(row(slow.as_str()).contains("* ca-central-1") && !row("ap-south-1").contains('*'), "{picker}");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!((cached(&effects), model.fast_regions.is_some()), (None, true));
    assert_eq!(model.chosen, [region("us-east-1")]);
    // One is taken out: the slow ones are chosen with the others, and are listed however long it takes.
    keys(&mut model, "r/us-west");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, " ");
    let effects = press(&mut model, KeyCode::Enter);
    let chosen = ["ca-central-1", "eu-west-1", "eu-west-2", "sa-east-1", "us-east-1"];
    assert_eq!((cached(&effects), model.fast_regions.is_none()), (Some(chosen.to_vec()), true));
    assert!(model.chosen.contains(&slow) && model.to_list.len() + lists(&effects).len() == 4);
    // And back.
    keys(&mut model, ":region auto");
    let effects = press(&mut model, KeyCode::Enter);
    assert_eq!((cached(&effects), model.fast_regions.is_some()), (Some(Vec::new()), true));
    assert_eq!(model.chosen, [region("us-east-1")]);
}

#[test]
fn regions_that_become_known_while_they_are_chosen_are_marked_too() {
    let (mut model, effects) = start(|config| config.browse.regions.clear());
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    keys(&mut model, "r");
    let region_list = effects.iter().find_map(|e| if let Effect::ListRegions { id } = e { Some(*id) } else { None });
    let open = std::iter::once("us-east-1").chain(OTHERS);
    let regions = open.map(|r| RegionInfo { region: region(r), opt_in: OptIn::NotRequired }).collect();
    reply(&mut model, region_list.unwrap(), Reply::Regions(Ok(regions)));
    assert!(screen(&mut model, 120, 40).contains("7 regions marked"));
    assert_eq!(cached(&press(&mut model, KeyCode::Enter)), None);
}

#[test]
fn a_region_that_was_not_listed_says_why_in_the_picker() {
    let (mut model, others) = asked();
    model.chosen = vec![region("us-east-1"), region("ap-south-1")];
    model.catalogue.choose(&model.chosen.clone());
    let mut failure = Failure::new("list images", "an SCP says no");
    failure.code = Some("UnauthorizedOperation".into());
    model.catalogue.fail(&region("ap-south-1"), failure);
    assert!(!others.is_empty());
    keys(&mut model, "r");
    let text = screen(&mut model, 120, 40);
    let row = text.lines().find(|line| line.contains("ap-south-1") && line.contains("not listed")).unwrap_or_default();
    assert!(row.contains("not listed: UnauthorizedOperation"), "{text}");
}

#[test]
fn a_list_of_regions_that_is_pasted_marks_them() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r");
    let paste = |text: &str| Msg::Input(Input::Paste(text.into()));
    _ = model.update(paste("eu-west-2, eu-west-1 af-south-1\n"), now());
    super::jobs::says(&model, "2 more regions marked; cannot be chosen: af-south-1.");
    let asked = lists(&press(&mut model, KeyCode::Enter)).len();
    assert_eq!(asked, 2);
    // One alone is looked for.
    keys(&mut model, "r");
    _ = model.update(paste("eu-west-2"), now());
    assert!(screen(&mut model, 80, 24).contains("/eu-west-2"));
}

#[test]
fn a_picker_without_its_filter_keeps_the_row_under_the_cursor() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r/eu-west-2");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Esc);
    let text = screen(&mut model, 80, 24);
    let row = text.lines().find(|line| line.contains('>') && line.contains("-west-")).unwrap_or_default();
    assert!(row.contains("eu-west-2"), "{text}");
}
