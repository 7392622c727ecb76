//! Libraries that read binary files trust them: what is broken in just the wrong place makes them panic. Here that becomes an
//! error about the file, which it is.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does the work; none where it panicked. What it worked on is not to be used any more then.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(work)).ok();
    GUARDED.set(before);
    answer
}

/// Whether a panic on this thread is about a file, and will be told as such.
pub fn is_guarded() -> bool {
    GUARDED.get()
}
