//! The text that the grammar reads, and where each of its bytes came from.
//!
//! The scanner and the repairs replace characters; every place that is told is a place in the text as it was typed.

use std::{ops::Range, sync::Arc};

/// A replacement: these bytes of the clean text stand for those of the original.
#[derive(Clone, Debug)]
struct Replaced {
    clean: Range<usize>,
    original: Range<usize>,
}

/// A text with its repairs made.
#[derive(Clone, Debug, Default)]
pub(super) struct Cleaned {
    text: String,
    /// In order, without overlaps.
    replaced: Vec<Replaced>,
    /// Where byte 0 came from.
    origin: usize,
    /// Of a text that stands inside another one: where each of its bytes was written, and its end.
    inside: Option<Arc<[u32]>>,
}

impl Cleaned {
    /// An empty text that will be about so many bytes long.
    pub(super) fn about(length: usize) -> Cleaned {
        Cleaned { text: String::with_capacity(length), ..Cleaned::default() }
    }

    /// The repaired text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The next characters, as they were typed.
    pub(super) fn keep(&mut self, kept: &str) {
        self.text.push_str(kept);
    }

    /// `text` in place of the next bytes `original`.
    pub(super) fn replace(&mut self, original: Range<usize>, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        if original.len() != text.len() || original.len() > 1 {
            self.replaced.push(Replaced { clean: start..self.text.len(), original });
        }
    }

    /// A text whose original stands right behind this one's.
    pub(super) fn append(&mut self, behind: Cleaned) {
        let before = self.text.len();
        self.text.push_str(&behind.text);
        let shift = |it: Replaced| Replaced { clean: it.clean.start + before..it.clean.end + before, ..it };
        self.replaced.extend(behind.replaced.into_iter().map(shift));
    }

    /// The same text, where what was taken for the original stands inside another text: `places` says where each of its
    /// bytes was written, and its end.
    pub(super) fn within(self, places: Arc<[u32]>) -> Cleaned {
        Cleaned { inside: Some(places), ..self }
    }

    /// The original bytes that `clean` stands for.
    pub(super) fn original(&self, clean: Range<usize>) -> Range<usize> {
        let found = self.nearer(clean);
        let Some(places) = &self.inside else { return found };
        let place = |at: usize| places.get(at).or(places.last()).map_or(at, |it| *it as usize);
        place(found.start)..place(found.end)
    }

    /// The bytes of the text before any repair, that `clean` stands for.
    fn nearer(&self, clean: Range<usize>) -> Range<usize> {
        let start = self.back(clean.start, false);
        let end = if clean.is_empty() { start } else { self.back(clean.end, true) };
        start..end.max(start)
    }

    fn back(&self, at: usize, end: bool) -> usize {
        let after = self.replaced.partition_point(|it| if end { it.clean.start < at } else { it.clean.start <= at });
        match after.checked_sub(1).and_then(|last| self.replaced.get(last)) {
            None => self.origin + at,
            Some(it) if at >= it.clean.end => it.original.end + (at - it.clean.end),
            Some(it) if end => it.original.end,
            // Within a replacement there is no telling which byte came from where.
            Some(it) => it.original.start,
        }
    }

    /// A part of it, to be mended by itself.
    pub(super) fn part(&self, clean: Range<usize>) -> Cleaned {
        let inside = |it: &&Replaced| it.clean.start >= clean.start && it.clean.end <= clean.end;
        let first = self.replaced.partition_point(|it| it.clean.start < clean.start);
        let shift = |it: &Replaced| Replaced {
            clean: it.clean.start - clean.start..it.clean.end - clean.start,
            original: it.original.clone(),
        };
        let replaced = self.replaced.get(first..).unwrap_or(&[]).iter().take_while(inside).map(shift).collect();
        let text = self.text.get(clean.clone()).unwrap_or("").to_owned();
        Cleaned { text, replaced, origin: self.back(clean.start, false), inside: self.inside.clone() }
    }

    /// Replaces bytes of the clean text; what they stood for stays what they stand for.
    pub(super) fn mend(&mut self, clean: Range<usize>, text: &str) {
        let original = self.nearer(clean.clone());
        let first = self.replaced.partition_point(|it| it.clean.end <= clean.start);
        let later = self.replaced.split_off(first);
        let moved = |at: usize| at - clean.len() + text.len();
        // What the mend cuts in two keeps its outer parts.
        if let Some(cut) = later.first().filter(|it| it.clean.start < clean.start) {
            let left = Replaced { clean: cut.clean.start..clean.start, original: cut.original.start..original.start };
            self.replaced.push(left);
        }
        self.replaced.push(Replaced { clean: clean.start..clean.start + text.len(), original: original.clone() });
        for it in later {
            if it.clean.start >= clean.end {
                self.replaced
                    .push(Replaced { clean: moved(it.clean.start)..moved(it.clean.end), original: it.original });
            } else if it.clean.end > clean.end {
                let right = moved(clean.end)..moved(it.clean.end);
                self.replaced
                    .push(Replaced { clean: right, original: original.end.min(it.original.end)..it.original.end });
            }
        }
        if self.text.is_char_boundary(clean.start) && self.text.is_char_boundary(clean.end) {
            self.text.replace_range(clean, text);
        }
    }
}
