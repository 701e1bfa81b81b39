//! Makes the table of a review from its answers.

use std::collections::HashMap;

use super::{
    checks::{AllowedImages, CheckAnswer, CheckRequest, Permission, ZoneVerdict},
    existing::Existing,
    findings::{Column, FindingKind, Findings, Severity, UnknownCheck},
    index::Index,
    outlook::Outlook,
    requests::becomes_public,
    sources::{access_is_known, is_unshared, source_findings},
    state::{Check, CheckState, Review},
    table::{Cell, CellValue, ReviewTable, Row, Status},
};
use crate::domain::{
    copy::CopyRequest,
    draft::Field,
    image::Image,
    image_access::{AccessTarget, MissingAccess},
    placement::Placement,
    plan::{Superseded, ValidationMessage},
    region::{Region, RegionInfo},
};

impl Review {
    /// Returns what is known now. Takes milliseconds for thousands of copies.
    pub fn table(&self) -> ReviewTable {
        let index = Index::of(self, None);
        let existing = self.existing(&index, None);
        let copies = self.decided(&index, &existing);
        let mut builder = Builder::new(self, &index, &copies, &existing);
        for check in &self.checks {
            builder.add(check);
        }
        builder.encryption(&copies);
        builder.sources();
        builder.finish_plan();
        let Builder { rows, sources, findings, .. } = builder;
        let outlook = Outlook::of(self, &copies, &rows.iter().map(|r| (&r.region, pending(r))).collect());
        let (findings, settled) = (findings.sorted(), self.settled());
        ReviewTable { rows, sources, findings, existing, copies, outlook, settled }
    }
}

fn pending(row: &Row) -> usize {
    match row.cell(Column::Pending).value {
        CellValue::Count(n) => n,
        _ => 0,
    }
}

/// A table while it is built.
pub(super) struct Builder<'a> {
    pub(super) review: &'a Review,
    pub(super) index: &'a Index<'a>,
    pub(super) rows: Vec<Row>,
    places: HashMap<&'a Region, usize>,
    sources: Status,
    findings: Findings,
    /// Regions whose every call is refused, because they are not enabled.
    disabled: Vec<&'a Region>,
}

impl<'a> Builder<'a> {
    fn new(review: &'a Review, index: &'a Index<'a>, copies: &[CopyRequest], existing: &[Existing]) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        let mut places: HashMap<&Region, usize> = HashMap::new();
        for copy in &review.copies {
            let place = *places.entry(&copy.destination).or_insert(rows.len());
            if place == rows.len() {
                let cells = <[Cell; Column::ALL.len()]>::default();
                rows.push(Row { region: copy.destination.clone(), copies: 0, cells });
            }
        }
        for copy in copies {
            if let Some(place) = places.get(&copy.destination) {
                rows[*place].copies += 1;
            }
        }
        for existing in existing {
            if let Some(place) = review.copies.get(existing.copy).and_then(|copy| places.get(&copy.destination)) {
                let cell = rows[*place].cell_mut(Column::Exists);
                cell.worsen(Status::Warning);
                cell.value = CellValue::Count(if let CellValue::Count(n) = cell.value { n + 1 } else { 1 });
            }
        }
        let sources = Status::NotNeeded;
        let (findings, disabled) = (Findings::default(), Vec::new());
        let mut builder = Self { review, index, rows, places, sources, findings, disabled };
        builder.regions(&review.context.regions);
        builder
    }

    fn row(&mut self, region: &Region) -> Option<&mut Row> {
        self.places.get(region).and_then(|place| self.rows.get_mut(*place))
    }

    pub(super) fn worsen(&mut self, region: &Region, column: Column, status: Status) {
        if let Some(row) = self.row(region) {
            row.cell_mut(column).worsen(status);
        }
    }

    /// Adds a finding about a destination. Where nothing is to be started, nothing is refused.
    pub(super) fn find(&mut self, severity: Severity, kind: FindingKind, region: &Region, field: Field) {
        let none = self.row(region).is_some_and(|row| row.copies == 0);
        let severity = if none && severity == Severity::Refusal { Severity::Warning } else { severity };
        self.findings.add(severity, kind, Some(region), field);
    }

