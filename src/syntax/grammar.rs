//! pest, behind a door: the grammar's derive, and where a text stops to follow it.
//!
//! pest's own `Rule` and errors stay inside `syntax`. Lines and columns are never asked of it.

use pest::{
    Parser as _,
    error::{ErrorVariant, InputLocation},
    iterators::{Pair, Pairs},
    unicode::{XID_CONTINUE, XID_START},
};

/// What pest made of `grammar/tagwell.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/tagwell.pest"]
struct Grammar;

/// Where a text stops to follow the grammar.
#[derive(Debug)]
pub(super) struct Failure {
    /// The furthest byte that could be reached; everything before it begins something.
    pub(super) at: usize,
    /// What could have stood there.
    pub(super) expected: Vec<Rule>,
}

/// The one declaration at the beginning of `text`.
pub(super) fn declaration(text: &str) -> Result<Pair<'_, Rule>, Failure> {
    first(Rule::one, text)
}

/// The one expression that `text` is.
pub(super) fn expression(text: &str) -> Result<Pair<'_, Rule>, Failure> {
    first(Rule::lone, text)
}

/// Whether a word of the scanner's is one of the grammar's too, whose Unicode may be another version's.
pub(super) fn is_word(word: &str) -> bool {
    word.is_ascii() || word.chars().skip(1).all(XID_CONTINUE) && word.starts_with(|it| it == '_' || XID_START(it))
}

fn first(rule: Rule, text: &str) -> Result<Pair<'_, Rule>, Failure> {
    let failure = |at, expected| Failure { at, expected };
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => pairs.next().and_then(|pair| pair.into_inner().next()).ok_or_else(|| failure(0, vec![])),
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            Err(match error.variant {
                ErrorVariant::ParsingError { positives, .. } => failure(at, positives),
                ErrorVariant::CustomError { .. } => failure(at, vec![]),
            })
        }
    }
}

/// The parts of a construct, taken one after the other.
pub(super) struct Parts<'i>(std::iter::Peekable<Pairs<'i, Rule>>);

impl<'i> Parts<'i> {
    /// What stands inside `pair`.
    pub(super) fn of(pair: Pair<'i, Rule>) -> Parts<'i> {
        Parts(pair.into_inner().peekable())
    }

    /// What the next part is.
    pub(super) fn peek(&mut self) -> Option<Rule> {
        self.0.peek().map(Pair::as_rule)
    }

    /// The next part, if it is a `rule`.
    pub(super) fn if_next(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        self.0.next_if(|pair| pair.as_rule() == rule)
    }

    /// The next part, which the grammar says is there.
    pub(super) fn need(&mut self) -> Pair<'i, Rule> {
        self.0.next().expect("the grammar puts a part here")
    }

    /// Passes over words and signs that say nothing more.
    pub(super) fn pass(&mut self, rules: &[Rule]) {
        while self.0.next_if(|pair| rules.contains(&pair.as_rule())).is_some() {}
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Pair<'i, Rule>;

    fn next(&mut self) -> Option<Pair<'i, Rule>> {
        self.0.next()
    }
}
