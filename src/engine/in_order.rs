//! Pieces of an input worked on side by side, and handed on in their order: one thread reads the next piece while others work
//! and another writes. What the work needs is made meanwhile, and as long as it is not made, the others read ahead.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::cores::keep_at_hand;

/// Pieces that may be ready before it is their turn, for each thread.
const AHEAD: usize = 2;

/// After so many bytes no more is read ahead, so that memory stays small.
const MOST: usize = 32 << 20;

/// A piece of an input.
pub(super) trait Piece: Send {
    /// Reads it, so that less is to be done when its turn comes; gives how many bytes that takes.
    fn read(&mut self) -> usize {
        MOST
    }
}

/// Makes what the work needs, does it for every piece on so many threads, and takes what comes of it in the order of the pieces, one at a
/// time; ends at the first error. Pieces are read `ahead` where it takes its time to make that.
///
/// # Errors
/// What `take` says.
pub(super) fn in_order<Made: Send + Sync, Part: Piece, Done: Send, Error: Send>(
    (threads, ahead): (usize, bool),
    pieces: impl Iterator<Item = Part> + Send,
    make: impl FnOnce() -> Made,
    work: impl Fn(&Made, usize, Part) -> Done + Sync,
    take: impl FnMut(Done) -> Result<(), Error> + Send,
) -> Result<Made, Error> {
    let (mut pieces, mut take) = (pieces, take);
    let first: Vec<Part> = pieces.by_ref().take(2).collect();
    // What is small is done here.
    if threads < 2 || first.len() < 2 {
        let made = make();
        let mut pieces = first.into_iter().chain(pieces).enumerate();
        return pieces.try_for_each(|(number, piece)| take(work(&made, number, piece))).map(|()| made);
    }
    let input =
        Mutex::new(Input { pieces: first.into_iter().chain(pieces).enumerate(), read: BTreeMap::new(), bytes: 0 });
    let queue = Queue { state: Mutex::new(State::new()), turn: Condvar::new(), take: Mutex::new(take) };
    let made: OnceLock<Option<Made>> = OnceLock::new();
    let work_on = |made: &Made| {
        let _watch = Watch(&queue);
        loop {
            let Some((number, piece)) = locked(&input).next() else { return };
            if !queue.hand_on(number, work(made, number, piece), AHEAD * threads) {
                return;
            }
        }
    };
    let help = || {
        let _watch = Watch(&queue);
        keep_at_hand();
        while ahead && made.get().is_none() {
            let Some((number, mut piece)) = locked(&input).unread() else { break };
            let bytes = piece.read();
            locked(&input).keep(number, piece, bytes);
        }
        made.wait().iter().for_each(work_on);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // What the system refuses, the others do.
            if std::thread::Builder::new().spawn_scoped(scope, help).is_err() {
                break;
            }
        }
        let found = catch_unwind(AssertUnwindSafe(make));
        let (found, panic) = found.map_or_else(|panic| (None, Some(panic)), |found| (Some(found), None));
        // Whoever waits for it goes on, and ends where there is none.
        let found = made.get_or_init(|| found);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        // Who would only wait works, too: their memory is at hand already.
        found.iter().for_each(work_on);
    });
    match (queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).failed, made.into_inner().flatten()) {
        (Some(error), _) => Err(error),
        (None, Some(made)) => Ok(made),
        (None, None) => unreachable!("it was made, or that panicked"),
    }
}

/// The pieces that nobody works on yet.
struct Input<Pieces, Part> {
    pieces: Pieces,
    /// Those that were read ahead, and how many bytes that took.
    read: BTreeMap<usize, Part>,
    bytes: usize,
}

impl<Part, Pieces: Iterator<Item = (usize, Part)>> Input<Pieces, Part> {
    /// The next piece to be worked on, and its number.
    fn next(&mut self) -> Option<(usize, Part)> {
        self.read.pop_first().or_else(|| self.pieces.next())
    }

    /// The next piece to be read ahead; none where that is enough.
    fn unread(&mut self) -> Option<(usize, Part)> {
        if self.bytes < MOST { self.pieces.next() } else { None }
    }

    fn keep(&mut self, number: usize, piece: Part, bytes: usize) {
        self.bytes += bytes;
        self.read.insert(number, piece);
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

impl Piece for usize {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_taken_in_order_whatever_the_number_of_threads() {
        for threads in [1, 2, 7] {
            let mut taken = vec![];
            let slow = |factor: &usize, number: usize, piece: usize| {
                assert_eq!(number, piece);
                std::thread::sleep(std::time::Duration::from_micros(piece as u64 * 37 % 200));
                piece * factor
            };
            let made = in_order(
                (threads, true),
                0..300,
                || 2,
                slow,
                |done| {
                    taken.push(done);
                    Ok::<(), ()>(())
                },
            );
            assert_eq!(made, Ok(2));
            assert_eq!(taken, (0..300).map(|it| it * 2).collect::<Vec<usize>>());
        }
    }

    #[test]
    fn a_panic_ends_it() {
        let of = |make: fn() -> usize, work: fn(usize) -> usize, take: fn(usize) -> Result<(), ()>| {
            catch_unwind(|| in_order((2, true), 0..1000, make, |_, _, piece| work(piece), take)).is_err()
        };
        assert!(of(|| 0, |it| if it == 20 { panic!("a piece that cannot be worked on") } else { it }, |_| Ok(())));
        assert!(of(|| 0, |it| it, |it| if it == 20 { panic!("a piece that cannot be taken") } else { Ok(()) }));
        assert!(of(|| panic!("what cannot be made"), |it| it, |_| Ok(())));
    }

    #[test]
    fn nothing_is_taken_after_an_error() {
        for threads in [1, 3] {
            let mut taken = 0;
            let take = |it| {
                taken += 1;
                if it == 50 { Err("the fifty-first") } else { Ok(()) }
            };
            let ended = in_order((threads, true), 0..1000, || (), |(), _, it| it, take);
            assert_eq!((ended, taken), (Err("the fifty-first"), 51));
        }
    }
}
