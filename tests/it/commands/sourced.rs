//! Images for which EC2 names another as their source: a copy that is public, and an image made from an instance.

use serde_json::Value;

use super::fixture::{Commands, Ended};

/// The newest `app-web` of the demo.
fn newest() -> String {
    let newest = ["list", "--output", "ids", "--match", "app-web-", "--sort", "creation_date:desc", "--limit", "1"];
    let ended = Commands::new("demo").ended(&newest, "");
    assert!(ended.stdout.starts_with("ami-"), "{ended:?}");
    ended.stdout.trim().to_owned()
}

/// The demo with an image of which EC2 names that as the source, and that one.
fn with(image: &str) -> (Commands, String) {
    let source = newest();
    let of = format!("source_image = '{source}'\nsource_region = 'us-east-1'\n{image}");
    (Commands::with_image(&of), source)
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}

#[test]
fn an_image_made_from_an_instance_is_no_copy() {
    const NAME: &str = "web-of-instance";
    let (mut commands, source) =
        with(&format!("name = '{NAME}'\nregions = ['us-east-1']\nsource_instance = 'i-0123456789abcdef0'\n"));
    let verified = commands.run(&["verify", NAME, "--output", "json"]);
    let said = &json(&verified)["verifications"][0];
    assert_eq!((verified.status, &said["result"]), (Some(1), &"not_verified".into()), "{}", commands.transcript());
    assert!(verified.stderr.contains("it was made from an instance"), "{}", verified.stderr);
    let lineage = json(&commands.run(&["lineage", &source, "--output", "json"]));
    let images = lineage["images"].as_array().expect("a list");
    let built = images.iter().find(|image| image["name"] == NAME).expect("it descends from it");
    assert_eq!((&built["relation"], &built["depth"]), (&"made_from_instance".into(), &1.into()));
    let listed = json(&commands.run(&["list", "--region", "us-east-1", "--match", NAME, "--output", "json"]));
    assert_eq!(listed["images"][0]["source_instance_id"], "i-0123456789abcdef0");
    // Its name is taken, but it is not what is asked for.
    let copied = commands.run(&["copy", &source, "--to", "us-east-1", "--name", NAME, "--check"]);
    assert!(!copied.stdout.contains("copied there already"), "{}", commands.transcript());
}

#[test]
fn a_public_copy_of_a_private_image_differs_in_that_once() {
    const NAME: &str = "web-for-all";
    let (mut commands, _) = with(&format!("name = '{NAME}'\nregions = ['eu-west-1']\naccess = 'public'\n"));
    let verified = commands.run(&["verify", NAME, "--region", "eu-west-1", "--output", "json"]);
    let said = &json(&verified)["verifications"][0];
    assert_eq!((verified.status, &said["result"]), (Some(10), &"differs".into()), "{}", commands.transcript());
    let differences = said["differences"].as_array().expect("a list");
    // The launch permissions include it.
    let of_permissions: Vec<&Value> =
        differences.iter().filter(|one| one["part"] == "launch_permissions" || one["part"] == "public").collect();
    let [one] = of_permissions[..] else { panic!("{differences:?}") };
    assert_eq!(one["part"], "launch_permissions", "{differences:?}");
    let printed = commands.run(&["verify", NAME, "--region", "eu-west-1"]);
    assert!(printed.stdout.contains("launch permissions"), "{}", printed.stdout);
}
