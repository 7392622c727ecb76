//! Declarations of data and of what users get.

use tagwell::syntax::ast::{
    Arm, Channel, Choice, Column, ColumnFormat, ColumnType, Declaration, DeclarationKind, Funnel, FunnelSource, Layer,
    Let, Level, ListDeclaration, Param, Place, Requirement, Rulebook, Score, ScoreArm, Step, Table, TableSource, Tag,
    Template, TypeName,
};

use super::Choices;

impl Choices {
    pub(super) fn declaration(&mut self) -> Declaration {
        let kind = match self.one_of(16) {
            0 => DeclarationKind::Tag(Tag { name: self.name(), label: self.label(), condition: self.expression() }),
            1 => DeclarationKind::Let(Let { name: self.name(), label: self.label(), value: self.expression() }),
            2 => DeclarationKind::Param(Param { name: self.name(), label: self.label(), value: self.expression() }),
            3 => DeclarationKind::Rulebook(Rulebook { name: self.text(), timezone: self.maybe(Choices::text) }),
            4 => DeclarationKind::Table(Box::new(self.table())),
            5 => DeclarationKind::List(ListDeclaration {
                name: self.name(),
                label: self.label(),
                from: self.text(),
                column: self.maybe(Choices::name),
            }),
            6 => DeclarationKind::Score(Box::new(self.score())),
            7 => DeclarationKind::Level(Box::new(Level {
                name: self.name(),
                label: self.label(),
                by: self.maybe(Choices::expression),
                arms: self.several(0, Choices::arm),
            })),
            8 => DeclarationKind::Layer(Layer {
                name: self.name(),
                label: self.label(),
                exclusive: self.maybe(|_| Place::default()),
                arms: self.several(0, Choices::arm),
            }),
            9 => DeclarationKind::Funnel(self.funnel()),
            10 => DeclarationKind::Segment(Box::new(self.segment())),
            11 => DeclarationKind::Policy(self.policy()),
            12 => DeclarationKind::Template(Template { name: self.name(), text: self.text() }),
            13 => DeclarationKind::Channel(Channel {
                name: self.name(),
                label: self.label(),
                requirements: self.several(0, |it| match it.one_of(2) {
                    0 => Requirement::AtMostCharacters(it.expression()),
                    _ => Requirement::MustContain(it.text()),
                }),
            }),
            14 => DeclarationKind::Test(self.test_block()),
            _ => DeclarationKind::Snapshot(Box::new(self.snapshot())),
        };
        Declaration { description: None, kind, place: Place::default() }
    }

    fn table(&mut self) -> Table {
        let from = self.maybe(|it| match it.one_of(2) {
            0 => TableSource::File(it.text()),
            _ => TableSource::Ledger(Place::default()),
        });
        Table {
            name: self.name(),
            label: self.label(),
            of: self.maybe(Choices::name),
            by: self.maybe(Choices::name),
            at: self.maybe(Choices::name),
            key: self.maybe(Choices::name),
            from,
            columns: (self.one_of(6) != 1).then(|| self.several(0, Choices::column)),
        }
    }

    fn column(&mut self) -> Column {
        let mut base = match self.one_of(3) {
            0 => TypeName::Word(tagwell::syntax::ast::Name {
                symbol: self.pick(&["text", "int", "timestamp", "of"]).into(),
                place: Place::default(),
            }),
            1 => TypeName::Decimal("2".into()),
            _ => TypeName::Word(self.name()),
        };
        // `list` is no type; before a column `of` it would be the beginning of one.
        if matches!(&base, TypeName::Word(word) if word.symbol.as_str() == "list") {
            base = TypeName::Decimal("2".into());
        }
        for _ in 0..self.one_of(4).saturating_sub(1) {
            base = TypeName::List(Box::new(base));
        }
        Column {
            name: self.name(),
            ty: ColumnType { base, optional: self.one_of(2) == 1, place: Place::default() },
            header: self.maybe(Choices::text),
            format: self.maybe(|it| match it.one_of(2) {
                0 => ColumnFormat::Strftime(it.text()),
                _ => ColumnFormat::Epoch(tagwell::syntax::ast::Name {
                    symbol: it.pick(&["s", "ms", "us", "from"]).into(),
                    place: Place::default(),
                }),
            }),
            place: Place::default(),
        }
    }

    fn score(&mut self) -> Score {
        let arm = |it: &mut Choices| ScoreArm {
            minus: it.one_of(2) == 1,
            points: it.points(),
            condition: it.expression(),
            place: Place::default(),
        };
        Score {
            name: self.name(),
            label: self.label(),
            base: self.maybe(Choices::expression),
            arms: self.several(0, arm),
            clamp: self.maybe(Choices::range),
        }
    }

    fn arm(&mut self) -> Arm {
        let choice = match self.one_of(3) {
            0 => Choice::Otherwise(Place::default()),
            1 => Choice::When(self.expression()),
            _ => {
                let count = self.up_to(2);
                Choice::From { threshold: self.expression(), keep: (0..count).map(|_| self.expression()).collect() }
            }
        };
        Arm { name: self.name(), label: self.label(), choice, place: Place::default() }
    }

    fn funnel(&mut self) -> Funnel {
        let on = match self.one_of(2) {
            0 => FunnelSource::Table(self.name()),
            _ => FunnelSource::Clause(Box::new(self.clause(2, true))),
        };
        let step = |it: &mut Choices| Step {
            name: it.name(),
            label: it.label(),
            within: it.maybe(Choices::operand),
            condition: it.expression(),
            place: Place::default(),
        };
        Funnel {
            name: self.name(),
            label: self.label(),
            on,
            by: self.maybe(Choices::name),
            steps: self.several(0, step),
        }
    }
}
