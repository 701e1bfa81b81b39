//! The columns of the images table: which are shown, their headings, widths and texts.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    domain::{
        Image, ImageColumn, ImageId, ImageState, OwnerFilter, Region, SnapshotId,
        text::{age, gib},
    },
    tui::{model::Model, theme},
};

/// Cells of the name below which other columns are dropped.
const NAME_AT_LEAST: usize = 16;
/// Cells of the name for which other columns are dropped, as long as less important ones are left.
const NAME_WANTED: usize = 24;

/// Cells of a profile's name, and where that would cost another column.
const PROFILE_AT_MOST: usize = 24;
const PROFILE_WANTED: usize = 12;

/// A column with its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tui) struct Placed {
    pub(in crate::tui) column: ImageColumn,
    pub(in crate::tui) cells: usize,
}

/// Returns the columns that fit into a width: those that were chosen, as far as there is room, or as many as there is use for.
pub(in crate::tui) fn columns(model: &Model, inner: usize) -> Vec<Placed> {
    let region = model.chosen.iter().map(|r| r.as_str().len()).max().unwrap_or(9).max(6);
    let chosen = &model.images.columns;
    let mut columns: Vec<Placed> = if chosen.is_empty() {
        by_themselves(model, inner, region)
    } else {
        let mut columns: Vec<Placed> =
            chosen.iter().map(|column| Placed { cells: cells(column, region), column: column.clone() }).collect();
        limit_profiles(&mut columns, model, PROFILE_AT_MOST);
        columns
    };
    let identifies = |placed: &Placed| matches!(placed.column, ImageColumn::Name | ImageColumn::ImageId);
    if !columns.iter().any(identifies) {
        columns.insert(0, Placed { column: ImageColumn::Name, cells: 0 });
    }
    // The last ones are dropped first, but neither the name nor the only id.
    while used(&columns) + least(&columns) > inner {
        let id_only = !columns.iter().any(|placed| placed.column == ImageColumn::Name);
        let drops =
            |placed: &Placed| placed.column != ImageColumn::Name && !(id_only && placed.column == ImageColumn::ImageId);
        let Some(last) = columns.iter().rposition(drops) else { break };
        columns.remove(last);
    }
    widen(&mut columns, model, inner);
    columns
}

/// Gives the names of the profiles what they need, up to a limit.
fn limit_profiles(columns: &mut [Placed], model: &Model, most: usize) {
    let names = std::iter::once(model.id).chain(model.others.iter().map(|other| other.id));
    let longest = names.map(|id| model.profile_name(id).chars().count()).max().unwrap_or_default();
    for placed in columns.iter_mut().filter(|placed| placed.column == ImageColumn::Profile) {
        placed.cells = longest.clamp(7, most);
    }
}

/// Returns cells of the marks, of every column but the name, and of the blanks between.
fn used(columns: &[Placed]) -> usize {
    // The blank behind the last one is not needed.
    1 + columns.iter().map(|placed| placed.cells + 1).sum::<usize>()
}

fn least(columns: &[Placed]) -> usize {
    if columns.iter().any(|placed| placed.column == ImageColumn::Name) { NAME_AT_LEAST } else { 0 }
}

/// Gives what is left to the name, as far as names are that long, then to descriptions and tags.
fn widen(columns: &mut [Placed], model: &Model, inner: usize) {
    let mut left = inner.saturating_sub(used(columns));
    let flexible = columns.iter().any(|placed| is_flexible(&placed.column));
    if let Some(name) = columns.iter_mut().find(|placed| placed.column == ImageColumn::Name) {
        // Without another use for the room the columns behind it stand at the right border.
        name.cells = if flexible { left.min(model.images.rows.longest_name().max(NAME_WANTED)) } else { left };
        left -= name.cells;
    }
    let mut flexible: Vec<&mut Placed> = columns.iter_mut().filter(|placed| is_flexible(&placed.column)).collect();
    let several = flexible.len();
    for (at, placed) in flexible.iter_mut().enumerate() {
        let share = left / (several - at);
        placed.cells += share;
        left -= share;
    }
}

