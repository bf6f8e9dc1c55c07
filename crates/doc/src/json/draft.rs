//! A Document as a JSON text in the plain dialect tells of it, before it has a form of its own.

use std::borrow::Cow;

use super::numbers::array;
use super::parser::{Kind, Number, Parser, last_of_each};
use super::{JsonError, base64_text};
use crate::arrays::Tensor;
use crate::field::Field;
use crate::id::Id;
use crate::structure::Value;
use crate::wire::DEPTH_LIMIT;

type Parsed<T> = Result<T, JsonError>;
type Text<'a> = Option<Cow<'a, str>>;

/// What the text says about one Document.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) id: Text<'a>,
    pub(super) parent_id: Text<'a>,
    pub(super) mime_type: Text<'a>,
    pub(super) uri: Text<'a>,
    pub(super) modality: Text<'a>,
    pub(super) granularity: Option<i64>,
    pub(super) adjacency: Option<i64>,
    pub(super) content: Option<Content<'a>>,
    pub(super) weight: Option<f64>,
    pub(super) offset: Option<f64>,
    pub(super) tags: Option<Vec<(String, Value)>>,
    pub(super) metadata: Option<Vec<(String, Value)>>,
    pub(super) location: Vec<f64>,
    pub(super) embedding: Option<Tensor>,
    pub(super) scores: Vec<(String, Score)>,
    pub(super) evaluations: Vec<(String, Score)>,
    pub(super) chunks: Vec<Draft<'a>>,
    pub(super) matches: Vec<Draft<'a>>,
}

/// The content field that was named last.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Blob(Vec<u8>),
    Tensor(Tensor),
}

impl Content<'_> {
    fn field(&self) -> Field {
        match self {
            Self::Text(_) => Field::Text,
            Self::Blob(_) => Field::Blob,
            Self::Tensor(_) => Field::Tensor,
        }
    }
}

/// A score as the text has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Score {
    /// Its number; a whole one stays one.
    pub value: Option<Value>,
    /// The operation that it comes from, what it means, and what it refers to.
    pub texts: [Option<String>; 3],
}

impl<'a> Draft<'a> {
    /// Takes one Document.
    pub(super) fn read(parser: &mut Parser<'a>, depth: usize) -> Parsed<Self> {
        if parser.kind()? != Kind::Object {
            return Err(parser.wanted("an object with the fields of a Document"));
        }
        if depth > DEPTH_LIMIT {
            let said = format!("is nested deeper than {DEPTH_LIMIT} Documents");
            return Err(parser.error(said));
        }
        let mut draft = Self::default();
        let mut expected = 0;
        parser.object(|parser, key| {
            // Keys mostly come in the order in which they are written.
            let field = super::plain::KEYS.get(expected).copied();
            let field = match field.filter(|field| field.name() == key) {
                Some(field) => Some(field),
                None => Field::from_name(&key),
            };
            expected += 1;
            let Some(field) = field else {
                return parser.skip();
            };
            if parser.null() {
                draft.unset(field);
                return Ok(());
            }
            draft
                .take(parser, field, depth)
                .map_err(|error| error.inside(field.name()))
        })?;
        draft.mark_children();
        Ok(draft)
    }

    fn unset(&mut self, field: Field) {
        match field {
            Field::Text | Field::Blob | Field::Tensor => {
                self.content = self.content.take().filter(|c| c.field() != field);
            }
            Field::Granularity => self.granularity = None,
            Field::Adjacency => self.adjacency = None,
            Field::Weight => self.weight = None,
            Field::Offset => self.offset = None,
            Field::Tags => self.tags = None,
            Field::Metadata => self.metadata = None,
            Field::Location => self.location.clear(),
            Field::Embedding => self.embedding = None,
            Field::Scores => self.scores.clear(),
            Field::Evaluations => self.evaluations.clear(),
            Field::Chunks => self.chunks.clear(),
            Field::Matches => self.matches.clear(),
            _ => {
                if let Some(text) = self.text(field) {
                    *text = None;
                }
            }
        }
    }

    fn text(&mut self, field: Field) -> Option<&mut Text<'a>> {
        Some(match field {
            Field::Id => &mut self.id,
            Field::ParentId => &mut self.parent_id,
            Field::MimeType => &mut self.mime_type,
            Field::Uri => &mut self.uri,
            Field::Modality => &mut self.modality,
            _ => return None,
        })
    }

    fn take(&mut self, parser: &mut Parser<'a>, field: Field, depth: usize) -> Parsed<()> {
        match field {
            Field::Text => self.content = Some(Content::Text(text(parser)?)),
            Field::Blob => self.content = Some(Content::Blob(base64_text(parser)?)),
            Field::Tensor => self.content = Some(Content::Tensor(array(parser)?)),
            Field::Embedding => self.embedding = Some(array(parser)?),
            Field::Granularity => self.granularity = Some(whole(parser)?),
            Field::Adjacency => self.adjacency = Some(whole(parser)?),
            Field::Weight => self.weight = Some(number(parser)?),
            Field::Offset => self.offset = Some(number(parser)?),
            Field::Tags => self.tags = Some(tags(parser)?),
            Field::Metadata => self.metadata = Some(tags(parser)?),
            Field::Location => {
                self.location.clear();
                if parser.kind()? != Kind::List {
                    return Err(parser.wanted("a list of numbers"));
                }
                parser.list(|parser, index| {
                    let item = number(parser).map_err(|e| e.inside(&format!("[{index}]")))?;
                    self.location.push(item);
                    Ok(())
                })?;
            }
            Field::Scores => self.scores = scores(parser)?,
            Field::Evaluations => self.evaluations = scores(parser)?,
            Field::Chunks => self.chunks = documents(parser, depth + 1)?,
            Field::Matches => self.matches = documents(parser, depth + 1)?,
            _ => {
                let value = text(parser)?;
                if let Some(slot) = self.text(field) {
                    *slot = Some(value);
                }
            }
        }
        Ok(())
    }

    /// Makes what is nested know whose it is, as an assignment to `chunks` or `matches` does.
    fn mark_children(&mut self) {
        if !self.chunks.is_empty() {
            let id = self
                .id
                .get_or_insert_with(|| Id::random().to_string().into())
                .clone();
            let level = self.granularity.unwrap_or(0).saturating_add(1);
            for chunk in &mut self.chunks {
                chunk.parent_id = Some(id.clone());
                chunk.granularity = Some(level);
            }
        }
        let level = self.adjacency.unwrap_or(0).saturating_add(1);
        for other in &mut self.matches {
            other.adjacency = Some(level);
        }
    }
}

