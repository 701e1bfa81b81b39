//! The storage that images hold, as a plain boto3 script sums it.

use super::python;
use crate::commands::{
    fixture::Commands,
    orphans::{images, leave_behind, region, start},
};

#[test]
fn storage_is_what_a_plain_boto3_script_sums() {
    let Some(python) = python::python() else { return };
    let commands = Commands::new("demo");
    let home = region("us-east-1");
    let (web, db) = (images(&commands, "app-web-"), images(&commands, "app-db-"));
    leave_behind(&commands, &db[0].0);
    commands.ec2.with(|w| {
        w.register_as_other_user(&home, &web[2].1[0], "another-image", start()).expect("it is registered");
    });
    let arguments = ["storage", "--regions", "us-east-1,eu-west-1", "--by", "region", "--output", "json"];
    let listed = commands.ended(&arguments, "");
    assert_eq!(listed.status, Some(0), "{listed:?}");
    python.check("check_storage.py", &[&commands.ec2.url, &listed.stdout]);
}
