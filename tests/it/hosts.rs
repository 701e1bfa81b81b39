//! Hosts with stores of their own that keep one account in sync, on a paused clock.

use std::time::Duration;

use amigrate::{
    domain::{ClientToken, CopyRequest, ImageId, derived_token, image::Tag, sync::SYNC_TAG},
    engine::{Command, EngineConfig, Job, JobState},
    sim::Scenario,
};

use crate::support::driver_harness::{DriverHarness, DriverRun, pass, paused, region, request};

/// The copy that sync requests on every host, with the token that each derives.
fn copy(source: &amigrate::domain::Image) -> CopyRequest {
    let to = region("eu-west-1");
    let value = format!("{}/{}/{to}", source.region, source.id).into();
    CopyRequest {
        token: ClientToken::derived(1),
        image_tags: vec![Tag { key: SYNC_TAG.into(), value }],
        ..request(source, &to, "copy-of-all", None, 1)
    }
}

/// Another copy, so that a batch has another name than those of other hosts.
fn another(source: &amigrate::domain::Image, n: u32) -> CopyRequest {
    request(source, &region("eu-west-2"), &format!("another-{n}"), None, n.into())
}

/// Returns the job of the copy, once its outcome is known.
async fn ended(host: &DriverHarness) -> Job {
    for _ in 0..2_000 {
        pass(Duration::from_secs(5)).await;
        let jobs = host.stored().await;
        let ours = jobs.into_iter().find(|job| job.request.name.as_str() == "copy-of-all");
        if let Some(job) = ours.filter(|job| job.state.ended()) {
            return job;
        }
    }
    panic!("it never ended")
}

async fn requested(host: &DriverHarness, copies: Vec<CopyRequest>) -> DriverRun {
    let run = host.start();
    host.ask(&run, Command::Copy(copies)).await;
    run
}

/// Lets a host make the copy, and a person deregister it. Returns that host and the image.
async fn made_and_deregistered() -> (DriverHarness, ImageId) {
    let first = DriverHarness::new(&Scenario::named("demo").unwrap(), EngineConfig::default());
    let source = first.sources().await.remove(0);
    let run = requested(&first, vec![copy(&source)]).await;
    let job = ended(&first).await;
    let JobState::Available { image } = job.state else { panic!("{:?}", job.state) };
    run.end();
    let now = first.clock.now();
    first.world.with(|world| world.deregister_as_other_user(&region("eu-west-1"), &image, false, now)).unwrap();
    (first, image)
}

/// Checks that each host has the same new image, and that it is the only one.
async fn agree_on_one_image(hosts: &[&DriverHarness], gone: &ImageId, copies_before: u64) {
    let mut images = Vec::new();
    for host in hosts {
        let job = ended(host).await;
        let JobState::Available { image } = &job.state else { panic!("{:?} {:?}", job.state, job.note) };
        assert_eq!(job.request.token, derived_token::after(&ClientToken::derived(1)));
        images.push(image.clone());
    }
    images.dedup();
    assert!(images.len() == 1 && images[0] != *gone, "{images:?} {gone}");
    let (now, name) = (hosts[0].clock.now(), "copy-of-all");
    let copies = hosts[0].world.with(|world| world.copies(now));
    assert_eq!(copies.iter().filter(|copy| &*copy.image.name == name).count(), 1);
    let others = hosts.len() as u64 - 1;
    assert_eq!(
        hosts[0].world.with(|world| world.copies_made()),
        copies_before + 1 + others,
        "one, and `another` of each"
    );
}

/// EC2 refuses the token for the sake of the batch's tag.
#[test]
fn a_deregistered_copy_is_made_once_more_by_a_host_that_knows_nothing_of_it() {
    paused(async {
        let (first, gone) = made_and_deregistered().await;
        let made = first.world.with(|world| world.copies_made());
        let (second, source) = (first.on_another_host(), first.sources().await.remove(0));
        let _run = requested(&second, vec![copy(&source), another(&source, 2)]).await;
        let _also = first.start();
        agree_on_one_image(&[&second], &gone, made + 1).await;
    });
}

/// EC2 answers the token with the image that is gone.
#[test]
fn an_answer_with_a_deregistered_image_is_made_good() {
    paused(async {
        let (first, gone) = made_and_deregistered().await;
        let made = first.world.with(|world| world.copies_made());
        let (second, source) = (first.on_another_host(), first.sources().await.remove(0));
        let _run = requested(&second, vec![copy(&source)]).await;
        agree_on_one_image(&[&second], &gone, made).await;
    });
}

/// Of three hosts at once, one knows of the earlier copy, one is refused its token and one is answered with its image.
#[test]
fn hosts_that_make_a_deregistered_copy_once_more_at_once_make_one_image() {
    paused(async {
        let (first, gone) = made_and_deregistered().await;
        let made = first.world.with(|world| world.copies_made());
        let (second, third) = (first.on_another_host(), first.on_another_host());
        let source = first.sources().await.remove(0);
        let _refused = requested(&second, vec![copy(&source), another(&source, 2)]).await;
        let _answered = requested(&third, vec![copy(&source)]).await;
        agree_on_one_image(&[&second, &third], &gone, made).await;
    });
}

/// The host that knows of the earlier copy comes to the next token at once, others a minute later.
#[test]
fn a_host_that_remembers_and_one_that_does_not_make_one_image() {
    paused(async {
        let (first, gone) = made_and_deregistered().await;
        let made = first.world.with(|world| world.copies_made());
        let (second, source) = (first.on_another_host(), first.sources().await.remove(0));
        let _run = requested(&second, vec![copy(&source)]).await;
        // It is sent while the second host waits for the image of the first token.
        pass(Duration::from_secs(30)).await;
        let next = derived_token::after(&ClientToken::derived(1));
        let third = first.on_another_host();
        let _also = requested(&third, vec![CopyRequest { token: next, ..copy(&source) }, another(&source, 3)]).await;
        agree_on_one_image(&[&second, &third], &gone, made).await;
    });
}
