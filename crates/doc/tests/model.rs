//! Random programs over an array do to it what they do to a plain list, whenever it travels on the way.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::Index;
use tidegate_doc::{Document, DocumentArray, Field};

/// One step of a program.
#[derive(Debug, Clone)]
enum Step {
    /// The array goes through its bytes.
    Travel,
    Push(u8),
    Insert(Index, u8),
    Remove(Index),
    Pop,
    Drain(Index, Index),
    Truncate(Index),
    Retain(u8),
    Append(Vec<u8>),
    AppendSelf(Index),
    Sort,
    Reverse,
    SetText(Index, u8),
    SetId(Index, u8),
    SetTag(Index, u8),
    PushChunk(Index, u8),
    PopField(Index, u8),
    Slice(Index, Index),
    Batches(Index),
    LookUp(u8),
    SetTexts,
    Shuffle(u64),
    Everyone,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<Index>;
    prop_oneof![
        3 => Just(Step::Travel),
        3 => any::<u8>().prop_map(Step::Push),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Step::Insert(at, n)),
        1 => at().prop_map(Step::Remove),
        1 => Just(Step::Pop),
        1 => (at(), at()).prop_map(|(a, b)| Step::Drain(a, b)),
        1 => at().prop_map(Step::Truncate),
        1 => any::<u8>().prop_map(Step::Retain),
        2 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Step::Append),
        1 => at().prop_map(Step::AppendSelf),
        1 => Just(Step::Sort),
        1 => Just(Step::Reverse),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Step::SetText(at, n)),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Step::SetId(at, n)),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Step::SetTag(at, n)),
        2 => (at(), any::<u8>()).prop_map(|(at, n)| Step::PushChunk(at, n)),
        1 => (at(), 1..20u8).prop_map(|(at, n)| Step::PopField(at, n)),
        1 => (at(), at()).prop_map(|(a, b)| Step::Slice(a, b)),
        1 => at().prop_map(Step::Batches),
        3 => (0..8u8).prop_map(Step::LookUp),
        1 => Just(Step::SetTexts),
        1 => any::<u64>().prop_map(Step::Shuffle),
        1 => Just(Step::Everyone),
        1 => Just(Step::Clear),
    ]
}

/// A Document made of a number; few ids, so that some are there twice.
fn document(n: u8) -> Document {
    let builder = Document::builder()
        .id(format!("id{}", n % 8))
        .weight(f32::from(n));
    match n % 4 {
        0 => builder.text(format!("text {n}")),
        1 => builder.blob(vec![n; 3]).tag("n", n),
        2 => builder.tensor([f32::from(n), 0.5]).score("s", f32::from(n)),
        _ => builder
            .embedding(vec![n])
            .chunks(["a", "b"].map(|id| Document::builder().id(id).build())),
    }
    .build()
}

fn two(a: Index, b: Index, len: usize) -> (usize, usize) {
    let (a, b) = (a.index(len + 1), b.index(len + 1));
    (a.min(b), a.max(b))
}

/// Runs a step that changes one Document over both.
fn change(
    array: &mut DocumentArray,
    model: &mut [Document],
    at: Index,
    edit: impl Fn(&mut Document),
) {
    if !model.is_empty() {
        let at = at.index(model.len());
        edit(array.get_mut(at).unwrap());
        edit(&mut model[at]);
    }
}

fn run_list(array: &mut DocumentArray, model: &mut Vec<Document>, step: Step) {
    let len = model.len();
    match step {
        Step::Push(n) => {
            array.push(document(n));
            model.push(document(n));
        }
        Step::Insert(at, n) => {
            let at = at.index(len + 1);
            array.insert(at, document(n));
            model.insert(at, document(n));
        }
        Step::Remove(at) => {
            let at = at.index(len + 1);
            let removed = (at < len).then(|| model.remove(at));
            assert_eq!(array.remove(at), removed);
        }
        Step::Pop => assert_eq!(array.pop(), model.pop()),
        Step::Drain(a, b) => {
            let (a, b) = two(a, b, len);
            let drained: Vec<_> = model.drain(a..b).collect();
            assert_eq!(array.drain(a..b).collect::<Vec<_>>(), drained);
        }
        Step::Truncate(at) => {
            array.truncate(at.index(len + 1));
            model.truncate(at.index(len + 1));
        }
        Step::Retain(n) => {
            array.retain(|document| document.weight() < f32::from(n));
            model.retain(|document| document.weight() < f32::from(n));
        }
        Step::Append(numbers) => {
            let more: Vec<_> = numbers.into_iter().map(document).collect();
            let bytes = DocumentArray::from(more.clone()).to_bytes();
            array.append(&DocumentArray::from_bytes(bytes).unwrap());
            model.extend(more);
        }
        Step::AppendSelf(at) => {
            let at = at.index(len + 1);
            array.append(&array.slice(at..));
            model.extend_from_within(at..);
        }
        Step::Sort => {
            array.sort_by(|a, b| a.id().cmp(b.id()));
            model.sort_by(|a, b| a.id().cmp(b.id()));
        }
        Step::Reverse => {
            array.reverse();
            model.reverse();
        }
        _ => {
            array.clear();
            model.clear();
        }
    }
}

