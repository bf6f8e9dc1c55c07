//! Nested lists of numbers in JSON, as one array.

use super::JsonError;
use super::parser::{Kind, Number, Parser};
use crate::arrays::Tensor;

/// The most dimensions that an array has.
const DIMENSIONS: usize = 32;

#[derive(Default)]
struct Flat {
    shape: Vec<Option<usize>>,
    leaf: Option<usize>,
    ints: Vec<i64>,
    floats: Vec<f64>,
    kind: Sort,
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Sort {
    #[default]
    Bool,
    Int,
    Float,
}

/// Takes a nested list of numbers: bools, whole numbers of 64 bits, or floats.
pub(super) fn array(parser: &mut Parser<'_>) -> Result<Tensor, JsonError> {
    let mut flat = Flat::default();
    level(parser, 0, &mut flat)?;
    let mut shape = Vec::new();
    for len in flat.shape.into_iter().map(|len| len.unwrap_or(0)) {
        u32::try_from(len).map_err(|_| parser.error("has a dimension above 2**32"))?;
        shape.push(len);
    }
    let count = flat.ints.len() + flat.floats.len();
    let mut buffer = Vec::with_capacity(count * 8);
    let dtype = match flat.kind {
        Sort::Bool if count > 0 => {
            buffer.extend(flat.ints.iter().map(|value| u8::from(*value != 0)));
            "|b1"
        }
        Sort::Int => {
            buffer.extend(flat.ints.iter().flat_map(|value| value.to_le_bytes()));
            "<i8"
        }
        _ => {
            buffer.extend(flat.floats.iter().flat_map(|value| value.to_le_bytes()));
            "<f8"
        }
    };
    Ok(Tensor::unchecked(shape, dtype.into(), buffer.into()))
}

fn level(parser: &mut Parser<'_>, depth: usize, flat: &mut Flat) -> Result<(), JsonError> {
    let ragged = |parser: &Parser<'_>| {
        Err(parser.error("is a ragged list: every item of a dimension must have the same length"))
    };
    match parser.kind()? {
        Kind::List => {
            if depth >= DIMENSIONS {
                return Err(parser.error("is nested deeper than the 32 dimensions of an array"));
            }
            if flat.leaf.is_some_and(|leaf| leaf <= depth) {
                return ragged(parser);
            }
            if flat.shape.len() <= depth {
                flat.shape.push(None);
            }
            let mut count = 0;
            parser.list(|parser, index| {
                count = index + 1;
                level(parser, depth + 1, flat)
            })?;
            let known = flat.shape.get(depth).copied().flatten();
            let deeper = count == 0 && flat.shape.len() > depth + 1;
            if known.is_some_and(|len| len != count) || deeper {
                return ragged(parser);
            }
            if let Some(len) = flat.shape.get_mut(depth) {
                *len = Some(count);
            }
            Ok(())
        }
        kind @ (Kind::Number | Kind::Bool) => {
            if flat.leaf.is_some_and(|leaf| leaf != depth) || flat.shape.len() > depth {
                return ragged(parser);
            }
            flat.leaf = Some(depth);
            let number = if kind == Kind::Bool {
                Number::Int(i64::from(parser.bool()?))
            } else {
                parser.number()?
            };
            flat.push(kind, number).ok_or_else(|| {
                parser
                    .error("holds a whole number of more than 64 bits")
                    .odd()
            })
        }
        kind => Err(parser
            .error(format!("holds {}, and numbers are needed", kind.name()))
            .odd()),
    }
}

impl Flat {
    #[allow(clippy::cast_precision_loss)]
    fn push(&mut self, kind: Kind, number: Number<'_>) -> Option<()> {
        match (number, self.kind) {
            (Number::Big(_), _) => return None,
            (Number::Int(value), Sort::Float) => self.floats.push(value as f64),
            (Number::Int(value), sort) => {
                if kind == Kind::Number && sort == Sort::Bool {
                    self.kind = Sort::Int;
                }
                self.ints.push(value);
            }
            (Number::Float(value), _) => {
                self.floats
                    .extend(self.ints.drain(..).map(|value| value as f64));
                self.kind = Sort::Float;
                self.floats.push(value);
            }
        }
        Some(())
    }
}