fn is_flexible(column: &ImageColumn) -> bool {
    matches!(column, ImageColumn::Description | ImageColumn::Tag(_))
}

/// Returns the columns of most interest, the most important one first.
fn usual(model: &Model) -> Vec<ImageColumn> {
    use ImageColumn as C;
    let mine = matches!(model.query.whose, OwnerFilter::Mine | OwnerFilter::Account(_));
    let whose = (!model.others.is_empty()).then_some(C::Profile);
    let owner = (!mine).then_some(C::Owner);
    let rest = [C::Age, C::Size, C::Encrypted, C::State, C::Architecture];
    let first = std::iter::once(C::Name).chain(whose);
    first.chain([C::Region, C::ImageId]).chain(owner).chain(rest).collect()
}

/// Returns the columns that are shown unless others were chosen. Where there is little room the less important ones are missing,
/// where there is much there are more.
fn by_themselves(model: &Model, inner: usize, region: usize) -> Vec<Placed> {
    use ImageColumn as C;
    let mut columns: Vec<Placed> =
        usual(model).into_iter().map(|column| Placed { cells: cells(&column, region), column }).collect();
    limit_profiles(&mut columns, model, PROFILE_AT_MOST);
    let longest = model.images.rows.longest_name();
    let fits = |columns: &[Placed], name: usize| used(columns) + name <= inner;
    let wanted = longest.clamp(NAME_AT_LEAST, NAME_WANTED);
    if !fits(&columns, wanted) {
        columns.retain(|placed| placed.column != C::Architecture);
    }
    if !fits(&columns, wanted)
        && let Some(state) = columns.iter_mut().find(|placed| placed.column == C::State)
    {
        // The states' short forms.
        state.cells = 5;
    }
    if !fits(&columns, wanted) {
        limit_profiles(&mut columns, model, PROFILE_WANTED);
    }
    // The header names the only region.
    if !fits(&columns, wanted) && model.chosen.len() == 1 {
        columns.retain(|placed| placed.column != C::Region);
    }
    for drop in [C::Encrypted, C::Size, C::Age, C::ImageId, C::State] {
        if fits(&columns, NAME_AT_LEAST) {
            break;
        }
        columns.retain(|placed| placed.column != drop);
    }
    for more in [
        C::Description,
        C::Platform,
        C::LastLaunched,
        C::Created,
        C::SourceRegion,
        C::SourceImage,
        C::BootMode,
        C::Snapshots,
    ] {
        let placed = Placed { cells: cells(&more, region), column: more };
        columns.push(placed);
        if !fits(&columns, longest.max(NAME_AT_LEAST)) {
            columns.pop();
            break;
        }
    }
    columns
}

/// Returns the cells of a column; the least for those that may have more.
fn cells(column: &ImageColumn, region: usize) -> usize {
    use ImageColumn as C;
    match column {
        C::Name => 0,
        C::Region => region,
        C::ImageId | C::SourceImage => 21,
        C::Age => 4,
        C::Size => 5,
        C::Encrypted | C::Public => 3,
        C::State => 9,
        C::Architecture => 6,
        C::Created | C::Deprecated | C::LastLaunched => 10,
        C::Description => 24,
        C::Owner | C::Profile => 12,
        C::Platform | C::BootMode => 15,
        C::RootType | C::SourceRegion => 14,
        C::Snapshots => 26,
        C::Tag(key) => key.chars().count().clamp(10, 20),
    }
}

pub(super) fn heading(column: &ImageColumn) -> String {
    use ImageColumn as C;
    match column {
        C::Name => "NAME",
        C::Region => "REGION",
        C::ImageId => "IMAGE ID",
        C::Age => "AGE",
        C::Size => "SIZE",
        C::Encrypted => "ENC",
        C::State => "STATE",
        C::Architecture => "ARCH",
        C::Created => "CREATED",
        C::Description => "DESCRIPTION",
        C::Owner => "OWNER",
        C::Profile => "PROFILE",
        C::Platform => "PLATFORM",
        C::BootMode => "BOOT",
        C::RootType => "ROOT",
        C::SourceImage => "SOURCE",
        C::SourceRegion => "FROM",
        C::LastLaunched => "LAUNCHED",
        C::Deprecated => "DEPRECATED",
        C::Snapshots => "SNAPSHOTS",
        C::Public => "PUB",
        C::Tag(key) => return key.to_string(),
    }
    .into()
}

