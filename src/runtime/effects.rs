//! Runs effects that wait: each in a task of its own, its answer sent back as a message.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::remember::Memory;
use crate::{
    aws::{HttpClient, Session, SessionOptions},
    domain::{Failure, Region},
    tui::{Connected, Effect, Msg, Page, Reply, RequestId},
};

/// Where sessions come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Not said yet: the first frame comes before certificates are read or a world is built.
    Later,
    /// The account of the usual AWS chain.
    Aws {
        /// Profile, region, endpoint, limits.
        options: SessionOptions,
        /// The one HTTP client; or why there is none (a bad proxy or certificate file).
        http: Result<HttpClient, Failure>,
    },
    /// The embedded EC2.
    Simulated {
        /// The door to it.
        http: HttpClient,
        /// Its first region.
        home: Region,
    },
}

/// What a task brings back.
enum Done {
    Msg(Msg),
    Connected { id: RequestId, result: Result<(Session, Connected), Failure> },
}

/// Runs effects and collects what they bring.
pub struct Effects {
    origin: Origin,
    read_only: bool,
    memory: Memory,
    session: Option<Session>,
    sender: UnboundedSender<Done>,
    receiver: UnboundedReceiver<Done>,
}

impl Effects {
    /// Nothing runs yet. Must be used within a tokio runtime.
    pub fn new(origin: Origin, read_only: bool, memory: Memory) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { origin, read_only, memory, session: None, sender, receiver }
    }

    /// Says where sessions come from. Before any effect is started.
    pub fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// The next message; waits for it. Never ends: we hold a sender ourselves.
    pub async fn next(&mut self) -> Option<Msg> {
        let done = self.receiver.recv().await?;
        Some(self.accept(done))
    }

    /// A message that is there already.
    pub fn ready(&mut self) -> Option<Msg> {
        let done = self.receiver.try_recv().ok()?;
        Some(self.accept(done))
    }

    fn accept(&mut self, done: Done) -> Msg {
        match done {
            Done::Msg(msg) => msg,
            Done::Connected { id, result } => {
                let result = result.map(|(session, connected)| {
                    self.session = Some(session);
                    connected
                });
                Msg::Reply { id, reply: Reply::Connected(result) }
            }
        }
    }

    /// Starts an effect. Those that concern the terminal are the loop's, and are none of ours.
    pub fn start(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { id, profile } => self.connect(id, profile),
            Effect::AskAccount { id } => self.reply(id, |s| async move { Reply::Account(s.account().await) }),
            Effect::ListRegions { id } => self.reply(id, |s| async move { Reply::Regions(s.regions().await) }),
            Effect::ListImages { id, region, query, token } => self.reply(id, |s| async move {
                let page = s.image_page(&region, &query, token).await;
                Reply::Images { region, page: page.map(|p| Page { images: p.images, next: p.next }) }
            }),
            Effect::ListKeys { id, region } => self.reply(id, |s| async move {
                let keys = s.key_list(&region).await;
                Reply::Keys { region, keys }
            }),
            Effect::ListProfiles { id } => {
                self.spawn(async move {
                    Done::Msg(Msg::Reply { id, reply: Reply::Profiles(crate::aws::profiles().await) })
                });
            }
            Effect::OpenJobs { .. }
            | Effect::CloseJobs
            | Effect::Ask(_)
            | Effect::History { .. }
            | Effect::Background => {}
            Effect::Remember { profile, regions } => self.memory.keep(&profile, &regions),
            Effect::Clipboard(_)
            | Effect::Bell
            | Effect::Mouse(_)
            | Effect::Repaint
            | Effect::Retake
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    fn connect(&mut self, id: RequestId, profile: Option<String>) {
        // Nothing may go out under the old account while the new one is looked up.
        self.session = None;
        let origin = self.origin.clone();
        let remembered = self.memory.regions(profile.as_deref().unwrap_or_default());
        self.spawn(async move {
            let result = connect(origin, profile, remembered).await;
            Done::Connected { id, result }
        });
    }

    fn reply<F>(&self, id: RequestId, ask: impl FnOnce(Session) -> F)
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        // Without a session nothing is listed; the model asks again once it has connected.
        if let Some(session) = self.session.clone() {
            let reply = ask(session);
            self.spawn(async move { Done::Msg(Msg::Reply { id, reply: reply.await }) });
        }
    }

    fn spawn(&self, task: impl Future<Output = Done> + Send + 'static) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // Nobody listens any more when the program is leaving.
            let _ = sender.send(task.await);
        });
    }
}

async fn connect(
    origin: Origin,
    profile: Option<String>,
    remembered: Vec<Region>,
) -> Result<(Session, Connected), Failure> {
    let (session, region_given) = match origin {
        Origin::Later => return Err(Failure::new("connect", "there is nothing to connect to yet")),
        Origin::Simulated { http, home } => (Session::simulated(http, home), true),
        Origin::Aws { mut options, http } => {
            let explicit = options.region.is_some();
            options.profile = profile.or(options.profile);
            let session = Session::load(options, http?).await?;
            session.check_credentials().await?;
            let given = session.region_was_given();
            let connected = describe(&session, if explicit { Vec::new() } else { remembered }, given);
            return Ok((session, connected));
        }
    };
    let connected = describe(&session, remembered, region_given);
    Ok((session, connected))
}

fn describe(session: &Session, remembered: Vec<Region>, region_given: bool) -> Connected {
    Connected {
        profile: session.profile().map(str::to_owned),
        home: session.home_region().clone(),
        endpoint: session.endpoint_url().map(str::to_owned),
        remembered,
        region_given,
    }
}
