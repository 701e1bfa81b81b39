//! A line of text to type: an account id, a name pattern, the name of a batch to deregister.

mod deregistration;
pub mod line_mode;
pub mod open;
pub mod update;
pub mod view;

use std::sync::Arc;

use tui_input::Input;

use deregistration::{BatchToDeregister, ImagesToDeregister, UsedImages};

use crate::{
    config::{FilterFile, PresetFile},
    domain::{
        AccountId, Image, ImageDeregistration, OwnerFilter, PostCopyStep, image_usage::ImageUsage, orphans::Orphan,
        preset::Preset, text::count,
    },
    engine::{BatchId, Job, JobId},
    labels,
    term::input::KeyEvent,
    tui::widgets::editor,
};

/// An owner filter that needs a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerInput {
    /// Images of an account, by its id.
    Account,
    /// Public images, by a name pattern.
    Public,
}

/// Nothing is deregistered before that.
const NOT_ANSWERED: &str = "AWS has not answered yet who uses the images. Press Enter again once it has.";

/// What the line is for.
#[derive(Debug, Clone, PartialEq)]
enum InputKind {
    Owner(OwnerInput),
    /// The available images of a batch.
    Deregister(Box<BatchToDeregister>),
    /// Orphaned snapshots.
    DeleteSnapshots(Vec<Orphan>),
    /// A sync plan: the number of its images, and its digest.
    ApplySync {
        images: usize,
        digest: String,
    },
    /// Images that a person named, which are perhaps no copies.
    DeregisterImages(Box<ImagesToDeregister>),
    /// The name of a preset.
    Preset(Box<Preset>),
    /// The name of a filter.
    Filter(String),
    /// Other post-copy steps of a copy, which make it public.
    PublicSteps(JobId, Vec<PostCopyStep>),
}

/// The parsed text.
enum Typed {
    Owner(OwnerFilter),
    Deregister(Vec<JobId>),
    DeregisterImages(Vec<ImageDeregistration>),
    DeleteSnapshots(Vec<Orphan>),
    /// The digest of the plan.
    ApplySync(String),
    Preset {
        name: String,
        preset: Box<Preset>,
    },
    Filter {
        name: String,
        filter: String,
    },
    Steps(JobId, Vec<PostCopyStep>),
}

/// The input line's state.
#[derive(Debug, Clone)]
pub struct InputLine {
    kind: InputKind,
    title: &'static str,
    /// In whose account something is changed, where several are on the screen.
    account: Option<String>,
    text: Vec<String>,
    pub line: Input,
    mistake: Option<&'static str>,
    /// First line of the text shown.
    scroll: usize,
}

impl InputLine {
    fn with(kind: InputKind, title: &'static str, text: Vec<String>) -> Self {
        Self { kind, title, account: None, text, line: Input::default(), mistake: None, scroll: 0 }
    }

    /// Says in whose account something is changed, if anything is.
    pub(in crate::tui) fn name_account(&mut self, line: &str) {
        let changes_nothing = matches!(self.kind, InputKind::Owner(_) | InputKind::Preset(_) | InputKind::Filter(_));
        if self.account.as_deref() != Some(line) && !changes_nothing {
            self.account = Some(line.to_owned());
        }
    }

    /// What is shown above the line that is typed.
    fn lines(&self) -> impl Iterator<Item = &String> {
        self.account.iter().chain(&self.text)
    }

    pub fn owner(input: OwnerInput) -> Self {
        let (title, text) = match input {
            OwnerInput::Account => ("Images of an account", "Account id, twelve digits:"),
            OwnerInput::Public => (
                "Public images",
                "A name pattern with * and ?, such as ubuntu/images/*24.04*. There are more than 100,000.",
            ),
        };
        Self::with(InputKind::Owner(input), title, vec![text.into()])
    }

    /// Deregisters available images after the batch's name was typed; of a copy that was started elsewhere that is the image's id.
    pub fn deregister(batch: &BatchId, jobs: &[&Job]) -> Self {
        let images = BatchToDeregister::new(batch, jobs);
        let text = images.text();
        Self::with(InputKind::Deregister(Box::new(images)), "Deregister images", text)
    }