/// Takes a list of Documents.
pub(super) fn documents<'a>(parser: &mut Parser<'a>, depth: usize) -> Parsed<Vec<Draft<'a>>> {
    if parser.kind()? != Kind::List {
        return Err(parser.wanted("a list of Documents"));
    }
    let mut out = Vec::new();
    parser.list(|parser, index| {
        let draft = Draft::read(parser, depth);
        out.push(draft.map_err(|error| error.inside(&format!("[{index}]")))?);
        Ok(())
    })?;
    Ok(out)
}

/// Takes text; a number or a truth value becomes the text that Python makes of it.
fn text<'a>(parser: &mut Parser<'a>) -> Parsed<Cow<'a, str>> {
    Ok(match parser.kind()? {
        Kind::String => parser.string()?,
        Kind::Number => match parser.number()? {
            Number::Int(value) => value.to_string().into(),
            Number::Big(digits) => digits.to_owned().into(),
            Number::Float(value) => super::text::python_float(value).into(),
        },
        Kind::Bool if parser.bool()? => "True".into(),
        Kind::Bool => "False".into(),
        _ => return Err(parser.wanted("a string")),
    })
}

fn whole(parser: &mut Parser<'_>) -> Parsed<i64> {
    let value = match parser.kind()? {
        Kind::Bool => i64::from(parser.bool()?),
        Kind::Number => match parser.number()? {
            Number::Int(value) => value,
            _ => return Err(parser.error("is a number, and a whole number is needed")),
        },
        _ => return Err(parser.wanted("a whole number")),
    };
    if !parser.is_exact() && u32::try_from(value).is_err() {
        return Err(parser.error(format!("is {value}, and 0 to 2**32 - 1 is what it can be")));
    }
    Ok(value)
}

fn number(parser: &mut Parser<'_>) -> Parsed<f64> {
    match parser.kind()? {
        Kind::Bool => Ok(f64::from(u8::from(parser.bool()?))),
        Kind::Number => match parser.number()? {
            number @ Number::Big(_) if !number.float().is_finite() => {
                Err(parser.error("is a number that is too large"))
            }
            number => Ok(number.float()),
        },
        _ => Err(parser.wanted("a number")),
    }
}

/// Takes tags: at the top level 0 and 1 are truth values and other whole numbers floats.
fn tags(parser: &mut Parser<'_>) -> Parsed<Vec<(String, Value)>> {
    if parser.kind()? != Kind::Object {
        return Err(parser.wanted("an object"));
    }
    let mut pairs = parser.map()?;
    for (_, value) in &mut pairs {
        match value {
            Value::Int(number @ (0 | 1)) => *value = Value::Bool(*number == 1),
            #[allow(clippy::cast_precision_loss)]
            Value::Int(number) => *value = Value::Number(*number as f64),
            _ => {}
        }
    }
    Ok(pairs)
}

fn scores(parser: &mut Parser<'_>) -> Parsed<Vec<(String, Score)>> {
    if parser.kind()? != Kind::Object {
        return Err(parser.wanted("an object"));
    }
    let mut pairs = Vec::new();
    parser.object(|parser, name| {
        let score = score(parser).map_err(|e| e.inside(&format!("[{name}]")))?;
        pairs.push((name, score));
        Ok(())
    })?;
    Ok(last_of_each(pairs))
}

fn score(parser: &mut Parser<'_>) -> Parsed<Score> {
    const TEXTS: [&str; 3] = ["op_name", "description", "ref_id"];
    let mut score = Score::default();
    if parser.null() {
        return Ok(score);
    }
    if parser.kind()? != Kind::Object {
        return Err(parser.wanted("an object"));
    }
    parser.object(|parser, name| {
        let null = parser.null();
        if name == "value" {
            score.value = None;
            if !null {
                if !matches!(parser.kind()?, Kind::Number | Kind::Bool) {
                    return Err(parser.wanted("a number").inside("value").odd());
                }
                score.value = Some(parser.value()?);
            }
            return Ok(());
        }
        let slot = TEXTS.iter().position(|known| *known == name);
        let Some(slot) = slot.and_then(|at| score.texts.get_mut(at)) else {
            return Err(parser.error(format!(
                "has the key '{name}', and value, op_name, description and ref_id are its fields"
            )));
        };
        *slot = None;
        if !null {
            if parser.kind()? != Kind::String {
                return Err(parser.wanted("a string").inside(&name).odd());
            }
            *slot = Some(parser.string()?.into_owned());
        }
        Ok(())
    })?;
    Ok(score)
}
