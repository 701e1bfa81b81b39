//! The copy form: what is copied, where to, under which name, how encrypted. It checks while one types.

mod view;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{civil::Date, tz::TimeZone};
use tui_input::Input;

use crate::{
    domain::{
        ClientToken, Image, Region,
        plan::{Draft, Field, Plan, first_description},
        text::count,
    },
    engine::Event,
    term::input::{KeyCode, KeyEvent},
    tui::{
        keys::Action,
        model::{Model, Pane},
        msg::Effect,
        screens::{Overlay, picker, question::Question, yank},
        widgets::editor,
    },
};

pub use view::draw;

/// A row one can stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Destinations,
    Name,
    Description,
    Encryption,
    Key,
    KeyFor(Region),
    Tags,
    Start,
}

/// The form's state.
#[derive(Debug, Clone)]
pub struct Form {
    sources: Vec<Arc<Image>>,
    destinations: Vec<Region>,
    name: Input,
    description: Input,
    encrypt: bool,
    key: Input,
    keys: BTreeMap<Region, Input>,
    copy_tags: bool,
    account: Option<crate::domain::AccountId>,
    focus: usize,
    /// Which copy's command line is shown.
    line: usize,
    edited: bool,
    today: Date,
    /// Whether a start was tried: from then on, mistakes of untouched fields are shown too.
    tried: bool,
}

/// Opens the form on these images.
pub(super) fn open(model: &mut Model, sources: Vec<Arc<Image>>) {
    if model.start.config.read_only {
        model.complain("Read-only: nothing is changed in AWS.");
        return;
    }
    if let Some(bad) = sources.iter().find(|s| s.state != crate::domain::ImageState::Available) {
        let only = if sources.len() == 1 { "" } else { "; unmark it to copy the others" };
        model.complain(format!("{} is {}: only an available image can be copied{only}.", bad.id, bad.state.as_str()));
        return;
    }
    let Some(first) = sources.first().cloned() else {
        model.say("There is no image to copy here.");
        return;
    };
    let today = model.now.to_zoned(TimeZone::UTC).date();
    let settings = &model.start.config.copy;
    let one = sources.len() == 1;
    // With one image the texts are its own, ready to be changed; with several they stay templates.
    let name = if one && settings.name == "{name}" { first.name.to_string() } else { settings.name.clone() };
    let description = if one {
        first_description(&settings.description, &first, &first.region, today)
    } else {
        settings.description.clone()
    };
    let ebs = sources.iter().any(|s| !s.instance_store());
    let encrypted = sources.iter().all(|s| s.encrypted());
    let form = Form {
        destinations: Vec::new(),
        name: Input::new(name),
        description: Input::new(description),
        encrypt: encrypted || (settings.encrypt && ebs),
        key: Input::new(settings.kms_key.clone()),
        keys: BTreeMap::new(),
        copy_tags: settings.copy_tags,
        account: model.account.as_ref().map(|a| a.id.clone()),
        focus: 0,
        line: 0,
        edited: false,
        today,
        tried: false,
        sources,
    };
    model.overlays.push(Overlay::Form(Box::new(form)));
}

impl Form {
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Destinations, Row::Name, Row::Description, Row::Encryption];
        if self.encrypt {
            rows.push(Row::Key);
            if self.destinations.len() > 1 {
                rows.extend(self.destinations.iter().cloned().map(Row::KeyFor));
            }
        }
        rows.extend([Row::Tags, Row::Start]);
        rows
    }

    fn row(&self) -> Row {
        self.rows().get(self.focus).cloned().unwrap_or(Row::Start)
    }

    fn text(&mut self) -> Option<&mut Input> {
        match self.row() {
            Row::Name => Some(&mut self.name),
            Row::Description => Some(&mut self.description),
            Row::Key => Some(&mut self.key),
            Row::KeyFor(region) => Some(self.keys.entry(region).or_default()),
            Row::Destinations | Row::Encryption | Row::Tags | Row::Start => None,
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            sources: self.sources.clone(),
            destinations: self.destinations.clone(),
            name: self.name.value().to_owned(),
            description: self.description.value().to_owned(),
            encrypt: self.encrypt,
            key: self.key.value().to_owned(),
            keys: self.keys.iter().map(|(r, k)| (r.clone(), k.value().to_owned())).collect(),
            copy_tags: self.copy_tags,
            account: self.account.clone(),
        }
    }

    /// As it would be sent, under tokens that are not.
    pub(super) fn preview(&self) -> Plan {
        self.draft().check(self.today, || ClientToken::from_random(0))
    }

    fn move_focus(&mut self, forward: bool) {
        let rows = self.rows().len();
        self.focus = if forward { self.focus + 1 } else { self.focus + rows - 1 } % rows;
    }

    fn focus_on(&mut self, field: &Field) {
        let wanted = match field {
            Field::Sources | Field::Destinations => Row::Destinations,
            Field::Name => Row::Name,
            Field::Description => Row::Description,
            Field::Encryption => Row::Encryption,
            Field::Key => Row::Key,
            Field::KeyFor(region) => Row::KeyFor(region.clone()),
        };
        self.focus = self.rows().iter().position(|r| *r == wanted).unwrap_or(0);
    }
}

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => Some(form),
        _ => None,
    }
}

