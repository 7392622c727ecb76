//! A run that had been made already: its decisions are written again, and what is other than it was then is said.

use tagwell::state::{LastRun, LedgerRow, Remembered, Run, Store};

use super::super::{
    actions::{ActionsWriter, Decisions, Record},
    exit::Failure,
    summary::grouped,
};

/// The decisions of the last run, once more; how many they are.
pub(super) fn told(
    store: &Store,
    last: &LastRun,
    writer: Option<ActionsWriter>,
    zone: &tagwell::value::Zone,
) -> Result<u64, Failure> {
    let mut writer = writer;
    let mut told = 0;
    store.ledger().decisions(None, Some(last.number), |row: LedgerRow| {
        told += 1;
        match &mut writer {
            Some(writer) => {
                let (key_type, decisions) = (last.run.key_type.as_str(), Decisions::Recorded);
                writer.write(&Record { row: &row, zone, key_type, decisions })
            }
            None => Ok(()),
        }
    })?;
    writer.map_or(Ok(()), ActionsWriter::finish)?;
    Ok(told)
}

/// What is other than it was when the run was made, and so did not count; of the users only how many they are is known.
pub(super) fn differences(now: &Run, then: &Run, remembered: &Remembered, users: u64) -> Vec<String> {
    let mut all = vec![];
    if now.rules != then.rules {
        all.push("the rules are others".to_owned());
    }
    if now.params != then.params {
        all.push("parameters are others".to_owned());
    }
    if now.lists != then.lists {
        all.push("lists or reference tables are others".to_owned());
    }
    let known = remembered.all().filter(|number| remembered.absent_since(*number).is_none()).count() as u64;
    if known != users {
        all.push(format!("{} users instead of {}", grouped(users), grouped(known)));
    }
    all
}
