//! `amigrate lineage`, with what boto3 reads of it.

use super::python;
use crate::commands::{fixture::Commands, lineage::copied_on};

#[test]
fn boto3_reads_the_same_lineage() {
    let Some(python) = python::python() else { return };
    let commands = Commands::new("demo");
    let (copy, source) = copied_on(&commands);
    // From the middle, and from the root.
    for (image, relatives) in [(copy, 3), (source, 3)] {
        let ended = commands.ended(&["lineage", image.as_str(), "--output", "json"], "");
        assert_eq!((ended.status, ended.stdout.matches("\"image_id\"").count()), (Some(0), relatives), "{ended:?}");
        python.check("check_lineage.py", &[&commands.ec2.url, &ended.stdout]);
    }
}
