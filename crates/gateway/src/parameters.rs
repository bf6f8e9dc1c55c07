//! What each Executor sees of a request's parameters, and how results are put among them.
//!
//! `name__key` is for the Executor `name` alone, as `key`; a dict under an Executor's name is merged in
//! for that Executor; `__results__` holds what Executors returned, by Pod. All other entries, and all
//! values, travel as they came.

use bytes::Bytes;
use tidegate_core::{Error, ErrorKind, Results};

use crate::plan::Plan;
use crate::structs::{self, Malformed};

const RESULTS: &[u8] = b"__results__";

/// One request's parameters.
#[derive(Debug)]
pub(crate) struct Parameters {
    /// What the caller sent, `__results__` apart where [`Parameters::results`] differs.
    sent: Bytes,
    /// Whether some entry is for one Executor, so that they see different things.
    addressed: bool,
    /// The content of `__results__`, by Pod.
    results: Vec<u8>,
    /// Whether `sent` carries a `__results__` entry that says the same as `results`.
    carried: bool,
}

/// An entry's key as an address: the Executor's name and the key that it sees.
fn address(key: &[u8]) -> Option<(&[u8], &[u8])> {
    if key.starts_with(b"__") || key.ends_with(b"__") {
        return None;
    }
    let at = key.windows(2).rposition(|pair| pair == b"__")?;
    Some((&key[..at], &key[at + 2..]))
}

impl Parameters {
    /// Looks through the caller's parameters; calls `warn` for each thing that leads nowhere.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where they are no Struct.
    pub(crate) fn read(
        sent: Bytes,
        plan: &Plan,
        mut warn: impl FnMut(String),
    ) -> Result<Self, Error> {
        let mut this = Self {
            sent: Bytes::new(),
            addressed: false,
            results: Vec::new(),
            carried: false,
        };
        let mut reset = false;
        for entry in structs::entries(&sent) {
            let entry = entry.map_err(malformed)?;
            if entry.key == RESULTS {
                // A later entry of the same key wins.
                match structs::nested(entry.value).map_err(malformed)? {
                    Some(content) => {
                        this.results.clear();
                        this.results.extend_from_slice(content);
                        (this.carried, reset) = (true, false);
                    }
                    None => {
                        this.results.clear();
                        (this.carried, reset) = (false, true);
                    }
                }
            } else if plan.contains(entry.key) {
                this.addressed = true;
            } else if let Some((name, _)) = address(entry.key) {
                this.addressed = true;
                if !plan.contains(name) {
                    warn(format!(
                        "parameter '{}' is for an Executor named '{}' and reaches nobody; this Flow \
                         has: {}",
                        String::from_utf8_lossy(entry.key),
                        String::from_utf8_lossy(name),
                        plan.names()
                    ));
                }
            }
        }
        if reset {
            warn(
                "parameter '__results__' holds what Executors return and must be a dict; \
                  what was sent there is left out"
                    .to_owned(),
            );
            this.sent = without_results(&sent);
        } else {
            this.sent = sent;
        }
        Ok(this)
    }

    /// What the Executor `name` sees.
    pub(crate) fn for_executor(&self, name: &str) -> Bytes {
        if !self.addressed && (self.carried || self.results.is_empty()) {
            return self.sent.clone();
        }
        let name = name.as_bytes();
        let mut out = Vec::with_capacity(self.sent.len() + self.results.len() + 32);
        let (mut addressed, mut own) = (Vec::new(), None);
        // They have been walked once, so none is malformed now.
        for entry in structs::entries(&self.sent).flatten() {
            if entry.key == RESULTS && !self.carried {
                continue;
            }
            match address(entry.key) {
                Some((to, key)) if to == name => {
                    structs::push_entry(key, entry.value, &mut addressed)
                }
                Some(_) if entry.key != name => {}
                _ => out.extend_from_slice(entry.raw),
            }
            if entry.key == name {
                own = structs::nested(entry.value).ok().flatten();
            }
        }
        // A later entry of the same key wins, so these override what is for all.
        out.extend_from_slice(&addressed);
        out.extend_from_slice(own.unwrap_or_default());
        if !self.carried && !self.results.is_empty() {
            structs::push_struct(RESULTS, &self.results, &mut out);
        }
        Bytes::from(out)
    }

    /// Adds what a Pod returned.
    pub(crate) fn add(&mut self, results: &Results) {
        structs::push_struct(results.pod.as_bytes(), &results.dict, &mut self.results);
        self.carried = false;
    }

    /// What the caller gets back: all that it sent, and `__results__`.
    pub(crate) fn into_response(self) -> Bytes {
        if self.carried {
            return self.sent;
        }
        let mut out = Vec::with_capacity(self.sent.len() + self.results.len() + 32);
        for entry in structs::entries(&self.sent).flatten() {
            if entry.key != RESULTS {
                out.extend_from_slice(entry.raw);
            }
        }
        structs::push_struct(RESULTS, &self.results, &mut out);
        Bytes::from(out)
    }
}

fn without_results(sent: &[u8]) -> Bytes {
    let kept = structs::entries(sent)
        .flatten()
        .filter(|entry| entry.key != RESULTS);
    Bytes::from(
        kept.flat_map(|entry| entry.raw.iter().copied())
            .collect::<Vec<u8>>(),
    )
}

fn malformed(_: Malformed) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        "the request's parameters are not a serialised google.protobuf.Struct",
    )
    .with_hint("send parameters as a Struct, or leave them out")
}
