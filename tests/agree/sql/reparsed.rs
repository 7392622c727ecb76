//! Every query is read again by a parser of others: one statement, whatever names and values it was made of.

use sqlparser::{
    dialect::{ClickHouseDialect, DatabricksDialect, Dialect, DuckDbDialect, PostgreSqlDialect},
    parser::Parser,
    tokenizer::{Token, Tokenizer},
};

use super::engines::Engine;

/// The parser's own, and that ClickHouse has `FILTER` too.
#[derive(Debug)]
struct ClickHouse(ClickHouseDialect);

impl Dialect for ClickHouse {
    fn dialect(&self) -> std::any::TypeId {
        self.0.dialect()
    }

    fn is_identifier_start(&self, it: char) -> bool {
        self.0.is_identifier_start(it)
    }

    fn is_identifier_part(&self, it: char) -> bool {
        self.0.is_identifier_part(it)
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_array_join_syntax(&self) -> bool {
        true
    }

    fn supports_array_typedef_with_parentheses(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_settings(&self) -> bool {
        true
    }

    fn supports_tuple_element_access(&self) -> bool {
        true
    }
}

fn dialect(engine: Engine) -> Box<dyn Dialect> {
    match engine {
        Engine::DuckDb => Box::new(DuckDbDialect {}),
        Engine::Postgres => Box::new(PostgreSqlDialect {}),
        Engine::ClickHouse => Box::new(ClickHouse(ClickHouseDialect {})),
        // The dialect of Spark SQL.
        Engine::Spark => Box::new(DatabricksDialect {}),
    }
}

/// Reads a query, which is one statement. What reads it knows neither Spark's `DIV` and texts of moments nor parameters.
pub(super) fn again(engine: Engine, query: &str) {
    // Nothing stands in it that an editor, or whoever copies a file, changes in silence.
    let changed = |it: char| it != '\n' && it.is_control() || ['\u{a0}', '\u{2028}', '\u{2029}'].contains(&it);
    assert!(!query.contains(changed), "{engine:?}: {query:?}");
    if engine == Engine::Spark || query.contains("as of the parameter") {
        return;
    }
    let dialect = dialect(engine);
    // Of ClickHouse's steps the parser does not know it.
    let query = &query.replace(" AS MATERIALIZED (\n", " AS (\n");
    let mut parser = Parser::new(&*dialect).with_recursion_limit(400).try_with_sql(query).unwrap();
    match parser.parse_statements() {
        Ok(statements) => assert_eq!(statements.len(), 1, "{query}"),
        Err(error) => panic!("{engine:?}: {error}\n{query}"),
    }
}

/// The names that are quoted, and the texts.
pub(super) fn quoted(engine: Engine, query: &str) -> (Vec<String>, Vec<String>) {
    let dialect = dialect(engine);
    let tokens = Tokenizer::new(&*dialect, query).tokenize().unwrap();
    let (mut names, mut texts) = (vec![], vec![]);
    for token in tokens {
        match token {
            Token::Word(word) if word.quote_style.is_some() => names.push(word.value),
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => texts.push(text),
            Token::Word(word) => assert!(!word.value.eq_ignore_ascii_case("drop"), "{query}"),
            _ => {}
        }
    }
    (names, texts)
}
