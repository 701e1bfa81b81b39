//! `amigrate storage`.

use amigrate::sim::faults::{FaultKind, Rule};

use super::{
    fixture::Commands,
    orphans::{images, leave_behind, region, start},
};

const REGIONS: &str = "us-east-1,eu-west-1";

#[test]
fn what_images_hold_is_told_by_family_region_account_and_image() {
    let mut commands = Commands::new("demo");
    for by in ["family", "region", "account"] {
        commands.run(&["storage", "--regions", REGIONS, "--by", by]);
    }
    commands.run(&["storage", "--regions", REGIONS, "--by", "image", "--match", "app-db", "--output", "csv"]);
    commands.run(&["storage", "--regions", REGIONS, "--match", "app-db", "--output", "json"]);
    commands.run(&["storage", "--regions", REGIONS, "--by", "image", "--match", "app-db", "--output", "ids"]);
    commands.run(&["storage", "--regions", REGIONS, "--match", "no-such-thing"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_snapshot_of_two_images_counts_once_and_one_of_none_apart() {
    let mut commands = Commands::new("demo");
    let (web, db) = (images(&commands, "app-web-"), images(&commands, "app-db-"));
    commands.ec2.with(|w| {
        w.register_as_other_user(&region("us-east-1"), &web[0].1[0], "another-image", start())
            .expect("it is registered");
    });
    leave_behind(&commands, &db[0].0);
    for by in ["family", "region"] {
        commands.run(&["storage", "--regions", "us-east-1", "--by", by]);
    }
    commands.run(&["storage", "--regions", "us-east-1", "--match", "another", "--output", "json"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn every_enabled_region_is_read_where_neither_flag_nor_setting_names_one() {
    let mut commands = Commands::new("demo");
    let regions = |commands: &Commands, more: &[&str]| {
        let arguments = [&["storage", "--by", "region", "--output", "ids"], more].concat();
        commands.ended(&arguments, "").stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = regions(&commands, &["--all-regions"]);
    assert!(all.len() > 2, "{all:?}");
    assert_eq!(regions(&commands, &[]), all);
    commands.settings.push(("AMIGRATE_BROWSE_REGIONS", "home".into()));
    assert_eq!(regions(&commands, &[]), ["us-east-1"]);
    assert_eq!(regions(&commands, &["--regions", "eu-west-1"]), ["eu-west-1"]);
    assert_eq!(regions(&commands, &["--all-regions"]), all);
}

#[test]
fn a_region_that_cannot_be_read_is_named_and_its_sum_is_of_the_rest() {
    let mut commands = Commands::new("demo");
    for call in ["DescribeSnapshots", "DescribeImages"] {
        let denied = Rule::new(call, FaultKind::Deny).in_region(region("eu-west-1"));
        commands.ec2.with(|w| w.faults().add(denied));
        commands.run(&["storage", "--regions", REGIONS, "--by", "region"]);
        commands.run(&["storage", "--regions", REGIONS, "--match", "app-web", "--output", "csv"]);
        commands.ec2.with(|w| w.faults().clear());
    }
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn where_the_regions_are_not_known_no_sum_of_several_is_complete() {
    let commands = Commands::new("demo");
    let storage = ["storage", "--all-regions", "--output", "json"];
    let sums = |status: i32| {
        let ended = commands.ended(&storage, "");
        assert_eq!(ended.status, Some(status), "{}", ended.stderr);
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let rows = document["storage"].as_array().expect("a list").clone();
        (document["total"].clone(), rows, ended.stderr)
    };
    let (total, rows, _) = sums(0);
    assert_eq!(total["complete"], true);
    assert!(rows.iter().all(|row| row["complete"] == true));
    // Those that are remembered are asked, and there may be more.
    commands.ec2.with(|w| w.policy().deny("DescribeRegions"));
    let (total, rows, said) = sums(3);
    assert_eq!((&total["complete"], &total["storage_month_bound"]), (&false.into(), &"part_at_most".into()));
    assert!(rows.iter().all(|row| row["complete"] == false));
    assert!(said.contains("Which regions there are could not be read") && said.contains("for what was read"), "{said}");
}

#[test]
fn prices_are_those_of_the_settings() {
    let mut commands = Commands::new("demo");
    let prices = commands.home.path().join("prices.toml");
    std::fs::write(&prices, "[[snapshot_storage]]\nregions = [\"us-east-1\"]\nusd_per_gb_month = 1\n")
        .expect("written");
    commands.settings.push(("AMIGRATE_COPY_PRICES_FILE", prices.to_str().expect("UTF-8").to_owned()));
    commands.run(&["storage", "--regions", "us-east-1,ap-south-1", "--by", "region"]);
    insta::assert_snapshot!(commands.transcript());
}

#[test]
fn a_table_fits_its_terminal() {
    let commands = Commands::new("demo");
    for columns in [80, 120] {
        for by in ["family", "image"] {
            let mut terminal = commands.on_terminal_of(
                columns,
                60,
                &["storage", "--regions", REGIONS, "--by", by, "--match", "app-web"],
            );
            assert_eq!(terminal.wait_exit().exit_code(), 0, "{}", terminal.text());
            let text = terminal.text();
            let heading = text.lines().find(|line| line.contains("COST/MONTH")).expect("a heading");
            assert!(heading.contains("AT MOST") && heading.contains("VOLUMES"), "{text}");
            assert!(text.lines().any(|line| line.contains("app-") && line.contains('$')), "{text}");
        }
    }
}
