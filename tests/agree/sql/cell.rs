//! Cells as the drivers give them: texts, of floats anything that reads back as the same.

use serde_json::Value as Json;
use tagwell::value::{Type, Value, moment_text::date_text};

/// How a driver writes a column.
pub(super) fn kind(ty: &Type) -> String {
    match ty {
        Type::Text | Type::Choice(_) => "text".into(),
        Type::Int | Type::Duration => "int".into(),
        Type::Decimal(scale) => format!("decimal{scale}"),
        Type::Float => "float".into(),
        Type::Bool => "bool".into(),
        Type::Date => "date".into(),
        Type::Timestamp => "timestamp".into(),
        Type::List(_) => "list".into(),
    }
}

/// A value as a driver would write it; timestamps and durations in microseconds.
pub(super) fn shown(value: &Value, ty: &Type) -> Json {
    match (value, ty) {
        (Value::Missing, _) => Json::Null,
        (Value::Timestamp(micros), _) => Json::from(micros.to_string()),
        (Value::Date(days), _) => Json::from(date_text(*days)),
        (Value::Duration(it), _) => it.exact_micros().map_or(Json::Null, |it| Json::from(it.to_string())),
        (Value::Float(float), _) => Json::from(format!("{float:?}")),
        (Value::Text(text), _) => Json::from(&**text),
        (Value::Int(int), _) => Json::from(int.to_string()),
        (Value::Decimal(decimal), _) => Json::from(decimal.to_string()),
        (Value::Bool(truth), _) => Json::from(truth.to_string()),
        (Value::List(values), Type::List(element)) => values.iter().map(|it| shown(it, element)).collect(),
        (Value::List(_) | Value::Choice(_), _) => panic!("{value:?} is no {ty}"),
    }
}

/// Whether a cell is this one.
pub(super) fn is(cell: &Json, wanted: &Json, ty: &Type) -> bool {
    match (ty, cell.as_str(), wanted.as_str()) {
        (Type::Float, Some(cell), Some(wanted)) => {
            let bits = |text: &str| text.parse::<f64>().map(f64::to_bits).ok();
            bits(cell) == bits(wanted)
        }
        // ClickHouse and PostgreSQL write numbers in lists without the noughts at their ends.
        (Type::List(element), ..) if matches!(**element, Type::Float | Type::Decimal(_)) => {
            let (Some(cells), Some(wanted)) = (cell.as_array(), wanted.as_array()) else { return cell == wanted };
            let plain = |text: &Json| match text.as_str() {
                Some(text) if text.contains('.') => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                Some(text) => text.to_owned(),
                None => text.to_string(),
            };
            cells.iter().map(plain).eq(wanted.iter().map(plain))
        }
        _ => cell == wanted,
    }
}