    /// Takes in which regions are enabled.
    fn regions(&mut self, known: &'a [RegionInfo]) {
        if known.is_empty() {
            return;
        }
        let regions: Vec<&'a Region> = self.places.keys().copied().collect();
        for region in regions {
            let enabled = known.iter().find(|info| info.region == *region).map(RegionInfo::enabled);
            // A region that DescribeRegions does not know is not there for this account.
            if enabled == Some(true) {
                self.worsen(region, Column::Enabled, Status::Fine);
            } else {
                self.worsen(region, Column::Enabled, Status::Refused);
                self.disabled.push(region);
                self.find(Severity::Refusal, FindingKind::NotEnabled, region, Field::Destinations);
            }
        }
    }

    fn add(&mut self, check: &'a Check) {
        let (request, expired) = (&check.request, self.review.expired);
        match &check.state {
            CheckState::Answered(answer) => self.answered(request, answer),
            CheckState::Failed(failure) => {
                let why = Some(failure.why.clone());
                self.unknown(request, |what| FindingKind::Unknown { what, why });
            }
            CheckState::Waiting if expired => self.unknown(request, FindingKind::NotAsked),
            CheckState::Sent if expired => self.unknown(request, |what| FindingKind::Unknown { what, why: None }),
            CheckState::Waiting | CheckState::Sent => match (self.column(request), request) {
                (_, CheckRequest::Regions) => {
                    for row in &mut self.rows {
                        row.cell_mut(Column::Enabled).worsen(Status::Waiting);
                    }
                }
                (Some(column), _) => {
                    if let Some(region) = request.region() {
                        self.worsen(region, column, Status::Waiting);
                    }
                }
                (None, _) => self.sources = self.sources.max(Status::Waiting),
            },
        }
    }

    fn unknown(&mut self, request: &CheckRequest, kind: impl FnOnce(UnknownCheck) -> FindingKind) {
        if request.region().is_some_and(|region| self.disabled.contains(&region)) {
            return;
        }
        let column = self.column(request);
        let what = match request {
            CheckRequest::DefaultKey { .. } => UnknownCheck::DefaultKey,
            CheckRequest::Suffixes { .. } => UnknownCheck::Suffixes,
            CheckRequest::SnapshotKeys { .. } | CheckRequest::EbsKey { .. } => UnknownCheck::ExistingKeys,
            CheckRequest::Key { .. } if column == Some(Column::Exists) => UnknownCheck::ExistingKeys,
            CheckRequest::AllowedImages { .. } => UnknownCheck::AllowedImages,
            CheckRequest::Zone { .. } => UnknownCheck::Zone,
            CheckRequest::MissingAccess { .. } => UnknownCheck::MissingAccess,
            _ => column.map_or(UnknownCheck::Sources, UnknownCheck::Column),
        };
        match (column, request.region()) {
            (Some(column), Some(region)) => self.worsen(region, column, Status::Unknown),
            (Some(column), None) => {
                for row in &mut self.rows {
                    row.cell_mut(column).worsen(Status::Unknown);
                }
            }
            (None, _) => self.sources = self.sources.max(Status::Unknown),
        }
        let field = match what {
            UnknownCheck::Column(Column::Key) => Field::Key,
            UnknownCheck::Zone => Field::Placement,
            UnknownCheck::MissingAccess => Field::Sources,
            _ => Field::Destinations,
        };
        self.findings.add(Severity::Unknown, kind(what), request.region(), field);
    }

