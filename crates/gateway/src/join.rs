//! Where branches meet: what an Executor is given of the Documents that it needs.

use std::sync::Arc;

use bytes::Bytes;
use tidegate_core::graph::PlanNode;
use tidegate_core::{Branch, Error, ErrorKind, Payload};
use tidegate_doc::reduce;

use crate::order::malformed;

/// The branches of a call: one, or each by itself where nothing reduces them.
pub(crate) fn for_call(node: &PlanNode, branches: Vec<Branch>) -> Result<Vec<Branch>, Error> {
    let branches = filtered(node, branches)?;
    if branches.len() > 1 && node.reduce() {
        let from = branches
            .first()
            .map(|b| Arc::clone(&b.from))
            .unwrap_or_default();
        let payload = reduced(&branches)?;
        return Ok(vec![Branch { from, payload }]);
    }
    Ok(branches)
}

/// The Documents that go past a node which is not called: merged by id, or one after another where
/// nothing reduces them.
pub(crate) fn for_passing(node: &PlanNode, branches: Vec<Branch>) -> Result<Branch, Error> {
    let mut branches = filtered(node, branches)?;
    if branches.len() > 1 {
        let payload = if node.reduce() {
            reduced(&branches)?
        } else {
            concatenated(branches.into_iter().map(|branch| branch.payload))
        };
        let from = Arc::clone(node.name());
        return Ok(Branch { from, payload });
    }
    Ok(branches.pop().unwrap_or_default())
}

/// The Documents that the node's condition lets through, of each branch.
fn filtered(node: &PlanNode, mut branches: Vec<Branch>) -> Result<Vec<Branch>, Error> {
    if let Some(when) = node.when() {
        for branch in &mut branches {
            branch.payload.0 = when.filter_bytes(&branch.payload.0).map_err(|error| {
                let said = format!("the condition of Executor '{}': {error}", node.name());
                Error::new(ErrorKind::InvalidInput, said)
            })?;
        }
    }
    Ok(branches)
}

/// The Documents of all branches, merged by id; where fields differ the first branch wins.
///
/// # Errors
/// [`ErrorKind::InvalidInput`](tidegate_core::ErrorKind::InvalidInput) where one is no serialised
/// `DocumentArrayProto`.
pub(crate) fn reduced(branches: &[Branch]) -> Result<Payload, Error> {
    let payloads: Vec<Bytes> = branches.iter().map(|b| b.payload.0.clone()).collect();
    Ok(Payload(reduce(&payloads).map_err(malformed)?))
}

/// The Documents of all payloads, one after another.
pub(crate) fn concatenated(payloads: impl Iterator<Item = Payload>) -> Payload {
    // A serialised array is its Documents one after another, so that two of them are one.
    let mut payloads = payloads.filter(|payload| !payload.0.is_empty());
    let Some(first) = payloads.next() else {
        return Payload::default();
    };
    let Some(second) = payloads.next() else {
        return first;
    };
    let mut all = [first.0, second.0].concat();
    payloads.for_each(|payload| all.extend_from_slice(&payload.0));
    Payload(all.into())
}
