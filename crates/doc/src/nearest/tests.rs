use proptest::prelude::*;

use super::*;
use crate::Document;

/// The distance as its definition says.
fn defined(metric: Metric, row: &[f64], vector: &[f64]) -> f64 {
    let sum = |f: fn(f64, f64) -> f64| row.iter().zip(vector).map(|(a, b)| f(*a, *b)).sum::<f64>();
    let apart = sum(|a, b| (a - b) * (a - b));
    match metric {
        Metric::Cosine => {
            let lengths = sum(|a, _| a * a).sqrt() * sum(|_, b| b * b).sqrt();
            1.0 - ((sum(|a, b| a * b) + 1e-7) / (lengths + 1e-7)).clamp(-1.0, 1.0)
        }
        Metric::SqEuclidean => apart,
        Metric::Euclidean => apart.sqrt(),
    }
}

fn bytes(row: &[f64], float: Float) -> Vec<u8> {
    #[allow(clippy::cast_possible_truncation)]
    match float {
        Float::F32 => row.iter().flat_map(|n| (*n as f32).to_le_bytes()).collect(),
        Float::F64 => row.iter().flat_map(|n| n.to_le_bytes()).collect(),
    }
}

fn table() -> impl Strategy<Value = (usize, Vec<Vec<f64>>, Vec<f64>)> {
    (1usize..40, 1usize..10).prop_flat_map(|(width, count)| {
        // Quarters are exact in 32 bits, and small ones meet often.
        let number = (-12i32..12).prop_map(|n| f64::from(n) / 4.0);
        let row = prop::collection::vec(number.clone(), width);
        let vectors = prop::collection::vec(number, width * count);
        (Just(width), prop::collection::vec(row, 0..40), vectors)
    })
}

proptest! {
    #[test]
    fn finds_what_sorting_all_distances_finds(
        (width, rows, vectors) in table(),
        limit in prop::option::of(1usize..50),
        metric in prop::sample::select(&Metric::ALL),
        float in prop::sample::select(&[Float::F32, Float::F64]),
    ) {
        let mut search = Search::new(metric, vectors.clone(), width, limit);
        for row in &rows {
            prop_assert!(search.offer(&bytes(row, float), float));
        }
        let found = search.finish();
        prop_assert_eq!(found.len(), vectors.len() / width);
        for (found, vector) in found.iter().zip(vectors.chunks(width)) {
            let all: Vec<f64> = rows.iter().map(|row| defined(metric, row, vector)).collect();
            prop_assert_eq!(found.places.len(), limit.unwrap_or(usize::MAX).min(rows.len()));
            for (place, distance) in found.iter() {
                prop_assert!((distance - all[place]).abs() < 1e-9);
            }
            let sorted = |pair: &[(usize, f64)]| (pair[0].1, pair[0].0) < (pair[1].1, pair[1].0);
            let pairs: Vec<_> = found.iter().collect();
            prop_assert!(pairs.windows(2).all(sorted));
            let worst = pairs.last().map_or(f64::INFINITY, |pair| pair.1);
            for (place, distance) in all.iter().enumerate() {
                prop_assert!(found.places.contains(&place) || *distance >= worst - 1e-9);
                prop_assert!(*distance >= found.least - 1e-9 && *distance <= found.most + 1e-9);
            }
        }
    }

    #[test]
    fn sums_in_32_bits_are_close((width, rows, vectors) in table(), metric in prop::sample::select(&Metric::ALL)) {
        #[allow(clippy::cast_possible_truncation)]
        let narrow: Vec<f32> = vectors.iter().map(|n| *n as f32).collect();
        let mut search = Search::new(metric, narrow, width, None);
        for row in &rows {
            prop_assert!(search.offer(&bytes(row, Float::F32), Float::F32));
            prop_assert!(!search.offer(&bytes(row, Float::F64), Float::F64));
        }
        for (found, vector) in search.finish().iter().zip(vectors.chunks(width)) {
            for (place, distance) in found.iter() {
                let defined = defined(metric, &rows[place], vector);
                prop_assert!((distance - defined).abs() <= 1e-5 * defined.max(1.0), "{distance} {defined}");
            }
        }
    }
}

#[test]
fn nan_is_furthest_and_equal_ones_keep_their_order() {
    for count in [1, 5] {
        let mut search = Search::new(Metric::SqEuclidean, vec![0.0_f32; count], 1, None);
        for number in [f32::NAN, 1.0, 0.0, -1.0, f32::INFINITY, f32::NAN, 0.0] {
            search.offer(&number.to_le_bytes(), Float::F32);
        }
        for found in search.finish() {
            assert_eq!(found.places, [2, 6, 1, 3, 4, 0, 5]);
            assert!(found.least.is_nan() && found.most.is_nan());
        }
    }
}

#[test]
fn a_vector_is_no_distance_from_itself() {
    let vector: Vec<f32> = (0..100u8).map(|n| f32::from(n) * 0.37 - 9.1).collect();
    let docs = DocumentArray::from([Document::new().with_embedding(vector.clone())]);
    for metric in Metric::ALL {
        let found = docs.nearest(&vector, metric, None).unwrap();
        assert!(found.distances[0].abs() < 1e-12, "{metric:?} {found:?}");
    }
}

#[test]
fn rows_laid_out_otherwise_are_found_too_and_others_are_named() {
    let wide = Document::new().with_embedding(vec![1.0_f64, 2.0]);
    let plain = Document::new().with_embedding(vec![1.0_f32, 2.0]);
    let padded = {
        // An unknown field in front moves the array away from where the first row has it.
        let embedding = plain.to_bytes();
        let mut out = crate::wire::Writer::default();
        let inner = RowView::new(&embedding)
            .find(Field::Embedding)
            .unwrap()
            .payload;
        let mut message = crate::wire::Writer::default();
        crate::wire::Sink::bytes_field(&mut message, 99, b"padding");
        message.out.extend_from_slice(inner);
        crate::wire::Sink::bytes_field(&mut out, Field::Embedding.number(), &message.out);
        Document::from_bytes(out.out).unwrap()
    };
    let docs = DocumentArray::from([plain.clone(), padded]);
    let docs = DocumentArray::from_bytes(docs.to_bytes()).unwrap();
    let found = docs.nearest(&[1.0, 2.0], Metric::Euclidean, None).unwrap();
    assert_eq!(found.distances, [0.0, 0.0]);
    let docs = DocumentArray::from([plain, wide, Document::new()]);
    let error = docs.nearest(&[1.0, 2.0], Metric::Cosine, None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("docs[1].embedding is no dense array of 2 floats")
    );
}
