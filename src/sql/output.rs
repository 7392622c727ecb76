//! The last select: what `run` writes, in its order and under its names.

use crate::{
    diagnostic::Diagnostic,
    ir::{Body, Definition, DefinitionId, Over},
    schema::{Role, TableId},
    sql::{
        AsOf, Create, Engine, Extra, Shape,
        ast::{From, Item, Query, Select, Sql},
        lower::{Held, Lowering, is_ordered},
        stack::Stack,
        without_state,
    },
    value::{Type, Value, Zone, moment_text::timestamp_text, print},
};

impl Lowering<'_> {
    /// Names that tables of the warehouse, and the columns of the last select, have already.
    pub(crate) fn keep_names(&mut self) {
        for table in &self.rulebook.schema.tables {
            if let [name] = self.table_of(&table.name).as_slice() {
                self.names.keep(name);
            }
        }
        for table in self.target.tables.values() {
            if let [name] = table.as_slice() {
                self.names.keep(name);
            }
        }
    }

    /// All steps, and the last select.
    pub(crate) fn finish_query(mut self) -> Result<Query, Vec<Diagnostic>> {
        self.at = 0;
        let mut items = vec![];
        let root = self.rulebook.schema.root();
        let key = root.key.unwrap_or(crate::schema::ColumnId(0));
        items.push(Item::named(Sql::column(&self.key.clone()), &root.column(key).name));
        let results: Vec<(DefinitionId, String)> = self
            .rulebook
            .definitions
            .iter()
            .zip(0..)
            .filter(|(it, _)| !matches!(it.body, Body::Let(_)))
            .map(|(it, at)| (DefinitionId(at), it.name.to_string()))
            .collect();
        let mut values: Vec<(DefinitionId, String, Sql)> = vec![];
        for (id, name) in results {
            let sql = self.shown(id);
            values.push((id, name, sql));
        }
        let mut extras: Vec<(String, Sql, Type)> = vec![];
        for extra in self.target.with.clone() {
            match extra {
                Extra::Column(id) => {
                    let column = root.column(id);
                    let held = self.column(id);
                    self.about = column.name.to_string();
                    let sql = self.one(held);
                    let sql = self.dialect.shown(sql, &column.ty);
                    extras.push((column.name.to_string(), sql, column.ty.clone()));
                }
                Extra::Definition(id) => {
                    let definition = self.rulebook.definition(id);
                    let sql = self.shown(id);
                    extras.push((definition.name.to_string(), sql, definition.ty.clone()));
                }
            }
        }
        let is_tag = |id: &DefinitionId| matches!(self.rulebook.definition(*id).body, Body::Tag(_));
        let is_segment = |id: &DefinitionId| matches!(self.rulebook.definition(*id).body, Body::Segment(_));
        let (mut tail, mut filter) = (vec![], vec![]);
        match self.target.shape {
            Shape::Records => {
                let list = |holds: &dyn Fn(&DefinitionId) -> bool| {
                    let named = values.iter().filter(|(id, ..)| holds(id)).map(|(_, name, sql)| match sql {
                        Sql::Literal(crate::sql::ast::Literal::Bool(true)) => Sql::text(name.clone()),
                        sql => Sql::when(sql.clone(), Sql::text(name.clone())),
                    });
                    self.dialect.names(named.collect())
                };
                items.push(Item::named(list(&is_tag), "tags"));
                for (id, name, sql) in &values {
                    if !is_tag(id) && !is_segment(id) {
                        items.push(Item::named(sql.clone(), name));
                    }
                }
                items.push(Item::named(list(&is_segment), "segments"));
                extend(&mut items, extras);
            }
            Shape::Wide => {
                items.extend(values.iter().map(|(_, name, sql)| Item::named(sql.clone(), name)));
                extend(&mut items, extras);
            }
            Shape::Long => {
                let mut rows: Vec<(String, Sql)> = vec![];
                for (id, name, sql) in &values {
                    let ty = self.rulebook.definition(*id).ty.clone();
                    rows.push((name.clone(), self.dialect.printed(sql.clone(), &ty)));
                }
                for (name, sql, ty) in extras {
                    if matches!(ty, Type::Timestamp | Type::Duration | Type::List(_)) {
                        let span = self.rulebook.find(&name).map(|id| self.rulebook.definition(id).span);
                        let what = format!("`{name}` as a text in a row of its own is not written");
                        self.cannot(span.unwrap_or_default(), what, "write `--shape wide`");
                        continue;
                    }
                    rows.push((name, self.dialect.printed(sql, &ty)));
                }
                if rows.is_empty() {
                    // A row for each of no results.
                    let none = self.literal(&Value::Missing, &Type::Text);
                    items.push(Item::named(none.clone(), "name"));
                    items.push(Item::named(none, "value"));
                    filter.push(Sql::bool(false));
                } else {
                    let unpivot = self.dialect.unpivot(&rows);
                    tail = unpivot.tail;
                    items.push(Item::named(unpivot.name, "name"));
                    items.push(Item::named(unpivot.value, "value"));
                }
            }
        }
        let day = self.now(&Type::Date);
        if self.target.incremental {
            items.push(Item::named(day.clone(), "as_of"));
        }
        self.tell_answer_apart(&items);
        if !self.problems.is_empty() {
            self.problems.sort_by_key(|it| it.primary.span);
            return Err(self.problems);
        }
        let level = self.at;
        let mut select = Select::from(From::Step(self.users.relation(level).to_owned()));
        select.items = items;
        select.tail = tail;
        select.filter = filter;
        let zone = self.clock().zone();
        let name = if self.rulebook.name.is_empty() {
            String::new()
        } else {
            format!("rulebook \"{}\", ", self.rulebook.name)
        };
        let as_of = match self.target.as_of {
            AsOf::Constant => timestamp_text(self.clock().now(), zone),
            AsOf::Parameter => "the parameter".into(),
        };
        let mut comment = vec![
            format!("{name}as of {as_of}, for {}", self.dialect.title()),
            format!("written by tagwell {}: change the rules, not this", env!("CARGO_PKG_VERSION")),
        ];
        let params = self.rulebook.params.iter();
        let params: Vec<String> =
            params.map(|it| format!("{} = {}", it.name, print::written(&it.value, zone))).collect();
        if !params.is_empty() {
            comment.push(format!("parameters: {}", params.join(", ")));
        }
        comment.extend(without_state(self.rulebook, self.target));
        let (users, key) = (self.table_of(&root.name), self.dialect.name(&root.column(key).header));
        let users = self.dialect.quoted(&users).join(".");
        comment.push(format!(
            "`{key}` is taken to be unique; what comes twice: \
             SELECT {key} FROM {users} WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1"
        ));
        let is_asked = |id: u32| self.rulebook.aggregates.iter().any(|it| it.over == Over::Children(TableId(id)));
        let children = || self.rulebook.schema.tables.iter().zip(0..).filter(|(_, id)| is_asked(*id));
        let keys = children().filter_map(|(table, _)| Some((table, table.column(table.key?))));
        let keys: Vec<String> = keys.map(|(table, key)| format!("`{}` of {}", key.header, table.name)).collect();
        if !keys.is_empty() {
            comment.push(format!("so is {}", keys.join(", ")));
        }
        for (table, id) in children() {
            let over = Over::Children(TableId(id));
            let is_ordered = self.rulebook.aggregates.iter().any(|it| it.over == over && is_ordered(it));
            if let Some(key) = table.key.filter(|_| is_ordered) {
                let moment =
                    if matches!(table.role, Role::Children { at: Some(_), .. }) { " of the same moment" } else { "" };
                comment.push(format!(
                    "rows of `{}`{moment} come in order of `{}`, as `run` reads a file in that order",
                    table.name,
                    table.column(key).header
                ));
            }
        }
        for (table, _) in children() {
            let Role::Children { by, .. } = table.role else { continue };
            let (by, place) = (self.dialect.name(&table.column(by).header), self.table_of(&table.name));
            let place = self.dialect.quoted(&place).join(".");
            comment.push(format!(
                "rows of `{}` that are no user's change nothing; how many: SELECT count(*) FROM {place} AS theirs \
                 WHERE NOT EXISTS (SELECT * FROM {users} AS own WHERE own.{key} = theirs.{by})",
                table.name
            ));
        }
        comment.extend(self.lists_written.iter().map(|(list, texts)| {
            let texts = if *texts == 1 { "one text".into() } else { format!("{texts} texts") };
            let kept = match self.target.as_of {
                AsOf::Constant => "is written out",
                AsOf::Parameter => "stays as it was when this was written, whatever the as-of",
            };
            format!("the list `{list}` {kept}, {texts}: `--table {list}=…` asks a table of the warehouse")
        }));
        if self.target.as_of == AsOf::Parameter {
            comment.push(self.dialect.given(self.target.create.is_some()).to_owned());
        }
        comment.extend(self.columns_to_add());
        let day = match self.target.as_of {
            AsOf::Constant => day,
            AsOf::Parameter => {
                let given = self.given();
                self.dialect.date_of(self.dialect.local(given, zone))
            }
        };
        let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let moment =
            (self.target.as_of == AsOf::Constant).then(|| digits(timestamp_text(self.clock().now(), &Zone::utc())));
        let moments = self.moment_steps();
        let mut steps = vec![];
        let mut first = std::mem::take(&mut self.first);
        first.iter_mut().for_each(|it| self.read_locals(&mut it.select));
        let mut first = first.into_iter();
        if !moments.is_empty() {
            steps.extend(first.next());
            steps.extend(moments);
        }
        let behind = steps.len();
        steps.extend(first);
        let tagged = self.names.of(&format!("{}_tagged", self.rulebook.schema.root().name));
        let mut users = std::mem::replace(&mut self.users, Stack::of("", ""));
        users.settle(level);
        users.steps(&mut steps, Some(tagged), self.dialect.fence(), &mut self.names, &mut self.titles);
        steps.iter_mut().skip(behind).for_each(|it| self.tell_parts(&mut it.select.items));
        let zone = zone.clone();
        let mut query = Query { comment, steps, last: select, titles: self.titles, day, moment, zone };
        query.read_rows_alone();
        query.leave_out_unread();
        query.name_moments();
        Ok(query)
    }

    /// What a table of days is given where rules have more results than those that made it: of each kind of column its type.
    fn columns_to_add(&self) -> Vec<String> {
        let Some(Create::Table(table)) = self.target.create.as_ref().filter(|_| self.target.incremental) else {
            return vec![];
        };
        let results = self.rulebook.definitions.iter().filter(|it| !matches!(it.body, Body::Let(_)));
        let of_result = |it: &Definition| match (&it.body, self.target.shape) {
            (Body::Tag(_) | Body::Segment(_), Shape::Records) => None,
            (Body::Score(_), _) => Some((format!("`{}`", it.name), it.ty.clone())),
            (body, _) => Some((format!("a {}", body.word()), it.ty.clone())),
        };
        let of_extra = |it: &Extra| match it {
            Extra::Column(id) => {
                let column = self.rulebook.schema.root().column(*id);
                (format!("`{}`", column.name), column.ty.clone())
            }
            Extra::Definition(id) => {
                let definition = self.rulebook.definition(*id);
                (format!("`{}`", definition.name), definition.ty.clone())
            }
        };
        let all = results.filter_map(of_result).chain(self.target.with.iter().map(of_extra));
        let mut told: Vec<String> = vec![];
        for (what, ty) in all.filter(|_| self.target.shape != Shape::Long) {
            let ty = match (ty, self.target.engine) {
                // Microseconds, added up there as decimals.
                (Type::Duration, Engine::Spark) => Type::Decimal(0),
                (Type::Duration, _) => Type::Int,
                (ty, _) => ty,
            };
            let line = format!("{what} {}", self.dialect.ty(&ty).unwrap_or_default());
            if !told.contains(&line) {
                told.push(line);
            }
        }
        let table = self.dialect.quoted(table).join(".");
        let head = format!(
            "a result that the table has no column for: ALTER TABLE {table} ADD COLUMN name type, where the type is"
        );
        let head = (!told.is_empty()).then_some(head);
        head.into_iter().chain(told.into_iter().map(|it| format!("  of {it}"))).collect()
    }

    fn one(&mut self, held: Held) -> Sql {
        match held {
            Held::One(sql) => sql,
            Held::Length(length) => {
                let micros = self.exact(length);
                self.keep_as(micros, "micros")
            }
        }
    }

    /// A definition as it is written out.
    fn shown(&mut self, id: DefinitionId) -> Sql {
        let held = self.definition(id);
        self.about = self.rulebook.definition(id).name.to_string();
        let sql = self.one(held);
        self.dialect.shown(sql, &self.rulebook.definition(id).ty)
    }
}

/// More columns, but for those that are there.
fn extend(items: &mut Vec<Item>, extras: Vec<(String, Sql, Type)>) {
    for (name, sql, _) in extras {
        if items.iter().all(|it| it.alias.as_ref() != Some(&name)) {
            items.push(Item::named(sql, &name));
        }
    }
}
