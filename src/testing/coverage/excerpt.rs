//! An excerpt of a rulebook that checks by itself: some definitions, what they build on, and cases that speak of them. What is
//! asked a thousand times is asked of an excerpt, so that it costs what it touches, and not what the rulebook is long.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    check::{self, Inputs, ROOT},
    diagnostic::{Severity, Sink},
    engine,
    intern::Symbol,
    ir::{self, DefinitionId, Expr, ExprKind, ParamId},
    schema::{ColumnFacts, Facts, OwnTypes},
    source::Sources,
    syntax::{
        self,
        ast::{self, Declaration, DeclarationKind},
    },
    value::Type,
};

/// A declaration: which of which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) file: usize,
    pub(super) declaration: usize,
}

/// Whether it is asked what is decided about somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fates {
    NotAsked,
    Asked,
}

/// A case: which of which test.
pub(super) type CaseAt = (usize, usize);

/// A whole rulebook, and what excerpts of it need.
pub(super) struct Whole<'w> {
    pub(super) rulebook: &'w engine::Rulebook,
    pub(super) ir: &'w ir::Rulebook,
    inputs: Inputs,
    /// Definitions by id, where they are declared.
    definitions: Vec<Option<At>>,
    /// Which rules read a definition, or a parameter, themselves.
    readers: HashMap<DefinitionId, Vec<DefinitionId>>,
    param_readers: HashMap<ParamId, Vec<DefinitionId>>,
    /// What stands in every excerpt: tables, lists, parameters and the like.
    always: Vec<At>,
    tests: Vec<At>,
    /// Whether what was decided is a table of its own.
    ledger: bool,
}

