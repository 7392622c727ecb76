//! Programs of the whole grammar, made from bytes: each byte is a choice, and where there are none left the simplest thing
//! is made. So a shorter list of smaller bytes is a simpler program, and shrinking finds it.

mod declaration;
mod expression;
pub(crate) mod print;
mod segment;
mod testing;

use std::fmt;

use proptest::prelude::*;
use tagwell::{
    intern::Symbol,
    source::SourceId,
    syntax::ast::{File, Name, Place, Text},
};

/// A program, shown as it is written.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) file: File,
}

impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{}\n", print::on_one_line(&print::file(&self.file)))
    }
}

/// Any program.
pub(crate) fn program() -> impl Strategy<Value = Program> {
    prop::collection::vec(any::<u8>(), 0..600).prop_map(|bytes| {
        let mut choices = Choices { bytes, at: 0 };
        let count = 1 + choices.up_to(4);
        let declarations = (0..count).map(|_| choices.declaration()).collect();
        Program { file: File { source: SourceId(0), declarations, comments: vec![], unread: vec![] } }
    })
}

/// What is chosen, one after the other.
struct Choices {
    bytes: Vec<u8>,
    at: usize,
}

impl Choices {
    /// One of `count` ways; the first where no choices are left.
    fn one_of(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn up_to(&mut self, most: usize) -> usize {
        self.one_of(most + 1)
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.one_of(all.len())].clone()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Choices) -> T) -> Option<T> {
        (self.one_of(3) == 1).then(|| make(self))
    }

    fn several<T>(&mut self, least: usize, mut make: impl FnMut(&mut Choices) -> T) -> Vec<T> {
        let count = least + self.up_to(3);
        (0..count).map(|_| make(self)).collect()
    }

    fn name(&mut self) -> Name {
        const PLAIN: &[&str] = &["vip", "spend", "_x1", "\u{6700}\u{8fd1}\u{8d2d}\u{4e70}"];
        const SOFT: &[&str] = &[
            "rulebook",
            "table",
            "param",
            "list",
            "let",
            "tag",
            "score",
            "level",
            "layer",
            "funnel",
            "segment",
            "policy",
            "template",
            "channel",
            "test",
            "snapshot",
            "from",
            "by",
            "at",
            "of",
            "key",
            "on",
            "as",
            "to",
            "with",
            "any",
            "all",
            "none",
            "least",
            "most",
            "send",
            "do",
            "hold",
            "once",
            "hours",
            "cooldown",
            "times",
            "enter",
            "exit",
            "each",
            "every",
            "split",
            "backfill",
            "require",
            "limit",
            "quiet",
            "exempt",
            "priority",
            "given",
            "expect",
            "entered",
            "left",
            "sends",
            "does",
            "holds",
            "stopped",
            "silent",
            "today_",
            "yesterday",
            "tomorrow",
            "this",
            "last",
            "week",
            "month",
            "count",
            "column",
            "ledger",
            "timezone",
            "exclusive",
            "clamp",
            "decimal",
            "epoch",
            "must",
            "contain",
            "characters",
        ];
        const QUOTED: &[&str] =
            &["Last Order", "when", "and", "today", "a-b", "# no comment", "3", "x\"y", "\u{ff10}", "//"];
        let symbol = match self.one_of(6) {
            0..=2 => self.pick(PLAIN),
            3 | 4 => self.pick(SOFT),
            _ => self.pick(QUOTED),
        };
        Name { symbol: Symbol::new(symbol), place: Place::default() }
    }

    fn text(&mut self) -> Text {
        let value = self.pick(&[
            "fruit",
            "",
            "\u{91cd}\u{8981}\u{5ba2}\u{6237},\u{5373}\u{5c06}\u{6d41}\u{5931}",
            "{name|friend}, \"8\" off\\\n\tnow",
            "# no comment",
            "// nor this, /nor/ this -- or `this`",
            "\u{feff}\u{200b}\u{ff0c}\u{3002}'",
            "a text that is long enough to push everything to its right a good deal further to the right",
        ]);
        Text { value: value.into(), place: Place::default() }
    }

    fn label(&mut self) -> Option<Text> {
        self.maybe(Choices::text)
    }
}
