//! Laws of all operators and functions together, on any values of any types.

use proptest::prelude::*;

use super::time::{Direction, Period, PeriodUnit, Which, Window, calendar};
use super::*;

/// Any value, extremes among them; moments within the calendar.
fn any_value() -> impl Strategy<Value = Value> {
    let int = prop_oneof![any::<i64>(), -3..3_i64, Just(i64::MIN), Just(i64::MAX)];
    let nines = 10_i128.pow(38) - 1;
    let mantissa = prop_oneof![-nines..=nines, -300..300_i128, Just(nines), Just(-nines)];
    let float = any::<f64>().prop_filter("finite", |float| float.is_finite());
    let date =
        prop_oneof![calendar::FIRST_DAY..=calendar::LAST_DAY, Just(calendar::FIRST_DAY), Just(calendar::LAST_DAY)];
    let leaf = prop_oneof![
        Just(Value::Missing),
        any::<bool>().prop_map(Value::Bool),
        int.prop_map(Value::Int),
        (mantissa, 0_u8..=38).prop_map(|(mantissa, scale)| Value::Decimal(Decimal { mantissa, scale })),
        float.prop_map(|float| Value::Float(float + 0.0)),
        "\\PC{0,4}".prop_map(|text| Value::Text(text.into())),
        date.prop_map(Value::Date),
        (calendar::FIRST_DAY..=calendar::LAST_DAY, 0..Duration::DAY_MICROS)
            .prop_map(|(date, micros)| Value::Timestamp(i64::from(date) * Duration::DAY_MICROS + micros)),
        any_duration().prop_map(Value::Duration),
        any::<u32>().prop_map(Value::Choice),
    ];
    leaf.prop_recursive(1, 8, 4, |element| {
        prop::collection::vec(element, 0..4).prop_map(|elements| Value::List(elements.into()))
    })
}

fn any_duration() -> impl Strategy<Value = Duration> {
    let any = (any::<i32>(), any::<i32>(), any::<i64>());
    let short = (-30..30, -400..400, -100_000_000_000..100_000_000_000_i64);
    let whole = prop_oneof![any, short, Just((i32::MIN, i32::MIN, i64::MIN)), Just((0, i32::MAX, i64::MAX))];
    whole.prop_map(|(months, days, micros)| Duration { months, days, micros })
}

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::AtMost,
    Comparison::Greater,
    Comparison::AtLeast,
];

fn clock(name: &str) -> Clock {
    Clock::at(1_795_342_200_000_000, Zone::parse(name).expect("a zone")).expect("a clock")
}

/// A value that may stand in an answer.
fn lies_in_range(value: &Value) -> bool {
    match value {
        Value::Decimal(decimal) => Decimal::new(decimal.mantissa, decimal.scale).is_some(),
        Value::Float(float) => float.is_finite() && !(*float == 0.0 && float.is_sign_negative()),
        Value::Date(date) => (calendar::FIRST_DAY..=calendar::LAST_DAY).contains(date),
        Value::Timestamp(instant) => time::in_calendar(*instant).is_some(),
        Value::List(elements) => elements.iter().all(lies_in_range),
        Value::Missing | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Duration(_) | Value::Choice(_) => {
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_operator_panics_or_leaves_its_range(a in any_value(), b in any_value(), c in any_value()) {
        let clock = clock("Europe/Berlin");
        let zone = clock.zone();
        let mut answers = vec![
            operator::add(&a, &b, zone),
            operator::subtract(&a, &b, zone),
            operator::multiply(&a, &b),
            operator::divide(&a, &b),
            operator::negate(&a),
            number::modulo(&a, &b),
            number::round(&a, &b),
            number::abs(&a),
            number::floor(&a),
            number::ceil(&a),
            compare::minimum(&[a.clone(), b.clone(), c.clone()], zone),
            compare::maximum(&[a.clone(), b.clone(), c.clone()], zone),
            compare::clamp(&a, &b, &c, zone),
            text::concat(&a, &b),
            hash::bucket_of(&a, &b, &c),
            time::age(&a, &clock),
            time::anniversary(&a, &clock),
            aggregate::count(&a),
            aggregate::distinct(&a, zone),
            aggregate::most(&a, zone),
            aggregate::quantile(&a, &b),
        ];
        for kind in [Type::Int, Type::Decimal(2), Type::Float, Type::Duration] {
            answers.push(number::widen(&a, &kind));
            answers.push(aggregate::sum(&a, &kind));
            answers.push(aggregate::average(&a, &kind));
        }
        for function in [text::lower, text::upper, text::trim, text::length] {
            answers.push(function(&a));
        }
        for function in [
            time::date, time::start_of_week, time::start_of_month,
            time::year, time::month, time::day, time::weekday, time::hour,
        ] {
            answers.push(function(&a, zone));
        }
        for answer in answers {
            prop_assert!(lies_in_range(&answer), "{:?}", answer);
            let json: Result<serde_json::Value, _> = serde_json::from_str(&print::json(&answer, zone));
            prop_assert!(json.is_ok(), "{:?}", answer);
        }
        let _ = (list::has_any(&a, &b, zone), list::has_all(&a, &b, zone), list::has_none(&a, &b, zone));
        let _ = time::age_between(&a, &b, &c, UpperEnd::Excluded, &clock);
    }

    #[test]
    fn comparisons_agree_with_each_other(a in any_value(), b in any_value()) {
        let zone = Zone::utc();
        for comparison in COMPARISONS {
            let answer = compare::compare(comparison, &a, &b, &zone);
            prop_assert_eq!(compare::compare(comparison.mirrored(), &b, &a, &zone), answer);
            prop_assert_eq!(compare::compare(comparison.negated(), &a, &b, &zone), answer.not());
        }
        if a == Value::Missing || b == Value::Missing {
            prop_assert_eq!(compare::order(&a, &b, &zone), None);
        }
    }

    #[test]
    fn no_window_panics(
        near in any_duration(),
        far in any_duration(),
        t in any_value(),
        name in prop::sample::select(&["UTC", "Pacific/Apia", "America/Santiago"][..]),
    ) {
        let clock = clock(name);
        for kind in [MomentType::Date, MomentType::Timestamp] {
            let mut windows = vec![
                Window::between(near, far, UpperEnd::Excluded, kind, &clock),
                Window::within(far, kind, &clock),
                Window::within_next(far, kind, &clock),
            ];
            for unit in [PeriodUnit::Day, PeriodUnit::Week, PeriodUnit::Month, PeriodUnit::Quarter, PeriodUnit::Year] {
                windows.extend([Which::Last, Which::This, Which::Next].map(|which| {
                    Window::during(Period { which, unit }, kind, &clock)
                }));
            }
            for window in windows.into_iter().flatten() {
                let _ = window.holds(&t);
            }
            let _ = clock.shifted(near, Direction::Back, kind);
            let _ = near.to_string();
        }
    }

    #[test]
    fn sums_undo_differences(a in any_value(), b in any_value()) {
        let zone = Zone::parse("Europe/Berlin").expect("a zone");
        let difference = operator::subtract(&a, &b, &zone);
        // Floats round, decimals change their scale; whole numbers and moments come back.
        if let (Value::Int(_), Value::Int(_)) | (Value::Date(_), Value::Date(_)) | (Value::Timestamp(_), Value::Timestamp(_)) = (&a, &b)
            && difference != Value::Missing
        {
            prop_assert_eq!(operator::add(&b, &difference, &zone), a);
        }
    }
}
