//! Compared images: a copy with its source, or any two. They are read when the page is opened, and again on request.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::{
    Pager, PagerSubject,
    compared::Compared,
    entries::{entry, heading},
    load::Load,
};
use crate::{
    domain::{
        CopyRequest, Failure, Image,
        compare::{
            self, CompareRequest, Described, Difference, Finding, ImageRef, Incomparable, OwnerDetails, Pair,
            RequestStatus, Unknown,
        },
        text::clean,
    },
    engine::{Job, JobId, JobState, Origin},
    labels,
    tui::{
        model::{Connection, Model, PendingReply},
        msg::Effect,
        screens::Overlay,
        theme,
        widgets::text_fit::{fit, width as cells, wrap},
    },
};

/// From this many columns on two values stand side by side.
const WIDE: usize = 96;
/// Most cells of the names of parts beside their values.
const PARTS: usize = 34;
/// Cells of `source` and the like below a part.
const SIDE: usize = 8;

fn page(request: CompareRequest, job: Option<&Job>) -> Pager {
    let job = job.map(|job| (job.id, job.request_as_edited()));
    Pager::new(PagerSubject::Comparison(Box::new(Compared { request, job, listed: None })))
}

/// The page that compares any two images.
pub fn of_two(left: &Image, right: &Image) -> Pager {
    page(CompareRequest::Pair(ImageRef::of(left), ImageRef::of(right)), None)
}

/// The page that compares images of two accounts by what is listed of them.
pub fn of_listed(left: &Arc<Image>, right: &Arc<Image>) -> Pager {
    let unread = || {
        Failure::new(
            "read the snapshots and permissions",
            "neither account lists both images, so only lists are compared",
        )
        .hint("`amigrate diff` compares in full what one account may see.")
    };
    let described = |image: &Arc<Image>| Described {
        image: Arc::clone(image),
        snapshots: Err(unread()),
        of_owner: Some(OwnerDetails {
            permissions: Err(unread()),
            uefi_data: if image.may_have_uefi_data() { Err(unread()) } else { Ok(None) },
        }),
    };
    let request = CompareRequest::Pair(ImageRef::of(left), ImageRef::of(right));
    let listed = Some(Pair { left: described(left), right: described(right) });
    Pager::new(PagerSubject::Comparison(Box::new(Compared { request, job: None, listed })))
}

/// The page that compares the image a job has made with its source; `None` if there is none to be compared.
pub fn of_job(job: &Job) -> Option<Pager> {
    let JobState::Available { image } = &job.state else { return None };
    let copy = ImageRef { region: job.request.destination.clone(), id: image.clone() };
    let source = Some(ImageRef::source_of(&job.request));
    // Of a copy that others started only the route is known.
    Some(page(CompareRequest::Copy { copy, source }, Some(job).filter(|job| job.origin == Origin::Here)))
}

/// The page that compares a copy with its source; `None` if it is not known to be one.
pub fn of_image(model: &Model, image: &Image) -> Option<Pager> {
    let made = |job: &&Job| job.origin == Origin::Here && job.images.contains(&image.id);
    let job = model.jobs_view.jobs().find(made);
    if image.source_instance.is_some() || job.is_none() && image.copied_from().is_none() {
        return None;
    }
    let source = job.map(|job| ImageRef::source_of(&job.request));
    Some(page(CompareRequest::Copy { copy: ImageRef::of(image), source }, job))
}

/// Opens the page that compares a copy with its source, or says why there is none.
pub fn verify(model: &mut Model, image: &Image) {
    match of_image(model, image) {
        Some(page) => model.overlays.push(Overlay::Pager(page)),
        None if image.source_instance.is_some() => {
            model.show_notice(format!("{} is no copy: it was made from an instance.", image.id));
        }
        None => model.show_notice(format!("Cannot verify {}: EC2 reports no source image.", image.id)),
    }
}

/// Requests what is compared on the page on top, when it was opened.
pub fn request_if_opened(model: &mut Model, effects: &mut Vec<Effect>) {
    let is_connected = matches!(model.connection, Connection::Ready(_));
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    let PagerSubject::Comparison(compared) = &pager.subject else { return };
    if let Some(listed) = compared.listed.as_ref().filter(|_| pager.comparison == Load::NotRequested) {
        pager.comparison = Load::Loaded(Box::new(Ok(listed.clone())));
    }
    if !is_connected {
        return;
    }
    if pager.comparison == Load::NotRequested {
        let request = compared.request.clone();
        pager.comparison = Load::Loading;
        let expected = PendingReply::Comparison(request.clone());
        // An answer to an earlier request may be older.
        model.pending.retain(|_, pending| *pending != expected);
        let id = model.expect_reply(expected);
        effects.push(Effect::Compare { id, request });
    }
}

/// Shows the reply in every open page that compares these images.
pub fn on_reply(model: &mut Model, request: &CompareRequest, read: &Result<Pair, Incomparable>) {
    for overlay in &mut model.overlays {
        if let Overlay::Pager(pager) = overlay
            && matches!(&pager.subject, PagerSubject::Comparison(compared) if compared.request == *request)
        {
            pager.comparison = Load::Loaded(Box::new(read.clone()));
        }
    }
}

/// A part with its values, in words.
struct Row {
    part: String,
    values: [String; 2],
    note: Option<String>,
}

impl Row {
    fn of(Difference { part, left, right }: &Difference) -> Self {
        let value = |value| labels::compare::value(part, value);
        Self { part: labels::compare::part(part), values: [value(left), value(right)], note: None }
    }

