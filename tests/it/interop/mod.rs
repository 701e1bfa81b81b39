//! Other AWS clients (boto3, the AWS CLI, Ansible) against the embedded EC2, and amigrate against moto and AWS's own model.
//!
//! Without Python these are reported as not run; under `CI=true` that is a failure.

mod accounts;
mod cli_lines;
mod completions;

mod copy_command;
mod lineage;
mod listing;
mod moto;
mod orphans;
mod program;
mod python;
mod requests;
mod schema;
mod simulator;
mod storage;
mod sync;
mod time_scale;
mod typed_form;
mod usage_reports;
mod verify;

#[test]
fn boto3_does_the_main_job_on_our_ec2() {
    let Some(python) = python::python() else { return };
    python.check("use_boto3.py", &[&simulator::start("demo", 20).url]);
}

#[test]
fn the_aws_cli_does_the_main_job_on_our_ec2() {
    let Some(python) = python::python() else { return };
    python.check("use_awscli.py", &[&simulator::start("demo", 20).url]);
}

#[test]
fn ansible_does_the_main_job_on_our_ec2() {
    let Some(python) = python::python() else { return };
    python.check("use_ansible.py", &[&simulator::start("demo", 60).url]);
}

#[test]
fn moto_starts_with_an_image() {
    let Some(python) = python::python() else { return };
    let moto = moto::start(&python);
    assert!(moto.url.starts_with("http://127.0.0.1:"), "{}", moto.url);
    assert!(moto.image.starts_with("ami-") && !moto.name.is_empty());
}
