//! What is said: the text of a message with its holes filled, and what a channel wants of it.

use crate::{
    eval::reference::Row,
    ir::{Message, MessagePart, Requirement, Rulebook},
    value::{Type, Value, Zone, moment_text, print},
};

/// The whole text for one user: what is missing is said by its fallback.
pub(super) fn text(message: &Message, rulebook: &Rulebook, row: &Row<'_, '_>, zone: &Zone) -> String {
    let part = |part: &MessagePart| match part {
        MessagePart::Text(text) => text.clone(),
        MessagePart::Hole { value, fallback } => match row.value(value) {
            Value::Missing => fallback.clone().unwrap_or_default(),
            known => hole_text(rulebook, &known, &value.ty, zone),
        },
    };
    message.parts.iter().map(part).collect()
}

/// A value as a hole says it: a decimal with its type's digits, moments in the zone to the minute, the value of a level by its label.
pub fn hole_text(rulebook: &Rulebook, value: &Value, ty: &Type, zone: &Zone) -> String {
    match (value, ty) {
        (Value::Timestamp(instant), _) => moment_text::minute_text(*instant, zone),
        (Value::Decimal(decimal), Type::Decimal(scale)) => {
            decimal.rescale(*scale).map_or_else(|| decimal.to_string(), |it| it.to_string())
        }
        (Value::Float(float), _) => plain(*float),
        (Value::Choice(rank), Type::Choice(id)) => {
            let named = rulebook.choices(*id).values.get(*rank as usize);
            named.map_or_else(String::new, |it| it.label.clone().unwrap_or_else(|| it.name.to_string()))
        }
        (value, _) => print::text(value, zone),
    }
}

/// The requirement that a text does not meet, in the rules' words.
pub(super) fn unmet(text: &str, requirements: &[Requirement]) -> Option<String> {
    requirements.iter().find_map(|it| match it {
        Requirement::AtMostCharacters(most) => {
            (text.chars().count() > *most as usize).then(|| format!("at most {most} characters"))
        }
        Requirement::MustContain(wanted) => {
            (!text.contains(wanted.as_str())).then(|| format!("must contain {}", print::quoted_text(wanted)))
        }
    })
}

/// `12` and `12.5`; what is too long for a text is written with an exponent.
fn plain(float: f64) -> String {
    if float.abs() < 1e15 { format!("{float}") } else { format!("{float:?}") }
}
