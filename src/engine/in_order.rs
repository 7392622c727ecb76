//! Pieces of an input worked on side by side, and handed on in their order: one thread reads the next piece while others work
//! and another writes.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::cores::keep_at_hand;

/// Pieces that may be ready before it is their turn, for each thread.
const AHEAD: usize = 2;

/// Does the work for every piece on so many threads, and takes what comes of it in the order of the pieces, one at a time; ends at
/// the first error.
///
/// # Errors
/// What `take` says.
pub(super) fn in_order<Piece: Send, Done: Send, Error: Send>(
    threads: usize,
    pieces: impl Iterator<Item = Piece> + Send,
    work: impl Fn(Piece) -> Done + Sync,
    take: impl FnMut(Done) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let (mut pieces, mut take) = (pieces, take);
    let ahead: Vec<Piece> = pieces.by_ref().take(2).collect();
    // What is small is done here.
    if threads < 2 || ahead.len() < 2 {
        return ahead.into_iter().chain(pieces).try_for_each(|piece| take(work(piece)));
    }
    let input = Mutex::new((ahead.into_iter().chain(pieces), 0));
    let queue = Queue { state: Mutex::new(State::new()), turn: Condvar::new(), take: Mutex::new(take) };
    let work_on = || {
        let _watch = Watch(&queue);
        loop {
            let (number, piece) = {
                let mut input = locked(&input);
                let Some(piece) = input.0.next() else { return };
                input.1 += 1;
                (input.1 - 1, piece)
            };
            if !queue.hand_on(number, work(piece), AHEAD * threads) {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let work = || {
                keep_at_hand();
                work_on();
            };
            // What the system refuses, the others do.
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        // Who would only wait works, too: their memory is at hand already.
        work_on();
    });
    match queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).failed {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// What a thread that panicked held is whole: no step of it is half done while it is held.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is done, until it is its turn.
struct Queue<Done, Error, Take> {
    state: Mutex<State<Done, Error>>,
    turn: Condvar,
    take: Mutex<Take>,
}

struct State<Done, Error> {
    ready: BTreeMap<usize, Done>,
    /// The number of the next piece to be taken.
    next: usize,
    /// Whether a thread is taking.
    taking: bool,
    /// Whether a thread has panicked: its piece never comes, and nobody waits for it.
    dead: bool,
    failed: Option<Error>,
}

impl<Done, Error> State<Done, Error> {
    fn new() -> State<Done, Error> {
        State { ready: BTreeMap::new(), next: 0, taking: false, dead: false, failed: None }
    }
}

impl<Done, Error, Take: FnMut(Done) -> Result<(), Error>> Queue<Done, Error, Take> {
    /// Puts a piece in its place, and takes all whose turn it is, unless another thread does; false once something has failed.
    fn hand_on(&self, number: usize, done: Done, ahead: usize) -> bool {
        let mut state = locked(&self.state);
        state.ready.insert(number, done);
        if !state.taking {
            state.taking = true;
            while state.failed.is_none() && !state.dead {
                let next = state.next;
                let Some(done) = state.ready.remove(&next) else { break };
                drop(state);
                let taken = (*locked(&self.take))(done);
                state = locked(&self.state);
                state.next += 1;
                state.failed = taken.err();
                self.turn.notify_all();
            }
            state.taking = false;
        }
        // Whose piece is far ahead waits, so that memory stays small; the piece whose turn it is never does.
        while state.failed.is_none() && !state.dead && number > state.next + ahead {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.failed.is_none() && !state.dead
    }
}

/// Tells the others where a thread panics: they end, are joined, and the panic goes on.
struct Watch<'q, Done, Error, Take>(&'q Queue<Done, Error, Take>);

impl<Done, Error, Take> Drop for Watch<'_, Done, Error, Take> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            locked(&self.0.state).dead = true;
            self.0.turn.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_taken_in_order_whatever_the_number_of_threads() {
        for threads in [1, 2, 7] {
            let mut taken = vec![];
            let slow = |piece: u64| {
                std::thread::sleep(std::time::Duration::from_micros(piece * 37 % 200));
                piece * 2
            };
            in_order(threads, 0..300, slow, |done| {
                taken.push(done);
                Ok::<(), ()>(())
            })
            .expect("nothing fails");
            assert_eq!(taken, (0..300).map(|it| it * 2).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn a_panic_ends_it() {
        let of = |work: fn(u32) -> u32, take: fn(u32) -> Result<(), ()>| {
            std::panic::catch_unwind(|| in_order(2, 0..1000, work, take)).is_err()
        };
        assert!(of(|it| if it == 20 { panic!("a piece that cannot be worked on") } else { it }, |_| Ok(())));
        assert!(of(|it| it, |it| if it == 20 { panic!("a piece that cannot be taken") } else { Ok(()) }));
    }

    #[test]
    fn nothing_is_taken_after_an_error() {
        for threads in [1, 3] {
            let mut taken = 0;
            let ended = in_order(
                threads,
                0..1000,
                |it| it,
                |it| {
                    taken += 1;
                    if it == 50 { Err("the fifty-first") } else { Ok(()) }
                },
            );
            assert_eq!((ended, taken), (Err("the fifty-first"), 51));
        }
    }
}
