//! How a case went, and what is told of what did not come as expected: its line, the record, expected and actual side by side, and
//! the clause that decided.

use crate::{
    action::{Decision, Done, Turn, stop_name},
    diagnostic::{
        Diagnostic, Severity,
        code::{NO_ANSWER, NOT_AS_EXPECTED, NOT_ENOUGH_GIVEN},
    },
    eval::reference::SoFar,
    ir::{Body, Case, DefinitionId, Details, Expectation, Expected, Expr, ExprKind, Fate, Test},
    source::{Sources, Span},
    testing::{Moment, Need, Place, Suite, decided::View, fate, needs::Needs, undone::Undone, unseen},
    value::{Truth, Type, moment_text::timestamp_text},
};

/// How a case went. Of several the least counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Something does not come as expected.
    Failed,
    /// There is no answer.
    Error,
    /// Everything comes as expected.
    Passed,
}

impl Outcome {
    /// `passed`, `failed` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Error => "error",
        }
    }
}

/// How one case went.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which case; the entry is the first.
    pub place: Place,
    /// All of the case.
    pub span: Span,
    /// How it went.
    pub outcome: Outcome,
    /// What is to be told; nothing where it passed.
    pub found: Vec<Diagnostic>,
}

/// What is told, in plain lines: for forms that show no source.
pub fn plain(found: &[Diagnostic], sources: &Sources) -> String {
    let all: Vec<String> = found.iter().map(|it| lines(it, sources)).collect();
    all.join("\n")
}

/// A diagnostic in plain lines.
fn lines(it: &Diagnostic, sources: &Sources) -> String {
    let place = |span: Span| place(sources, span);
    let mut lines = vec![format!("{}: {}", place(it.primary.span), it.message)];
    for label in it.labels.iter().filter(|label| label.message != GIVEN_HERE) {
        let words: Vec<&str> = sources.slice(label.span).split_whitespace().collect();
        lines.push(format!("  {}: `{}` {}", place(label.span), words.join(" "), label.message));
    }
    lines.extend(it.notes.iter().map(|note| format!("  {}", note.replace('\n', "\n  "))));
    lines.extend(it.help.iter().map(|help| format!("  help: {help}")));
    lines.join("\n")
}

/// `shop.rules:52`
fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    format!("{}:{}", source.name(), source.line_column(span.start).line)
}

const GIVEN_HERE: &str = "given here";

/// Something that is wrong with a case.
pub(super) struct Told {
    pub(super) outcome: Outcome,
    pub(super) diagnostic: Diagnostic,
}

/// Holds one entry against what it expects.
pub(super) fn judge(
    suite: &Suite<'_>,
    test: &Test,
    case: &Case,
    moment: &Moment<'_>,
    turns: &[Turn],
    needs: &Needs<'_>,
) -> Vec<Told> {
    let judge = Judge { suite, test, case, moment, turns };
    let overlaps = moment.people.iter().enumerate().filter_map(|(user, _)| judge.overlap(user));
    let mut all: Vec<Told> = overlaps.collect();
    if all.is_empty() {
        all.extend(moment.entry.expect.iter().filter_map(|expectation| judge.expectation(expectation, needs)));
    }
    all
}

struct Judge<'j> {
    suite: &'j Suite<'j>,
    test: &'j Test,
    case: &'j Case,
    moment: &'j Moment<'j>,
    /// What became of each person, where anything is expected of that.
    turns: &'j [Turn],
}

