//! Asking about a user whose rules read columns alone takes no memory. In a program of its own, since it counts what everybody takes.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an allocator that counts is unsafe to write, and a test may stop"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering},
};

use tagwell::engine::Rulebook;

#[path = "../benches/support/mod.rs"]
mod support;

/// The system's, counting.
struct Counting;

static TAKEN: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as it came.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn asking_about_a_user_takes_no_memory() {
    let rules = support::rulebook(700, 1) + "level membership by points { gold from 9000  red otherwise }\n";
    let checked = Rulebook::parse("a.rules", &rules).unwrap().check(&Default::default()).unwrap();
    let matcher = checked.engine(checked.clock("2026-11-22").unwrap()).matcher().unwrap();
    let users = support::users(50, 2);
    let mut scratch = matcher.scratch();
    let mut held = 0;
    let before = TAKEN.load(Ordering::Relaxed);
    for user in &users {
        let matches = matcher.evaluate(user, &mut scratch).unwrap();
        held +=
            matches.tags().count() + usize::from(matches.has("t1")) + matches.choice("membership").map_or(0, str::len);
    }
    let taken = TAKEN.load(Ordering::Relaxed) - before;
    assert!(held > 0);
    assert_eq!(taken, 0);
}
