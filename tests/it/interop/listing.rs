//! What `amigrate list` prints, held against what boto3 lists.

use super::{moto, python, simulator};

const PROGRAM: &str = env!("CARGO_BIN_EXE_amigrate");
const SIX_REGIONS: &str = "us-east-1,us-west-2,eu-west-1,eu-west-2,eu-central-1,ap-southeast-2";

#[test]
fn own_and_public_images_of_six_regions_are_as_boto3_lists_them() {
    let Some(python) = python::python() else { return };
    // Copies all but stand still, so that pending copies are the same in both listings.
    let simulator = simulator::start("demo", 0.001);
    for whose in ["own", "public"] {
        python.check("check_listing.py", &[&simulator.url, PROGRAM, SIX_REGIONS, whose]);
    }
}

#[test]
fn motos_images_are_as_boto3_lists_them() {
    let Some(python) = python::python() else { return };
    let moto = moto::start(&python);
    python.check("check_listing.py", &[&moto.url, PROGRAM, "us-east-1", "own"]);
}