impl Judge<'_> {
    fn expectation(&self, expectation: &Expectation, needs: &Needs<'_>) -> Option<Told> {
        let user = expectation.user.unwrap_or(0);
        let id = match &expectation.expected {
            Expected::Condition(id) => *id,
            Expected::Fate(segment, fate) => return self.fate(expectation, *segment, fate, needs),
        };
        let Body::Let(condition) = &self.moment.rulebook.definition(id).body else { return None };
        if let Some(need) = needs.get(user, id) {
            return Some(self.needs(expectation, condition, user, need, needs));
        }
        let answers = self.moment.answers.get(user)?;
        let truth = Truth::of(answers.value(id));
        (!truth.is_true()).then(|| self.fails(expectation, condition, user, truth))
    }

    fn fails(&self, expectation: &Expectation, condition: &Expr, user: usize, truth: Truth) -> Told {
        let words = self.words(expectation.span);
        let mut diagnostic = self.begin(NOT_AS_EXPECTED, expectation.span, user);
        let Some((person, answers)) = self.moment.people.get(user).zip(self.moment.answers.get(user)) else {
            return Told { outcome: Outcome::Failed, diagnostic };
        };
        let interpreter = self.moment.interpreter();
        let known = SoFar { record: &person.record, answers };
        let row = interpreter.row(&known);
        let crowd = self.crowd();
        let view = View {
            rulebook: self.moment.rulebook,
            row: &row,
            interpreter,
            answers,
            sources: self.suite.sources(),
            given: &|id: DefinitionId| person.definitions.contains_key(&id),
            crowd: &crowd,
        };
        let facts = view.facts(condition);
        let is = if truth.is_unknown() { "unknown" } else { "false" };
        let actual = if facts.is_empty() { format!("it is {is}") } else { facts.join(", ") };
        diagnostic.message = match truth {
            Truth::Unknown => format!("expected `{words}`, and it is unknown: {actual}"),
            Truth::False | Truth::True => format!("expected `{words}`, and {actual}"),
        };
        diagnostic.primary.message = format!("is {is}");
        for clause in view.behind(condition) {
            diagnostic = diagnostic.label(clause.span, clause.said);
        }
        diagnostic = diagnostic.note(format!("expected  {words}\nactual    {actual}"));
        let id = match expectation.expected {
            Expected::Condition(id) | Expected::Fate(id, _) => id,
        };
        Told { outcome: Outcome::Failed, diagnostic: self.end(self.unseen(diagnostic, id, user), user) }
    }

    /// `` `win_back` needs `opted_out` ``
    fn needs(&self, expectation: &Expectation, condition: &Expr, user: usize, need: Need, needs: &Needs<'_>) -> Told {
        let rulebook = self.moment.rulebook;
        let schema = &rulebook.schema;
        let mut by: Option<String> = None;
        condition.each(&mut |node| {
            if let ExprKind::Definition(id) = &node.kind
                && needs.get(user, *id) == Some(need)
            {
                by = Some(rulebook.definition(*id).name.to_string());
            }
        });
        let by = by.unwrap_or_else(|| self.words(expectation.span));
        let of = |other: usize| match self.label(other).filter(|_| other != user || self.case.users.len() > 1) {
            Some(label) => format!(" of \"{label}\""),
            None => String::new(),
        };
        let declared = |ty: &Type, name: &str| format!("or declare that it may be missing: `{name}: {ty}?`");
        let (what, help) = match need {
            Need::Column(other, id) => {
                let column = schema.root().column(id);
                let example = format!("give it: `{}: {}`", column.name, example(&column.ty));
                let help = vec![example, declared(&column.ty, &column.name)];
                (format!("`{}`{}", column.name, of(other)), help)
            }
            Need::RowColumn(other, table, row, id) => {
                let table = schema.table(table);
                let column = table.column(id);
                let nth = if self.rows(other, need) > 1 { format!(" in row {}", row + 1) } else { String::new() };
                let what = format!("`{}.{}`{nth}{}", table.name, column.name, of(other));
                let example = format!("give it in each row: `{}: {}`", column.name, example(&column.ty));
                (what, vec![example, declared(&column.ty, &column.name)])
            }
            Need::Key(_) => {
                let key = schema.root().key.map_or("user_id", |key| schema.root().column(key).name.as_str());
                let help = "an unlabelled user has no key: write `given \"u1\" { … }`".to_owned();
                (format!("`{key}`, the user's key"), vec![help])
            }
            Need::List(id) => {
                let list = rulebook.lists.get(id.0 as usize);
                let name = list.map(|list| list.name.to_string()).unwrap_or_default();
                let why = self.suite.unreadable(need).unwrap_or_default();
                let help = format!("give it behind the records: `with list {name} = [\"u1\"]`; its file: {why}");
                (format!("the list `{name}`"), vec![help])
            }
            Need::Table(id) => {
                let why = self.suite.unreadable(need).unwrap_or_default();
                (format!("the table `{}`", schema.table(id).name), vec![format!("its file is needed: {why}")])
            }
        };
        let mut diagnostic = self.begin(NOT_ENOUGH_GIVEN, expectation.span, user);
        diagnostic.message = format!("`{by}` needs {what}");
        diagnostic.primary.message = "hangs on what is not given".into();
        diagnostic.help = help;
        Told { outcome: Outcome::Failed, diagnostic: self.end(diagnostic, user) }
    }

    fn rows(&self, user: usize, need: Need) -> usize {
        let Need::RowColumn(_, table, ..) = need else { return 0 };
        self.moment.people.get(user).and_then(|person| person.children.get(&table)).map_or(0, Vec::len)
    }

    /// What becomes of a user in a segment.
    fn fate(&self, expectation: &Expectation, segment: DefinitionId, fate: &Fate, needs: &Needs<'_>) -> Option<Told> {
        let user = expectation.user.unwrap_or(0);
        let rulebook = self.moment.rulebook;
        let turn = self.turns.get(user)?;
        let decisions: Vec<&Decision> = turn.decisions.iter().filter(|it| it.segment == segment).collect();
        let asked = Expr { kind: ExprKind::Definition(segment), ty: Type::Bool, span: expectation.span };
        let of_deeds = || match fate {
            Fate::Entered | Fate::Left => None,
            Fate::Sends { .. } | Fate::Does { .. } | Fate::Holds(_) | Fate::StoppedBy(_) | Fate::Silent => {
                needs.of_actions(user, segment, &decisions)
            }
        };
        let need = needs.get(user, segment).or_else(of_deeds);
        if let Some(need) = need {
            return Some(self.needs(expectation, &asked, user, need, needs));
        }
        let ways = self.suite.ways();
        let place = ways.tracked.stays.iter().position(|stay| stay.definition == segment);
        let moved = |entered: bool| turn.moves.iter().any(|(at, way, _)| Some(*at) == place && *way == entered);
        let done = || decisions.iter().filter(|it| it.stopped.is_none());
        let as_told =
            |decision: &Decision, details: &Details| fate::is_as_told(decision, details, rulebook, self.moment.context);
        let comes = match fate {
            Fate::Entered => moved(true),
            Fate::Left => moved(false),
            Fate::Sends { channel, text, details } => done().any(|it| match &it.done {
                Done::Send(through, said) => {
                    let said_so = text.as_ref().is_none_or(|text| text == said);
                    through == channel && said_so && as_told(it, details)
                }
                Done::Do(_) | Done::Hold => false,
            }),
            Fate::Does { verb, details } => {
                done().any(|it| matches!(&it.done, Done::Do(done) if done == verb) && as_told(it, details))
            }
            Fate::Holds(details) => done().any(|it| it.done == Done::Hold && as_told(it, details)),
            Fate::StoppedBy(reason) => {
                decisions.iter().any(|it| it.stopped.as_ref().is_some_and(|(stopped, _)| stopped == reason))
            }
            Fate::Silent => decisions.is_empty(),
        };
        if comes {
            return None;
        }
        let words = self.words(expectation.span);
        let name = &rulebook.definition(segment).name;
        let said = fate::said(turn, ways, segment, rulebook, self.moment.context);
        let mut diagnostic = self.begin(NOT_AS_EXPECTED, expectation.span, user);
        diagnostic.message = format!("expected `{words}`, and `{name}` is otherwise: {said}");
        diagnostic.primary.message = format!("it is: {said}");
        if let (Some(person), Some(answers)) = (self.moment.people.get(user), self.moment.answers.get(user)) {
            let interpreter = self.moment.interpreter();
            let known = SoFar { record: &person.record, answers };
            let row = interpreter.row(&known);
            let crowd = self.crowd();
            let view = View {
                rulebook,
                row: &row,
                interpreter,
                answers,
                sources: self.suite.sources(),
                given: &|id: DefinitionId| person.definitions.contains_key(&id),
                crowd: &crowd,
            };
            // Where a deed was decided, it is that deed which is otherwise; else who is inside.
            let deeds = match fate {
                Fate::Entered | Fate::Left => vec![],
                Fate::Sends { .. } | Fate::Does { .. } | Fate::Holds(_) | Fate::StoppedBy(_) | Fate::Silent => {
                    decisions.iter().filter_map(|it| Some((self.deed(segment, &it.place)?, *it))).collect()
                }
            };
            for (span, decision) in &deeds {
                diagnostic = diagnostic.label(
                    *span,
                    match &decision.stopped {
                        Some((reason, _)) => format!("stopped by {}", stop_name(*reason)),
                        None => "was done".to_owned(),
                    },
                );
            }
            let is_inside = view.is_true(&asked);
            let is_first = self.moment.place.entry == 0;
            let undone = Undone { view: &view, turn, ways, is_first, is_inside }.of(rulebook, segment, fate);
            // Who is inside decided it, where nothing else is known to have.
            let who = deeds.is_empty() && (undone.is_empty() || !is_inside);
            let clauses = if who { view.behind(&asked) } else { vec![] };
            let others = undone.into_iter().filter(|it| !deeds.iter().any(|(span, _)| *span == it.span));
            for clause in clauses.into_iter().chain(others) {
                diagnostic = diagnostic.label(clause.span, clause.said);
            }
        }
        diagnostic = diagnostic.note(format!("expected  {words}\nactual    {name} {said}"));
        Some(Told { outcome: Outcome::Failed, diagnostic: self.end(self.unseen(diagnostic, segment, user), user) })
    }

    /// Everybody of the case, and what each got.
    fn crowd(&self) -> Vec<SoFar<'_>> {
        let people = self.moment.people.iter().zip(self.moment.answers);
        people.map(|(person, answers)| SoFar { record: &person.record, answers }).collect()
    }

    /// Says which rows an answer does not see.
    fn unseen(&self, diagnostic: Diagnostic, asked: DefinitionId, user: usize) -> Diagnostic {
        let person = self.moment.people.get(user);
        let lines = person.map(|it| unseen::told(self.moment.rulebook, &[asked], it, self.moment.context));
        lines.into_iter().flatten().fold(diagnostic, Diagnostic::note)
    }

    /// Where a deed stands in the rules: `0.1` is the second deed of the first trigger.
    fn deed(&self, segment: DefinitionId, place: &str) -> Option<Span> {
        let (trigger, deed) = place.split_once('.')?;
        let triggers = &self.moment.rulebook.actions.of(segment)?.triggers;
        let trigger = triggers.get(trigger.parse::<usize>().ok()?)?;
        trigger.body.deeds().nth(deed.parse().ok()?).map(|deed| deed.span)
    }

    fn overlap(&self, user: usize) -> Option<Told> {
        let overlap = self.moment.answers.get(user)?.overlaps.first()?;
        let definition = self.moment.rulebook.definition(overlap.layer);
        let arm = |rank: u32| match definition.ty {
            Type::Choice(id) => {
                let value = self.moment.rulebook.choices(id).values.get(rank as usize);
                value.map(|value| value.name.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        };
        let given = self.given(user);
        let mut diagnostic = self.begin(NO_ANSWER, given, user);
        let (first, second) = (arm(overlap.first), arm(overlap.second));
        diagnostic.message =
            format!("`{first}` and `{second}` of the exclusive layer `{}` both apply", definition.name);
        diagnostic = diagnostic.label(definition.span, "exclusive").help(
            "let the conditions exclude each other, or take `exclusive` out: then the first that applies is taken",
        );
        Some(Told { outcome: Outcome::Error, diagnostic: self.end(diagnostic, user) })
    }

    fn begin(&self, code: crate::diagnostic::Code, span: Span, user: usize) -> Diagnostic {
        let diagnostic = Diagnostic::error(code, span, String::new());
        debug_assert_eq!(diagnostic.severity, Severity::Error);
        let given = self.given(user);
        if given == span { diagnostic } else { diagnostic.label(given, GIVEN_HERE) }
    }

    /// Says whose case it was, and with what record.
    fn end(&self, diagnostic: Diagnostic, user: usize) -> Diagnostic {
        let mut place = format!("in the test \"{}\" ({})", self.test.name, place(self.suite.sources(), self.test.span));
        if self.test.cases.len() > 1 {
            place += &format!(", case {}", self.moment.place.case + 1);
        }
        if self.moment.entry.as_of.is_some() {
            let clock = &self.moment.context.clock;
            place += &format!(", as of {}", timestamp_text(clock.now(), clock.zone()));
        }
        let record = self.moment.people.get(user).map(|it| it.written(self.moment.rulebook, self.moment.context));
        let whose = self.label(user).map(|label| format!(" of \"{label}\"")).unwrap_or_default();
        diagnostic.note(format!("the record{whose}: {}", record.unwrap_or_default())).note(place)
    }

    fn label(&self, user: usize) -> Option<&str> {
        self.case.users.get(user)?.label.as_deref()
    }

    /// The word `given` of the record that a user got last.
    fn given(&self, user: usize) -> Span {
        let so_far = self.case.entries.iter().take(self.moment.place.entry + 1);
        let last = so_far.flat_map(|entry| &entry.given).rfind(|given| given.user == user);
        let span = last.map_or(self.moment.entry.span, |given| given.span);
        Span { end: span.end.min(span.start + "given".len() as u32), ..span }
    }

    fn words(&self, span: Span) -> String {
        self.suite.sources().slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A value of a type, as it is written.
fn example(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "\"上海\"",
        Type::Int => "3",
        Type::Decimal(0) => "5",
        Type::Decimal(1) => "5.0",
        Type::Decimal(_) | Type::Float => "5.00",
        Type::Bool => "false",
        Type::Date => "2026-11-22",
        Type::Timestamp => "40d ago",
        Type::Duration => "30d",
        Type::List(_) => "[…]",
        Type::Choice(_) => "…",
    }
}
