//! The protobuf dialect, written and read: only what is set, names in camel case, arrays as their bytes.

use super::parser::{Kind as Value, Number, Parser};
use super::schema::{DOCUMENT, Kind, Message, Slot};
use super::{JsonError, JsonText, base64_text, plain};
use crate::structure;
use crate::wire::{DEPTH_LIMIT, Entry, Reader, Sink, Writer};

type Parsed<T> = Result<T, JsonError>;

/// Writes a serialised Document that a scan has passed.
pub fn write_row(out: &mut JsonText, row: &[u8]) {
    write_message(out, row, DOCUMENT);
}

fn write_message(out: &mut JsonText, bytes: &[u8], message: &'static Message) {
    let entries = |slot: &'static Slot| {
        let own = move |entry: &Entry<'_>| entry.number == slot.0 && slot.3.takes(entry.wire);
        Reader::new(bytes).flatten().filter(own)
    };
    let mut last: [Option<Entry<'_>>; 21] = [None; 21];
    let is_document = std::ptr::eq(message, DOCUMENT);
    for entry in Reader::new(bytes).flatten() {
        let slot = (entry.number as usize).checked_sub(1);
        let slot = slot.and_then(|at| message.get(at));
        if slot.is_some_and(|slot| slot.3.takes(entry.wire)) {
            if is_document && matches!(entry.number, 2..=4) {
                last[2..=4].fill(None);
            }
            last[entry.number as usize] = Some(entry);
        }
    }
    out.open('{');
    for slot in message {
        let Slot(number, _, name, kind) = slot;
        let Some(entry) = last[*number as usize] else {
            continue;
        };
        out.plain_key(name);
        match kind {
            Kind::Text => out.str(entry.text()),
            Kind::Bytes => out.base64(entry.payload),
            Kind::Int => out.unsigned(entry.varint() & 0xffff_ffff),
            Kind::Float => out.short_float(entry.float()),
            Kind::Floats => {
                out.open('[');
                for number in entries(slot).flat_map(|entry| entry.payload.as_chunks::<4>().0) {
                    out.next();
                    out.short_float(f32::from_le_bytes(*number));
                }
                out.close(']');
            }
            Kind::Ints => {
                let mut numbers = Vec::new();
                entries(slot).for_each(|e| crate::tensor::push_dimensions(&mut numbers, &e));
                out.open('[');
                for number in numbers {
                    out.next();
                    out.unsigned(number.into());
                }
                out.close(']');
            }
            Kind::Struct => plain::write_value(out, structure::ValueView::Map(entry.payload)),
            Kind::One(inner) => write_message(out, entry.payload, inner),
            Kind::Documents => {
                out.open('[');
                for entry in entries(slot) {
                    out.next();
                    write_message(out, entry.payload, DOCUMENT);
                }
                out.close(']');
            }
            Kind::Map(inner) => {
                out.open('{');
                for (name, value) in plain::pairs(entries(slot)) {
                    out.key(name);
                    write_message(out, value, inner);
                }
                out.close('}');
            }
        }
    }
    out.close('}');
}

/// Takes one Document as a serialised `DocumentProto`, which a scan has yet to pass.
pub(super) fn read_row(parser: &mut Parser<'_>) -> Parsed<Vec<u8>> {
    read_message(parser, DOCUMENT, 0)
}

fn read_message(
    parser: &mut Parser<'_>,
    message: &'static Message,
    depth: usize,
) -> Parsed<Vec<u8>> {
    if parser.kind()? != Value::Object {
        return Err(parser.wanted("an object"));
    }
    if depth > DEPTH_LIMIT {
        return Err(parser.error(format!("is nested deeper than {DEPTH_LIMIT} levels")));
    }
    let mut out = Writer::default();
    parser.object(|parser, name| {
        let slot = message.iter().find(|slot| slot.1 == name || slot.2 == name);
        let Some(Slot(number, _, _, kind)) = slot else {
            return Err(parser.error(format!("has the key '{name}', which is no field of it")));
        };
        if parser.null() {
            return Ok(());
        }
        read_field(parser, &mut out, (*number, *kind), depth).map_err(|error| error.inside(&name))
    })?;
    Ok(out.out)
}

