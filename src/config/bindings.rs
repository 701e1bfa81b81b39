//! THE table of actions and their keys. Lookup, footer, help, palette, `[keys]`, man page and README all come from it.

use serde::{Deserialize, Serialize};

pub use super::key_context::Context;
use super::{
    chord::{Chord, KeyCode},
    serde_names::{name_of, parse},
};

/// What a key does; the table below has the words. In `snake_case` they are the names in the palette and in `[keys]`, so none is
/// renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Help,
    Commands,
    Problems,
    OtherPane,
    #[serde(rename = "maximise_images")]
    ImagesOnly,
    #[serde(rename = "maximise_jobs")]
    JobsOnly,
    Coverage,
    Orphans,
    RecycleBin,
    Storage,
    SyncPlan,
    NextAccount,
    Grow,
    Shrink,
    #[serde(rename = "usual_sizes")]
    ResetSizes,
    Back,
    Refresh,
    #[serde(rename = "redraw")]
    Repaint,
    Suspend,
    Quit,
    Mouse,
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    Filter,
    Find,
    FindNext,
    FindPrevious,
    Sort,
    Reverse,
    Columns,
    MoveUp,
    MoveDown,
    Details,
    Mark,
    MarkAll,
    #[serde(rename = "unmark_all")]
    MarkNone,
    Copy,
    CopyInto,
    Deregister,
    Verify,
    Diff,
    Lineage,
    UsedBy,
    UsageReport,
    Regions,
    #[serde(rename = "owner")]
    Whose,
    Profile,
    #[serde(rename = "copy_id")]
    YankId,
    #[serde(rename = "copy_arn")]
    YankArn,
    #[serde(rename = "copy_all")]
    YankAll,
    Expand,
    Cancel,
    CancelBatch,
    Retry,
    Edit,
    RetryBatch,
    History,
    Dismiss,
    #[serde(rename = "json")]
    Raw,
    Left,
    Right,
    NextField,
    PreviousField,
    Press,
    Toggle,
    RemoveLine,
    Presets,
    SavePreset,
    RemovePreset,
    Start,
    #[serde(rename = "next_command")]
    NextLine,
    #[serde(rename = "previous_command")]
    PreviousLine,
    #[serde(rename = "copy_command")]
    YankCommand,
    Skip,
    SkipAll,
    Rename,
    CopyAnyway,
    GiveAccess,
    Accept,
    Complete,
    Filters,
    SaveFilter,
    ShowKept,
    GroupBy,
    DeleteSnapshots,
    Restore,
    Older,
    Newer,
    Yes,
    No,
}

impl Action {
    /// The name in the palette and in `[keys]`.
    pub fn name(self) -> String {
        name_of(self)
    }

    /// The action of this name.
    pub fn parse(name: &str) -> Option<Self> {
        parse(name)
    }
}

