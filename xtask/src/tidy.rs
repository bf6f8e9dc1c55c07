//! Keeps files small, rooms named by nouns, and what belongs to one machine or one day out.

use std::fs;

use crate::workspace::{self, Fail};

const MOST_LINES: usize = 600;
const ARCHITECTURE_LINES: usize = 150;
const SOURCES: [&str; 4] = [".rs", ".py", ".proto", ".sh"];
const NO_ROOMS: [&str; 7] = [
    "util", "utils", "common", "helper", "helpers", "misc", "base",
];
/// Written in two halves, so that this file passes its own judgement.
const NO_WORDS: [(&str, &str); 6] = [
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X:"),
    (" /wo", "rk/"),
    ("/ro", "ot/"),
    ("unimple", "mented!"),
];

/// Fails with every file that is too long, badly named, or holds an unfinished or local word.
pub fn run() -> Result<(), Fail> {
    let mut wrong = Vec::new();
    for path in workspace::files()? {
        wrong.extend(judge_name(&path));
        let Ok(content) = fs::read_to_string(workspace::root().join(&path)) else {
            continue;
        };
        wrong.extend(judge_length(&path, content.lines().count()));
        wrong.extend(judge_words(&path, &content));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn judge_name(path: &str) -> Option<String> {
    let parts = path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or(part));
    let bad = parts
        .into_iter()
        .find(|part| NO_ROOMS.contains(&part.trim_start_matches('_')))?;
    Some(format!(
        "{path}: {bad:?} names no room; use a noun of the glossary"
    ))
}

fn judge_length(path: &str, lines: usize) -> Option<String> {
    let most = match path {
        "ARCHITECTURE.md" => ARCHITECTURE_LINES,
        _ if path.contains("/generated/") || path.contains("tests/") => return None,
        _ if SOURCES.iter().any(|ending| path.ends_with(ending)) => MOST_LINES,
        _ => return None,
    };
    (lines > most).then(|| format!("{path}: {lines} lines, at most {most}"))
}

fn judge_words(path: &str, content: &str) -> Vec<String> {
    if path.ends_with(".lock") || path.ends_with(".bin") {
        return Vec::new();
    }
    let words = NO_WORDS.map(|(start, end)| format!("{start}{end}"));
    let lines = content.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let word = words.iter().find(|word| line.contains(word.as_str()))?;
            Some(format!(
                "{path}:{}: {:?} does not stay in the tree",
                index + 1,
                word.trim()
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{judge_length, judge_name, judge_words};

    #[test]
    fn a_room_is_named_by_a_noun() {
        assert!(judge_name("crates/doc/src/utils.rs").is_some());
        assert!(judge_name("python/tidegate/_helpers/x.py").is_some());
        assert_eq!(judge_name("crates/doc/src/tensor.rs"), None);
    }

    #[test]
    fn a_source_has_at_most_600_lines() {
        assert!(judge_length("a.rs", 601).is_some());
        assert_eq!(judge_length("a.rs", 600), None);
        assert_eq!(judge_length("a/generated/b.rs", 9000), None);
        assert_eq!(judge_length("tests/python/test_a.py", 9000), None);
        assert!(judge_length("ARCHITECTURE.md", 151).is_some());
    }

    #[test]
    fn unfinished_words_are_named_with_their_line() {
        let found = judge_words("a.rs", &format!("fine\n// {}{}: later", "TO", "DO"));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a.rs:2:"));
    }
}