impl<'w> Whole<'w> {
    pub(super) fn new(rulebook: &'w engine::Rulebook, ir: &'w ir::Rulebook) -> Whole<'w> {
        let mut by_name: HashMap<Symbol, At> = HashMap::new();
        let (mut always, mut tests) = (vec![], vec![]);
        for (file, parsed) in rulebook.files().iter().enumerate() {
            for (declaration, it) in parsed.declarations.iter().enumerate() {
                let at = At { file, declaration };
                match &it.kind {
                    DeclarationKind::Let(_)
                    | DeclarationKind::Tag(_)
                    | DeclarationKind::Score(_)
                    | DeclarationKind::Level(_)
                    | DeclarationKind::Layer(_)
                    | DeclarationKind::Funnel(_)
                    | DeclarationKind::Segment(_) => {
                        by_name.extend(it.name().map(|name| (name.symbol.clone(), at)));
                    }
                    DeclarationKind::Test(_) => tests.push(at),
                    DeclarationKind::Snapshot(_) => {}
                    DeclarationKind::Rulebook(_)
                    | DeclarationKind::Table(_)
                    | DeclarationKind::Param(_)
                    | DeclarationKind::List(_)
                    | DeclarationKind::Policy(_)
                    | DeclarationKind::Template(_)
                    | DeclarationKind::Channel(_) => always.push(at),
                }
            }
        }
        let definitions = ir.definitions.iter().map(|it| by_name.get(&it.name).copied()).collect();
        let mut whole = Whole {
            rulebook,
            ir,
            inputs: inputs(ir),
            definitions,
            readers: HashMap::new(),
            param_readers: HashMap::new(),
            always,
            tests,
            ledger: ir.schema.tables.iter().any(|table| table.is_ledger()),
        };
        for id in (0..ir.definitions.len() as u32).map(DefinitionId) {
            let (named, params) = names(ir, id);
            named.into_iter().for_each(|read| whole.readers.entry(read).or_default().push(id));
            params.into_iter().for_each(|read| whole.param_readers.entry(read).or_default().push(id));
        }
        whole
    }

    pub(super) fn declaration(&self, at: At) -> Option<&'w Declaration> {
        self.rulebook.files().get(at.file)?.declarations.get(at.declaration)
    }

    /// Where a definition is declared.
    pub(super) fn at(&self, id: DefinitionId) -> Option<At> {
        self.definitions.get(id.0 as usize).copied().flatten()
    }

    /// The definitions that read this one themselves.
    pub(super) fn readers(&self, id: DefinitionId) -> impl Iterator<Item = DefinitionId> {
        self.readers.get(&id).into_iter().flatten().copied()
    }

    /// The definitions that read a parameter themselves.
    pub(super) fn param_readers(&self, id: ParamId) -> impl Iterator<Item = DefinitionId> {
        self.param_readers.get(&id).into_iter().flatten().copied()
    }

    /// Whether a case hangs on what is decided about somebody.
    pub(super) fn is_fated(&self, (test, case): CaseAt) -> bool {
        let test = self.tests.get(test).and_then(|at| self.declaration(*at));
        let Some(DeclarationKind::Test(test)) = test.map(|it| &it.kind) else { return false };
        let Some(case) = test.cases.get(case) else { return false };
        let mut expected = case.entries.iter().flat_map(|entry| &entry.expect);
        self.ledger && case.entries.len() > 1
            || expected.any(|it| !matches!(it.kind, ast::ExpectationKind::Condition(_)))
    }

    /// These definitions with what they build on, and what the deeds of segments among them, and the policy, read. What other
    /// segments do counts towards limits, and stands in the ledger.
    fn with_deeds(&self, definitions: BTreeSet<DefinitionId>, fates: Fates) -> BTreeSet<DefinitionId> {
        let actions = &self.ir.actions;
        let named = actions.policy.exempt.iter().chain(&actions.policy.priority);
        let mut read: BTreeSet<DefinitionId> = definitions.into_iter().chain(named.copied()).collect();
        if fates == Fates::Asked && (self.ledger || !actions.policy.limits.is_empty()) {
            read.extend(actions.segments.iter().map(|it| it.segment));
        }
        // `held(vip)` asks about what it does not read.
        if fates == Fates::Asked {
            read.extend(actions.memory.since.iter().map(|it| it.definition));
            read.extend(actions.memory.kept.iter().map(|it| it.level));
        }
        loop {
            let mut exprs: Vec<&Expr> = actions.policy.require.iter().collect();
            let segments = actions.segments.iter().filter(|it| read.contains(&it.segment));
            segments.for_each(|segment| segment.each_expr(&mut |expr| exprs.push(expr)));
            let found = self.ir.reads_of(read.iter().copied(), exprs, []).definitions;
            if found == read {
                return read;
            }
            read = found;
        }
    }

    /// These definitions with what they build on, and these cases, which may speak of nothing else.
    pub(super) fn excerpt(
        &self,
        definitions: impl IntoIterator<Item = DefinitionId>,
        cases: &BTreeSet<CaseAt>,
        fates: Fates,
    ) -> Excerpt {
        let read = self.with_deeds(definitions.into_iter().collect(), fates);
        let mut wanted: BTreeSet<At> = read.iter().filter_map(|id| self.at(*id)).collect();
        wanted.extend(&self.always);
        let mut of_tests: BTreeMap<At, Vec<usize>> = BTreeMap::new();
        for (test, case) in cases {
            if let Some(at) = self.tests.get(*test) {
                of_tests.entry(*at).or_default().push(*case);
            }
        }
        wanted.extend(of_tests.keys());
        let files = self.rulebook.files().iter();
        let mut files: Vec<ast::File> = files
            .map(|file| ast::File { source: file.source, declarations: vec![], comments: vec![], unread: vec![] })
            .collect();
        let mut places = HashMap::new();
        for at in wanted {
            let (Some(declaration), Some(file)) = (self.declaration(at), files.get_mut(at.file)) else { continue };
            let mut declaration = declaration.clone();
            if let (DeclarationKind::Test(test), Some(kept)) = (&mut declaration.kind, of_tests.get(&at)) {
                let cases = std::mem::take(&mut test.cases);
                test.cases =
                    cases.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, it)| it).collect();
            }
            places.insert(at, file.declarations.len());
            file.declarations.push(declaration);
        }
        let sources = Sources::clone(self.rulebook.sources());
        Excerpt { files, places, sources, inputs: self.inputs.clone() }
    }
}

impl<'w> Whole<'w> {
    /// The same, and as it checks; where it says something else of the users' columns than the whole does, all definitions
    /// stand in it. None where not even they check.
    pub(super) fn checked_excerpt(
        &self,
        definitions: impl IntoIterator<Item = DefinitionId>,
        cases: &BTreeSet<CaseAt>,
        fates: Fates,
    ) -> Option<(Excerpt, ir::Rulebook)> {
        let agrees = |found: &ir::Rulebook| {
            let (root, own) = (self.ir.schema.root(), found.schema.root());
            own.columns.iter().all(|column| {
                let same = root.find(&column.name).map(|id| root.column(id));
                same.is_none_or(|it| it.ty == column.ty && it.optional == column.optional)
            })
        };
        let excerpt = self.excerpt(definitions, cases, fates);
        if let Some(found) = excerpt.checked().filter(agrees) {
            return Some((excerpt, found));
        }
        self.checked_whole(cases)
    }

