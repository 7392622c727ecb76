//! What patterns of texts are made of.

/// How an engine spells patterns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patterns {
    /// A character by its number.
    pub(crate) escape: fn(u32) -> String,
    /// The ends of the text.
    pub(crate) start: &'static str,
    pub(crate) end: &'static str,
    /// Where a word of ASCII letters begins or ends, and where not.
    pub(crate) word: Option<(&'static str, &'static str)>,
    /// The greatest number of repetitions.
    pub(crate) repetitions: u32,
    /// A group that is not kept.
    pub(crate) group: &'static str,
    /// All digits of Unicode, within a class; none where they are written out.
    pub(crate) digits: Option<&'static str>,
}

/// White space at the ends of texts, as Unicode has it.
pub(crate) const WHITE_SPACE: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