    /// Returns the copies whose images are to be deregistered.
    pub(in crate::tui) fn batch_to_deregister(&self) -> &[JobId] {
        match &self.kind {
            InputKind::Deregister(batch) => &batch.jobs,
            _ => &[],
        }
    }

    /// Takes in the images of the copies that are to be deregistered, whose users are being read.
    pub(in crate::tui) fn set_images(&mut self, images: Vec<Arc<Image>>) {
        if let InputKind::Deregister(batch) = &mut self.kind {
            batch.images = UsedImages::new(images);
            self.text = batch.text();
        }
    }

    /// Deregisters images after the name or id of the one, or the number of several, was typed.
    pub fn deregister_images(images: Vec<Arc<Image>>) -> Self {
        let images = ImagesToDeregister(UsedImages::new(images));
        let text = images.text();
        Self::with(InputKind::DeregisterImages(Box::new(images)), "Deregister images", text)
    }

    /// Deletes orphaned snapshots after their number was typed.
    pub fn delete_snapshots(orphans: Vec<Orphan>) -> Self {
        let number = orphans.len();
        let snapshots = count(number, "snapshot", "snapshots");
        let mut text = vec![format!("Delete {snapshots}? Type {number} to confirm.")];
        text.extend(orphans.iter().map(labels::orphans::line));
        text.push("Each snapshot is checked again before it is deleted, and kept if anything uses it.".into());
        text.push(labels::orphans::CANNOT_BE_UNDONE.into());
        Self::with(InputKind::DeleteSnapshots(orphans), "Delete snapshots", text)
    }

    /// Carries out a sync plan after the number of its images was typed.
    pub(in crate::tui) fn apply_sync(lines: Vec<String>, digest: String, deregisters: bool) -> Self {
        let images = lines.len();
        let mut text =
            vec![format!("Carry out the plan for {}? Type {images} to confirm.", count(images, "image", "images"))];
        text.extend(lines);
        text.push("The plan is made again first. If it is another one then, nothing is done.".into());
        if deregisters {
            text.push(labels::orphans::DEREGISTERING_OF_PLAN.into());
        }
        Self::with(InputKind::ApplySync { images, digest }, "Carry out the plan", text)
    }

    /// Takes in who uses the images, if the line is for deregistering them.
    pub(in crate::tui) fn add_usage(&mut self, usage: &[ImageUsage]) {
        match &mut self.kind {
            InputKind::DeregisterImages(images) => {
                usage.iter().cloned().for_each(|usage| images.0.add(usage));
                self.text = images.text();
            }
            InputKind::Deregister(batch) => {
                usage.iter().cloned().for_each(|usage| batch.images.add(usage));
                self.text = batch.text();
            }
            _ => {}
        }
    }

    /// Saves the form as a preset. One that makes a copy again has the copy's own values, which may fit no other.
    pub fn preset(preset: Preset, again: bool) -> Self {
        let mut text = vec![
            "Destinations, keys, templates, tags, timing and what is done afterwards are saved, but neither public nor the client token.".into(),
        ];
        if again {
            text.push("This form has the values of one copy: look at its tags and dates first. They are saved unchanged, for copies of any image.".into());
        }
        text.push("Name of the preset:".into());
        Self::with(InputKind::Preset(Box::new(preset)), "Save as a preset", text)
    }

    /// Saves a filter of the images.
    pub fn filter(filter: String) -> Self {
        let text = vec![filter.clone(), "Name of the filter:".into()];
        Self::with(InputKind::Filter(filter), "Save the filter", text)
    }

    /// Carries out changed post-copy steps that make a copy public, after `public` was typed.
    pub fn public_steps(job: &Job, outcome: Vec<String>, steps: Vec<PostCopyStep>) -> Self {
        let request = &job.request;
        let mut text = vec![format!("Change what is done with \"{}\" in {}?", request.name, request.destination)];
        text.extend(outcome.into_iter().map(|line| format!("  {line}")));
        text.push("Everyone with an AWS account can launch a public image and read what is on it.".into());
        text.push("Type public to confirm:".into());
        Self::with(InputKind::PublicSteps(job.id, steps), "Post-copy steps", text)
    }

