//! Orphans and the Recycle Bin, as a plain boto3 script sees them.

use amigrate::sim::{Permission, RetentionKind};

use super::python;
use crate::commands::{
    fixture::Commands,
    orphans::{images, leave_behind, region, start},
};

#[test]
fn orphans_are_what_a_plain_boto3_script_finds() {
    let Some(python) = python::python() else { return };
    let commands = Commands::new("demo");
    let home = region("us-east-1");
    let (web, db) = (images(&commands, "app-web-"), images(&commands, "app-db-"));
    for (image, _) in web[..6].iter().chain(&db[1..3]) {
        leave_behind(&commands, image);
    }
    commands.ec2.with(|w| {
        w.lock_snapshot(&home, &web[0].1[0]);
        w.enable_fast_restore(&home, &web[1].1[0]);
        w.register_as_other_user(&home, &web[2].1[0], "another-image", start()).expect("it is registered");
        w.share_snapshot_as_other_user(&home, &web[3].1[0], Permission::All);
        w.retain(&home, RetentionKind::Images, 365);
        w.retain(&home, RetentionKind::Snapshots, 365);
    });
    let list = || commands.ended(&["orphans", "--regions", "us-east-1", "--output", "ids"], "");
    let listed = list();
    assert_eq!(listed.status, Some(10), "{listed:?}");
    leave_behind(&commands, &db[0].0);
    commands.ec2.with(|w| {
        for snapshot in &db[0].1 {
            w.delete_snapshot_as_other_user(&home, snapshot, start()).expect("nobody uses it");
        }
    });
    // The image in the bin may need any of them.
    let kept = list();
    assert_eq!((kept.status, kept.stdout.as_str()), (Some(0), ""), "{kept:?}");
    let ids: Vec<&str> = listed.stdout.lines().collect();
    // Two of the web team's images, and two of the database's with two or three disks.
    assert_eq!(ids.len(), 2 + db[1].1.len() + db[2].1.len(), "{ids:?}");
    python.check("check_orphans.py", &[&commands.ec2.url, &ids.join(","), db[0].0.as_str()]);
}
