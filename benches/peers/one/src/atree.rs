//! a-tree: an index of all conditions, searched with an event. Numbers as integers; the events are built beforehand.

use std::error::Error;

use a_tree::{ATree, AttributeDefinition, Event};

use crate::{
    Matcher, Record, Rule,
    condition::{Field, Words},
};

const WORDS: Words =
    Words { and: "and", or: "or", not: "not ", equal: "=", unequal: "<>", list: ("[", "]"), missing: "is null" };

pub struct Tree {
    tree: ATree<usize>,
    events: Vec<Event>,
}

impl Tree {
    pub fn new(rules: &[Rule], records: &[Record]) -> Result<Tree, Box<dyn Error>> {
        let define = |(name, field): &(String, Field)| match field {
            Field::Whole(_) => AttributeDefinition::integer(name),
            Field::Text(_) => AttributeDefinition::string(name),
            Field::Truth(_) => AttributeDefinition::boolean(name),
        };
        let columns: Vec<_> = records.first().ok_or("no records")?.iter().map(define).collect();
        let mut tree = ATree::new(&columns).map_err(|error| format!("{error:?}"))?;
        for (at, rule) in rules.iter().enumerate() {
            let text = rule.when.written(&WORDS);
            tree.insert(&at, &text).map_err(|error| format!("{text}: {error:?}"))?;
        }
        let event = |record: &Record| {
            let mut event = tree.make_event();
            for (name, field) in record {
                match field {
                    Field::Whole(whole) => event.with_integer(name, *whole)?,
                    Field::Text(text) => event.with_string(name, text)?,
                    Field::Truth(truth) => event.with_boolean(name, *truth)?,
                }
            }
            event.build()
        };
        let events = records.iter().map(event).collect::<Result<_, _>>()?;
        Ok(Tree { tree, events })
    }
}

impl Matcher for Tree {
    fn matches(&mut self, record: usize, found: Option<&mut Vec<usize>>) -> usize {
        let report = self.tree.search(&self.events[record]).expect("all attributes are there");
        if let Some(found) = found {
            found.extend(report.matches().iter().map(|at| **at));
        }
        report.matches().len()
    }
}
