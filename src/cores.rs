//! Work that is spread over the cores of the machine, where it is long enough to be worth the threads.

/// Into how many parts work of this length is cut, where less than `least` for each is done as fast by one.
pub(crate) fn parts(length: usize, least: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    if length < least { 1 } else { cores() }
}

/// Does the work for every part, each on a thread of its own with so many bytes of stack, and gives what comes of it in the order
/// of the parts; none where the system has no thread to give. Where the stack that there is does, the last part is done here.
pub(crate) fn side_by_side<Part: Sync, Done: Send>(
    parts: &[Part],
    stack: usize,
    work: impl Fn(&Part) -> Done + Sync,
) -> Vec<Option<Done>> {
    let work = &work;
    let (last, others) = match parts.split_last() {
        Some((last, others)) if stack <= FLAT => (Some(last), others),
        Some(_) | None => (None, parts),
    };
    std::thread::scope(|scope| {
        let begun = others.iter().map(|part| {
            let thread = std::thread::Builder::new().stack_size(stack);
            let work = move || {
                keep_at_hand();
                work(part)
            };
            thread.spawn_scoped(scope, work).ok()
        });
        let begun: Vec<_> = begun.collect();
        let here = last.map(|part| Some(work(part)));
        let done = begun
            .into_iter()
            .map(|thread| thread.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        done.chain(here).collect()
    })
}

/// The stack of a thread whose work nests no deeper than an expression may.
pub(crate) const FLAT: usize = 2 << 20;

/// Asks the allocator for the memory of long work at once, and gives it back untouched: the GNU allocator goes to the system for each page
/// else by which a thread's memory grows. Where there is not so much, the work may need less.
pub(crate) fn keep_at_hand() {
    let mut memory = Vec::<u8>::new();
    let _ = memory.try_reserve_exact(AT_HAND);
    drop(std::hint::black_box(memory));
}

/// Less than what would be taken from the system by itself, and given back to it.
const AT_HAND: usize = 24 << 20;
