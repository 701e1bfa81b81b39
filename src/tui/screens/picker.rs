//! A list to choose one or several from: regions, destinations, keys, whose images, profiles, commands.

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use tui_input::Input;

use crate::{
    domain::{OptIn, Region, Whose, plan::Field, text::count},
    term::input::KeyEvent,
    tui::{
        keys::{Action, KEYS},
        model::{Awaited, Model, Session},
        msg::Effect,
        screens::{Overlay, form, prompt},
        theme, update,
        view::{Dressing, popup},
        widgets::{cells::fit, editor, list::List},
    },
};

/// What the choice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The regions on the screen.
    Regions,
    /// The form's destinations.
    Destinations,
    /// A KMS key of a region, for a field of the form.
    Key(Region, Field),
    /// Whose images.
    Whose,
    /// Another profile.
    Profile,
    /// A command by its name.
    Command,
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Region(Region),
    Text(String),
    Whose(Whose),
    Ask(prompt::Purpose),
    Action(Action),
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    value: Value,
    label: String,
    note: String,
    /// Rows that cannot be taken are shown, greyed, with the reason as their note.
    enabled: bool,
}

/// A list to choose from.
#[derive(Debug, Clone)]
pub struct Picker {
    purpose: Purpose,
    items: Vec<Item>,
    /// Rows that fit the filter.
    shown: Vec<usize>,
    marked: BTreeSet<usize>,
    several: bool,
    list: List,
    /// The filter.
    pub filter: Input,
    /// Whether keys go to the filter.
    pub typing: bool,
    /// A line above the rows.
    remark: String,
}

/// Rows seen at a time; the window is smaller on a small screen, the paging is not.
const PAGE: usize = 14;

impl Picker {
    fn new(purpose: Purpose, items: Vec<Item>, several: bool) -> Self {
        let mut picker = Self {
            purpose,
            items,
            shown: Vec::new(),
            marked: BTreeSet::new(),
            several,
            list: List::default(),
            filter: Input::default(),
            typing: false,
            remark: String::new(),
        };
        picker.narrow();
        picker
    }

    /// Looks again at which rows fit the filter.
    pub fn narrow(&mut self) {
        let words: Vec<String> = self.filter.value().split_whitespace().map(str::to_lowercase).collect();
        let fits = |item: &Item| {
            let text = format!("{} {}", item.label, item.note).to_lowercase();
            words.iter().all(|w| text.contains(w))
        };
        self.shown = (0..self.items.len()).filter(|i| fits(&self.items[*i])).collect();
        self.list.settle(self.shown.len(), PAGE);
    }

    /// Lets the filter take a key.
    pub fn edit(&mut self, key: &KeyEvent) -> bool {
        let took = editor::edit(&mut self.filter, key);
        if took {
            self.list.cursor = 0;
            self.narrow();
        }
        took
    }

    fn current(&self) -> Option<usize> {
        self.shown.get(self.list.cursor).copied()
    }

    fn mark(&mut self) {
        let Some(at) = self.current().filter(|_| self.several) else { return };
        if self.items[at].enabled && !self.marked.remove(&at) {
            self.marked.insert(at);
        }
        self.list.act(Action::Down, self.shown.len(), PAGE);
    }

    /// The marked rows; without any, the one under the cursor.
    fn taken(&self) -> Vec<&Item> {
        let rows: Vec<usize> = if self.marked.is_empty() {
            self.current().into_iter().collect()
        } else {
            self.marked.iter().copied().collect()
        };
        rows.into_iter().map(|i| &self.items[i]).filter(|i| i.enabled).collect()
    }

    fn title(&self) -> String {
        match &self.purpose {
            Purpose::Regions => "Regions to list".into(),
            Purpose::Destinations => "Regions to copy to".into(),
            Purpose::Key(region, _) => format!("KMS keys in {region}"),
            Purpose::Whose => "Whose images".into(),
            Purpose::Profile => "Profiles".into(),
            Purpose::Command => "Commands".into(),
        }
    }
}

