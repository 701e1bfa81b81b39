//! The embedded EC2 on a loopback port of this process, so that a test sees every request, ends a program at one, and
//! inspects the world behind it. Otherwise the same transport as `amigrate simulate`.

use std::{
    convert::Infallible,
    net::TcpListener,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use amigrate::{
    domain::{AccountId, ImageState},
    sim::{Scenario, SharedWorld, World, http, query::Request},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{Notify, oneshot};

/// Signals that something has changed that a test may wait for.
#[derive(Clone, Default)]
pub(crate) struct ChangeSignal(Arc<(Mutex<u64>, Condvar)>);

impl ChangeSignal {
    pub(crate) fn notify(&self) {
        *lock(&self.0.0) += 1;
        self.0.1.notify_all();
    }

    /// Waits until `look` gives something; calls it again after every signal. `what` is for the failure message.
    #[track_caller]
    pub(crate) fn wait_for<T>(&self, what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + patience;
        loop {
            let heard = *lock(&self.0.0);
            if let Some(found) = look() {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waiting for {what}: nothing came of it in {patience:?}");
            let guard = lock(&self.0.0);
            drop(self.0.1.wait_timeout_while(guard, left, |count| *count == heard));
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stage in the handling of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestStage {
    /// Received, not carried out.
    Received,
    /// Carried out, not answered.
    CarriedOut,
    /// The response is being sent.
    Answered,
}

/// A request at which a process is killed.
#[derive(Debug, Clone)]
pub(crate) struct KillPoint {
    pub(crate) stage: RequestStage,
    /// The beginning of the action's name; empty for any.
    pub(crate) action: &'static str,
    /// How many such requests are left until then; 1 is the next.
    pub(crate) left: usize,
    pub(crate) process: Pid,
}

struct Served {
    world: SharedWorld,
    changed: ChangeSignal,
    /// The world's time, if it stands still.
    time: Option<Timestamp>,
    kill_point: Mutex<Option<KillPoint>>,
}

/// A served world.
pub(crate) struct Ec2 {
    served: Arc<Served>,
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Ec2 {
    /// The demo scenario, with copies that take less than a second.
    pub(crate) fn quick(changed: &ChangeSignal) -> Self {
        Self::quick_scenario("demo", &[], changed)
    }

    /// A scenario, in which the copies of its account and of these others take less than a second.
    pub(crate) fn quick_scenario(name: &str, others: &[AccountId], changed: &ChangeSignal) -> Self {
        let world = SharedWorld::new(World::new(&Scenario::named(name).expect("it is embedded"), Timestamp::now()));
        let quick = |w: &mut World| {
            let latencies = w.latencies();
            (latencies.snapshots_after_ms, latencies.unknown_ms, latencies.base_ms) = (50, 50, 300);
            (latencies.almost_ms, latencies.finalize_ms, latencies.mib_per_second) = (50, 50, 10_000_000);
        };
        world.with(|w| {
            quick(w);
            for account in others {
                w.as_account(account, quick);
            }
        });
        Self::serve(world, changed, None)
    }

    /// A scenario whose time stands still, so that every run shows the same dates.
    pub(crate) fn standing_still(scenario: &Scenario, time: Timestamp, changed: &ChangeSignal) -> Self {
        Self::serve(SharedWorld::new(World::new(scenario, time)), changed, Some(time))
    }

    /// A text with `http://EC2` in place of this server's address.
    pub(crate) fn without_url(&self, text: &str) -> String {
        text.replace(&self.url, "http://EC2")
    }

    /// Copies begun from now on take as long as this allows: [`Self::finish`] ends them.
    pub(crate) fn hold(&self) {
        self.with(|w| w.latencies().base_ms = 3_600_000);
    }

    /// Copies begun from now on take less than a second, and those under way are whole.
    pub(crate) fn hurry(&self) {
        self.with(|w| w.latencies().base_ms = 300);
        self.finish();
    }

    /// All copies under way are whole.
    pub(crate) fn finish(&self) {
        let now = Timestamp::now();
        self.with(|w| {
            let pending = w.copies(now).into_iter().filter(|c| c.image.state == ImageState::Pending);
            for copy in pending.collect::<Vec<_>>() {
                w.finish_copy(&copy.region, &copy.image.id, now).expect("it is under way");
            }
        });
        self.served.changed.notify();
    }

    /// Waits until so many copies were begun.
    #[track_caller]
    pub(crate) fn wait_for_copies(&self, made: u64) {
        let what = format!("{made} copies begun");
        self.served
            .changed
            .wait_for(&what, Duration::from_mins(1), || (self.with(|w| w.copies_made()) >= made).then_some(()));
    }

    /// Waits until so many requests for an action were received in all regions.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, action: &str, count: u64) {
        let what = format!("{count} requests for {action}");
        let patience = Duration::from_mins(1);
        self.served.changed.wait_for(&what, patience, || (self.request_count(action) >= count).then_some(()));
    }

    fn serve(world: SharedWorld, changed: &ChangeSignal, time: Option<Timestamp>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = Arc::new(Served { world, changed: changed.clone(), time, kill_point: Mutex::new(None) });
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&served);
        let serving = thread::spawn(move || serve(listener, &inside, stopped));
        Self { served, url, stop: Some(stop), serving: Some(serving) }
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.served.world.with(look)
    }

    /// Has the owner of a key in us-east-1, who signs with this access key, grant what copies take. Returns once KMS has answered.
    pub(crate) fn grant_key(&self, access_key_id: &str, key: &str, grantee: &str) {
        let authorization = format!("AWS4-HMAC-SHA256 Credential={access_key_id}/20260101/us-east-1/kms/aws4_request");
        let operations = ["CreateGrant", "Decrypt", "DescribeKey", "ReEncryptFrom"];
        let body =
            serde_json::json!({ "KeyId": key, "GranteePrincipal": grantee, "Operations": operations }).to_string();
        let wire = Request {
            method: "POST",
            path: "/",
            authorization: Some(&authorization),
            target: Some("TrentService.CreateGrant"),
            body: body.as_bytes(),
            ..Request::default()
        };
        assert_eq!(self.served.world.respond(&wire, self.served.now()).status, 200);
    }

    /// What the account owns, as `/_state` gives it.
    pub(crate) fn state(&self) -> serde_json::Value {
        let wire = Request { method: "GET", path: "/_state", ..Request::default() };
        serde_json::from_slice(&self.served.world.respond(&wire, self.served.now()).body).expect("JSON")
    }

    /// Requests for an action in all regions.
    pub(crate) fn request_count(&self, action: &str) -> u64 {
        self.with(|w| w.calls().iter().filter(|((_, a), _)| a == action).map(|(_, c)| c.received).sum())
    }

    /// Sets the request at which a process is killed.
    pub(crate) fn set_kill_point(&self, kill_point: KillPoint) {
        *lock(&self.served.kill_point) = Some(kill_point);
    }

    /// To be called before the process is reaped: its id may be reused afterwards.
    pub(crate) fn clear_kill_point(&self) {
        *lock(&self.served.kill_point) = None;
    }
}

impl Drop for Ec2 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

impl Served {
    fn now(&self) -> Timestamp {
        self.time.unwrap_or_else(Timestamp::now)
    }

    /// Counts a request. Returns true if the process was killed at it.
    fn passes(&self, stage: RequestStage, action: &str) -> bool {
        let mut kill_point = lock(&self.kill_point);
        let Some(set) = kill_point.as_mut().filter(|t| t.stage == stage && action.starts_with(t.action)) else {
            return false;
        };
        set.left -= 1;
        if set.left > 0 {
            return false;
        }
        // The process is reaped only after the kill point is cleared, so the id is still its own.
        let _ = kill_process(set.process, Signal::KILL);
        *kill_point = None;
        true
    }
}

fn serve(listener: TcpListener, served: &Arc<Served>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let accept = async {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                let served = Arc::clone(served);
                tokio::spawn(async move {
                    let cut = Arc::new(Notify::new());
                    let service = service_fn(|request| {
                        let (served, cut) = (Arc::clone(&served), Arc::clone(&cut));
                        async move { Ok::<_, Infallible>(answer(request, &served, &cut).await) }
                    });
                    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    tokio::select! {
                        _ = serving => {}
                        () = cut.notified() => {}
                    }
                });
            }
        };
        tokio::select! {
            () = accept => {}
            _ = stopped => {}
        }
    });
}

async fn answer(request: hyper::Request<Incoming>, served: &Arc<Served>, cut: &Notify) -> hyper::Response<Full<Bytes>> {
    let received = match http::Received::read(request).await {
        Ok(received) => received,
        Err(refusal) => return refusal,
    };
    let action = form_urlencoded::parse(received.body())
        .find(|(k, _)| k == "Action")
        .map_or_else(String::new, |(_, v)| v.into());
    if served.passes(RequestStage::Received, &action) {
        served.changed.notify();
        std::future::pending::<()>().await;
    }
    let answer = served.world.respond(&received.as_query(), served.now());
    let dead = served.passes(RequestStage::CarriedOut, &action);
    served.changed.notify();
    tokio::time::sleep(answer.delay).await;
    if answer.reset || dead {
        cut.notify_one();
        std::future::pending::<()>().await;
    }
    let late = Arc::clone(served);
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        late.passes(RequestStage::Answered, &action);
    });
    http::response(answer)
}
