//! Reading JSON text piece by piece, as the caller wants it; nothing is built that nobody asked for.

use std::borrow::Cow;

use super::JsonError;
use crate::structure::Value;

/// How deep lists and objects may nest.
pub const NESTING_LIMIT: usize = 256;

/// A reader of JSON text. Python's `NaN`, `Infinity` and `-Infinity` are read as numbers.
#[derive(Debug)]
pub struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whole numbers of more than 64 bits become floats.
    lenient: bool,
}

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool,
    /// A number.
    Number,
    /// Text.
    String,
    /// A list.
    List,
    /// Names and values.
    Object,
}

impl Kind {
    /// The kind with its article, for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// A number as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number<'a> {
    /// A whole number.
    Int(i64),
    /// A whole number that is larger, as its digits.
    Big(&'a str),
    /// A number with a point or an exponent, or none that is finite.
    Float(f64),
}

impl Number<'_> {
    /// The number as a float.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Big(digits) => digits.parse().unwrap_or(f64::NAN),
            Self::Float(value) => value,
        }
    }
}

type Parsed<T> = Result<T, JsonError>;

impl<'a> Parser<'a> {
    /// A reader at the beginning of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            lenient: true,
        }
    }

    /// A reader that refuses what it could not keep exactly, as an odd case.
    #[must_use]
    pub fn exact(text: &'a str) -> Self {
        Self {
            lenient: false,
            ..Self::new(text)
        }
    }

    /// Whether it is such a reader.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.lenient
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// An error about what stands here.
    #[must_use]
    pub fn error(&self, what: impl Into<String>) -> JsonError {
        JsonError::new(what.into(), self.at)
    }

    /// An error that the text is no JSON.
    fn malformed(&self, what: &str) -> JsonError {
        self.error(what).malformed()
    }

    /// An error that another kind of value is needed here.
    pub fn wanted(&mut self, wanted: &str) -> JsonError {
        match self.kind() {
            Ok(kind) => self.error(format!("is {}, and {wanted} is needed", kind.name())),
            Err(error) => error,
        }
    }

    /// Which kind of value comes next.
    ///
    /// # Errors
    /// When none does.
    pub fn kind(&mut self) -> Parsed<Kind> {
        self.skip_space();
        Ok(match self.peek() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Kind::Number,
            Some(_) => return Err(self.malformed("a value is expected here")),
            None => return Err(self.malformed("ends where a value is expected")),
        })
    }

    /// Whether nothing but space is left.
    ///
    /// # Errors
    /// When there is more.
    pub fn end(&mut self) -> Parsed<()> {
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("there is more after the end of the value")),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes a null, where one comes next.
    pub fn null(&mut self) -> bool {
        self.skip_space();
        self.word("null")
    }

    /// Takes a truth value.
    ///
    /// # Errors
    /// When something else comes next.
    pub fn bool(&mut self) -> Parsed<bool> {
        self.skip_space();
        if self.word("true") {
            Ok(true)
        } else if self.word("false") {
            Ok(false)
        } else {
            Err(self.malformed("true or false is expected here"))
        }
    }

    /// Takes a number.
    ///
    /// # Errors
    /// When something else comes next.
    pub fn number(&mut self) -> Parsed<Number<'a>> {
        self.skip_space();
        for (word, value) in [
            ("NaN", f64::NAN),
            ("Infinity", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            if self.word(word) {
                return Ok(Number::Float(value));
            }
        }
        let bytes = self.rest();
        let digits = |from: usize| {
            let run = bytes.iter().skip(from);
            from + run.take_while(|b| b.is_ascii_digit()).count()
        };
        let start = usize::from(bytes.first() == Some(&b'-'));
        let mut end = digits(start);
        let whole = end;
        if end == start || (bytes.get(start) == Some(&b'0') && end > start + 1) {
            return Err(self.malformed("no number that JSON has"));
        }
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
            }
        }
        let text = self.text.get(self.at..self.at + end).unwrap_or_default();
        self.at += end;
        if end == whole {
            return Ok(text.parse().map_or(Number::Big(text), Number::Int));
        }
        let float = text.parse();
        float
            .map(Number::Float)
            .map_err(|_| self.malformed("no number that JSON has"))
    }

    /// Takes text.
    ///
    /// # Errors
    /// When something else comes next, or the text is not well formed.
    pub fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.malformed("a string is expected here"));
        }
        self.at += 1;
        let run = self.run()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(run));
        }
        let mut out = run.to_owned();
        loop {
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Ok(Cow::Owned(out));
            }
            self.at += 1;
            out.push(self.escape()?);
            out.push_str(self.run()?);
        }
    }

    /// Takes what stands before the next quote or backslash.
    fn run(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..=0x1f);
        let len = self.rest().iter().position(special);
        self.at = len.map_or(self.text.len(), |len| start + len);
        match self.peek() {
            Some(b'"' | b'\\') => Ok(self.text.get(start..self.at).unwrap_or_default()),
            Some(_) => Err(self.malformed("a control character must be escaped in a string")),
            None => Err(self.malformed("the string has no end")),
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let escape = self.peek();
        self.at += 1;
        Ok(match escape {
            Some(char @ (b'"' | b'\\' | b'/')) => char.into(),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let first = self.unit()?;
                let second = match first {
                    0xd800..0xdc00 if self.word("\\u") => Some(self.unit()?),
                    _ => None,
                };
                let units = [first, second.unwrap_or(0)];
                let units = units.get(..1 + usize::from(second.is_some()));
                let char = char::decode_utf16(units.unwrap_or_default().iter().copied()).next();
                char.and_then(Result::ok).ok_or_else(|| {
                    self.error("has half of a surrogate pair, which is no text")
                        .odd()
                })?
            }
            _ => return Err(self.malformed("no escape that JSON has")),
        })
    }

    fn unit(&mut self) -> Parsed<u16> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.malformed("four hex digits are expected here"))?;
        self.at += 4;
        Ok(unit)
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > NESTING_LIMIT {
            return Err(self.error(format!("is nested deeper than {NESTING_LIMIT} levels")));
        }
        Ok(())
    }

    /// Takes an object: `f` takes the value of each key.
    ///
    /// # Errors
    /// When something else comes next, and what `f` fails with.
    pub fn object(
        &mut self,
        mut f: impl FnMut(&mut Self, Cow<'a, str>) -> Parsed<()>,
    ) -> Parsed<()> {
        self.members(b'{', b'}', &mut |parser, _| {
            let key = parser.string()?;
            parser.skip_space();
            if parser.peek() != Some(b':') {
                return Err(parser.malformed("a colon is expected here"));
            }
            parser.at += 1;
            f(parser, key)
        })
    }

    /// Takes a list: `f` takes each of its items.
    ///
    /// # Errors
    /// When something else comes next, and what `f` fails with.
    pub fn list(&mut self, mut f: impl FnMut(&mut Self, usize) -> Parsed<()>) -> Parsed<()> {
        self.members(b'[', b']', &mut f)
    }

    fn members(
        &mut self,
        open: u8,
        close: u8,
        f: &mut dyn FnMut(&mut Self, usize) -> Parsed<()>,
    ) -> Parsed<()> {
        self.skip_space();
        if self.peek() != Some(open) {
            return Err(self.malformed("a list or an object is expected here"));
        }
        self.at += 1;
        self.enter()?;
        self.skip_space();
        if self.peek() == Some(close) {
            self.at += 1;
        } else {
            for index in 0.. {
                f(self, index)?;
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b) if b == close => {
                        self.at += 1;
                        break;
                    }
                    Some(_) => return Err(self.malformed("a comma or the end is expected here")),
                    None => return Err(self.malformed("ends inside a list or an object")),
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Passes over a value.
    ///
    /// # Errors
    /// When it is not well formed.
    pub fn skip(&mut self) -> Parsed<()> {
        match self.kind()? {
            Kind::Null if self.null() => Ok(()),
            Kind::Null => Err(self.malformed("null is expected here")),
            Kind::Bool => self.bool().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::String => self.string().map(drop),
            Kind::List => self.list(|parser, _| parser.skip()),
            Kind::Object => self.object(|parser, _| parser.skip()),
        }
    }

    /// Takes a value with everything in it. Of several values with one name the last counts.
    ///
    /// # Errors
    /// When it is not well formed.
    pub fn value(&mut self) -> Parsed<Value> {
        Ok(match self.kind()? {
            Kind::Null if self.null() => Value::Null,
            Kind::Null => return Err(self.malformed("null is expected here")),
            Kind::Bool => Value::Bool(self.bool()?),
            Kind::Number => match self.number()? {
                Number::Int(value) => Value::Int(value),
                number @ Number::Big(_) if self.lenient => Value::Number(number.float()),
                Number::Big(_) => {
                    return Err(self.error("is a whole number of more than 64 bits").odd());
                }
                Number::Float(value) => Value::Number(value),
            },
            Kind::String => Value::Text(self.string()?.into_owned()),
            Kind::List => {
                let mut items = Vec::new();
                self.list(|parser, index| {
                    let item = parser.value();
                    items.push(item.map_err(|e| e.inside(&format!("[{index}]")))?);
                    Ok(())
                })?;
                Value::List(items)
            }
            Kind::Object => Value::Map(self.map()?.into_iter().collect()),
        })
    }

    /// Takes an object with everything in it.
    ///
    /// # Errors
    /// When it is not well formed.
    pub fn map(&mut self) -> Parsed<Vec<(String, Value)>> {
        let mut pairs: Vec<(Cow<'a, str>, Value)> = Vec::new();
        self.object(|parser, key| {
            let value = parser.value();
            let value = value.map_err(|e| e.inside(&format!("[{key}]")))?;
            pairs.push((key, value));
            Ok(())
        })?;
        Ok(last_of_each(pairs))
    }
}

/// Pairs with each name once: where it first stood, with what came last.
pub(crate) fn last_of_each<T>(pairs: Vec<(Cow<'_, str>, T)>) -> Vec<(String, T)> {
    let mut index: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let few = pairs.len() <= 16;
    let mut out: Vec<(String, T)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        let known = if few {
            out.iter().position(|(known, _)| *known == name)
        } else {
            index.get(name.as_ref()).copied()
        };
        if let Some(slot) = known.and_then(|at| out.get_mut(at)) {
            slot.1 = value;
            continue;
        }
        let name = name.into_owned();
        if !few {
            index.insert(name.clone(), out.len());
        }
        out.push((name, value));
    }
    out
}