fn run_other(array: &mut DocumentArray, model: &mut Vec<Document>, step: Step) {
    let len = model.len();
    match step {
        Step::Travel => *array = DocumentArray::from_bytes(array.to_bytes()).unwrap(),
        Step::SetText(at, n) => change(array, model, at, |d| d.set_text(n.to_string())),
        Step::SetId(at, n) => change(array, model, at, |d| d.set_id(format!("id{}", n % 8))),
        Step::SetTag(at, n) => change(array, model, at, |d| d.set_tag("a__b", n)),
        Step::PushChunk(at, n) => change(array, model, at, |d| d.push_chunk(document(n))),
        // A Document without id would get another one when it travels.
        Step::PopField(at, n) => change(array, model, at, |d| {
            d.pop(Field::ALL[usize::from(n)]);
        }),
        Step::Slice(a, b) => {
            let (a, b) = two(a, b, len);
            let mut part = array.slice(a..b);
            assert_eq!(part, DocumentArray::from(model[a..b].to_vec()));
            part.iter_mut().for_each(|d| d.set_text("only here"));
        }
        Step::Batches(at) => {
            let size = at.index(5) + 1;
            let batches: Vec<_> = array.batches(size).collect();
            assert!(
                batches.iter().eq(model
                    .chunks(size)
                    .map(|part| part.to_vec().into())
                    .collect::<Vec<DocumentArray>>()
                    .iter())
            );
        }
        Step::LookUp(n) => {
            let id = format!("id{n}");
            let wanted = model.iter().rposition(|document| document.id() == id);
            assert_eq!(array.position(&id), wanted);
            assert_eq!(array.by_id(&id), wanted.map(|at| &model[at]));
        }
        Step::SetTexts => {
            let texts: Vec<_> = (0..len).map(|n| n.to_string()).collect();
            array.set_texts(texts.clone()).unwrap();
            model
                .iter_mut()
                .zip(texts)
                .for_each(|(document, text)| document.set_text(text));
        }
        Step::Shuffle(seed) => {
            let mut shuffled = array.shuffled(Some(seed));
            let mut again = array.clone();
            again.shuffle(Some(seed));
            assert_eq!(shuffled, again);
            let key = |document: &Document| document.to_bytes();
            let mut sorted = array.clone();
            sorted.sort_by_key(key);
            shuffled.sort_by_key(key);
            assert_eq!(shuffled, sorted);
        }
        Step::Everyone => {
            array.iter_mut().for_each(|d| d.set_modality("seen"));
            model.iter_mut().for_each(|d| d.set_modality("seen"));
        }
        step => run_list(array, model, step),
    }
}

proptest! {
    #[test]
    fn an_array_is_a_list(program in prop::collection::vec(step(), 0..30)) {
        let (mut array, mut model) = (DocumentArray::new(), Vec::new());
        for step in program {
            let before = array.clone();
            let was = model.clone();
            run_other(&mut array, &mut model, step);
            prop_assert!(array.iter().eq(&model), "{array:?} is not {model:?}");
            prop_assert!(before.iter().eq(&was), "a clone changed with its original");
            prop_assert_eq!(array.len(), model.len());
            let texts: Vec<_> = model.iter().map(Document::text).collect();
            prop_assert_eq!(array.texts(), texts);
        }
        let sent = DocumentArray::from_bytes(array.to_bytes()).unwrap();
        prop_assert_eq!(&sent, &array);
        prop_assert!(sent.into_iter().eq(model));
    }
}