    fn answered(&mut self, request: &'a CheckRequest, answer: &'a CheckAnswer) {
        match (request, answer) {
            (CheckRequest::Permission { copy, .. }, CheckAnswer::Permission(permission)) => {
                self.permission(&copy.destination, permission);
            }
            (CheckRequest::Key { region, key }, CheckAnswer::Key(state)) => self.key(region, key, state),
            (CheckRequest::PendingCopies { region }, CheckAnswer::PendingCopies(pending)) => {
                self.pending(region, *pending);
            }
            (CheckRequest::BlockPublicAccess { region }, CheckAnswer::PublicAccessBlocked(blocked)) => {
                self.worsen(region, Column::Public, if *blocked { Status::Refused } else { Status::Fine });
                if *blocked {
                    self.find(Severity::Refusal, FindingKind::PublicBlocked, region, Field::Public);
                }
            }
            (CheckRequest::Regions, CheckAnswer::Regions(regions)) => self.regions(regions),
            (CheckRequest::Zone { region, zone }, CheckAnswer::Zone(verdict)) => self.zone(region, zone, verdict),
            (CheckRequest::Names { region, .. } | CheckRequest::CopiesOf { region, .. }, _) => {
                self.worsen(region, Column::Exists, Status::Fine);
            }
            (CheckRequest::Sources { .. } | CheckRequest::AllowedImages { .. }, _) => {
                self.sources = self.sources.max(Status::Fine);
            }
            (CheckRequest::MissingAccess { image }, CheckAnswer::MissingAccess(missing)) => {
                self.missing_access(image, missing);
            }
            _ => {}
        }
    }

    fn zone(&mut self, region: &Region, zone: &Placement, verdict: &ZoneVerdict) {
        let status = match verdict {
            ZoneVerdict::Usable => Status::Fine,
            ZoneVerdict::Unusable(problem) => {
                let kind = FindingKind::Zone { zone: zone.clone(), problem: problem.clone() };
                self.find(Severity::Refusal, kind, region, Field::Placement);
                Status::Refused
            }
        };
        self.worsen(region, Column::Enabled, status);
    }

    fn missing_access(&mut self, image: &Image, missing: &[MissingAccess]) {
        let (severity, status) = match missing {
            [] => (Severity::Warning, Status::Fine),
            _ if missing.iter().any(MissingAccess::is_certain) => (Severity::Refusal, Status::Refused),
            _ => (Severity::Warning, Status::Unknown),
        };
        self.sources = self.sources.max(status);
        let Some(account) = self.review.context.account.clone().filter(|_| !missing.is_empty()) else { return };
        let (owner, region) = (image.owner_id.clone(), image.region.clone());
        let target = AccessTarget { image: image.id.clone(), region, account };
        let kind = FindingKind::NotShared { owner, target, missing: missing.to_vec() };
        self.findings.add(severity, kind, Some(&image.region), Field::Sources);
    }

    fn permission(&mut self, region: &Region, permission: &Permission) {
        let status = match permission {
            Permission::Allowed => Status::Fine,
            Permission::WithoutJobTags => {
                self.find(Severity::Warning, FindingKind::JobTagsNotPermitted, region, Field::Destinations);
                Status::Warning
            }
            // Said of all such images together.
            Permission::DryRunIgnored { .. } => Status::Refused,
            Permission::Denied { why, hint } => {
                let kind = FindingKind::NotPermitted { why: why.clone(), hint: hint.clone() };
                self.find(Severity::Refusal, kind, region, Field::Destinations);
                Status::Refused
            }
        };
        self.worsen(region, Column::Permission, status);
    }

    fn pending(&mut self, region: &Region, pending: usize) {
        let limit = self.review.context.limits.pending;
        let Some(row) = self.row(region) else { return };
        let (copies, over) = (row.copies, pending + row.copies > limit && row.copies > 0);
        let cell = row.cell_mut(Column::Pending);
        cell.value = CellValue::Count(pending);
        cell.worsen(if over { Status::Warning } else { Status::Fine });
        if over {
            let kind = FindingKind::LimitReached { pending, limit, copies };
            self.find(Severity::Warning, kind, region, Field::Destinations);
        }
    }

