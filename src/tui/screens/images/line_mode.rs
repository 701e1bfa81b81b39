//! The images pane in line mode.

use super::{
    columns::{heading, text},
    view::empty_text,
};
use crate::{
    domain::{
        Image, ImageColumn, OwnerFilter,
        text::{age, clean, thousands},
    },
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen, page},
        live,
        model::Model,
        others::ListKey,
    },
};

pub fn screen(model: &Model) -> LineModeScreen {
    let pane = &model.images;
    if pane.editing {
        let mut screen = LineModeScreen::new("Filter of the images");
        let filter = Some(pane.filter.value()).filter(|filter| !filter.is_empty()).unwrap_or("none");
        screen.lines.push(LineModeLine::new(format!("Filter: {filter}")).at_cursor(true));
        return screen;
    }
    let mut screen = LineModeScreen { title: title(model), lines: Vec::new() };
    let rows = page(pane.list.cursor, pane.rows.len());
    for (at, (list, image)) in pane.rows.with_lists().enumerate().skip(rows.start).take(rows.len()) {
        screen.lines.push(row(model, at, list, image));
    }
    if pane.rows.is_empty() {
        for line in empty_text(model) {
            screen.say(line);
        }
    }
    screen.say_rest(&rows, pane.rows.len());
    screen
}

fn title(model: &Model) -> LineModeLine {
    let pane = &model.images;
    let (shown, total) = (pane.rows.len(), pane.total());
    let of = if shown == total { String::new() } else { format!("{} of ", thousands(shown)) };
    let first = if model.catalogue.is_capped() { "the first " } else { "" };
    let mut parts = vec![format!("Images: {of}{first}{}", thousands(total)), model.query.label()];
    if !model.query.narrowed.is_empty() {
        parts.push("narrowed by EC2".into());
    }
    parts.extend(model.catalogue.unlisted());
    if !pane.filter.value().is_empty() {
        parts.push(format!("filter {}", pane.filter.value()));
    }
    if !pane.marked.is_empty() {
        parts.push(format!("{} marked", thousands(pane.marked.len())));
    }
    let way = if pane.sort.descending { "descending" } else { "ascending" };
    parts.push(format!("by {} {way}", heading(&pane.sort.column).to_lowercase()));
    let key = parts.join(", ");
    if let Some(what) = live::loading_text(model) {
        parts.push(what);
    } else if let Some(time) = live::age(model) {
        parts.push(format!("listed {} ago", age(time.as_secs())));
    }
    LineModeLine::new(parts.join(", ")).keyed(key)
}

fn row(model: &Model, at: usize, list: &ListKey, image: &Image) -> LineModeLine {
    use ImageColumn as C;
    let chosen = &model.images.columns;
    let mine = matches!(model.query.whose, OwnerFilter::Mine | OwnerFilter::Account(_));
    let usual = [C::Name, C::Region, C::ImageId, C::Age, C::Size, C::Encrypted, C::State, C::Architecture, C::Owner];
    let usual = &usual[..usual.len() - usize::from(mine)];
    let mut columns = if chosen.is_empty() { usual.to_vec() } else { chosen.clone() };
    if chosen.is_empty() && !model.others.is_empty() {
        columns.insert(1, C::Profile);
    }
    if !columns.iter().any(|column| matches!(column, C::Name | C::ImageId)) {
        columns.insert(0, C::Name);
    }
    let marked = model.images.marked.contains(list, &image.id);
    let cells: Vec<(&C, String)> = columns.iter().map(|column| (column, cell(model, column, list, image))).collect();
    // Without the age: a row whose age changes is the same row.
    let steady = cells.iter().filter(|(column, _)| **column != C::Age).map(|(_, cell)| cell.as_str());
    let key = format!("{} {} {marked} {}", at + 1, image.id, steady.collect::<Vec<_>>().join(","));
    let current = at == model.images.list.cursor;
    LineModeLine::row(at, marked, cells.into_iter().map(|(_, cell)| cell)).keyed(key).at_cursor(current)
}

/// What a column says, so that it is understood without its heading; nothing where it says nothing.
fn cell(model: &Model, column: &ImageColumn, list: &ListKey, image: &Image) -> String {
    use ImageColumn as C;
    let (value, _) = text(column, image, model.profile_name(list.profile), usize::MAX, model.now);
    let value = clean(&value).into_owned();
    match column {
        C::Name | C::Region | C::ImageId | C::State | C::Architecture => value,
        C::Encrypted => if image.encrypted() { "encrypted" } else { "not encrypted" }.into(),
        C::Public => if image.public { "public" } else { "not public" }.into(),
        _ if matches!(value.as_str(), "" | "-") => String::new(),
        C::SourceImage if image.source_instance.is_some() => format!("made from an instance of {value}"),
        C::SourceImage if image.is_restored() => format!("restored from {value}"),
        C::SourceImage => format!("copy of {value}"),
        C::SourceRegion if image.source_instance.is_some() => format!("made from an instance in {value}"),
        C::SourceRegion if image.is_restored() => format!("restored from {value}"),
        C::SourceRegion => format!("copied from {value}"),
        C::Tag(key) => format!("tag {} {value}", clean(key)),
        _ => format!("{} {value}", heading(column).to_lowercase()),
    }
}
