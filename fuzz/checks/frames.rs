// What must be true of any bytes that arrive over a worker's channel.

use tidegate_transport::frames::{
    Decoder, Frame, Hello, Kind, ReplyFrame, StartFrame, error_from_frame, sections,
};

const LIMIT: u64 = 1 << 20;

/// Splits `input`, fed in pieces whose size its first byte gives, into frames and reads each as what it
/// says it is.
pub fn check(input: &[u8]) {
    let Some((&step, mut rest)) = input.split_first() else {
        return;
    };
    let step = usize::from(step) * 97 + 1;
    let mut decoder = Decoder::new(LIMIT);
    while !rest.is_empty() {
        let wanted = decoder.wanted();
        assert!(wanted > 0, "a decoder that wants nothing never goes on");
        let (piece, later) = rest.split_at(step.min(wanted).min(rest.len()));
        rest = later;
        decoder.buffer().extend_from_slice(piece);
        loop {
            match decoder.frame() {
                Ok(Some(frame)) => read(frame),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

fn read(frame: Frame) {
    assert!(u64::from(frame.header.len) <= LIMIT);
    assert_eq!(frame.header.len as usize, frame.body.len());
    let _ = sections::decode(&frame.body, "any");
    match frame.header.kind {
        Kind::Hello => drop(Hello::decode(&frame.body)),
        Kind::Start => drop(StartFrame::try_from(frame)),
        Kind::Reply => drop(ReplyFrame::try_from(frame)),
        Kind::Error => drop(error_from_frame(&frame)),
        _ => {}
    }
}
