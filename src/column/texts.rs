//! Texts one after the other in one piece of memory, as a reader finds them; where few texts stand in many rows, each once and by
//! row which it is.

/// Many texts, by row; a row without one is empty.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: String,
    /// Where each ends.
    ends: Vec<u32>,
    /// Which of them each row has; none where each row has its own.
    codes: Option<Vec<u32>>,
}

impl Texts {
    /// Texts that stand one after the other, and where each ends.
    pub fn of(bytes: String, ends: Vec<u32>) -> Texts {
        Texts { bytes, ends, codes: None }
    }

    /// One more. Beyond 4 GiB in all nothing more is taken, and false is given.
    pub fn push(&mut self, text: &str) -> bool {
        let fits = u32::try_from(self.bytes.len() + text.len());
        if let Ok(end) = fits {
            self.bytes.push_str(text);
            self.ends.push(end);
            if let Some(codes) = &mut self.codes {
                codes.push(self.ends.len() as u32 - 1);
            }
        }
        fits.is_ok()
    }

    /// These texts, which rows share: by row, which of them it has.
    #[must_use]
    pub fn shared(self, codes: Vec<u32>) -> Texts {
        Texts { codes: Some(codes), ..self }
    }

    /// Where rows share texts: which text each row has, and how many texts there are. One may be there more than once.
    pub fn codes(&self) -> Option<(&[u32], usize)> {
        self.codes.as_deref().map(|codes| (codes, self.ends.len()))
    }

    /// All of others behind its own. Beyond 4 GiB in all nothing is taken, and false is given.
    pub fn append(&mut self, others: &Texts) -> bool {
        let Ok(before) = u32::try_from(self.bytes.len()) else { return false };
        let fits = u32::try_from(self.bytes.len() + others.bytes.len()).is_ok();
        if fits {
            if self.codes.is_some() || others.codes.is_some() {
                let known = self.ends.len() as u32;
                let codes = self.codes.get_or_insert_with(|| (0..known).collect());
                match &others.codes {
                    Some(own) => codes.extend(own.iter().map(|code| known + code)),
                    None => codes.extend(known..known + others.ends.len() as u32),
                }
            }
            self.bytes.push_str(&others.bytes);
            self.ends.extend(others.ends.iter().map(|end| before + end));
        }
        fits
    }

    /// The text of a row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&str> {
        match &self.codes {
            Some(codes) => self.text(*codes.get(row)? as usize),
            None => self.text(row),
        }
    }

    /// One of the texts that rows share.
    #[inline]
    pub fn text(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// How many bytes of memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + 4 * self.ends.len() + self.codes.as_ref().map_or(0, |codes| 4 * codes.len())
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.codes.as_ref().map_or(self.ends.len(), Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// So many rows; new ones are empty.
    pub fn grow(&mut self, len: usize) {
        let end = self.ends.last().copied().unwrap_or(0);
        match &mut self.codes {
            Some(codes) if len > codes.len() => {
                self.ends.push(end);
                codes.resize(len, self.ends.len() as u32 - 1);
            }
            None if len > self.ends.len() => self.ends.resize(len, end),
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_rows_share() {
        let read = |words: &[&str]| {
            let mut texts = Texts::default();
            words.iter().for_each(|word| {
                texts.push(word);
            });
            texts
        };
        let all = |texts: &Texts| (0..texts.len()).filter_map(|row| texts.get(row)).collect::<Vec<_>>().join(",");
        let mut shared = read(&["a", "bc"]).shared(vec![1, 0, 1]);
        assert_eq!(all(&shared), "bc,a,bc");
        shared.push("d");
        assert!(shared.append(&read(&["e", ""])));
        assert!(shared.append(&read(&["x", "y"]).shared(vec![1, 1])));
        shared.grow(9);
        assert_eq!(all(&shared), "bc,a,bc,d,e,,y,y,");
        let mut own = read(&["p", "q"]);
        assert!(own.append(&shared));
        assert_eq!(all(&own), "p,q,bc,a,bc,d,e,,y,y,");
        assert_eq!(own.len(), 11);
    }
}
