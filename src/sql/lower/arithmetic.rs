//! Numbers: int and decimal exactly, beside a float by floats. What is out of range is missing.

use crate::{
    ir::{AggregateFunction, Body, Expr, ExprKind, ProductOp, SumOp},
    sql::{
        ast::{Literal, Sql},
        dialect::Arithmetic,
        lower::Lowering,
    },
    value::{Type, Value, number},
};

/// Sums of decimals of so many digits after the point are exact on every engine, and stay within 38 digits where they are below this.
const SHORT: u8 = 6;
const FEW: f64 = 1e30;

/// A number and its type.
pub(crate) type Number = (Sql, Type);

impl Lowering<'_> {
    /// A number as a float.
    pub(crate) fn float(&mut self, expr: &Expr) -> Sql {
        if let Some(value) = self.constant(expr) {
            return self.literal(&number::widen(&value, &Type::Float), &Type::Float);
        }
        let value = self.value(expr);
        self.as_float(value, &expr.ty)
    }

    pub(crate) fn as_float(&mut self, value: Sql, from: &Type) -> Sql {
        match (from, value) {
            (Type::Float, value) => value,
            (_, Sql::Literal(Literal::Int(int))) => Sql::Literal(Literal::Float(int as f64)),
            (_, Sql::Literal(Literal::Decimal(digits))) if digits.parse::<f64>().is_ok() => {
                Sql::Literal(Literal::Float(digits.parse().unwrap_or_default()))
            }
            // Where that is a long way it is gone once.
            (Type::Decimal(_), Sql::Column(None, name)) if self.dialect.is_to_float_long() => {
                let float = self.dialect.to_float(Sql::column(&name), from);
                self.column_of(float, &format!("{name}_float"), None)
            }
            (_, value) => self.dialect.to_float(value, from),
        }
    }

    /// The same number in a wider type.
    pub(crate) fn widened(&mut self, value: Sql, from: &Type, to: &Type) -> Sql {
        match (from, to) {
            (from, to) if from == to => value,
            (_, Type::Float) => self.as_float(value, from),
            (Type::Int, Type::Decimal(scale @ 1..=SHORT)) if value.is_literal() => match &value {
                Sql::Literal(Literal::Int(int)) => {
                    Sql::Literal(Literal::Decimal(format!("{int}.{}", "0".repeat(usize::from(*scale)))))
                }
                _ => value,
            },
            (Type::Int, Type::Decimal(scale)) if *scale <= 19 => {
                Sql::cast(value, self.dialect.ty(to).unwrap_or_default())
            }
            (Type::Int | Type::Decimal(_), Type::Decimal(_)) => {
                let cast = self.dialect.try_cast(value, to);
                self.narrow(cast, to)
            }
            _ => value,
        }
    }

    pub(crate) fn sum(&mut self, first: &Expr, rest: &[(SumOp, Expr, Type)]) -> Sql {
        match &first.ty {
            Type::Text => {
                let first = self.value(first);
                rest.iter().fold(first, |text, (_, next, _)| {
                    let next = self.value(next);
                    self.dialect.concat(text, next)
                })
            }
            _ if rest.last().is_some_and(|(.., ty)| matches!(ty, Type::Date | Type::Timestamp)) => {
                self.moment_sum(first, rest)
            }
            _ => {
                let mut sum = (self.value(first), first.ty.clone());
                for (op, term, ty) in rest {
                    let operator = match op {
                        SumOp::Add => Arithmetic::Add,
                        SumOp::Subtract => Arithmetic::Subtract,
                    };
                    let term = (self.value(term), term.ty.clone());
                    sum = (self.combined(operator, sum, term, ty), ty.clone());
                }
                sum.0
            }
        }
    }

    /// Two numbers together, as their type says.
    pub(crate) fn combined(&mut self, operator: Arithmetic, left: Number, right: Number, ty: &Type) -> Sql {
        let computed = match ty {
            Type::Float => {
                let (left, right) = (self.as_float(left.0, &left.1), self.as_float(right.0, &right.1));
                return match operator {
                    Arithmetic::Modulo if !self.dialect.is_float_modulo_exact() => {
                        self.cannot(self.place_now, "`mod` of floats is not exact", "declare the column as a decimal")
                    }
                    Arithmetic::Modulo => {
                        let right = self.not_zero(right);
                        let rest = self.dialect.float_modulo(left, right);
                        self.dialect.finite(rest)
                    }
                    _ => self.floats(operator.operator(), left, right),
                };
            }
            Type::Int if operator != Arithmetic::Modulo => {
                let plain = Sql::binary(left.0.clone(), operator.operator(), right.0.clone());
                // Short numbers would be computed in 32 bits.
                let short = left.0.is_narrow() && right.0.is_narrow();
                let fits = if short { self.bound(&plain) < 2e9 } else { self.is_surely_int(&plain) };
                if fits {
                    return plain;
                }
                self.dialect.arithmetic(operator, left.0, right.0, ty)
            }
            Type::Decimal(_) if operator != Arithmetic::Multiply => {
                let (left, right) = (self.widened(left.0, &left.1, ty), self.widened(right.0, &right.1, ty));
                let plain = Sql::binary(left.clone(), operator.operator(), right.clone());
                let is_short = matches!(ty, Type::Decimal(..=SHORT)) && operator != Arithmetic::Modulo;
                if is_short && self.bound(&plain) < FEW {
                    return plain;
                }
                self.dialect.arithmetic(operator, left, right, ty)
            }
            Type::Decimal(scale) if *scale > 38 => return self.literal(&Value::Missing, &Type::Int),
            Type::Decimal(_) => {
                let mut decimal = |(sql, ty): Number| match ty {
                    Type::Decimal(scale) => (sql, scale),
                    _ => (self.widened(sql, &ty, &Type::Decimal(0)), 0),
                };
                let (left, right) = (decimal(left), decimal(right));
                let plain = Sql::binary(left.0.clone(), "*", right.0.clone());
                if matches!(ty, Type::Decimal(..=SHORT)) && self.bound(&plain) < FEW {
                    return plain;
                }
                self.dialect.product(left, right)
            }
            _ => self.dialect.arithmetic(operator, left.0, right.0, ty),
        };
        self.narrow(computed, ty)
    }

    /// `a + b` of floats; missing where it leaves their range.
    pub(crate) fn floats(&mut self, operator: &'static str, left: Sql, right: Sql) -> Sql {
        let plain = Sql::finite(left.clone(), operator, right.clone());
        if self.surely_finite(plain.clone()) != plain {
            return self.surely_finite(plain);
        }
        if !self.dialect.ends_out_of_range() {
            return self.dialect.floats(operator, left, right);
        }
        let (left, right) = (self.keep_as(left, "left"), self.keep_as(right, "right"));
        self.dialect.floats(operator, left, right)
    }

    pub(crate) fn not_zero(&self, divisor: Sql) -> Sql {
        match &divisor {
            Sql::Literal(Literal::Float(float)) if *float != 0.0 => divisor,
            _ => Sql::call("nullif", [divisor, Sql::Literal(Literal::Float(0.0))]),
        }
    }

    pub(crate) fn product(&mut self, first: &Expr, rest: &[(ProductOp, Expr, Type)]) -> Sql {
        if first.ty == Type::Duration || rest.iter().any(|(_, factor, _)| factor.ty == Type::Duration) {
            return self.ratio(first, rest);
        }
        let mut product = (self.value(first), first.ty.clone());
        for (op, factor, ty) in rest {
            let value = match op {
                ProductOp::Multiply => {
                    let right = (self.value(factor), factor.ty.clone());
                    self.combined(Arithmetic::Multiply, product, right, ty)
                }
                ProductOp::Divide => {
                    let exact = product.1 != Type::Float && factor.ty != Type::Float;
                    let left = self.as_float(product.0, &product.1);
                    let right = self.float(factor);
                    let right = self.not_zero(right);
                    // Of whole and decimal numbers no quotient is out of range.
                    match exact {
                        true => without_sign_of_zero(Sql::binary(left, "/", right), self.is_never_negative(factor)),
                        false => self.floats("/", left, right),
                    }
                }
            };
            product = (value, ty.clone());
        }
        product.0
    }

    /// Whether a number is a count, or a constant that is not negative.
    fn is_never_negative(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Aggregate(id) => {
                let function = &self.rulebook.aggregate(*id).function;
                matches!(function, AggregateFunction::Count | AggregateFunction::CountDistinct)
            }
            ExprKind::Widen(of) => self.is_never_negative(of),
            ExprKind::Definition(id) => match &self.rulebook.definition(*id).body {
                Body::Let(of) => self.is_never_negative(of),
                _ => false,
            },
            _ => match self.constant(expr).map(|it| number::widen(&it, &Type::Float)) {
                Some(Value::Float(float)) => float >= 0.0,
                Some(value) => value == Value::Missing,
                None => false,
            },
        }
    }

    pub(crate) fn negate(&mut self, operand: &Expr) -> Sql {
        let value = self.value(operand);
        match &operand.ty {
            Type::Int => self.combined(Arithmetic::Subtract, (Sql::int(0), Type::Int), (value, Type::Int), &Type::Int),
            Type::Float => Sql::binary(Sql::Literal(Literal::Float(0.0)), "-", value),
            ty => self.dialect.negated(value, ty),
        }
    }
}

/// Nothing divided by a negative number is `-0.0`, which no value is.
pub(crate) fn without_sign_of_zero(quotient: Sql, is_divisor_never_negative: bool) -> Sql {
    match is_divisor_never_negative {
        true => quotient,
        false => Sql::binary(quotient, "+", Sql::Literal(Literal::Float(0.0))),
    }
}