fn read_field(
    parser: &mut Parser<'_>,
    out: &mut Writer,
    (number, kind): (u32, Kind),
    depth: usize,
) -> Parsed<()> {
    match kind {
        Kind::Text if parser.kind()? == Value::String => {
            out.bytes_field(number, parser.string()?.as_bytes());
        }
        Kind::Text => return Err(parser.wanted("a string")),
        Kind::Bytes => out.bytes_field(number, &base64_text(parser)?),
        Kind::Int => out.varint_field(number, whole(parser)?.into()),
        Kind::Float => out.float_field(number, float(parser)?),
        Kind::Floats => {
            let mut packed = Vec::new();
            list(parser, "a list of numbers", |parser| {
                packed.extend(float(parser)?.to_le_bytes());
                Ok(())
            })?;
            out.bytes_field(number, &packed);
        }
        Kind::Ints => {
            let mut packed = Writer::default();
            list(parser, "a list of whole numbers", |parser| {
                packed.varint(whole(parser)?.into());
                Ok(())
            })?;
            out.bytes_field(number, &packed.out);
        }
        Kind::Struct if parser.kind()? == Value::Object => {
            let map = parser.map()?;
            if let Some(name) = map.iter().find(|(_, value)| !is_finite(value)) {
                let said = "holds NaN or infinity, which cannot travel";
                return Err(parser.error(said).inside(&format!("[{}]", name.0)));
            }
            out.bytes_field(
                number,
                &structure::from_map(super::frame::pairs(&map), false),
            );
        }
        Kind::Struct => return Err(parser.wanted("an object")),
        Kind::One(inner) => out.bytes_field(number, &read_message(parser, inner, depth + 1)?),
        Kind::Documents => list(parser, "a list of Documents", |parser| {
            out.bytes_field(number, &read_message(parser, DOCUMENT, depth + 1)?);
            Ok(())
        })?,
        Kind::Map(inner) => {
            if parser.kind()? != Value::Object {
                return Err(parser.wanted("an object"));
            }
            parser.object(|parser, name| {
                let mut entry = Writer::default();
                entry.bytes_field(1, name.as_bytes());
                let value = read_message(parser, inner, depth + 1)
                    .map_err(|error| error.inside(&format!("[{name}]")))?;
                entry.bytes_field(2, &value);
                out.bytes_field(number, &entry.out);
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn is_finite(value: &structure::Value) -> bool {
    match value {
        structure::Value::Number(number) => number.is_finite(),
        structure::Value::List(items) => items.iter().all(is_finite),
        structure::Value::Map(map) => map.iter().all(|(_, value)| is_finite(value)),
        _ => true,
    }
}

fn list<'a>(
    parser: &mut Parser<'a>,
    wanted: &str,
    mut f: impl FnMut(&mut Parser<'a>) -> Parsed<()>,
) -> Parsed<()> {
    if parser.kind()? != Value::List {
        return Err(parser.wanted(wanted));
    }
    parser.list(|parser, index| f(parser).map_err(|error| error.inside(&format!("[{index}]"))))
}

fn whole(parser: &mut Parser<'_>) -> Parsed<u32> {
    let value = match parser.kind()? {
        Value::Bool => u32::from(parser.bool()?),
        Value::Number => match parser.number()? {
            Number::Int(value) => u32::try_from(value).map_err(|_| {
                parser.error(format!("is {value}, and 0 to 2**32 - 1 is what it can be"))
            })?,
            _ => return Err(parser.error("is a number, and a whole number is needed")),
        },
        _ => return Err(parser.wanted("a whole number")),
    };
    Ok(value)
}

#[allow(clippy::cast_possible_truncation)]
fn float(parser: &mut Parser<'_>) -> Parsed<f32> {
    match parser.kind()? {
        Value::Bool => Ok(f32::from(u8::from(parser.bool()?))),
        Value::Number => Ok(parser.number()?.float() as f32),
        _ => Err(parser.wanted("a number")),
    }
}
