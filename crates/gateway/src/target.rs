//! Which Executors a request means, by the caller's regular expression over their names.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use regex::RegexBuilder;
use tidegate_core::graph::Plan;
use tidegate_core::{Error, ErrorKind};

/// How many expressions are remembered.
const REMEMBERED: usize = 256;
/// How large a compiled expression may become, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
const LONGEST: usize = 4096;

/// For each Executor of the Plan, whether it is meant.
pub(crate) type Selection = Arc<[bool]>;

/// Expressions and what they select, so that each is compiled once.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    known: RwLock<HashMap<Box<str>, Selection>>,
}

impl Targets {
    /// What `pattern` selects. Calls `warn` where that is nothing.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where it is no regular expression.
    pub(crate) fn select(
        &self,
        pattern: &str,
        plan: &Plan,
        warn: impl FnOnce(String),
    ) -> Result<Selection, Error> {
        if let Some(selection) = self.known.read().get(pattern) {
            return Ok(Arc::clone(selection));
        }
        let selection = compile(pattern, plan)?;
        if !selection.contains(&true) {
            warn(format!(
                "target_executor '{pattern}' matches no Executor and the request passes through \
                 unchanged; this Flow has: {}",
                plan.names()
            ));
        }
        let mut known = self.known.write();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(Box::from(pattern), Arc::clone(&selection));
        Ok(selection)
    }
}

fn compile(pattern: &str, plan: &Plan) -> Result<Selection, Error> {
    let invalid = |reason: String| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("target_executor '{pattern}' is no regular expression: {reason}"),
        )
        .with_hint("name an Executor, or write an expression that matches whole names")
    };
    if pattern.len() > LONGEST {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "target_executor has {} bytes, more than {LONGEST}",
                pattern.len()
            ),
        ));
    }
    let build = |text: &str| RegexBuilder::new(text).size_limit(SIZE_LIMIT).build();
    // By itself first: so that errors show what the caller wrote, and brackets close where they open.
    build(pattern).map_err(|error| invalid(last_line(&error)))?;
    let whole =
        build(&format!(r"\A(?:{pattern})\z")).map_err(|error| invalid(last_line(&error)))?;
    Ok(plan
        .nodes()
        .iter()
        .map(|node| whole.is_match(node.name()))
        .collect())
}

/// The reason alone; what stands above it draws the pattern over several lines.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}
