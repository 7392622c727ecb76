//! One expression, asked of one record: what `tagwell eval` and the prompt do.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    check::{self, Inputs},
    diagnostic::Sink,
    engine::{Engine, Problems, RecordError},
    eval::{Context, User},
    intern::Symbol,
    ir::{self, DefinitionId},
    record,
    source::Sources,
    syntax,
    value::{Clock, Type, Zone, moment_text, print},
};

/// A checked expression, with the rulebook whose names it may use.
#[derive(Clone, Debug)]
pub struct Question {
    rulebook: Arc<ir::Rulebook>,
    asked: DefinitionId,
}

impl Question {
    /// Checks an expression beside rule files (which may be none). What no table declares has its type from its use, met
    /// with the `record` that it will be asked of.
    ///
    /// # Errors
    /// Every mistake of the rules and of the expression.
    pub fn check(
        rules: &[(String, Arc<str>)],
        expression: &str,
        record: &Map<String, Json>,
        params: &[(String, String)],
    ) -> Result<Question, Problems> {
        let mut sources = Sources::new();
        let mut sink = Sink::new();
        let ids: Vec<_> = rules.iter().map(|(name, text)| sources.add(name.as_str(), Arc::clone(text))).collect();
        let asked = sources.add("<expression>", expression);
        let files: Vec<_> = ids.into_iter().map(|id| syntax::parse(id, sources.get(id).text(), &mut sink)).collect();
        let tree = syntax::parse_expression(asked, expression, &mut sink);
        let inputs = Inputs {
            facts: BTreeMap::from([(Symbol::new(check::ROOT), record::facts(record))]),
            params: params.to_vec(),
        };
        let checked = tree.and_then(|tree| check::check_expression(&tree, &files, &sources, &inputs, &mut sink));
        let problems = Problems::new(sink.finish(), &Arc::new(sources));
        match checked {
            Some((rulebook, asked)) if !problems.has_errors() => Ok(Question { rulebook: Arc::new(rulebook), asked }),
            Some(_) | None => Err(problems),
        }
    }

    /// Checks an expression that is asked of many users, as the prompt does; `inputs` says what their data hold; the expression
    /// stands under the name of a source, with its text.
    ///
    /// # Errors
    /// Every mistake of the rules and of the expression.
    pub fn of_many(
        rules: &[(String, Arc<str>)],
        (name, expression): (&str, &str),
        inputs: &Inputs,
    ) -> Result<Question, Problems> {
        let mut sources = Sources::new();
        let mut sink = Sink::new();
        let ids: Vec<_> = rules.iter().map(|(name, text)| sources.add(name.as_str(), Arc::clone(text))).collect();
        let asked = sources.add(name, expression);
        let files: Vec<_> = ids.into_iter().map(|id| syntax::parse(id, sources.get(id).text(), &mut sink)).collect();
        let tree = syntax::parse_expression(asked, expression, &mut sink);
        let checked = tree.and_then(|tree| check::check_expression_of_many(&tree, &files, &sources, inputs, &mut sink));
        let problems = Problems::new(sink.finish(), &Arc::new(sources));
        match checked {
            Some((rulebook, asked)) if !problems.has_errors() => Ok(Question { rulebook: Arc::new(rulebook), asked }),
            Some(_) | None => Err(problems),
        }
    }

    /// The rules, and the expression as a definition without a name.
    pub fn rulebook(&self) -> &Arc<ir::Rulebook> {
        &self.rulebook
    }

    /// The expression among the definitions.
    pub fn asked(&self) -> DefinitionId {
        self.asked
    }

    /// The type of its value.
    pub fn ty(&self) -> &Type {
        &self.rulebook.definition(self.asked).ty
    }

    /// The rulebook's zone.
    pub fn zone(&self) -> Zone {
        self.rulebook.zone()
    }

    /// The clock at an as-of as it is typed.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn clock(&self, as_of: &str) -> Result<Clock, moment_text::MomentError> {
        let zone = self.zone();
        let now = moment_text::parse_as_of(as_of, &zone)?;
        Clock::at(now, zone).ok_or(moment_text::MomentError::OutOfRange)
    }

    /// Its value for a record, as JSON text.
    ///
    /// # Errors
    /// A value that its column cannot have.
    pub fn answer(&self, record: &Map<String, Json>, context: Context) -> Result<String, RecordError> {
        let table = self.rulebook.schema.root();
        let values = record::from_json(record, table, context.clock.zone())?;
        let engine = Engine::new(Arc::clone(&self.rulebook), context);
        if self.rulebook.asks_about_everybody([self.asked]).is_some() {
            return Err(RecordError::NeedsPopulation(None));
        }
        let children = engine.children_of(record, &values)?;
        let answers = engine.interpreter().evaluate(User { record: &values, children: &children });
        Ok(print::json(&self.rulebook.shown(answers.value(self.asked), self.ty()), engine.clock().zone()))
    }
}
