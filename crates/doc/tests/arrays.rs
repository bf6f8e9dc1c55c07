//! Tensors wherever they lie: aligned or not, of every type, right or wrong.

#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use tidegate_doc::wire::{Sink, Writer};
use tidegate_doc::{DType, Document, DocumentArray, Field, NdArray, Tensor};

/// A Document whose embedding lies at every possible offset in turn.
fn shifted(by: usize) -> Document {
    let document = Document::builder().embedding([1.5_f32, -2.0]).build();
    let mut wire = Writer::default();
    wire.bytes_field(99, &vec![0; by]);
    wire.raw(&document.to_bytes());
    Document::from_bytes(wire.out).unwrap()
}

#[test]
fn elements_are_the_same_wherever_they_lie() {
    let mut lent = 0;
    for by in 0..4 {
        let document = shifted(by);
        let tensor = document.embedding().unwrap().tensor().unwrap();
        assert_eq!(*tensor.elements::<f32>().unwrap(), [1.5, -2.0]);
        lent += usize::from(tensor.as_slice::<f32>().is_some());
        #[cfg(feature = "ndarray")]
        {
            assert_eq!(
                tensor.view::<f32>().is_ok(),
                tensor.as_slice::<f32>().is_some()
            );
            assert_eq!(tensor.to_ndarray::<f32>().unwrap().sum(), -0.5);
        }
    }
    assert_eq!(lent, 1, "one of four offsets is aligned");
}

#[test]
fn numbers_are_equal_by_value() {
    let small = Tensor::from([1.0_f32, 0.0]);
    assert_eq!(small, Tensor::from([1.0_f64, -0.0]));
    assert_eq!(small, Tensor::from([1_u8, 0]));
    assert_ne!(small, Tensor::from([[1.0_f32, 0.0]]));
    assert_ne!(Tensor::from([f32::NAN]), Tensor::from([f32::NAN]));
    let text = |name: &str| Tensor::from_bytes([1], DType::from(name), vec![0; 4]).unwrap();
    assert_eq!(text("<U1"), text("<U1"));
    assert_ne!(text("<U1"), text("|V4"));
}

#[test]
fn errors_name_type_and_shape() {
    let array = NdArray::from([[1_i64, 2], [3, 4]]);
    let error = array.elements::<f32>().unwrap_err();
    assert_eq!((error.dtype(), error.shape()), (&DType::I64, &[2, 2][..]));
    assert_eq!(
        error.to_string(),
        "a tensor of <i8 with shape [2, 2] does not have elements of <f4"
    );
    let error = Tensor::from([1_u8, 2, 3]).reshape([2, 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a tensor of |u1 with shape [3] cannot have the shape [2, 2]"
    );
    let bools = Tensor::from_bytes([1], DType::Bool, vec![7]).unwrap();
    let error = bools.elements::<bool>().unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("has bytes that are no such elements"),
        "{error}"
    );
    assert!(Tensor::from_bytes([1 << 33], "|V1", Bytes::new()).is_err());
}

#[test]
fn a_matrix_comes_from_received_and_changed_rows_alike() {
    let vectors = [[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let array: DocumentArray = vectors
        .map(|vector| Document::builder().text("x").embedding(vector).build())
        .into();
    let mut received = DocumentArray::from_bytes(array.to_bytes()).unwrap();
    let whole = received.embeddings().unwrap().unwrap();
    assert_eq!(whole, Tensor::from(vectors));
    received.get_mut(1).unwrap().set_embedding([0.0_f32, 0.0]);
    let changed = received.embeddings().unwrap().unwrap();
    assert_eq!(
        *changed.elements::<f32>().unwrap(),
        [1.0, 2.0, 0.0, 0.0, 5.0, 6.0]
    );

    received.set_embeddings(whole.clone()).unwrap();
    let row = received
        .get(2)
        .unwrap()
        .embedding()
        .unwrap()
        .tensor()
        .unwrap();
    assert_eq!(
        row.buffer().as_ptr(),
        whole.buffer()[16..].as_ptr(),
        "a row was copied"
    );

    received.get_mut(2).unwrap().set_embedding([1.0_f32]);
    let error = received.embeddings().unwrap_err().to_string();
    assert_eq!(
        error,
        "docs[2].embedding is <f4 [1], and that of the first is <f4 [2]"
    );
    assert_eq!(received.tensors().unwrap(), None);
    assert_eq!(DocumentArray::new().embeddings().unwrap(), None);
}

#[test]
fn a_buffer_of_numbers_is_not_copied() {
    let elements = vec![1.0_f64; 100];
    let at = elements.as_ptr().cast::<u8>();
    let mut document = Document::new();
    document.set_tensor(elements);
    assert_eq!(
        document
            .tensor()
            .unwrap()
            .tensor()
            .unwrap()
            .buffer()
            .as_ptr(),
        at
    );
    assert!(document.clone().has(Field::Tensor));
}

#[cfg(feature = "ndarray")]
#[test]
fn arrays_of_ndarray_come_and_go() {
    use ndarray::{Array2, ArrayD, arr2, s};

    let matrix = arr2(&[[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let tensor = Tensor::from(matrix.clone());
    assert_eq!(tensor.view::<f32>().unwrap(), matrix.clone().into_dyn());
    let turned = Tensor::from(matrix.clone().reversed_axes());
    assert_eq!(
        *turned.elements::<f32>().unwrap(),
        [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
    );
    let mut part: Array2<f32> = matrix.clone();
    part.slice_collapse(s![1.., ..]);
    assert_eq!(
        *Tensor::from(part).elements::<f32>().unwrap(),
        [4.0, 5.0, 6.0]
    );
    let mut backwards = matrix.clone();
    backwards.invert_axis(ndarray::Axis(0));
    assert_eq!(Tensor::from(backwards).elements::<f32>().unwrap()[0], 4.0);
    let owned: ArrayD<f32> = (&tensor).try_into().unwrap();
    assert_eq!(owned, matrix.into_dyn());
    let error = tensor.view::<f64>().unwrap_err().to_string();
    assert_eq!(
        error,
        "a tensor of <f4 with shape [2, 3] does not have elements of <f8"
    );
}
