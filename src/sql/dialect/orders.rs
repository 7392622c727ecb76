//! What rows and elements are put in order by.

use crate::sql::ast::{Aggregate, Sense, Sql, Word};

/// An aggregate that goes by an order.
pub(super) fn ordered(function: &'static str, element: Sql, order: Vec<(Sql, Sense)>, filter: Option<Sql>) -> Sql {
    Sql::Aggregate(Box::new(Aggregate { function, distinct: false, arguments: vec![element], order, filter }))
}

/// ClickHouse's place in an order: what is missing is the least. What falls where others rise is a number, and turned around.
pub(super) fn places(order: Vec<(Sql, Sense)>, falling: bool) -> Sql {
    let mut parts = vec![];
    for (by, sense) in order {
        let turned = sense.falls && !falling;
        if !sense.known {
            parts.push(if turned { by.clone().missing() } else { by.clone().known() });
        }
        parts.push(if turned { Sql::Minus(Box::new(by)) } else { by });
    }
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => Sql::call("tuple", parts),
    }
}

/// Spark's: the fields of a row that it goes by, and what compares two rows.
pub(super) fn compared(order: Vec<(Sql, Sense)>) -> (Vec<Sql>, Sql) {
    const FIELDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let (mut fields, mut arms) = (vec![], vec![]);
    for ((sql, sense), field) in order.into_iter().zip(FIELDS) {
        fields.extend([Sql::text(field), sql]);
        let (left, right) = (Sql::of("l", field), Sql::of("r", field));
        // What is missing is the least.
        let less = |a: &Sql, b: &Sql| {
            let less = Sql::binary(a.clone(), "<", b.clone());
            match sense.known {
                true => less,
                false => Sql::any([less, Sql::all([a.clone().missing(), b.clone().known()])]),
            }
        };
        let (first, last) = if sense.falls { (1, -1) } else { (-1, 1) };
        arms.push((less(&left, &right), Sql::int(first)));
        arms.push((less(&right, &left), Sql::int(last)));
    }
    let compare = Sql::Case(arms, Some(Box::new(Sql::int(0))));
    (fields, Sql::words([Word::Text("(l, r) -> "), Word::Sql(compare)]))
}
