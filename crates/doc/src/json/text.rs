//! JSON text as Python's `json.dumps` writes it: `", "` and `": "` between things, ASCII only, floats as
//! `repr` has them, `NaN` and `Infinity` for what JSON has no numbers for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// JSON text that is being written.
///
/// ```
/// use tidegate_doc::json::JsonText;
///
/// let mut text = JsonText::new();
/// text.open('{');
/// text.key("größe");
/// text.float(1e16);
/// text.close('}');
/// assert_eq!(text.finish(), r#"{"gr\u00f6\u00dfe": 1e+16}"#);
/// ```
#[derive(Debug, Default)]
pub struct JsonText {
    out: String,
    indent: Option<usize>,
    depth: usize,
    /// Nothing was written yet inside the innermost list or object.
    fresh: bool,
}

impl JsonText {
    /// Text on one line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Text with a line for every value, each level indented by some spaces.
    #[must_use]
    pub fn indented(spaces: usize) -> Self {
        Self {
            indent: Some(spaces),
            ..Self::default()
        }
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// Begins a list or an object, by its bracket.
    pub fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.fresh = true;
    }

    /// Ends the list or object at hand, by its bracket.
    pub fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        if !self.fresh {
            self.new_line();
        }
        self.fresh = false;
        self.out.push(bracket);
    }

    /// Separates a value of a list, or a key, from what came before it.
    pub fn next(&mut self) {
        if self.fresh {
            self.fresh = false;
        } else if self.indent.is_some() {
            self.out.push(',');
        } else {
            self.out.push_str(", ");
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if let Some(spaces) = self.indent {
            self.out.push('\n');
            self.out
                .extend(std::iter::repeat_n(' ', spaces * self.depth));
        }
    }

    /// Writes the key of the next value of an object.
    pub fn key(&mut self, key: &str) {
        self.next();
        self.str(key);
        self.out.push_str(": ");
    }

    /// Writes a key that needs no escapes.
    pub(crate) fn plain_key(&mut self, key: &str) {
        self.next();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\": ");
    }

    /// Writes null.
    pub fn null(&mut self) {
        self.out.push_str("null");
    }

    /// Writes true or false.
    pub fn bool(&mut self, value: bool) {
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// Writes a whole number.
    pub fn int(&mut self, value: i64) {
        if value < 0 {
            self.out.push('-');
        }
        self.unsigned(value.unsigned_abs());
    }

    /// Writes a whole number that is not negative.
    pub fn unsigned(&mut self, mut value: u64) {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        while let Some(slot) = at.checked_sub(1).and_then(|last| {
            at = last;
            digits.get_mut(last)
        }) {
            #[allow(clippy::cast_possible_truncation)]
            let digit = (value % 10) as u8;
            *slot = b'0' + digit;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        let digits = digits.get(at..).unwrap_or_default();
        self.out
            .push_str(std::str::from_utf8(digits).unwrap_or_default());
    }

    /// Writes a number as the shortest text that means it.
    pub fn float(&mut self, value: f64) {
        if value.is_finite() {
            let mut digits = zmij::Buffer::new();
            self.digits(digits.format_finite(value));
        } else {
            self.no_number(value);
        }
    }

    /// Writes a 32-bit number as the shortest text that means it among those.
    pub fn short_float(&mut self, value: f32) {
        if value.is_finite() {
            let mut digits = zmij::Buffer::new();
            self.digits(digits.format_finite(value));
        } else {
            self.no_number(value.into());
        }
    }

    fn no_number(&mut self, value: f64) {
        self.out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
    }

    fn digits(&mut self, shortest: &str) {
        python_digits(&mut self.out, shortest);
    }

    /// Writes text in quotes.
    pub fn str(&mut self, value: &str) {
        self.out.push('"');
        let mut rest = value;
        while let Some(at) = rest
            .bytes()
            .position(|b| !matches!(b, b' '..=b'~') || b == b'"' || b == b'\\')
        {
            let (before, after) = rest.split_at(at);
            self.out.push_str(before);
            let mut chars = after.chars();
            if let Some(char) = chars.next() {
                self.escape(char);
            }
            rest = chars.as_str();
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    fn escape(&mut self, char: char) {
        let short = match char {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            _ => {
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    self.out.push_str("\\u");
                    for shift in [12, 8, 4, 0] {
                        let digit = u32::from(*unit >> shift) & 15;
                        self.out.push(char::from_digit(digit, 16).unwrap_or('0'));
                    }
                }
                return;
            }
        };
        self.out.push_str(short);
    }

    /// Writes bytes as base64 text.
    pub fn base64(&mut self, bytes: &[u8]) {
        self.out.push('"');
        STANDARD.encode_string(bytes, &mut self.out);
        self.out.push('"');
    }
}

/// A number's text as Python's `repr` has it: a point always, an exponent of at least two digits from
/// 1e16 on and below 1e-4.
pub(crate) fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let mut out = String::new();
    python_digits(&mut out, zmij::Buffer::new().format_finite(value));
    out
}

/// Writes what the shortest digits say in Python's manner.
fn python_digits(out: &mut String, shortest: &str) {
    let (mantissa, exponent) = shortest.split_once(['e', 'E']).unwrap_or((shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    out.push_str(sign);
    if exponent == 0 && whole != "0" && whole.len() <= 16 && !part.is_empty() {
        out.push_str(mantissa);
        return;
    }
    let all = [whole, part].concat();
    let led = all.trim_start_matches('0');
    let digits = led.trim_end_matches('0');
    if digits.is_empty() {
        out.push_str("0.0");
        return;
    }
    let skipped = i32::try_from(all.len() - led.len()).unwrap_or(0);
    let point = i32::try_from(whole.len()).unwrap_or(0) - skipped + exponent;
    let count = i32::try_from(digits.len()).unwrap_or(0);
    if point <= -4 || point > 16 {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let power = point - 1;
        let sign = if power < 0 { '-' } else { '+' };
        out.push_str(&format!("e{sign}{:02}", power.unsigned_abs()));
    } else if point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
        out.push_str(digits);
    } else if point >= count {
        out.push_str(digits);
        out.extend(std::iter::repeat_n(
            '0',
            (point - count).unsigned_abs() as usize,
        ));
        out.push_str(".0");
    } else {
        let (before, after) = digits.split_at(point.unsigned_abs() as usize);
        out.push_str(before);
        out.push('.');
        out.push_str(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_as_python_writes_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e16, "1e+16"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (100.0, "100.0"),
            (1e15, "1000000000000000.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-12.5, "-12.5"),
            (0.001_234, "0.001234"),
        ] {
            assert_eq!(python_float(value), expected);
        }
        let mut text = JsonText::new();
        text.short_float(0.1);
        assert_eq!(text.finish(), "0.1");
    }

    #[test]
    fn text_is_escaped_to_ascii() {
        let mut text = JsonText::new();
        text.str("a\"\\\n\u{7f}ü😀\u{1}");
        assert_eq!(text.finish(), r#""a\"\\\n\u007f\u00fc\ud83d\ude00\u0001""#);
    }

    #[test]
    fn whole_numbers_and_indentation() {
        let mut text = JsonText::indented(2);
        text.open('[');
        for value in [i64::MIN, 0, i64::MAX] {
            text.next();
            text.int(value);
        }
        text.next();
        text.open('{');
        text.close('}');
        text.close(']');
        assert_eq!(
            text.finish(),
            "[\n  -9223372036854775808,\n  0,\n  9223372036854775807,\n  {}\n]"
        );
    }
}
