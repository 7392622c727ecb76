//! Texts one after the other in one piece of memory, as a reader finds them.

/// Many texts, by row; a row without one is empty.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Texts {
    /// One more. Beyond 4 GiB in all nothing more is taken, and false is given.
    pub fn push(&mut self, text: &str) -> bool {
        let fits = u32::try_from(self.bytes.len() + text.len());
        if let Ok(end) = fits {
            self.bytes.push_str(text);
            self.ends.push(end);
        }
        fits.is_ok()
    }

    /// All of others behind its own. Beyond 4 GiB in all nothing is taken, and false is given.
    pub fn append(&mut self, others: &Texts) -> bool {
        let Ok(before) = u32::try_from(self.bytes.len()) else { return false };
        let fits = u32::try_from(self.bytes.len() + others.bytes.len()).is_ok();
        if fits {
            self.bytes.push_str(&others.bytes);
            self.ends.extend(others.ends.iter().map(|end| before + end));
        }
        fits
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)? as usize;
        let start = match row.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// So many rows; new ones are empty.
    pub fn grow(&mut self, len: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        if len > self.ends.len() {
            self.ends.resize(len, end);
        }
    }
}