    /// All definitions, with these cases.
    pub(super) fn checked_whole(&self, cases: &BTreeSet<CaseAt>) -> Option<(Excerpt, ir::Rulebook)> {
        let all = (0..self.ir.definitions.len() as u32).map(DefinitionId);
        let excerpt = Excerpt { inputs: Inputs::default(), ..self.excerpt(all, cases, Fates::Asked) };
        excerpt.checked().map(|found| (excerpt, found))
    }
}

/// What is known of the columns of an undeclared table: fewer uses would say less of them.
fn inputs(ir: &ir::Rulebook) -> Inputs {
    let root = ir.schema.root();
    let mut inputs = Inputs::default();
    if root.declared {
        return inputs;
    }
    let fact =
        |header: &str, ty: &Type, missing: bool| ColumnFacts { header: header.into(), ty: Some(ty.clone()), missing };
    // Without a key, a column that no rule names stands for one.
    let key = root.key.is_none().then(|| fact("\u{1}key", &Type::Text, false));
    let columns = root.columns.iter().map(|column| fact(&column.header, &column.ty, column.optional));
    let facts =
        Facts { file: String::new(), columns: key.into_iter().chain(columns).collect(), values: OwnTypes::Typed };
    inputs.facts.insert(Symbol::new(ROOT), facts);
    inputs
}

/// The definitions and parameters that a definition names itself.
pub(super) fn names(ir: &ir::Rulebook, id: DefinitionId) -> (BTreeSet<DefinitionId>, BTreeSet<ParamId>) {
    let (mut named, mut params) = (BTreeSet::new(), BTreeSet::new());
    let mut look = |expr: &Expr| {
        expr.each(&mut |node| match &node.kind {
            ExprKind::Definition(id) | ExprKind::ToNext(id) | ExprKind::Reached(_, id) => drop(named.insert(*id)),
            ExprKind::Param(id) => drop(params.insert(*id)),
            _ => {}
        });
    };
    let definition = ir.definition(id);
    definition.body.each_expr(&mut look);
    definition.aggregates.iter().for_each(|id| ir.aggregate(*id).each_expr(&mut look));
    ir.actions.of(id).into_iter().for_each(|segment| segment.each_expr(&mut look));
    (named, params)
}

/// Some declarations of a rulebook.
pub(super) struct Excerpt {
    files: Vec<ast::File>,
    places: HashMap<At, usize>,
    sources: Sources,
    inputs: Inputs,
}

impl Excerpt {
    /// The texts that places in it speak of.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// As it stands; none where it does not check.
    pub(super) fn checked(&self) -> Option<ir::Rulebook> {
        checked(&self.files, &self.sources, &self.inputs)
    }

    /// With another declaration in place of one, and the texts that its places speak of; none where it does not check.
    pub(super) fn with(&mut self, at: At, text: &str) -> Option<(ir::Rulebook, Sources)> {
        let mut sources = self.sources.clone();
        let changed = parsed(&mut sources, text)?;
        let place = *self.places.get(&at)?;
        let slot = self.files.get_mut(at.file)?.declarations.get_mut(place)?;
        let before = std::mem::replace(slot, changed);
        let found = checked(&self.files, &sources, &self.inputs);
        if let Some(slot) = self.files.get_mut(at.file).and_then(|file| file.declarations.get_mut(place)) {
            *slot = before;
        }
        found.map(|found| (found, sources))
    }

    /// With a test more; none where it does not check.
    pub(super) fn with_test(&self, text: &str) -> Option<(ir::Rulebook, Sources)> {
        let mut sources = self.sources.clone();
        let test = parsed(&mut sources, text)?;
        let mut files = self.files.clone();
        files.last_mut()?.declarations.push(test);
        checked(&files, &sources, &self.inputs).map(|found| (found, sources))
    }
}

/// The one declaration of a text; none where it does not parse.
pub(super) fn parsed(sources: &mut Sources, text: &str) -> Option<Declaration> {
    let id = sources.add("changed", text);
    let mut sink = Sink::new();
    let mut file = syntax::parse(id, text, &mut sink);
    let mistakes = sink.finish().iter().any(|it| it.severity == Severity::Error);
    file.declarations.pop().filter(|_| !mistakes && file.declarations.is_empty())
}

fn checked(files: &[ast::File], sources: &Sources, inputs: &Inputs) -> Option<ir::Rulebook> {
    let mut sink = Sink::new();
    let found = check::check(files, sources, inputs, &mut sink);
    let mistakes = sink.finish().iter().any(|it| it.severity == Severity::Error);
    found.filter(|_| !mistakes)
}