    fn of_copy(finding: &Finding) -> Self {
        let otherwise = matches!(finding.status, RequestStatus::NotAsRequested { .. });
        Self { note: otherwise.then(|| labels::compare::request_status(finding)), ..Self::of(&finding.difference) }
    }

    fn unknown(unknown: &Unknown) -> Self {
        let (left, right) = labels::compare::unknown_sides(unknown);
        Self { part: labels::compare::part(&unknown.part), values: [left, right], note: None }
    }
}

/// What was requested of the copy that is compared, by the job as it is now: its steps may have been edited since the page was opened.
/// A job that is dismissed is as it was.
fn requested(compared: &Compared, model: &Model) -> Option<(JobId, CopyRequest)> {
    let CompareRequest::Copy { copy, .. } = &compared.request else { return None };
    let made = |job: &&Job| job.origin == Origin::Here && job.images.contains(&copy.id);
    let job = model.jobs_view.jobs().find(made).map(|job| (job.id, job.request_as_edited()));
    job.or_else(|| compared.job.clone())
}

pub(super) fn lines(
    compared: &Compared,
    load: &Load<Result<Pair, Incomparable>>,
    model: &Model,
    width: usize,
) -> Vec<Line<'static>> {
    let pair = match load {
        Load::NotRequested | Load::Loading => return entry("result", "comparing ...", width),
        Load::Loaded(read) => match read.as_ref() {
            Ok(pair) => pair,
            Err(why) => return refused(why, width),
        },
    };
    let sides = compared.sides();
    let mut lines = Vec::new();
    for (side, image) in sides.into_iter().zip([&pair.left.image, &pair.right.image]) {
        lines.extend(entry(side, &format!("{} in {}: {}", image.id, image.region, clean(&image.name)), width));
    }
    let groups: Vec<(&str, Vec<Row>)> = match &compared.request {
        CompareRequest::Pair(..) => {
            let found = compare::diff(pair);
            lines.extend(entry("result", &labels::compare::summary(&found), width));
            let unknown = found.unknown.iter().map(Row::unknown).collect();
            vec![("Differences", found.differences.iter().map(Row::of).collect()), ("Not compared", unknown)]
        }
        CompareRequest::Copy { .. } => {
            let job = requested(compared, model);
            let found = compare::verify(pair, job.as_ref().map(|(_, request)| request));
            let job = match &job {
                Some((number, _)) => format!("by copy {number}"),
                None => "unknown: no job in the list made this copy".into(),
            };
            lines.extend(entry("requested", &job, width));
            lines.extend(entry("result", &labels::compare::verdict(&found), width));
            vec![
                ("Differences", found.not_requested().map(Row::of_copy).collect()),
                ("As requested", found.requested().map(Row::of_copy).collect()),
                ("Not compared", found.unknown.iter().map(Row::unknown).collect()),
            ]
        }
    };
    let parts = groups.iter().flat_map(|(_, rows)| rows).map(|row| cells(&row.part)).max().unwrap_or(0).min(PARTS);
    for (name, rows) in groups.iter().filter(|(_, rows)| !rows.is_empty()) {
        lines.push(Line::default());
        lines.push(heading(&format!("{name} ({})", rows.len())));
        if width >= WIDE {
            lines.extend(
                beside(&sides.map(str::to_owned), "", parts, width).into_iter().map(|line| line.style(theme::FAINT)),
            );
        }
        for row in rows {
            lines.extend(if width >= WIDE { in_columns(row, parts, width) } else { stacked(row, sides, width) });
        }
    }
    lines
}

/// Why the images are not compared.
fn refused(why: &Incomparable, width: usize) -> Vec<Line<'static>> {
    let failure = why.failure("compare the images");
    let mut lines = entry("not compared", &failure.why, width);
    if !failure.hint.is_empty() {
        lines.extend(entry("what to do", &failure.hint, width));
    }
    lines
}

fn in_columns(row: &Row, parts: usize, width: usize) -> Vec<Line<'static>> {
    let mut lines = beside(&row.values, &row.part, parts, width);
    if let Some(note) = &row.note {
        lines.extend(beside(&[String::new(), format!("({note})")], "", parts, width));
    }
    lines
}

/// A part and its values in three columns.
fn beside(values: &[String; 2], part: &str, parts: usize, width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(parts + 7).max(16) / 2;
    let columns = [wrap(part, parts.max(1)), wrap(&values[0], room), wrap(&values[1], room)];
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: usize, n: usize| columns[column].get(n).map_or("", String::as_str);
    let line = |n: usize| {
        Line::from(vec![
            Span::styled(format!("   {}  ", fit(cell(0, n), parts, "")), theme::FAINT),
            Span::raw(format!("{}  ", fit(cell(1, n), room, ""))),
            Span::raw(cell(2, n).to_owned()),
        ])
    };
    (0..height).map(line).collect()
}

/// A part, and its values below it.
fn stacked(row: &Row, sides: [&str; 2], width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(SIDE + 5).max(8);
    let mut lines: Vec<Line<'static>> = wrap(&row.part, width.saturating_sub(3).max(8))
        .into_iter()
        .map(|text| Line::raw(format!("   {text}")))
        .collect();
    let noted = row.note.iter().map(|note| ("", note));
    for (side, value) in sides.into_iter().zip(&row.values).chain(noted) {
        lines.extend(wrap(value, room).into_iter().enumerate().map(|(n, text)| {
            let side = if n == 0 { side } else { "" };
            Line::from(vec![Span::styled(format!("     {}", fit(side, SIDE, "")), theme::FAINT), Span::raw(text)])
        }));
    }
    lines
}