const fn k(c: char) -> Chord {
    Chord::plain(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Chord {
    Chord::ctrl(c)
}

const fn code(code: KeyCode) -> Chord {
    Chord::plain(code)
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binding {
    pub context: Context,
    /// Any of these keys unless the settings say others; the footer names the first.
    pub chords: &'static [Chord],
    pub action: Action,
    /// What it does, for help and the command list.
    pub text: &'static str,
    /// The footer's label and its drop order: where there is no room, the highest goes first.
    pub footer: Option<(&'static str, u8)>,
}

const fn row(context: Context, chords: &'static [Chord], action: Action, text: &'static str) -> Binding {
    Binding { context, chords, action, text, footer: None }
}

const fn foot(
    context: Context,
    chords: &'static [Chord],
    action: Action,
    text: &'static str,
    word: &'static str,
    drop: u8,
) -> Binding {
    Binding { context, chords, action, text, footer: Some((word, drop)) }
}

use Action as A;
use Context as C;

/// Every binding, in the order of help and footer.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    foot(C::Everywhere, &[k('?')], A::Help, "help", "help", 0),
    row(C::Everywhere, &[k(':')], A::Commands, "commands: every action by name, and those with arguments"),
    row(C::Everywhere, &[k('!')], A::Problems, "problems"),
    foot(C::Everywhere, &[code(KeyCode::Tab)], A::OtherPane, "switch panes", "other pane", 7),
    row(C::Everywhere, &[k('1')], A::ImagesOnly, "maximise the images pane, or restore it"),
    row(C::Everywhere, &[k('2')], A::JobsOnly, "maximise the jobs pane, or restore it"),
    row(C::Everywhere, &[k('3')], A::Coverage, "coverage: which image is in which region, and what is missing where"),
    row(C::Everywhere, &[k('4')], A::Orphans, "orphans: snapshots that images left behind, and what they cost"),
    row(C::Everywhere, &[k('5')], A::RecycleBin, "Recycle Bin: deregistered images and deleted snapshots that can be restored"),
    row(C::Everywhere, &[k('6')], A::Storage, "storage: what your images hold in snapshots, by family, region, account or image, and what it costs at most"),
    row(C::Everywhere, &[k('7')], A::SyncPlan, "sync plan: what the policies of a file (`:policy FILE`, or --policy) would copy and retire"),
    row(C::Everywhere, &[k('A')], A::NextAccount, "show the next account, where several are on the screen (see profiles)"),
    row(C::Everywhere, &[k('+')], A::Grow, "make this pane higher"),
    row(C::Everywhere, &[k('-')], A::Shrink, "make this pane lower"),
    row(C::Everywhere, &[k('=')], A::ResetSizes, "give the panes their usual heights"),
    row(C::Everywhere, &[k('R')], A::Refresh, "refresh: list the images again and poll every copy now"),
    row(C::Everywhere, &[k('m')], A::Mouse, "turn the mouse on or off (off lets your terminal select text)"),
    row(C::Everywhere, &[ctrl('l')], A::Repaint, "redraw the screen"),
    row(C::Everywhere, &[ctrl('z')], A::Suspend, "suspend"),
    row(C::Everywhere, &[code(KeyCode::Esc)], A::Back, "back"),
    foot(C::Everywhere, &[k('q'), ctrl('c')], A::Quit, "quit", "quit", 0),
    row(C::Lists, &[k('j'), code(KeyCode::Down), ctrl('n')], A::Down, "down"),
    row(C::Lists, &[k('k'), code(KeyCode::Up), ctrl('p')], A::Up, "up"),
    row(C::Lists, &[k('g'), code(KeyCode::Home)], A::Top, "first"),
    row(C::Lists, &[k('G'), code(KeyCode::End)], A::Bottom, "last"),
    row(C::Lists, &[code(KeyCode::PageDown), ctrl('d'), ctrl('f')], A::PageDown, "page down"),
    row(C::Lists, &[code(KeyCode::PageUp), ctrl('u'), ctrl('b')], A::PageUp, "page up"),
    foot(C::Images, &[k('c')], A::Copy, "copy the marked images, or this one", "copy", 1),
    row(C::Images, &[k('I')], A::CopyInto, "copy the marked images, or this one, into another account on the screen"),
    foot(C::Images, &[k(' ')], A::Mark, "mark or unmark, and move to the next", "mark", 3),
    row(C::Images, &[k('a')], A::MarkAll, "mark all shown, and say how many"),
    row(C::Images, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Images, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not, or by state: arch: region: tag:KEY=VALUE age:<30d size:>100 ...", "filter", 2),
    foot(C::Images, &[k('r')], A::Regions, "choose regions", "regions", 4),
    foot(C::Images, &[code(KeyCode::Enter), k('d')], A::Details, "details (beside the lists if the terminal has 150 columns; press again to open them over the lists)", "details", 5),
    foot(C::Images, &[k('w')], A::Whose, "whose images: mine, shared, Amazon, Marketplace, an account, public", "whose", 6),
    row(C::Images, &[k('p')], A::Profile, "choose the profile, or mark several whose accounts are shown together"),
    row(C::Images, &[code(KeyCode::Delete), ctrl('x')], A::Deregister, "deregister the marked images of yours, or this one (shows who uses them, and asks first)"),
    foot(C::Images, &[k('v')], A::Verify, "verify this copy: compare it with its source", "verify", 9),
    foot(C::Images, &[k('D')], A::Diff, "compare the two marked images side by side, or the marked one with this one", "compare", 11),
    foot(C::Images, &[k('t')], A::Lineage, "lineage: what this image was made from, and what was copied from it, as a tree", "lineage", 10),
    foot(C::Images, &[k('u')], A::UsedBy, "used by: what of this account names this image, and which other accounts use it", "used by", 8),
    row(C::Images, &[k('y')], A::YankId, "copy the image id to your clipboard"),
    row(C::Images, &[k('Y')], A::YankArn, "copy the ARN to your clipboard"),
    row(C::Images, &[k('o')], A::Sort, "sort by the next column shown"),
    row(C::Images, &[k('O')], A::Reverse, "reverse the sort order"),
    row(C::Images, &[k('F')], A::Filters, "choose a saved filter, or one used last (one is saved in the filter line)"),
    row(C::Images, &[k('C')], A::Columns, "choose columns and their order"),
    foot(C::Jobs, &[code(KeyCode::Enter)], A::Expand, "show or hide the snapshots; in the history, show details", "snapshots", 3),
    foot(C::Jobs, &[k('x')], A::Cancel, "cancel this copy (asks first)", "cancel", 1),
    foot(C::Jobs, &[k('X')], A::CancelBatch, "cancel the batch: every running copy, and on request deregister the available images (asks first)", "cancel batch", 5),
    foot(C::Jobs, &[k('t')], A::Retry, "retry a failed copy (asks first if an image must be removed) or its failed steps, or decide a copy in doubt", "retry", 1),
    foot(C::Jobs, &[k('e')], A::Edit, "edit and retry: open the form with everything a failed, cancelled or gone copy had; of an available one: share it, deprecate it, protect it, repeat failed steps", "edit", 2),
    row(C::Jobs, &[k('T')], A::RetryBatch, "retry every failed copy of the batch (asks likewise) and every failed step"),
    foot(C::Jobs, &[k('d')], A::Details, "details (beside the lists if the terminal has 150 columns; press again to open them over the lists)", "details", 6),
    foot(C::Jobs, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not, or by state: from: to: batch: age: size: (Esc clears)", "filter", 4),
    foot(C::Jobs, &[k('H')], A::History, "show the history of ended copies, or go back", "history", 7),
    foot(C::Jobs, &[k('v')], A::Verify, "verify an available copy: compare it with its source", "verify", 8),
    foot(C::Jobs, &[k('D')], A::Dismiss, "dismiss the ended copies shown (asks first if there are several); the history keeps them", "dismiss", 9),
    row(C::Jobs, &[k('y')], A::YankId, "copy the new image's id to your clipboard"),
    foot(C::ImageDetails, &[k('v')], A::Raw, "show as JSON, or go back", "JSON", 1),
    foot(C::ImageDetails, &[k('c')], A::Copy, "copy this image", "copy", 2),
    row(C::ImageDetails, &[code(KeyCode::Delete), ctrl('x')], A::Deregister, "deregister this image (shows who uses it, and asks first)"),
    row(C::ImageDetails, &[k('V')], A::Verify, "verify this copy: compare it with its source"),
    row(C::ImageDetails, &[k('t')], A::Lineage, "lineage: what this image was made from, and what was copied from it, as a tree"),
    row(C::ImageDetails, &[k('u')], A::UsedBy, "used by: what of this account names this image, and which other accounts use it"),
    row(C::ImageDetails, &[code(KeyCode::Left), k('h')], A::Left, "in JSON: scroll to the left"),
    row(C::ImageDetails, &[code(KeyCode::Right), k('l')], A::Right, "in JSON: scroll to the right"),
    row(C::ImageDetails, &[k('y')], A::YankId, "copy the id, or all of the JSON where it is shown, to your clipboard"),
    row(C::ImageDetails, &[k('Y')], A::YankArn, "copy the ARN to your clipboard"),
    foot(C::ImageDetails, &[k('/')], A::Find, "find a text in this page", "find", 3),
    foot(C::ImageDetails, &[k('n')], A::FindNext, "go to the next place of the text", "next", 3),
    row(C::ImageDetails, &[k('N')], A::FindPrevious, "go to the place before"),
    foot(C::ImageDetails, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    foot(C::Pager, &[k('y')], A::YankId, "in job details: copy the new image's id to your clipboard; in problems: copy this problem", "copy", 1),
    row(C::Pager, &[k('u')], A::UsageReport, "in used by: request a usage report of all accounts, which takes EC2 minutes"),
    foot(C::Pager, &[k('Y')], A::YankAll, "in problems: copy all of them", "copy all", 2),
    foot(C::Pager, &[k('/')], A::Find, "find a text in this page", "find", 3),
    foot(C::Pager, &[k('n')], A::FindNext, "go to the next place of the text", "next", 3),
    row(C::Pager, &[k('N')], A::FindPrevious, "go to the place before"),
    foot(C::Pager, &[code(KeyCode::Esc), k('q')], A::Back, "back", "back", 0),
    foot(C::Form, &[ctrl('s')], A::Start, "review the copies before they start, from any field", "review", 0),
    foot(C::Form, &[code(KeyCode::Tab), code(KeyCode::Down)], A::NextField, "next field", "next field", 2),
    row(C::Form, &[code(KeyCode::BackTab), code(KeyCode::Up)], A::PreviousField, "previous field"),
    row(C::Form, &[code(KeyCode::PageDown)], A::PageDown, "ten fields down"),
    row(C::Form, &[code(KeyCode::PageUp)], A::PageUp, "ten fields up"),
    foot(C::Form, &[code(KeyCode::Enter)], A::Press, "open the field's picker, fold or open a section, or press the button", "choose", 3),
    row(C::Form, &[k(' ')], A::Toggle, "turn a choice to its next value, fold or open a section"),
    row(C::Form, &[ctrl('x')], A::RemoveLine, "remove this tag line"),
    foot(C::Form, &[ctrl('n')], A::NextLine, "show the next copy's AWS CLI command", "next command", 6),
    row(C::Form, &[ctrl('p')], A::PreviousLine, "show the previous copy's AWS CLI command"),
    foot(C::Form, &[ctrl('y')], A::YankCommand, "copy the AWS CLI command to your clipboard", "copy command", 5),
    foot(C::Form, &[ctrl('o')], A::Presets, "fill the form in from a preset, or with the last values", "presets", 5),
    row(C::Form, &[ctrl('t')], A::SavePreset, "save the form as a preset"),
    foot(C::Form, &[code(KeyCode::F(1)), k('?')], A::Help, "help with the form; in a text field only F1", "help", 4),
    row(C::Form, &[code(KeyCode::F(2)), k(':')], A::Commands, "commands; in a text field only F2"),
    foot(C::Form, &[code(KeyCode::Esc)], A::Back, "close the form (asks first if it was edited)", "leave", 1),
    foot(C::Review, &[ctrl('s')], A::Start, "start the copies, once every check has answered", "start", 0),
    foot(C::Review, &[code(KeyCode::Enter)], A::Press, "go to the field where this can be corrected", "field", 2),
    foot(C::Review, &[k('d')], A::Details, "show the review in full, also what has no room", "full text", 2),
    foot(C::Review, &[k('s')], A::Skip, "skip this copy, which is there already", "skip", 3),
    foot(C::Review, &[k('S')], A::SkipAll, "skip all copies that are there already", "skip all", 4),
    foot(C::Review, &[k('r')], A::Rename, "give this copy the next free name", "rename", 5),
    foot(C::Review, &[k('c')], A::CopyAnyway, "copy anyway", "anyway", 6),
    foot(C::Review, &[k('a')], A::GiveAccess, "give access: have the owner's account, if it is on the screen too, share what is missing (asks first)", "give access", 3),
    foot(C::Review, &[k('R')], A::Refresh, "check everything again", "check again", 7),
    foot(C::Review, &[code(KeyCode::Esc), k('q')], A::Back, "back to the form", "back", 1),
    foot(C::Coverage, &[k('c')], A::Copy, "copy exactly what is missing: of the marked families, or of this cell", "copy missing", 1),
    foot(C::Coverage, &[k(' ')], A::Mark, "mark or unmark this family, and move to the next", "mark", 3),
    foot(C::Coverage, &[k('a')], A::MarkAll, "mark all families shown that lack something, and say how many copies that makes", "mark all", 4),
    row(C::Coverage, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Coverage, &[k('/')], A::Filter, "filter by the newest image, with the terms of the images", "filter", 2),
    foot(C::Coverage, &[k('o')], A::Sort, "sort by most missing, name or newest", "sort", 6),
    foot(C::Coverage, &[code(KeyCode::Enter), k('d')], A::Details, "details of this cell's image", "details", 5),
    row(C::Coverage, &[k('h'), code(KeyCode::Left)], A::Left, "region to the left"),
    row(C::Coverage, &[k('l'), code(KeyCode::Right)], A::Right, "region to the right"),
    foot(C::Coverage, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, then the marks, then back", "back", 0),
    foot(C::Orphans, &[k('X')], A::DeleteSnapshots, "delete the marked snapshots, or this one (type the number of snapshots to confirm)", "delete", 1),
    foot(C::Orphans, &[k(' ')], A::Mark, "mark or unmark, and move to the next", "mark", 3),
    foot(C::Orphans, &[k('a')], A::MarkAll, "mark all shown, and say how many", "mark all", 4),
    row(C::Orphans, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::Orphans, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not", "filter", 2),
    foot(C::Orphans, &[k('v')], A::ShowKept, "show or hide the snapshots without their image that a rule keeps, and why", "kept", 5),
    foot(C::Orphans, &[k('o')], A::Sort, "sort by region, size or age", "sort", 6),
    row(C::Orphans, &[k('y')], A::YankId, "copy the snapshot's id to your clipboard"),
    foot(C::Orphans, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, then the marks, then back", "back", 0),
    foot(C::RecycleBin, &[k('r')], A::Restore, "restore the marked rows, or this one: an image after its snapshots (asks first)", "restore", 1),
    foot(C::RecycleBin, &[k(' ')], A::Mark, "mark or unmark, and move to the next", "mark", 3),
    foot(C::RecycleBin, &[k('a')], A::MarkAll, "mark all shown, and say how many", "mark all", 4),
    row(C::RecycleBin, &[k('n')], A::MarkNone, "unmark all"),
    foot(C::RecycleBin, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not", "filter", 2),
    foot(C::RecycleBin, &[k('o')], A::Sort, "sort by region or expiry", "sort", 6),
    row(C::RecycleBin, &[k('y')], A::YankId, "copy the id to your clipboard"),
    foot(C::RecycleBin, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, then the marks, then back", "back", 0),
    foot(C::Storage, &[code(KeyCode::Enter)], A::Expand, "list the images of this row; of an image, show its details", "images", 1),
    foot(C::Storage, &[k('d')], A::Details, "all that is known of this row, and how the sums are made", "details", 5),
    foot(C::Storage, &[k('b')], A::GroupBy, "group by family, region, account or image", "group", 3),
    foot(C::Storage, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not", "filter", 2),
    foot(C::Storage, &[k('o')], A::Sort, "sort by size, cost or name", "sort", 6),
    row(C::Storage, &[k('y')], A::YankId, "copy the image's id, or the row's name, to your clipboard"),
    foot(C::Storage, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, then back to the rows before, then back", "back", 0),
    foot(C::SyncPlan, &[ctrl('s')], A::Start, "carry the plan out: start its copies, and retire what may be retired by now (type the number of images to confirm)", "carry out", 1),
    foot(C::SyncPlan, &[code(KeyCode::Enter), k('d')], A::Details, "all that the plan says of this image", "details", 3),
    foot(C::SyncPlan, &[k('/')], A::Filter, "filter by words, ~fuzzy, /regex/, !not", "filter", 2),
    row(C::SyncPlan, &[k('y')], A::YankId, "copy the image id to your clipboard"),
    row(C::SyncPlan, &[k('Y')], A::YankCommand, "copy the command that carries the plan out to your clipboard"),
    foot(C::SyncPlan, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, then back", "back", 0),
    foot(C::Picker, &[code(KeyCode::Enter)], A::Accept, "choose the marked rows, or this one", "choose", 0),
    foot(C::Picker, &[k(' ')], A::Mark, "mark or unmark, where several can be chosen, and move to the next", "mark", 2),
    row(C::Picker, &[k('*')], A::MarkAll, "mark all shown"),
    row(C::Picker, &[k('-')], A::MarkNone, "unmark all"),
    foot(C::Picker, &[k('/')], A::Filter, "filter the list; a letter that is no key here begins it as well", "filter", 3),
    foot(C::Picker, &[k('J')], A::MoveDown, "in columns: move this one down", "down", 5),
    foot(C::Picker, &[k('K')], A::MoveUp, "in columns: move this one up", "up", 5),
    row(C::Picker, &[code(KeyCode::Delete)], A::RemovePreset, "in presets (asks first) and saved filters: remove this one"),
    foot(C::Picker, &[k('?'), code(KeyCode::F(1))], A::Help, "help with pickers", "help", 4),
    foot(C::Picker, &[code(KeyCode::Esc), k('q')], A::Back, "clear the filter, or close without choosing", "back", 1),
    foot(C::Filter, &[code(KeyCode::Enter)], A::Accept, "keep the filter, and go back to the list", "apply", 0),
    foot(C::Filter, &[code(KeyCode::Tab)], A::Complete, "complete state: arch: tag:KEY= and others, and their values", "complete", 2),
    foot(C::Filter, &[ctrl('s')], A::SaveFilter, "in the images: save the filter under a name", "save", 3),
    foot(C::Filter, &[code(KeyCode::Esc)], A::Back, "clear the filter", "clear", 0),
    row(C::Filter, &[code(KeyCode::F(1))], A::Help, "help with filters"),
    foot(C::Palette, &[code(KeyCode::Enter)], A::Accept, "run what is typed, or this row", "run", 0),
    foot(C::Palette, &[code(KeyCode::Tab)], A::Complete, "complete with this row", "complete", 2),
    foot(C::Palette, &[code(KeyCode::Up)], A::Older, "row above; from the first one, the command before", "history", 3),
    row(C::Palette, &[code(KeyCode::Down)], A::Newer, "row below, or the command after"),
    row(C::Palette, &[ctrl('n')], A::Down, "row below"),
    row(C::Palette, &[ctrl('p')], A::Up, "row above"),
    row(C::Palette, &[code(KeyCode::PageDown)], A::PageDown, "page down"),
    row(C::Palette, &[code(KeyCode::PageUp)], A::PageUp, "page up"),
    row(C::Palette, &[code(KeyCode::F(1))], A::Help, "help with commands"),
    foot(C::Palette, &[code(KeyCode::Esc)], A::Back, "close", "back", 1),
    foot(C::Input, &[code(KeyCode::Enter)], A::Accept, "apply", "apply", 0),
    foot(C::Input, &[code(KeyCode::Esc)], A::Back, "cancel", "back", 0),
    row(C::Input, &[code(KeyCode::F(1))], A::Help, "help"),
    row(C::Input, &[code(KeyCode::Down), ctrl('n')], A::Down, "scroll down in a long text or list"),
    row(C::Input, &[code(KeyCode::Up), ctrl('p')], A::Up, "scroll up"),
    row(C::Input, &[code(KeyCode::PageDown)], A::PageDown, "page down"),
    row(C::Input, &[code(KeyCode::PageUp)], A::PageUp, "page up"),
    foot(C::Confirm, &[k('y')], A::Yes, "yes", "yes", 0),
    foot(C::Confirm, &[k('n'), code(KeyCode::Esc), k('q')], A::No, "no", "no", 0),
    foot(C::Choice, &[code(KeyCode::Tab), code(KeyCode::Right)], A::NextField, "next choice", "next choice", 2),
    row(C::Choice, &[code(KeyCode::BackTab), code(KeyCode::Left)], A::PreviousField, "previous choice"),
    foot(C::Choice, &[k('y')], A::Yes, "take the first choice", "first choice", 3),
    foot(C::Choice, &[code(KeyCode::Enter)], A::Press, "take the choice in brackets", "confirm", 1),
    row(C::Choice, &[k('j'), code(KeyCode::Down), ctrl('n'), code(KeyCode::PageDown)], A::Down, "scroll down in a long text"),
    row(C::Choice, &[k('k'), code(KeyCode::Up), ctrl('p'), code(KeyCode::PageUp)], A::Up, "scroll up"),
    foot(C::Choice, &[code(KeyCode::Esc), k('n'), k('q')], A::No, "close without choosing", "back", 0),
];
