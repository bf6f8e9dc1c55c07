//! What each Executor sees of a request's parameters, and how results are put among them.
//!
//! `name__key` is for the Executor `name` alone, as `key`; a dict under an Executor's name is merged in
//! for that Executor; `__results__` holds what Executors returned, by Pod. All other entries, and all
//! values, travel as they came.

use bytes::Bytes;
use tidegate_core::graph::{Index, Plan};
use tidegate_core::{Error, ErrorKind, Results};

use crate::structs::{self, Malformed};

const RESULTS: &[u8] = b"__results__";

/// One request's parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    /// What the caller sent, `__results__` apart where [`Parameters::results`] differs.
    sent: Bytes,
    /// Whether some entry is for one Executor, so that they see different things.
    addressed: bool,
    /// The content of `__results__` that the caller sent.
    sent_results: Bytes,
    /// What Executors returned: the node's place in the Plan, and an entry of a Struct by the Pod's name.
    returned: Vec<(Index, Vec<u8>)>,
    /// Whether `sent` carries a `__results__` entry that is a dict, the last one at least.
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
        let mut this = Self::default();
        let mut reset = false;
        for entry in structs::entries(&sent) {
            let entry = entry.map_err(malformed)?;
            if entry.key == RESULTS {
                // A later entry of the same key wins.
                match structs::nested(entry.value).map_err(malformed)? {
                    Some(content) => {
                        this.sent_results = sent.slice_ref(content);
                        (this.carried, reset) = (true, false);
                    }
                    None => {
                        this.sent_results = Bytes::new();
                        (this.carried, reset) = (false, true);
                    }
                }
            } else if contains(plan, entry.key) {
                this.addressed = true;
            } else if let Some((name, _)) = address(entry.key) {
                this.addressed = true;
                if !contains(plan, name) {
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

    /// What the Executor `name` sees: among the results only those of nodes that are `visible` to it.
    pub(crate) fn for_executor(&self, name: &str, visible: impl Fn(Index) -> bool) -> Bytes {
        let news = self.returned.iter().any(|(from, _)| visible(*from));
        if !self.addressed && !news {
            return self.sent.clone();
        }
        let name = name.as_bytes();
        let mut out = Vec::with_capacity(self.sent.len() + self.returned_len() + 32);
        let (mut addressed, mut own) = (Vec::new(), None);
        // They have been walked once, so none is malformed now.
        for entry in structs::entries(&self.sent).flatten() {
            if entry.key == RESULTS && news {
                continue;
            }
            match address(entry.key) {
                Some((to, key)) if to == name => {
                    structs::push_entry(key, entry.value, &mut addressed);
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
        if news {
            structs::push_struct(RESULTS, &self.results(visible), &mut out);
        }
        Bytes::from(out)
    }

    fn returned_len(&self) -> usize {
        let returned = self.returned.iter().map(|(_, entry)| entry.len());
        self.sent_results.len() + returned.sum::<usize>()
    }

    /// The content of `__results__`.
    fn results(&self, visible: impl Fn(Index) -> bool) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.returned_len());
        all.extend_from_slice(&self.sent_results);
        let seen = self.returned.iter().filter(|(from, _)| visible(*from));
        seen.for_each(|(_, entry)| all.extend_from_slice(entry));
        all
    }

    /// Adds what a Pod of the node `from` returned.
    pub(crate) fn add(&mut self, from: Index, results: &Results) {
        let mut entry = Vec::with_capacity(results.pod.len() + results.dict.len() + 16);
        structs::push_struct(results.pod.as_bytes(), &results.dict, &mut entry);
        self.returned.push((from, entry));
    }

    /// What the caller gets back: all that it sent, and `__results__` of the nodes that are `visible`.
    pub(crate) fn into_response(self, visible: impl Fn(Index) -> bool) -> Bytes {
        if self.carried && !self.returned.iter().any(|(from, _)| visible(*from)) {
            return self.sent;
        }
        let mut out = Vec::with_capacity(self.sent.len() + self.returned_len() + 32);
        for entry in structs::entries(&self.sent).flatten() {
            if entry.key != RESULTS {
                out.extend_from_slice(entry.raw);
            }
        }
        structs::push_struct(RESULTS, &self.results(visible), &mut out);
        Bytes::from(out)
    }
}

fn contains(plan: &Plan, name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| plan.contains(name))
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