/// Returns what a column shows, in words for a list to choose from.
pub(in crate::tui) fn about(column: &ImageColumn) -> &'static str {
    use ImageColumn as C;
    match column {
        C::Name => "name",
        C::Region => "region",
        C::ImageId => "id",
        C::Age => "time since it was created",
        C::Size => "size of its volumes",
        C::Encrypted => "whether any snapshot is encrypted",
        C::State => "state",
        C::Architecture => "architecture",
        C::Created => "date of creation",
        C::Description => "description",
        C::Owner => "owner's account or alias",
        C::Profile => "profile whose account lists it",
        C::Platform => "platform",
        C::BootMode => "boot mode",
        C::RootType => "root device: EBS or instance store",
        C::SourceImage => "image it was copied from",
        C::SourceRegion => "region it was copied from",
        C::LastLaunched => "when it was last launched",
        C::Deprecated => "from when it is deprecated",
        C::Snapshots => "snapshots",
        C::Public => "whether everyone may launch it",
        C::Tag(_) => "tag",
    }
}

pub(super) fn is_right_aligned(column: &ImageColumn) -> bool {
    matches!(column, ImageColumn::Age | ImageColumn::Size)
}

/// Returns an image's text in a column, and its style.
pub(super) fn text(
    column: &ImageColumn,
    image: &Image,
    profile: &str,
    cells: usize,
    now: Timestamp,
) -> (String, Style) {
    use ImageColumn as C;
    let plain = |text: &str| (text.to_owned(), Style::default());
    let optional = |text: Option<&str>| {
        (text.unwrap_or("-").to_owned(), if text.is_some() { Style::default() } else { theme::FAINT })
    };
    let day = |time: Option<Timestamp>| optional(time.map(|time| time.strftime("%Y-%m-%d").to_string()).as_deref());
    match column {
        C::Name if image.name.is_empty() => ("(no name)".into(), theme::FAINT),
        C::Name => plain(&image.name),
        C::Region => plain(image.region.as_str()),
        C::ImageId => plain(image.id.as_str()),
        C::Age => plain(&image.created.map_or_else(String::new, |created| age(now.duration_since(created).as_secs()))),
        C::Size => plain(&if image.instance_store() { "-".into() } else { gib(image.size_gib()) }),
        C::Encrypted => plain(if image.encrypted() { "yes" } else { "-" }),
        C::State if cells < image.state.as_str().len() => (image.state.short().into(), state_style(image.state)),
        C::State => (image.state.as_str().into(), state_style(image.state)),
        C::Architecture => plain(&image.architecture),
        C::Created => day(image.created),
        C::LastLaunched => day(image.last_launched),
        C::Deprecated => day(image.deprecated),
        C::Description => plain(&image.description),
        C::Profile => plain(profile),
        C::Owner => plain(image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str())),
        C::Platform => optional(image.platform_details.as_deref()),
        C::BootMode => optional(image.boot_mode.as_deref()),
        C::RootType => plain(&image.root_device_type),
        C::SourceImage => optional(image.source_image_id.as_ref().map(ImageId::as_str)),
        C::SourceRegion => optional(image.source_region.as_ref().map(Region::as_str)),
        C::Snapshots => {
            let mut ids = image.snapshot_ids();
            let first = ids.next().map(SnapshotId::as_str);
            match ids.count() {
                0 => optional(first),
                more => plain(&format!("{} +{more}", first.unwrap_or_default())),
            }
        }
        C::Public => plain(if image.public { "yes" } else { "-" }),
        C::Tag(key) => optional(image.tag(key)),
    }
}

fn state_style(state: ImageState) -> Style {
    match state {
        ImageState::Available => Style::default(),
        ImageState::Pending | ImageState::Transient => theme::BUSY,
        ImageState::Failed | ImageState::Error | ImageState::Invalid => theme::BAD,
        ImageState::Deregistered | ImageState::Disabled | ImageState::Unknown => theme::FAINT,
    }
}
