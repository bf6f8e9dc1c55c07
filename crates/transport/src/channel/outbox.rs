//! What is to be written next: small frames in one run of bytes, long payloads beside it, uncopied.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};
use tidegate_core::Branch;

use crate::frames::{FrameError, FrameHeader, HEADER_LEN, sections};

/// A section of at least this many bytes is sent from where it lies.
const LONG: usize = 16 * 1024;
/// What an emptied outbox keeps for the next frames.
const KEEP: usize = 256 * 1024;
/// How many pieces one write takes.
pub(super) const PIECES: usize = 32;

/// Frames in the order in which they will be written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    small: Vec<u8>,
    /// A long piece, and how much of `small` goes before it.
    long: VecDeque<(usize, Bytes)>,
    /// How much of `small` has been written.
    done: usize,
    left: usize,
}

impl Outbox {
    /// How many bytes are still to be written.
    pub(super) fn len(&self) -> usize {
        self.left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Appends a frame without a body.
    pub(super) fn push_header(&mut self, header: FrameHeader) {
        self.small.extend_from_slice(&header.to_bytes());
        self.left += HEADER_LEN;
    }

    /// Appends a Start; `header` needs no length.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] for a body above `limit`; nothing is appended then.
    pub(super) fn push_start(
        &mut self,
        mut header: FrameHeader,
        request_id: &str,
        parameters: &Bytes,
        branches: &[Branch],
        limit: u64,
    ) -> Result<(), FrameError> {
        let count = 2 + 2 * branches.len();
        let table = sections::padded(4 + 4 * count);
        let body = table
            + sections::padded(request_id.len())
            + sections::padded(parameters.len())
            + branches
                .iter()
                .map(|branch| {
                    sections::padded(branch.from.len()) + sections::padded(branch.payload.0.len())
                })
                .sum::<usize>();
        let too_long = || FrameError::TooLong {
            len: body as u64,
            limit,
        };
        if body as u64 > limit || count > sections::MAX_SECTIONS {
            return Err(too_long());
        }
        header.len = u32::try_from(body).map_err(|_| too_long())?;

        self.small.extend_from_slice(&header.to_bytes());
        self.push_number(count);
        self.push_number(request_id.len());
        self.push_number(parameters.len());
        for branch in branches {
            self.push_number(branch.from.len());
            self.push_number(branch.payload.0.len());
        }
        self.push_zeros(table - (4 + 4 * count));
        self.push_text(request_id);
        self.push_section(parameters);
        for branch in branches {
            self.push_text(&branch.from);
            self.push_section(&branch.payload.0);
        }
        self.left += HEADER_LEN + body;
        Ok(())
    }

    fn push_number(&mut self, number: usize) {
        self.small
            .extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn push_zeros(&mut self, count: usize) {
        self.small.extend_from_slice(&[0; sections::ALIGN][..count]);
    }

    fn push_text(&mut self, text: &str) {
        self.small.extend_from_slice(text.as_bytes());
        self.push_zeros(sections::padded(text.len()) - text.len());
    }

    fn push_section(&mut self, section: &Bytes) {
        if section.len() < LONG {
            self.small.extend_from_slice(section);
        } else {
            self.long.push_back((self.small.len(), section.clone()));
        }
        self.push_zeros(sections::padded(section.len()) - section.len());
    }

    /// Fills `pieces` with what goes next, and says how many there are.
    pub(super) fn pieces<'a>(&'a self, pieces: &mut [IoSlice<'a>; PIECES]) -> usize {
        let mut count = 0;
        let mut at = self.done;
        for (before, long) in self.long.iter().take(PIECES / 2 - 1) {
            if at < *before {
                pieces[count] = IoSlice::new(&self.small[at..*before]);
                count += 1;
                at = *before;
            }
            pieces[count] = IoSlice::new(long);
            count += 1;
        }
        let end = self
            .long
            .get(PIECES / 2 - 1)
            .map_or(self.small.len(), |(before, _)| *before);
        if at < end {
            pieces[count] = IoSlice::new(&self.small[at..end]);
            count += 1;
        }
        count
    }

    /// Takes note that `count` bytes have been written.
    pub(super) fn advance(&mut self, mut count: usize) {
        self.left = self.left.saturating_sub(count);
        while count > 0 {
            let before = self
                .long
                .front()
                .map_or(self.small.len(), |(before, _)| *before);
            let run = (before - self.done).min(count);
            self.done += run;
            count -= run;
            let Some((_, long)) = self.long.front_mut() else {
                break;
            };
            let run = long.len().min(count);
            long.advance(run);
            count -= run;
            if !long.is_empty() {
                break;
            }
            self.long.pop_front();
        }
        if self.left == 0 {
            self.clear();
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.small.clear();
        self.small.shrink_to(KEEP);
        self.long.clear();
        self.done = 0;
        self.left = 0;
    }
}

#[cfg(test)]
mod tests {
    use tidegate_core::Payload;

    use super::*;
    use crate::frames::{Kind, StartFrame, encode_start};

    fn written(outbox: &mut Outbox, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while !outbox.is_empty() {
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let count = outbox.pieces(&mut pieces);
            assert!(count > 0);
            let all: Vec<u8> = pieces[..count]
                .iter()
                .flat_map(|piece| piece.to_vec())
                .collect();
            let taken = all.len().min(step);
            out.extend_from_slice(&all[..taken]);
            outbox.advance(taken);
        }
        out
    }

    fn branch(size: usize) -> Branch {
        Branch {
            from: "before".into(),
            payload: Payload(Bytes::from(vec![7; size])),
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
        #[test]
        fn writes_what_the_codec_writes(
            sizes in proptest::collection::vec(0_usize..40_000, 0..6),
            frames in 1_usize..12,
            step in 1_000_usize..100_000,
        ) {
            let branches: Vec<Branch> = sizes.iter().map(|size| branch(*size)).collect();
            let parameters = Bytes::from_static(b"parameters");
            let (mut outbox, mut expected) = (Outbox::default(), Vec::new());
            for id in 1..=frames as u64 {
                let header = FrameHeader::new(Kind::Start, id);
                outbox.push_start(header, "id", &parameters, &branches, 1 << 30).unwrap();
                outbox.push_header(FrameHeader::new(Kind::Cancel, id));
                let start = StartFrame {
                    id,
                    endpoint: 0,
                    deadline_us: None,
                    request_id: Bytes::from_static(b"id"),
                    parameters: parameters.clone(),
                    branches: branches
                        .iter()
                        .map(|branch| ("before".into(), branch.payload.0.clone()))
                        .collect(),
                };
                encode_start(&start, &mut expected).unwrap();
                expected.extend_from_slice(&FrameHeader::new(Kind::Cancel, id).to_bytes());
            }
            proptest::prop_assert_eq!(outbox.len(), expected.len());
            proptest::prop_assert!(written(&mut outbox, step) == expected);
        }
    }

    #[test]
    fn refuses_what_is_over_the_limit() {
        let mut outbox = Outbox::default();
        let payload = [branch(100)];
        let header = FrameHeader::new(Kind::Start, 1);
        assert!(
            outbox
                .push_start(header, "", &Bytes::new(), &payload, 99)
                .is_err()
        );
        assert!(outbox.is_empty());
    }
}
