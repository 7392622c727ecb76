//! What is done about users: who entered and left a segment, and the decisions that follow (LANGUAGE.md §7–§9).
//!
//! Everything here is asked of one user at one instant, with what is remembered of that user; nothing is read or written. The
//! same functions answer for a run with state, for a preview without, and for the diaries of tests.

mod decide;
mod history;
mod kept;
mod leaf;
mod message;
mod policy;
mod remembered;
mod since;
mod slot;
mod tracked;
mod turn;
mod would;

pub use decide::{Decider, Occasion, Person};
pub use history::{Past, Stopped};
pub use kept::{Arm, keep};
pub use message::hole_text;
pub use remembered::Remembered;
pub use since::happened_since;
pub use tracked::{Recalled, Tracked, Tracking};
pub use turn::{AskedAgain, IsOther, Run, Seen, Turn};
pub use would::{Stop, Would};

use crate::{
    intern::Symbol,
    ir::{DefinitionId, StopReason},
    value::{Type, Value},
};

/// Why somebody entered or left a segment (LANGUAGE.md §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The segment was never asked about before.
    First,
    /// The rulebook changed: the previous one still gives the old answer.
    Rules,
    /// Only time went on.
    Time,
    /// Only the population moved.
    Others,
    /// The user's record, children, lists or parameters changed.
    Data,
    /// The user is no longer in the data, and `--absent exit` let them go.
    Gone,
}

impl Reason {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Reason; 6] =
        [Reason::First, Reason::Rules, Reason::Time, Reason::Others, Reason::Data, Reason::Gone];

    /// As it is written in records.
    pub fn name(self) -> &'static str {
        match self {
            Reason::First => "first",
            Reason::Rules => "rules",
            Reason::Time => "time",
            Reason::Others => "others",
            Reason::Data => "data",
            Reason::Gone => "gone",
        }
    }

    /// Whether `on enter` and `on exit` hear it; a segment that says `backfill` hears every one.
    pub fn is_heard(self, backfill: bool) -> bool {
        match self {
            Reason::First | Reason::Rules => backfill,
            Reason::Time | Reason::Others | Reason::Data | Reason::Gone => true,
        }
    }
}

/// What set a deed off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// `on enter`
    Enter,
    /// `on exit`
    Exit,
    /// `every 30d`
    Every,
    /// `on each payments`
    Each,
}

impl Trigger {
    /// As it is written in records.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::Enter => "enter",
            Trigger::Exit => "exit",
            Trigger::Every => "every",
            Trigger::Each => "each",
        }
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// `send sms "…"`, with the whole text
    Send(Symbol, String),
    /// `do close_task`
    Do(Symbol),
    /// `hold`
    Hold,
}

impl Done {
    /// `send`, `hold` or the verb.
    pub fn name(&self) -> &str {
        match self {
            Done::Send(..) => "send",
            Done::Do(verb) => verb.as_str(),
            Done::Hold => "hold",
        }
    }

    /// The channel of what is sent.
    pub fn channel(&self) -> Option<&Symbol> {
        match self {
            Done::Send(channel, _) => Some(channel),
            Done::Do(_) | Done::Hold => None,
        }
    }
}

/// One decision: something is done for a user, or would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// A hash of rulebook, segment, what the ledger calls the deed, user, the moment of entry and, where it occurs more than once, which
    /// occurrence it is. Never of the text.
    pub id: String,
    /// The segment.
    pub segment: DefinitionId,
    /// The deed's place in the segment: `0.1` is the second deed of the first trigger.
    pub place: String,
    /// What the ledger calls the deed: the place at which it was first seen.
    pub deed: String,
    /// What set it off.
    pub trigger: Trigger,
    /// Why the user entered or left; of `every` that time went on, of `on each` that data came.
    pub reason: Reason,
    /// What is done.
    pub done: Done,
    /// `with coupon = 50`: names, values and their types.
    pub with: Vec<(Symbol, Value, Type)>,
    /// The variant of a `split`.
    pub variant: Option<Symbol>,
    /// Not to be done before this instant; none where it may be done at once.
    pub not_before: Option<i64>,
    /// Not to be done after this instant.
    pub not_after: Option<i64>,
    /// Why it is not done after all, and the words of the rules that decided.
    pub stopped: Option<(StopReason, String)>,
    /// Since when the user has been, or had been, in the segment.
    pub entered: i64,
    /// Which of several: the number of an `every`, the key of an `on each` row.
    pub which: Option<String>,
    /// Whether the segment is exempt from the policy.
    pub exempt: bool,
}

/// As it is written in records.
pub fn stop_name(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Require => "require",
        StopReason::Limit => "limit",
        StopReason::Cooldown => "cooldown",
        StopReason::Once => "once",
        StopReason::AtMost => "at most",
        StopReason::Channel => "channel",
    }
}