fn region_items(model: &Model) -> Vec<Item> {
    let item = |region: &Region, enabled: bool, note: &str| Item {
        value: Value::Region(region.clone()),
        label: region.to_string(),
        note: note.into(),
        enabled,
    };
    if model.regions.is_empty() {
        let mut known = model.chosen.clone();
        if let Session::Ready(connected) = &model.session {
            known.push(connected.home.clone());
        }
        known.sort();
        known.dedup();
        return known.iter().map(|r| item(r, true, "")).collect();
    }
    let mut regions: Vec<_> = model.regions.iter().collect();
    regions.sort_by_key(|r| (!r.enabled(), r.region.clone()));
    regions
        .iter()
        .map(|r| match r.opt_in {
            OptIn::NotOptedIn => item(&r.region, false, "not enabled for this account"),
            OptIn::OptedIn | OptIn::NotRequired => item(&r.region, true, city(&r.region)),
        })
        .collect()
}

/// Where a region is, for people who think in places. Source: AWS's list of regions.
fn city(region: &Region) -> &'static str {
    match region.as_str() {
        "us-east-1" => "N. Virginia",
        "us-east-2" => "Ohio",
        "us-west-1" => "N. California",
        "us-west-2" => "Oregon",
        "af-south-1" => "Cape Town",
        "ap-east-1" => "Hong Kong",
        "ap-northeast-1" => "Tokyo",
        "ap-northeast-2" => "Seoul",
        "ap-northeast-3" => "Osaka",
        "ap-south-1" => "Mumbai",
        "ap-south-2" => "Hyderabad",
        "ap-southeast-1" => "Singapore",
        "ap-southeast-2" => "Sydney",
        "ap-southeast-3" => "Jakarta",
        "ap-southeast-4" => "Melbourne",
        "ca-central-1" => "Canada Central",
        "ca-west-1" => "Calgary",
        "eu-central-1" => "Frankfurt",
        "eu-central-2" => "Zurich",
        "eu-north-1" => "Stockholm",
        "eu-south-1" => "Milan",
        "eu-south-2" => "Spain",
        "eu-west-1" => "Ireland",
        "eu-west-2" => "London",
        "eu-west-3" => "Paris",
        "il-central-1" => "Tel Aviv",
        "me-central-1" => "UAE",
        "me-south-1" => "Bahrain",
        "sa-east-1" => "São Paulo",
        _ => "",
    }
}

