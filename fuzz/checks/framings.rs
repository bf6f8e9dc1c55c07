// What must be true of any bytes that are read as a file of Documents.

use tidegate_doc::DocumentArray;
use tidegate_doc::compression::Compression;
use tidegate_doc::framing::{Framing, StreamReader, is_pickle, payloads};

/// Reads `input` as every kind of file; what was read is written and read again.
pub fn check(input: &[u8]) {
    let in_memory = payloads(input);
    if let (Ok(reader), Ok(payloads)) = (StreamReader::new(input, None), &in_memory) {
        assert_eq!(reader.left(), payloads.len() as u64);
    }
    for compression in Compression::ALL.into_iter().map(Some).chain([None]) {
        for framing in [Framing::Array, Framing::Stream] {
            let Ok(array) = DocumentArray::load(input, framing, compression) else {
                continue;
            };
            assert!(
                compression.is_some() || !is_pickle(input),
                "no pickle is read"
            );
            let mut file = Vec::new();
            let saved = array.save(&mut file, framing, compression);
            saved.expect("what was read can be written");
            let again = DocumentArray::load(&file[..], framing, compression);
            let again = again.expect("what we write can be read");
            assert_eq!(again.to_bytes(), array.to_bytes());
        }
    }
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(array) = DocumentArray::from_base64(text)
    {
        let again = DocumentArray::from_base64(&array.to_base64());
        assert_eq!(
            again.expect("what we write can be read").to_bytes(),
            array.to_bytes()
        );
    }
}
