//! Tags: lines, limits, and which of the source's go along.

use super::*;

fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into() }
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.into()).collect()
}

fn numbered(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("k{n}=v")).collect()
}

fn copy(change: impl Fn(&mut Draft)) -> CopyRequest {
    let mut draft = draft();
    change(&mut draft);
    let mut plan = check(&draft);
    assert_eq!(plan.mistakes, []);
    plan.copies.remove(0)
}

#[test]
fn bad_lines_are_mistakes_of_their_own() {
    assert_mistakes(&[
        (&|d| d.image_tags = lines(&["a=1", "Team"]), Field::ImageTag(1), "`Team` has no `=`"),
        (&|d| d.snapshot_tags = lines(&["aws:x=1"]), Field::SnapshotTag(0), "only AWS"),
        (&|d| d.image_tags = vec![format!("{}=1", "k".repeat(128))], Field::ImageTag(0), "128 characters"),
        (&|d| d.image_tags = vec![format!("a={}", "v".repeat(257))], Field::ImageTag(0), "257 characters"),
        (&|d| d.image_tags = lines(&["a=1", "", "a=2"]), Field::ImageTag(2), "given twice"),
        (&|d| d.image_tags = lines(&["a={nmae}"]), Field::ImageTag(0), "not known"),
        (&|d| d.image_tags = numbered(49), Field::ImageTag(48), "More than 48 tags"),
        (&|d| d.snapshot_tags = numbered(49), Field::SnapshotTag(48), "More than 48 tags"),
    ]);
    assert_eq!(check(&Draft { image_tags: numbered(51), ..draft() }).mistakes.len(), 3, "one for each line too many");
    assert_eq!(check(&Draft { image_tags: numbered(48), snapshot_tags: numbered(48), ..draft() }).mistakes, []);
    // Also before there is a destination.
    let early = check(&Draft { destinations: Vec::new(), image_tags: lines(&["a={nmae}"]), ..draft() });
    assert!(early.mistake(&Field::ImageTag(0)).is_some());
}

#[test]
fn values_are_expanded_for_each_copy() {
    let plan = check(&Draft {
        image_tags: lines(&["SourceAMI={source_id}", "", "Where={source_region} to {region}"]),
        snapshot_tags: lines(&["Of={name} {date}"]),
        ..draft()
    });
    assert_eq!(plan.mistakes, []);
    let [one, two] = &plan.copies[..] else { panic!() };
    assert_eq!(one.image_tags, [tag("SourceAMI", "ami-1"), tag("Where", "us-east-1 to eu-west-1")]);
    assert_eq!(two.image_tags[1], tag("Where", "us-east-1 to eu-west-2"));
    assert_eq!(two.snapshot_tags, [tag("Of", "web 2026-11-21")]);
    assert!(one.copy_tags, "the source's own go along besides");
}

#[test]
fn the_sources_tags_go_along_as_chosen() {
    let tagged = || {
        source(|i| {
            i.tags = vec![
                tag("Env", "prod"),
                tag("Name", "x"),
                tag("Team", "web"),
                tag("amigrate:job", "1"),
                tag("aws:x", "y"),
            ];
        })
    };
    let plain = || source(|i| i.tags = vec![tag("Env", "prod"), tag("Team", "web")]);
    let picked = |keys: &[&str]| SourceTags::Picked(keys.iter().map(|&k| k.into()).collect());
    let sent = |sources: Vec<Arc<Image>>, choice: SourceTags, own: &[&str]| {
        let copy = copy(|d| {
            d.sources.clone_from(&sources);
            d.source_tags = choice.clone();
            d.image_tags = lines(own);
        });
        let tags: Vec<String> = copy.image_tags.iter().map(|t| format!("{}={}", t.key, t.value)).collect();
        (copy.copy_tags, tags.join(" "))
    };
    let cases = [
        (plain(), SourceTags::All, &["a=1"][..], (true, "a=1")),
        // A key that is on the source too has the value given here, whatever EC2 would make of it.
        (plain(), SourceTags::All, &["Env=test"], (false, "Team=web Env=test")),
        (plain(), SourceTags::None, &["Env=test"], (false, "Env=test")),
        (plain(), picked(&["Team", "gone"]), &["a=1"], (false, "Team=web a=1")),
        (plain(), picked(&["Team"]), &["Team=x"], (false, "Team=x")),
        (tagged(), SourceTags::All, &[], (false, "Env=prod Name=x Team=web")),
        (tagged(), picked(&["amigrate:job", "aws:x", "Env"]), &[], (false, "Env=prod")),
    ];
    for (sources, choice, own, (copied, tags)) in cases {
        assert_eq!(sent(sources, choice.clone(), own), (copied, tags.to_owned()), "{choice:?} {own:?}");
    }
}

#[test]
fn all_tags_together_fit() {
    let with = |n: usize| source(move |i| i.tags = (0..n).map(|n| tag(&format!("s{n}"), "v")).collect());
    let plan = |of_source, choice, own| {
        check(&Draft { sources: with(of_source), source_tags: choice, image_tags: numbered(own), ..draft() })
    };
    assert_eq!(plan(46, SourceTags::All, 2).mistakes, []);
    let crowded = plan(46, SourceTags::All, 3);
    let expected = "A copy of ami-1 would have 51 tags (46 of its own, 3 given here, 2 of amigrate); EC2 allows 50.";
    assert_eq!(crowded.mistake(&Field::SourceTags), Some(expected));
    assert_eq!(plan(46, SourceTags::None, 3).mistakes, []);
    let picked = SourceTags::Picked((0..3).map(|n| format!("s{n}").into()).collect());
    assert_eq!(plan(46, picked, 45).mistakes, []);
    // A source may have 50, of which AWS's own count for nothing.
    assert!(plan(49, SourceTags::All, 0).mistake(&Field::SourceTags).is_some());
    let of_aws = source(|i| i.tags = (0..60).map(|n| tag(&format!("aws:{n}"), "v")).collect());
    assert_eq!(check(&Draft { sources: of_aws, image_tags: numbered(48), ..draft() }).mistakes, []);
}

#[test]
fn without_job_tags_there_is_room_for_two_more() {
    let with = |image_tags, job_tags| {
        let context = CheckContext { job_tags, ..CheckContext::at("2026-11-21T12:00:00Z".parse().unwrap()) };
        let draft = Draft { image_tags, snapshot_tags: numbered(50), ..draft() };
        draft.check_in(&context, || ClientToken::from_random(1)).mistakes
    };
    assert_eq!(with(numbered(50), 0), []);
    let one = with(numbered(51), 0).remove(0);
    assert_eq!((one.field, one.text.as_str()), (Field::ImageTag(50), "More than 50 tags: EC2 allows 50."));
    assert_eq!(with(numbered(50), 2).len(), 4, "the last two of the image's and of the snapshots'");
    let mut tagged = image("ami-1", "web");
    tagged.tags = (0..49).map(|n| tag(&format!("source{n}"), "v")).collect();
    let plan = |job_tags| {
        let context = CheckContext { job_tags, ..CheckContext::at("2026-11-21T12:00:00Z".parse().unwrap()) };
        let draft = Draft { sources: vec![Arc::new(tagged.clone())], image_tags: numbered(1), ..draft() };
        draft.check_in(&context, || ClientToken::from_random(1)).mistakes
    };
    assert_eq!(plan(0), []);
    assert!(plan(2)[0].text.contains("2 of amigrate"), "{:?}", plan(2));
}