/// Offers a key to the field with the focus.
pub(super) fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(form) = form(model) else { return false };
    // These move between fields and start; the line would take them for its own.
    if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down | KeyCode::Enter | KeyCode::Esc)
    {
        return false;
    }
    let Some(line) = form.text() else { return false };
    let took = editor::edit(line, key);
    form.edited |= took && matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete);
    took
}

/// Offers a paste likewise.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let Some(form) = form(model) else { return false };
    let Some(line) = form.text() else { return false };
    editor::paste(line, text);
    form.edited = true;
    true
}

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(form) = form(model) else { return false };
    match action {
        Action::NextField => form.move_focus(true),
        Action::PreviousField => form.move_focus(false),
        Action::Toggle => toggle(model),
        Action::Press => press(model, effects),
        Action::Start => start(model, effects),
        Action::NextLine => form.line = (form.line + 1) % form.preview().copies.len().max(1),
        Action::PreviousLine => {
            let lines = form.preview().copies.len().max(1);
            form.line = (form.line + lines - 1) % lines;
        }
        Action::YankCommand => {
            let plan = form.preview();
            match plan.copies.get(form.line.min(plan.copies.len().saturating_sub(1))) {
                Some(copy) => yank(model, copy.aws_cli(), effects),
                None => model.say("There is no command yet: choose a destination first."),
            }
        }
        Action::Back if form.edited => model.overlays.push(Overlay::Question(Question::leave_form())),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

fn toggle(model: &mut Model) {
    let Some(form) = form(model) else { return };
    match form.row() {
        Row::Encryption => match form.draft().encryption_fixed() {
            Some(why) => model.say(why),
            None => (form.encrypt, form.edited) = (!form.encrypt, true),
        },
        Row::Tags => (form.copy_tags, form.edited) = (!form.copy_tags, true),
        _ => {}
    }
}

fn press(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    match form.row() {
        Row::Destinations => {
            let chosen = form.destinations.clone();
            picker::open_destinations(model, &chosen);
        }
        Row::Encryption | Row::Tags => toggle(model),
        Row::Key => match form.destinations.first().cloned() {
            Some(region) => picker::open_keys(model, &region, &Field::Key, effects),
            None => model.say("Choose a destination first: keys belong to a region."),
        },
        Row::KeyFor(region) => picker::open_keys(model, &region.clone(), &Field::KeyFor(region), effects),
        Row::Start => start(model, effects),
        Row::Name | Row::Description => form.move_focus(true),
    }
}

/// The destinations were chosen; their keys are asked for, so that the list is there when it is wanted.
pub(super) fn set_destinations(model: &mut Model, destinations: Vec<Region>, _effects: &mut Vec<Effect>) {
    if let Some(form) = form(model) {
        form.edited |= form.destinations != destinations;
        form.destinations = destinations;
        form.line = 0;
        let several = form.sources.len() * form.destinations.len() > 1;
        // A name for several copies is a template; the one image's own name serves as it stands.
        if several && form.sources.len() > 1 && form.name.value().is_empty() {
            form.name = Input::new("{name}".into());
        }
        form.focus = 1;
    }
}

/// A key was chosen.
pub(super) fn set_key(model: &mut Model, field: &Field, key: String) {
    if let Some(form) = form(model) {
        form.edited = true;
        match field {
            Field::KeyFor(region) => {
                form.keys.insert(region.clone(), Input::new(key));
            }
            _ => form.key = Input::new(key),
        }
    }
}

fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(form) = form(model) else { return };
    form.tried = true;
    let (draft, today) = (form.draft(), form.today);
    let mistakes = form.preview().mistakes;
    if let Some(first) = mistakes.first() {
        form.focus_on(&first.field);
        let text = first.text.clone();
        model.complain(format!("Not started. {text}"));
        return;
    }
    let plan = draft.check(today, || model.token());
    model.overlays.retain(|o| !matches!(o, Overlay::Form(_)));
    model.say(format!("{} asked for; the jobs pane shows them.", count(plan.copies.len(), "copy", "copies")));
    model.images.marked.clear();
    model.focus = Pane::Jobs;
    if model.full == Some(Pane::Images) {
        model.full = None;
    }
    model.jobs.current = None;
    model.drive(Event::Submit(plan.copies), effects);
}