    /// What Enter does, for the footer.
    pub fn accept_word(&self) -> &'static str {
        match self.kind {
            InputKind::Deregister(_) | InputKind::DeregisterImages(_) => "deregister",
            InputKind::DeleteSnapshots(_) => "delete",
            InputKind::ApplySync { .. } => "carry out",
            InputKind::Preset(_) | InputKind::Filter(_) => "save",
            InputKind::Owner(_) => "list",
            InputKind::PublicSteps(..) => "apply",
        }
    }

    /// Applies a key to the line. The message about the text before it disappears.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let edited = editor::edit(&mut self.line, key);
        if edited {
            self.mistake = None;
        }
        edited
    }

    /// Replaces the text.
    pub(in crate::tui) fn replace(&mut self, text: &str) {
        (self.line, self.mistake) = (Input::default(), None);
        editor::paste(&mut self.line, text);
    }

    fn parse(&self) -> Result<Typed, &'static str> {
        let text = self.line.value().trim();
        match &self.kind {
            InputKind::Owner(OwnerInput::Account) => {
                let digits: String = text.chars().filter(|c| *c != '-').collect();
                let account = AccountId::new(&digits).map_err(|_| "An account id has twelve digits.")?;
                Ok(Typed::Owner(OwnerFilter::Account(account)))
            }
            InputKind::Owner(OwnerInput::Public) if text.chars().filter(|c| !"*?".contains(*c)).count() < 3 => {
                Err("Type at least three characters of the name.")
            }
            InputKind::Owner(OwnerInput::Public) => Ok(Typed::Owner(OwnerFilter::Public { name: text.to_owned() })),
            InputKind::Preset(_) if text.is_empty() || text.chars().count() > PresetFile::MAX_NAME => {
                Err("A name has 1 to 64 characters.")
            }
            InputKind::Preset(preset) => Ok(Typed::Preset { name: text.to_owned(), preset: preset.clone() }),
            InputKind::Filter(_) if !FilterFile::is_name(text) => Err("A name has 1 to 64 characters."),
            InputKind::Filter(filter) => Ok(Typed::Filter { name: text.to_owned(), filter: filter.clone() }),
            InputKind::Deregister(batch) if text == batch.batch.as_str() && !batch.is_answered() => Err(NOT_ANSWERED),
            InputKind::Deregister(batch) if text == batch.batch.as_str() => Ok(Typed::Deregister(batch.jobs.clone())),
            InputKind::PublicSteps(job, steps) if text == "public" => Ok(Typed::Steps(*job, steps.clone())),
            InputKind::PublicSteps(..) => Err("Type public, or press Esc."),
            InputKind::DeregisterImages(images) if images.is_confirmed_by(text) && !images.0.is_answered() => {
                Err(NOT_ANSWERED)
            }
            InputKind::DeregisterImages(images) if images.is_confirmed_by(text) => {
                Ok(Typed::DeregisterImages(images.requests()))
            }
            InputKind::DeregisterImages(images) => Err(images.wanted()),
            InputKind::DeleteSnapshots(orphans) if text == orphans.len().to_string() => {
                Ok(Typed::DeleteSnapshots(orphans.clone()))
            }
            InputKind::ApplySync { images, digest } if text == images.to_string() => {
                Ok(Typed::ApplySync(digest.clone()))
            }
            InputKind::ApplySync { .. } => Err("The number does not match. Nothing was started."),
            InputKind::DeleteSnapshots(_) => Err("The number does not match. Nothing was deleted."),
            InputKind::Deregister(batch) if batch.is_of_image() => {
                Err("That is not the image's id. Nothing was deregistered.")
            }
            InputKind::Deregister(_) => Err("That is not the batch's name. Nothing was deregistered."),
        }
    }
}
