//! The screens. Of each, `mod` is the state, `update` handles its actions, `view` draws it, and `open` opens it where
//! that takes more than a constructor. A state knows neither the model nor how other screens behave.

pub mod confirm;
pub mod coverage;
pub mod form;
pub mod images;
pub mod input;
pub mod jobs;
pub mod list_screens;
pub mod pager;
pub mod palette;
pub mod picker;
pub mod review;
pub mod storage;
pub mod storage_held;
pub mod sync_plan;

use crate::tui::{bindings::Context, widgets::list_page::ListScreen};

/// A screen that is open over the panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    Pager(pager::Pager),
    Form(Box<form::Form>),
    Review(Box<review::ReviewScreen>),
    Coverage(Box<coverage::CoverageScreen>),
    Storage(Box<storage::StorageScreen>),
    StorageHeld(Box<storage_held::StorageHeldScreen>),
    SyncPlan(Box<sync_plan::SyncPlanScreen>),
    Picker(picker::Picker),
    InputLine(input::InputLine),
    Confirmation(confirm::Confirmation),
    Palette(Box<palette::Palette>),
}

impl Overlay {
    /// Returns true for pages, over which other pages can be opened; dialogs are answered first.
    pub fn is_page(&self) -> bool {
        matches!(self, Self::Pager(_) | Self::Coverage(_) | Self::Storage(_) | Self::StorageHeld(_) | Self::SyncPlan(_))
    }

    /// Returns the page, if it is one that is a list.
    pub fn list_screen(&self) -> Option<&dyn ListScreen> {
        match self {
            Self::Storage(screen) => Some(screen.as_ref()),
            Self::StorageHeld(screen) => Some(screen.as_ref()),
            Self::SyncPlan(screen) => Some(screen.as_ref()),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn list_screen_mut(&mut self) -> Option<&mut dyn ListScreen> {
        match self {
            Self::Storage(screen) => Some(screen.as_mut()),
            Self::StorageHeld(screen) => Some(screen.as_mut()),
            Self::SyncPlan(screen) => Some(screen.as_mut()),
            _ => None,
        }
    }

    /// Returns true while keys go to the filter of a page that is a list.
    pub fn is_list_filtered(&self) -> bool {
        self.list_screen().is_some_and(|screen| screen.table().editing)
    }

    /// The contexts whose keys apply while this is on top, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self {
            Self::Pager(pager) if pager.is_typing() => vec![Context::Input],
            Self::Pager(pager) => vec![pager.context(), Context::Lists, Context::Everywhere],
            Self::Form(_) => vec![Context::Form],
            Self::Review(screen) => screen.contexts(),
            Self::Coverage(screen) => screen.contexts(),
            Self::Storage(screen) => screen.contexts(),
            Self::StorageHeld(screen) => screen.contexts(),
            Self::SyncPlan(screen) => screen.contexts(),
            Self::Picker(picker) if picker.typing => vec![Context::Input],
            Self::Picker(_) => vec![Context::Picker, Context::Lists],
            Self::InputLine(_) => vec![Context::Input],
            Self::Palette(_) => vec![Context::Palette],
            Self::Confirmation(confirmation) if confirmation.is_yes_or_no() => vec![Context::Confirm, Context::Choice],
            Self::Confirmation(_) => vec![Context::Choice],
        }
    }
}
