//! The copy form: a draft in sections that fold. It is checked while the user types.

pub mod again;
pub mod fields;
mod keys;
pub mod line_mode;
pub mod open;
mod outcome;
pub mod presets;
pub mod start;
pub(in crate::tui) mod steps;
mod steps_form;
mod tags;
pub mod update;
mod values;
pub mod view;

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use tui_input::Input;

use self::{
    fields::{Item, Kind, Row, Section, rows, section_of},
    steps_form::StepsForm,
    values::{OwnTags, SetAside},
};
use crate::{
    domain::{
        ClientToken, Region,
        completion::CompletionDuration,
        draft::{Draft, Field, SourceTags},
        plan::{CheckContext, ListedImages, Plan},
        price::{Prices, estimate},
        review::Decisions,
    },
    engine::{Job, JobId},
    labels,
    tui::{catalogue::Catalogue, others::ProfileId},
};

/// The form's state.
#[derive(Debug, Clone)]
pub struct Form {
    pub(in crate::tui) draft: Draft,
    /// The draft as it would be started, with placeholders for client tokens.
    plan: Plan,
    /// What the copies cost, in words; `None` until the next frame has worked it out.
    cost: Option<String>,
    own_tags: OwnTags,
    /// The sections that are not folded.
    open: BTreeSet<Section>,
    focus: Item,
    /// The text with the focus, while it is edited.
    line: Input,
    /// Index of the copy whose command is shown.
    command: usize,
    edited: bool,
    rules: Rules,
    /// True once the user has tried to start: from then on, mistakes in untouched fields are shown too.
    submitted: bool,
    /// Each is shown beside its field until the field is changed.
    past_failures: Vec<PastFailure>,
    purpose: Purpose,
    set_aside: SetAside,
    /// The account whose rows the sources are: `I` copies what another one lists.
    listed_by: ProfileId,
    /// What was decided in its reviews.
    pub(in crate::tui) decisions: Decisions,
}

/// What the draft is checked against.
#[derive(Debug, Clone)]
struct Rules {
    /// When the form was opened, or its review last. Dates are relative to it, so that they do not change while the user types.
    now: Timestamp,
    max_copies: usize,
    /// Client tokens that were sent before.
    used_tokens: Vec<ClientToken>,
    /// How many tags amigrate adds by itself.
    job_tags: usize,
    listed: ListedImages,
}

impl Rules {
    fn check(&self, draft: &Draft, token: impl FnMut() -> ClientToken) -> Plan {
        let context = CheckContext {
            now: self.now,
            max_copies: self.max_copies,
            used_tokens: &self.used_tokens,
            job_tags: self.job_tags,
            listed: Some(&self.listed),
            asks_for_keys: false,
        };
        draft.check_in(&context, token)
    }
}

/// What the form is for.
#[derive(Debug, Clone)]
enum Purpose {
    Copies,
    /// This copy is made again with changes.
    Again(JobId),
    /// The post-copy steps of an available copy are changed.
    Steps(StepsForm),
}

/// Why the copy failed that is made again, or a step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PastFailure {
    field: Field,
    text: String,
}

