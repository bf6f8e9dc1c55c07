//! Going through an array.

use std::iter::FusedIterator;
use std::slice;
use std::vec;

use super::{DocumentArray, Frame, Row};
use crate::document::Document;

/// The Documents of an array, borrowed; see [`DocumentArray::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    rows: slice::Iter<'a, Row>,
    frame: &'a Frame,
}

/// The Documents of an array, to be changed in place; see [`DocumentArray::iter_mut`].
pub struct IterMut<'a> {
    rows: slice::IterMut<'a, Row>,
    frame: &'a Frame,
}

/// The Documents of an array that was given away.
pub struct IntoIter {
    pub(super) rows: vec::IntoIter<Row>,
    pub(super) frame: Frame,
}

macro_rules! iterators {
    ($($name:ty, $item:ty, |$iter:ident, $row:ident| $document:expr;)*) => {$(
        impl<'a> Iterator for $name {
            type Item = $item;

            fn next(&mut self) -> Option<Self::Item> {
                let $iter = self;
                let $row = $iter.rows.next()?;
                Some($document)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.rows.size_hint()
            }

            fn nth(&mut self, n: usize) -> Option<Self::Item> {
                let $iter = self;
                let $row = $iter.rows.nth(n)?;
                Some($document)
            }
        }

        impl<'a> DoubleEndedIterator for $name {
            fn next_back(&mut self) -> Option<Self::Item> {
                let $iter = self;
                let $row = $iter.rows.next_back()?;
                Some($document)
            }
        }

        impl<'a> ExactSizeIterator for $name {}
        impl<'a> FusedIterator for $name {}
    )*};
}

iterators! {
    Iter<'a>, &'a Document, |iter, row| row.document(iter.frame);
    IterMut<'a>, &'a mut Document, |iter, row| row.document_mut(iter.frame);
}

impl Iterator for IntoIter {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        Some(self.rows.next()?.into_document(&self.frame))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl DoubleEndedIterator for IntoIter {
    fn next_back(&mut self) -> Option<Document> {
        Some(self.rows.next_back()?.into_document(&self.frame))
    }
}

impl ExactSizeIterator for IntoIter {}
impl FusedIterator for IntoIter {}

impl DocumentArray {
    /// Its Documents, in order.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "bb"]);
    /// assert_eq!(array.iter().rev().map(|document| document.text().len()).max(), Some(2));
    /// ```
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            rows: self.rows.iter(),
            frame: &self.frame,
        }
    }

    /// Its Documents, in order, to be changed in place.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// for (index, document) in array.iter_mut().enumerate() {
    ///     document.set_tag("index", u32::try_from(index).unwrap());
    /// }
    /// assert_eq!(array.get(1).unwrap().tag("index").and_then(|tag| tag.as_i64()), Some(1));
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        self.touch();
        IterMut {
            rows: self.rows.iter_mut(),
            frame: &self.frame,
        }
    }
}

impl<'a> IntoIterator for &'a DocumentArray {
    type Item = &'a Document;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut DocumentArray {
    type Item = &'a mut Document;
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> IterMut<'a> {
        self.iter_mut()
    }
}

impl IntoIterator for DocumentArray {
    type Item = Document;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter {
            rows: self.rows.into_iter(),
            frame: self.frame,
        }
    }
}
