//! Choices from bytes: a case is a handful of byte strings, so that a property can shrink it and a fuzzer can grow it. Where
//! the bytes have run out, every choice is the first one.

/// What is left to choose by.
#[derive(Debug)]
pub(super) struct Bytes<'b>(std::slice::Iter<'b, u8>);

impl<'b> Bytes<'b> {
    /// All of these.
    pub(super) fn new(bytes: &'b [u8]) -> Bytes<'b> {
        Bytes(bytes.iter())
    }

    /// A number below `n`, which is at most 256.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |byte| usize::from(*byte)) % n.max(1)
    }

    /// Seldom true.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of these.
    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
