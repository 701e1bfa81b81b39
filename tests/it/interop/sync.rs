//! `amigrate sync` beside the boto3 script that it replaces, on equal accounts, image by image.

use std::collections::BTreeSet;

use amigrate::{
    domain::{Image, ImageId, ImageState, Region, image::Tag},
    sim::{Actor, ChangeKind},
};
use jiff::Timestamp;

use super::python::{self, Python};
use crate::commands::{fixture::Commands, orphans::region, sync::quick};

const SYNC: &[&str] = &[
    "sync",
    "--from",
    "us-east-1",
    "--to",
    "eu-west-1,eu-west-2",
    "--match",
    "tag:DR=true",
    "--encrypted",
    "--keep",
    "2",
    "--retire",
    "deregister",
    "--min-age",
    "0d",
    "--apply",
    "--wait",
    "--yes",
];

/// What tells a copy: its region, its name, which version of the sources it is of, and whether it is encrypted.
type Seen = (Region, String, ImageId, bool);

/// Ids and names of the newest images of a family in us-east-1, the newest first.
fn newest(commands: &Commands, family: &str) -> Vec<(ImageId, String)> {
    let listed = commands.ended(&["list", "--region", "us-east-1", "--match", family, "--output", "json"], "");
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("it is JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let images = listed["images"].as_array().expect("images").iter();
    images.map(|one| (ImageId::new(&text(&one["image_id"])).expect("an id"), text(&one["name"]))).take(4).collect()
}

/// An account with four versions of two images that are tagged for disaster recovery, the newest first.
fn account() -> (Commands, Vec<ImageId>) {
    let commands = quick();
    let tagged = [newest(&commands, "app-web-2"), newest(&commands, "app-api-2")].concat();
    let tag = || Tag { key: "DR".into(), value: "true".into() };
    commands.ec2.with(|world| {
        for (image, _) in &tagged {
            let done = world.tag_as_other_user(&region("us-east-1"), image.as_str(), tag(), Timestamp::now());
            done.expect("it is there");
        }
    });
    (commands, tagged.into_iter().map(|(image, _)| image).collect())
}

/// The copies that were made of tagged images, by whom they are shown.
fn copies(commands: &Commands, sources: &[ImageId], by: Actor) -> BTreeSet<Seen> {
    let all = commands.ec2.with(|world| world.copies(Timestamp::now()));
    let made = all.into_iter().filter(|copy| copy.created_by == by && copy.image.state == ImageState::Available);
    let seen = |region: Region, image: &Image| {
        let source = image.source_image_id.clone().filter(|source| sources.contains(source))?;
        Some((region, image.name.to_string(), source, image.encrypted()))
    };
    made.filter_map(|copy| seen(copy.region, &copy.image)).collect()
}

fn deregistered(commands: &Commands) -> usize {
    commands.ec2.with(|world| world.changes().iter().filter(|change| change.kind == ChangeKind::Deregistered).count())
}

fn sync(commands: &Commands, status: i32) {
    let ended = commands.ended(SYNC, "");
    assert_eq!(ended.status, Some(status), "{}{}", ended.stdout, ended.stderr);
}

fn script(commands: &Commands, python: &Python) {
    python.check("dr_script.py", &[&commands.ec2.url]);
}

#[test]
fn sync_makes_of_an_account_what_the_usual_script_makes_with_less() {
    let Some(python) = python::python() else { return };
    let ((ours, sources), (theirs, same)) = (account(), account());
    assert_eq!((sources.len(), &sources), (8, &same), "equal accounts");
    sync(&ours, 0);
    script(&theirs, &python);
    let made = copies(&ours, &sources, Actor::Request);
    assert_eq!(made, copies(&theirs, &sources, Actor::Request));
    assert!(made.len() == 8 && made.iter().all(|(.., encrypted)| *encrypted), "two of each in each region: {made:?}");
    // The script copies every version, and deregisters what is too many at once; sync never makes it.
    let made = |commands: &Commands| (commands.ec2.with(|world| world.copies_made()), deregistered(commands));
    assert_eq!((made(&ours), made(&theirs)), ((8, 0), (16, 8)));
    // The night after nothing has changed. The script misses what it has just deregistered, and does all of it once more.
    let requests = ours.ec2.request_count("CopyImage");
    sync(&ours, 0);
    script(&theirs, &python);
    assert_eq!(ours.ec2.request_count("CopyImage"), requests);
    assert_eq!((made(&ours), made(&theirs).0), ((8, 0), 24));
    // Its copies are ordered by when they were made, and the oldest versions were made last: these are what it keeps.
    let kept = copies(&theirs, &sources, Actor::Request);
    assert!(kept.is_disjoint(&copies(&ours, &sources, Actor::Request)), "{kept:?}");
}

#[test]
fn sync_leaves_what_is_not_its_own_where_the_usual_script_does_not() {
    let Some(python) = python::python() else { return };
    let ((ours, sources), (theirs, _)) = (account(), account());
    let (home, away) = (region("us-east-1"), region("eu-west-1"));
    let (name, other) = (newest(&ours, "app-web-2").remove(0).1, newest(&ours, "app-cache-").remove(0).0);
    for commands in [&ours, &theirs] {
        commands.ec2.with(|world| {
            let now = Timestamp::now();
            // The oldest version, which a person needs there, with its tags; and another image under the name of the newest one.
            world.copy_with_tags_as_other_user(&away, &sources[3], &home, "app-web-needed", now).expect("it is copied");
            world.copy_as_other_user(&away, &other, &home, &name, now).expect("it is copied");
        });
        commands.ec2.finish();
    }
    // Sync says that the name is taken. The script takes what has the name for the copy, and says nothing.
    let said = ours.ended(SYNC, "");
    assert!(said.status == Some(1) && said.stderr.contains("name"), "{}", said.stderr);
    script(&theirs, &python);
    let lacks = |commands: &Commands| {
        let of_newest = |seen: &Seen| seen.0 == away && seen.2 == sources[0];
        !copies(commands, &sources, Actor::Request).iter().any(of_newest)
    };
    assert!(lacks(&ours) && lacks(&theirs));
    // What the person has copied is the oldest of its kind to the script.
    let needed = |commands: &Commands| {
        copies(commands, &sources, Actor::OtherUser).iter().any(|(_, name, ..)| name == "app-web-needed")
    };
    assert_eq!((needed(&ours), needed(&theirs)), (true, false));
}
