//! The lineage of an image: read when the page is opened, and again on request.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::{Pager, PagerSubject, entries::entry, load::Load};
use crate::{
    domain::{
        Image,
        compare::ImageRef,
        lineage::{LineageRead, Node, Relative, tree},
    },
    labels::{self, lineage::Branches},
    tui::{
        model::{Connection, Model, PendingReply},
        msg::Effect,
        screens::Overlay,
        theme,
        widgets::text_fit::{width as cells, wrap},
    },
};

/// Opens the lineage of an image.
pub fn open(model: &mut Model, image: Arc<Image>) {
    model.overlays.push(Overlay::Pager(Pager::new(PagerSubject::Lineage(image))));
}

/// Requests the lineage on the page on top, when it was opened.
pub fn request_if_opened(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.connection, Connection::Ready(_)) {
        return;
    }
    let regions = model.chosen.clone();
    let Some(Overlay::Pager(pager)) = model.overlays.last_mut() else { return };
    let PagerSubject::Lineage(image) = &pager.subject else { return };
    if pager.lineage == Load::NotRequested {
        let image = Arc::clone(image);
        pager.lineage = Load::Loading;
        let expected = PendingReply::Lineage(ImageRef::of(&image));
        // An answer to an earlier request may be older.
        model.pending.retain(|_, pending| *pending != expected);
        let id = model.expect_reply(expected);
        effects.push(Effect::ReadLineage { id, image, regions });
    }
}

/// Shows the reply in every open page of this image's lineage.
pub fn on_reply(model: &mut Model, place: &ImageRef, read: &LineageRead) {
    for overlay in &mut model.overlays {
        if let Overlay::Pager(pager) = overlay
            && matches!(&pager.subject, PagerSubject::Lineage(image) if ImageRef::of(image) == *place)
        {
            pager.lineage = Load::Loaded(Box::new(read.clone()));
        }
    }
}

pub(super) fn lines(image: &Arc<Image>, load: &Load<LineageRead>, model: &Model, width: usize) -> Vec<Line<'static>> {
    let Load::Loaded(read) = load else { return entry("lineage", "looking for ancestors and copies ...", width) };
    let unicode = model.start.caps.unicode && !model.start.caps.line_mode;
    let branches = if unicode { Branches::UNICODE } else { Branches::ASCII };
    let mut lines = entry("lineage", &labels::lineage::summary(image, read), width);
    for (n, text) in labels::lineage::unread(read).iter().enumerate() {
        lines.extend(entry(if n == 0 { "unknown" } else { "" }, text, width));
    }
    let all = !model.regions.is_empty();
    let all = all && model.regions.iter().all(|info| !info.enabled() || read.regions.contains(&info.region));
    if let Some(text) = labels::lineage::beyond(read, all) {
        lines.extend(entry("", text, width));
    }
    lines.push(Line::default());
    lines.extend(tree(image, read).iter().flat_map(|node| node_lines(node, branches, width)));
    lines
}

fn node_lines(node: &Node, branches: Branches, width: usize) -> Vec<Line<'static>> {
    let (first, below) = (labels::lineage::branch(node, branches), labels::lineage::below(node, branches));
    let room = width.saturating_sub(cells(&first) + 1).max(8);
    let style = if matches!(node.relative, Relative::Itself(_)) { theme::STRONG } else { ratatui::style::Style::new() };
    let texts = wrap(&labels::lineage::node(node), room).into_iter().enumerate();
    let line = |(n, text): (usize, String)| {
        let branch = if n == 0 { &first } else { &below };
        Line::from(vec![Span::styled(format!(" {branch}"), theme::FAINT), Span::styled(text, style)])
    };
    texts.map(line).collect()
}