    /// Checks the sources as they are now.
    fn sources(&mut self) {
        let index = self.index;
        let mut allowed: HashMap<&Region, &AllowedImages> = HashMap::new();
        for check in &self.review.checks {
            match (&check.request, &check.state) {
                (
                    CheckRequest::AllowedImages { region },
                    CheckState::Answered(CheckAnswer::AllowedImages(settings)),
                ) => {
                    allowed.insert(region, settings);
                }
                (CheckRequest::Sources { region, images }, CheckState::Answered(_)) => {
                    let unseen = images.iter().filter(|id| !index.sources.contains_key(id));
                    for gone in unseen.filter(|id| !is_unshared(self.review, id)) {
                        self.sources = Status::Refused;
                        let kind = FindingKind::SourceUnavailable { source: gone.clone(), state: None };
                        self.findings.add(Severity::Refusal, kind, Some(region), Field::Sources);
                    }
                }
                _ => {}
            }
        }
        let mut sources: Vec<&&Image> = index.sources.values().collect();
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        for source in sources {
            for (severity, kind) in source_findings(source, self.review, allowed.get(&source.region).copied()) {
                let status = if severity == Severity::Refusal { Status::Refused } else { Status::Warning };
                self.sources = self.sources.max(status);
                self.findings.add(severity, kind, Some(&source.region), Field::Sources);
            }
        }
    }

    /// Adds what the plan's own checks found, and what needs no answer.
    fn finish_plan(&mut self) {
        // What is there already is known better once it was looked up: it is listed, and decided about. So are the sources.
        let looked_up = self.rows.iter().all(|row| row.cell(Column::Exists).status != Status::Unknown)
            && self.sources != Status::Unknown;
        self.managed_keys();
        let ebs_key = self.findings.has(&FindingKind::SharedWithEbsKey);
        let access_is_known = access_is_known(self.review);
        let is_shown = |warning: &&ValidationMessage| match warning.superseded {
            Superseded::Never => true,
            Superseded::ByLookup => !looked_up,
            Superseded::ByEbsKey => !ebs_key,
            Superseded::ByAccess => !access_is_known,
        };
        for warning in self.review.warnings.iter().filter(is_shown) {
            if warning.field == Field::Sources && self.sources == Status::Fine {
                self.sources = Status::Warning;
            }
            self.findings.add(Severity::Warning, FindingKind::Plan(warning.text.clone()), None, warning.field.clone());
        }
        for region in &self.review.untried {
            self.worsen(region, Column::Permission, Status::Unknown);
            self.find(Severity::Unknown, FindingKind::PermissionsNotTried, region, Field::Destinations);
        }
        for copy in &self.review.copies {
            if becomes_public(copy) {
                self.worsen(&copy.destination, Column::Public, Status::Fine);
            }
        }
        for (region, made) in &self.review.made_by_trials {
            let kind = FindingKind::DryRunIgnored { made: made.clone() };
            self.findings.add(Severity::Refusal, kind, Some(region), Field::Destinations);
        }
    }

    /// The column a check belongs to; `None` for those of the sources.
    fn column(&self, request: &CheckRequest) -> Option<Column> {
        Some(match request {
            CheckRequest::Permission { .. } => Column::Permission,
            CheckRequest::Key { region, key } if self.uses_key(region, key) => Column::Key,
            CheckRequest::EncryptionByDefault { .. } | CheckRequest::DefaultKey { .. } => Column::Encryption,
            CheckRequest::Names { .. }
            | CheckRequest::Suffixes { .. }
            | CheckRequest::CopiesOf { .. }
            | CheckRequest::SnapshotKeys { .. }
            | CheckRequest::Key { .. }
            | CheckRequest::EbsKey { .. } => Column::Exists,
            CheckRequest::PendingCopies { .. } => Column::Pending,
            // A zone is enabled as a region is.
            CheckRequest::Regions | CheckRequest::Zone { .. } => Column::Enabled,
            CheckRequest::BlockPublicAccess { .. } => Column::Public,
            CheckRequest::AllowedImages { .. } | CheckRequest::Sources { .. } | CheckRequest::MissingAccess { .. } => {
                return None;
            }
        })
    }
}