fn open_region_list(model: &mut Model, purpose: Purpose, chosen: &[Region]) {
    let mut picker = Picker::new(purpose, region_items(model), true);
    picker.marked = (0..picker.items.len())
        .filter(|i| matches!(&picker.items[*i].value, Value::Region(r) if chosen.contains(r)))
        .collect();
    picker.list.cursor = picker.marked.first().copied().unwrap_or(0);
    picker.list.settle(picker.shown.len(), PAGE);
    if let Some(failure) = model.lookup_problems.get("regions") {
        picker.remark = format!("The regions could not be listed: {}", failure.why);
    } else if model.regions.is_empty() {
        picker.remark = "The regions are being listed.".into();
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens the choice of regions on the screen.
pub(super) fn open_regions(model: &mut Model) {
    open_region_list(model, Purpose::Regions, &model.chosen.clone());
}

/// Opens the choice of destinations.
pub(super) fn open_destinations(model: &mut Model, chosen: &[Region]) {
    open_region_list(model, Purpose::Destinations, chosen);
}

/// The regions came while the list was open: it is made anew, with its marks.
pub(in crate::tui) fn regions_arrived(model: &mut Model) {
    let Some(Overlay::Picker(picker)) = model.overlays.last() else { return };
    if !matches!(picker.purpose, Purpose::Regions | Purpose::Destinations) {
        return;
    }
    let marked: Vec<Region> = picker
        .marked
        .iter()
        .filter_map(|i| match &picker.items[*i].value {
            Value::Region(r) => Some(r.clone()),
            _ => None,
        })
        .collect();
    let purpose = picker.purpose.clone();
    model.overlays.pop();
    open_region_list(model, purpose, &marked);
}

/// Opens the choice of whose images.
pub(super) fn open_whose(model: &mut Model) {
    let item = |value, label: &str, note: &str| Item { value, label: label.into(), note: note.into(), enabled: true };
    let items = vec![
        item(Value::Whose(Whose::Mine), "mine", "this account's, disabled and deprecated ones too"),
        item(Value::Whose(Whose::Shared), "shared with me", "other accounts' that this one may launch"),
        item(Value::Whose(Whose::Amazon), "Amazon", "by the setting browse.amazon_name"),
        item(Value::Whose(Whose::Marketplace), "Marketplace", "by the setting browse.marketplace_name"),
        item(Value::Ask(prompt::Purpose::Account), "an account", "asks for its id"),
        item(Value::Ask(prompt::Purpose::Public), "public", "asks for a name pattern"),
    ];
    model.overlays.push(Overlay::Picker(Picker::new(Purpose::Whose, items, false)));
}

/// Opens the profiles, once they are known.
pub(in crate::tui) fn open_profiles(model: &mut Model, profiles: &[String]) {
    if profiles.is_empty() {
        model.complain("No profiles are configured; `aws configure --profile NAME` makes one.");
        return;
    }
    let items = profiles.iter().map(|p| Item {
        value: Value::Text(p.clone()),
        label: p.clone(),
        note: String::new(),
        enabled: true,
    });
    model.overlays.push(Overlay::Picker(Picker::new(Purpose::Profile, items.collect(), false)));
}

/// Opens the commands that hold where the focus is.
pub(in crate::tui) fn open_commands(model: &mut Model) {
    let contexts = model.contexts();
    let items = KEYS
        .iter()
        .filter(|b| {
            contexts.contains(&b.context)
                && b.action != Action::Commands
                && b.context != crate::tui::keys::Context::Lists
        })
        .map(|b| Item {
            value: Value::Action(b.action),
            label: b.text.into(),
            note: b.chords.iter().map(|c| c.text()).collect::<Vec<_>>().join(" "),
            enabled: true,
        });
    let mut picker = Picker::new(Purpose::Command, items.collect(), false);
    picker.typing = true;
    model.overlays.push(Overlay::Picker(picker));
}

/// Opens a destination's keys; asks for them if they are not here.
pub(super) fn open_keys(model: &mut Model, region: &Region, field: &Field, effects: &mut Vec<Effect>) {
    let mut picker = Picker::new(Purpose::Key(region.clone(), field.clone()), Vec::new(), false);
    fill_keys(model, region, &mut picker);
    if !model.keys.contains_key(region) {
        let id = model.ask(Awaited::Keys);
        effects.push(Effect::ListKeys { id, region: region.clone() });
    }
    model.overlays.push(Overlay::Picker(picker));
}

/// Keys came: an open list of them is filled.
pub(in crate::tui) fn keys_arrived(model: &mut Model) {
    let Some(Overlay::Picker(mut picker)) = model.overlays.pop_if(|o| matches!(o, Overlay::Picker(_))) else { return };
    if let Purpose::Key(region, _) = picker.purpose.clone() {
        fill_keys(model, &region, &mut picker);
    }
    model.overlays.push(Overlay::Picker(picker));
}

fn fill_keys(model: &Model, region: &Region, picker: &mut Picker) {
    let Some(keys) = model.keys.get(region) else {
        picker.remark = format!("The keys in {region} are being listed.");
        return;
    };
    let default = keys
        .default_key
        .as_ref()
        .map_or("the region's default key for EBS".to_owned(), |k| format!("{k}, the region's default for EBS"));
    let mut items =
        vec![Item { value: Value::Text(String::new()), label: "default".into(), note: default, enabled: true }];
    items.extend(keys.choices.iter().map(|choice| Item {
        value: Value::Text(choice.key.to_string()),
        label: choice.key.to_string(),
        note: if choice.note.is_empty() { choice.key_id.clone() } else { choice.note.clone() },
        enabled: choice.usable != Some(false),
    }));
    picker.items = items;
    picker.remark = keys.problem.as_ref().map_or_else(String::new, |p| {
        format!(
            "The keys could not be listed ({}); type an id, alias or ARN into the field.",
            p.code.as_deref().unwrap_or(&p.why)
        )
    });
    picker.narrow();
}

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Picker(picker)) = model.overlays.last_mut() else { return false };
    let len = picker.shown.len();
    if picker.list.act(action, len, PAGE) {
        return true;
    }
    match action {
        Action::Filter => picker.typing = true,
        Action::Mark => picker.mark(),
        Action::MarkAll if picker.several => {
            picker.marked.extend(picker.shown.iter().copied().filter(|i| picker.items[*i].enabled));
        }
        Action::MarkNone => picker.marked.clear(),
        Action::Accept if picker.typing && picker.several => picker.typing = false,
        Action::Back if picker.typing && picker.purpose != Purpose::Command => {
            picker.typing = false;
            picker.filter.reset();
            picker.narrow();
        }
        Action::Accept => accept(model, effects),
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Overlay::Picker(picker)) = model.overlays.pop() else { return };
    let values: Vec<Value> = picker.taken().into_iter().map(|i| i.value.clone()).collect();
    let Some(first) = values.first().cloned() else {
        let why = picker.current().map(|i| picker.items[i].note.clone()).unwrap_or_default();
        if !why.is_empty() {
            model.complain(format!("That cannot be taken: {why}."));
        }
        model.overlays.push(Overlay::Picker(picker));
        return;
    };
    let regions = || {
        values.iter().filter_map(|v| if let Value::Region(r) = v { Some(r.clone()) } else { None }).collect::<Vec<_>>()
    };
    match (picker.purpose, first) {
        (Purpose::Regions, _) => {
            let regions = regions();
            effects.push(Effect::Remember {
                profile: model.profile.clone().unwrap_or_default(),
                regions: regions.clone(),
            });
            update::choose(model, regions, effects);
        }
        (Purpose::Destinations, _) => form::set_destinations(model, regions(), effects),
        (Purpose::Key(_, field), Value::Text(key)) => form::set_key(model, &field, key),
        (Purpose::Whose, Value::Whose(whose)) => update::choose_whose(model, whose, effects),
        (Purpose::Whose, Value::Ask(purpose)) => model.overlays.push(Overlay::Prompt(prompt::Prompt::new(purpose))),
        (Purpose::Profile, Value::Text(profile)) => update::switch_profile(model, profile, effects),
        (Purpose::Command, Value::Action(action)) => update::act(model, action, effects),
        _ => {}
    }
}

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, picker: &Picker, dressing: Dressing<'_>) {
    let width = area.width.min(76);
    let inner = usize::from(width.saturating_sub(4));
    let height = usize::from(area.height.saturating_sub(5)).min(PAGE);
    let mut lines = Vec::new();
    if !picker.remark.is_empty() {
        lines.extend(
            crate::tui::widgets::cells::wrap(&picker.remark, inner)
                .into_iter()
                .map(|t| Line::styled(format!(" {t}"), theme::WARN)),
        );
    }
    let filter = picker.filter.value();
    let filter_row = lines.len();
    if picker.typing || !filter.is_empty() {
        lines.push(Line::raw(format!(" /{}", fit(filter, inner.saturating_sub(1), dressing.glyphs.ellipsis))));
    }
    let label =
        picker.items.iter().map(|i| crate::tui::widgets::cells::width(&i.label)).max().unwrap_or(0).min(inner * 2 / 3);
    let mut list = picker.list;
    list.settle(picker.shown.len(), height);
    for (row, at) in picker.shown.iter().enumerate().skip(list.offset).take(height) {
        let item = &picker.items[*at];
        let mark = if picker.marked.contains(at) { "*" } else { " " };
        let cursor = if row == list.cursor { ">" } else { " " };
        let style = match (row == list.cursor, item.enabled) {
            (true, _) => theme::CURSOR,
            (false, false) => theme::FAINT,
            (false, true) if picker.marked.contains(at) => theme::MARKED,
            (false, true) => ratatui::style::Style::default(),
        };
        let text = format!(
            "{cursor}{mark} {} {}",
            fit(&item.label, label, dressing.glyphs.ellipsis),
            fit(&item.note, inner.saturating_sub(label + 3), dressing.glyphs.ellipsis)
        );
        lines.push(Line::from(Span::styled(text, style)));
    }
    if picker.shown.is_empty() && !picker.items.is_empty() {
        lines.push(Line::styled(" Nothing fits the filter.", theme::FAINT));
    }
    let mut title = picker.title();
    if picker.several {
        title = format!("{title}: {} marked", count(picker.marked.len(), "region", "regions"));
    }
    let popup = popup(frame, area, &title, lines, width, dressing);
    if picker.typing {
        let column = u16::try_from(picker.filter.visual_cursor() + 3).unwrap_or(0).min(popup.width.saturating_sub(2));
        let row = popup.y + 1 + u16::try_from(filter_row).unwrap_or(0);
        if row < popup.bottom() {
            frame.set_cursor_position((popup.x + column, row));
        }
    }
}
