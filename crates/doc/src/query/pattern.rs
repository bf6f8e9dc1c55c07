//! Regular expressions as Python writes them.

use regex::Regex;

use super::error::QueryError;

/// A regular expression to search for.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    /// Whether Python's `re` is sure to find the same.
    pub(super) plain: bool,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, QueryError> {
        let refused = |why: String| QueryError::Pattern(text.to_owned(), why);
        let (translated, plain) = translated(text).map_err(|why| refused(why.to_owned()))?;
        let regex = Regex::new(&translated).map_err(|error| {
            let shown = error.to_string();
            refused(
                shown
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned(),
            )
        })?;
        Ok(Self { regex, plain })
    }

    /// The regular expression.
    pub(super) fn text(&self) -> &str {
        self.regex.as_str()
    }

    pub(super) fn finds(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The expression in the words of `regex`, and whether all of it is certain to mean the same.
fn translated(text: &str) -> Result<(String, bool), &'static str> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut plain = true;
    let mut class = false;
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                let escaped = chars.next().ok_or("it ends in a backslash")?;
                match escaped {
                    'Z' if !class => out.push_str(r"\z"),
                    '1'..='9' => return Err("references to groups are not supported"),
                    _ => {
                        // What a word, a space or a boundary is, the two see a little differently.
                        plain &= escaped.is_ascii_punctuation()
                            || matches!(escaped, 'n' | 't' | 'r' | 'd' | 'D');
                        out.extend(['\\', escaped]);
                    }
                }
            }
            '[' if !class => {
                class = true;
                out.push(char);
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str(r"\]");
                }
            }
            ']' if class => {
                class = false;
                out.push(char);
            }
            // Inside brackets these have a meaning of their own only in one of the two.
            '[' | '&' | '~' if class => out.extend(['\\', char]),
            '-' if class && chars.peek() == Some(&'-') => {
                plain = false;
                out.push('-');
            }
            '$' if !class => {
                plain &= matches!(chars.peek(), None | Some(')' | '|'));
                out.push_str(r"(?:\n?\z)");
            }
            '(' if !class && chars.peek() == Some(&'?') => {
                let rest: String = chars.clone().take(3).collect();
                plain &= rest.starts_with("?:") || rest.starts_with("?P<");
                out.push(char);
            }
            '{' if !class => {
                let bounds: String = chars.clone().take_while(|c| *c != '}').collect();
                let (least, most) = bounds.split_once(',').unwrap_or((&bounds, "0"));
                let number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
                plain &= !least.is_empty() && number(least) && number(most);
                out.push(char);
            }
            '*' | '+' | '?' if !class => {
                // After another quantifier only a question mark means the same.
                let doubled = matches!(before, Some('*' | '+' | '?' | '}'));
                plain &= !doubled || char == '?';
                out.push(char);
            }
            _ => out.push(char),
        }
        before = (char != '\\' && !class).then_some(char);
    }
    Ok((out, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_as_python_does() {
        let cases = [
            ("^a.c$", "abc\n", true, true),
            ("^a.c$", "abc\n\n", false, true),
            (r"[]x]\d{2,}$", "]12", true, true),
            ("[a[&~]", "&", true, true),
            (r"a\Z", "a\n", false, true),
            (r"\bword", "a word", true, false),
            ("(?i)ABC", "xabc", true, false),
            ("x*?y", "xy", true, true),
        ];
        for (pattern, text, found, plain) in cases {
            let made = Pattern::new(pattern).unwrap();
            assert_eq!(
                (made.finds(text), made.plain),
                (found, plain),
                "{pattern} {text:?}"
            );
        }
        assert!(!Pattern::new("a++").unwrap().plain);
        for bad in ["(", r"(a)\1", "a(?=b)", "\\"] {
            let error = Pattern::new(bad).unwrap_err().to_string();
            assert!(error.contains("cannot be read"), "{error}");
        }
    }
}