impl Form {
    /// What Enter does where the focus is, for the footer.
    pub(in crate::tui) fn press_word(&self) -> &'static str {
        match &self.focus {
            Item::Section(_) => "open or fold",
            Item::StartButton => "review",
            Item::Field(_, Kind::Text | Kind::Choice) => "next field",
            Item::Field(_, Kind::Picker | Kind::TextOrPicker) => "choose",
        }
    }

    /// Returns true if something was entered that closing it would lose.
    pub fn is_edited(&self) -> bool {
        self.edited
    }

    /// Where and What are open, and Encryption if the copies are encrypted; the destinations have the focus.
    fn new(draft: Draft, rules: Rules) -> Self {
        let mut open = BTreeSet::from([Section::Where, Section::What]);
        open.extend(draft.encrypt.then_some(Section::Encryption));
        let mut own_tags = OwnTags::new();
        for tag in draft.sources.iter().flat_map(|s| &s.tags).filter(|t| is_own(&t.key)) {
            match own_tags.get_mut(&tag.key) {
                Some(sources) => *sources += 1,
                None => _ = own_tags.insert(tag.key.clone(), 1),
            }
        }
        let mut form = Self {
            plan: Plan::default(),
            cost: None,
            draft,
            own_tags,
            open,
            focus: Item::Field(Field::Destinations, Kind::Picker),
            line: Input::default(),
            command: 0,
            edited: false,
            rules,
            submitted: false,
            past_failures: Vec::new(),
            purpose: Purpose::Copies,
            set_aside: SetAside::default(),
            listed_by: ProfileId::default(),
            decisions: Decisions::default(),
        };
        form.check();
        form
    }

    /// A form for what is left to do with an available copy.
    fn for_steps(draft: Draft, rules: Rules, job: Arc<Job>) -> Self {
        let mut form = Self::new(draft, rules);
        form.open = BTreeSet::from([Section::Afterwards]);
        form.purpose = Purpose::Steps(StepsForm { job, steps: Vec::new() });
        form.check();
        form
    }

    /// The copy that is made again with changes.
    fn replaces(&self) -> Option<JobId> {
        if let Purpose::Again(job) = &self.purpose { Some(*job) } else { None }
    }

    /// Returns true if a field of text has the focus.
    pub fn takes_text(&self) -> bool {
        self.text_field().is_some()
    }

    /// Returns true if the client token has the focus.
    pub fn enters_client_token(&self) -> bool {
        matches!(self.focus, Item::Field(Field::ClientToken, _))
    }

    fn rows(&self) -> Vec<Row> {
        match self.purpose {
            Purpose::Copies | Purpose::Again(_) => rows(&self.draft, &Section::ALL, &self.open),
            Purpose::Steps(_) => rows(&self.draft, &[Section::Afterwards], &self.open),
        }
    }

    /// What a section contains.
    fn summary(&self, section: Section) -> String {
        values::summary(&self.draft, section, &self.own_tags)
    }

    fn check(&mut self) {
        if let Purpose::Steps(steps) = &mut self.purpose {
            let checked = self.draft.check_steps(self.rules.now);
            steps.steps = checked.steps;
            self.plan = Plan { copies: Vec::new(), mistakes: checked.mistakes, warnings: checked.warnings };
        } else {
            self.plan = self.rules.check(&self.draft, || ClientToken::from_random(0));
        }
        self.cost = None;
        self.command = self.command.min(self.plan.copies.len().saturating_sub(1));
    }

    /// Takes in what is listed of the destinations, if that is new.
    pub(in crate::tui) fn follow_listings(&mut self, catalogue: &Catalogue) {
        let account = self.draft.account.as_ref();
        let mut changed = false;
        for (region, listing) in catalogue.listings().filter(|(region, _)| self.draft.destinations.contains(region)) {
            let images = listing.images().iter().map(|image| &**image);
            changed |= self.rules.listed.take_in(region, listing.version(), account, images);
        }
        if changed {
            self.check();
        }
    }

    /// Brings the cost up to date. Once a frame: keys come in floods.
    pub(in crate::tui) fn refresh(&mut self, prices: &Prices) {
        if self.cost.is_none() {
            self.cost = Some(labels::estimate(&estimate(&self.plan.copies, prices)));
        }
    }

    /// Changes the draft.
    fn change(&mut self, change: impl FnOnce(&mut Draft)) {
        change(&mut self.draft);
        self.edited = true;
        self.check();
        // The field with the focus may be there no longer.
        let rows = self.rows();
        if !rows.iter().any(|r| r.item == self.focus) {
            let above = match &self.focus {
                Item::Field(field, _) => section_of(field).map(Item::Section),
                _ => None,
            };
            self.focus(above.unwrap_or(Item::StartButton));
        }
    }

    /// Returns true if a text has the focus.
    pub(in crate::tui) fn is_typing(&self) -> bool {
        self.text_field().is_some()
    }

    /// Returns true if the destinations have the focus.
    pub(in crate::tui) fn is_on_destinations(&self) -> bool {
        matches!(self.focus, Item::Field(Field::Destinations, _))
    }

    /// The field whose text has the focus.
    fn text_field(&self) -> Option<&Field> {
        match &self.focus {
            Item::Field(field, kind) if kind.is_text() => Some(field),
            _ => None,
        }
    }

    /// The line that the text with the focus is edited in.
    pub(in crate::tui) fn line(&self) -> &Input {
        &self.line
    }

    /// The text of a field; empty if it has none.
    pub(in crate::tui) fn text_of(&self, field: &Field) -> &str {
        values::text(&self.draft, field)
    }

    /// The text with the focus as it is in the draft.
    fn text(&self) -> &str {
        self.text_field().map_or("", |field| values::text(&self.draft, field))
    }

    fn focus(&mut self, item: Item) {
        self.focus = item;
        self.line = Input::new(self.text().to_owned());
    }

    /// Puts the focus on a field, and opens its section.
    pub(in crate::tui) fn focus_on(&mut self, field: &Field) {
        self.open.extend(section_of(field));
        let on = |row: &Row| matches!(&row.item, Item::Field(f, _) if f == field);
        // Of two rows of one field, the text is what was mistaken.
        let row = self.rows().into_iter().rfind(on).map(|row| row.item);
        let section = section_of(field).map(Item::Section);
        self.focus(row.or(section).unwrap_or(Item::Field(Field::Destinations, Kind::Picker)));
    }

    fn fold_or_open(&mut self, section: Section) {
        if !self.open.remove(&section) {
            self.open.insert(section);
        }
    }

    /// Takes the text that is edited over into the draft.
    fn keep_line(&mut self) {
        if let Some(field) = self.text_field().cloned() {
            let text = self.line.value().to_owned();
            self.change(|draft| values::set_text(draft, &field, text));
            self.forget_failure_of(&field);
        }
    }

    /// Turns the choice of a field to its next value.
    ///
    /// # Errors
    /// Why it cannot be changed.
    fn turn(&mut self, field: &Field) -> Result<(), &'static str> {
        let mut set_aside = std::mem::take(&mut self.set_aside);
        let mut turned = Ok(());
        self.change(|draft| turned = values::next_value(draft, field, &mut set_aside));
        self.set_aside = set_aside;
        self.forget_failure_of(field);
        turned
    }

    fn forget_failure_of(&mut self, field: &Field) {
        self.past_failures.retain(|past| past.field != *field);
    }

    /// Applies the choice of the destinations' picker. Returns true if the copies are not limited to what is missing any more.
    pub(in crate::tui) fn set_destinations(&mut self, destinations: Vec<Region>) -> bool {
        let was_limited = self.draft.only.is_some();
        if self.draft.destinations != destinations {
            self.change(|draft| draft.set_destinations(destinations));
        }
        self.command = 0;
        self.focus_on(&Field::Name);
        was_limited && self.draft.only.is_none()
    }

    /// Applies the choice of a KMS key picker.
    pub(in crate::tui) fn set_key(&mut self, field: &Field, key: String) {
        self.change(|draft| values::set_text(draft, field, key));
        self.forget_failure_of(field);
        self.focus(self.focus.clone());
    }

    /// Applies the choice of the picker of completion times.
    pub(in crate::tui) fn set_completion(&mut self, completion: Option<CompletionDuration>) {
        self.change(|draft| draft.completion = completion);
    }

    /// Applies the choice of the picker of the sources' tags.
    pub(in crate::tui) fn set_source_tags(&mut self, keys: BTreeSet<Arc<str>>) {
        let choice = match keys.len() {
            0 => SourceTags::None,
            n if n == self.own_tags.len() => SourceTags::All,
            _ => SourceTags::Picked(keys),
        };
        self.change(|draft| draft.source_tags = choice);
    }

    /// The keys of the sources' tags, each with how many sources have it, and whether the copies get it.
    pub(in crate::tui) fn source_tag_keys(&self) -> Vec<(Arc<str>, usize, bool)> {
        let goes_along = |key: &str| match &self.draft.source_tags {
            SourceTags::All => true,
            SourceTags::None => false,
            SourceTags::Picked(keys) => keys.contains(key),
        };
        self.own_tags.iter().map(|(key, sources)| (key.clone(), *sources, goes_along(key))).collect()
    }
}

/// Returns true for tags that a copy may get: neither AWS's own nor those that identify a job.
fn is_own(key: &str) -> bool {
    !key.starts_with("aws:") && !key.starts_with("amigrate:")
}
