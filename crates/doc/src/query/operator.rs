//! The operators of filters, by name.

/// What a value of a Document is put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Nin,
    Regex,
    Size,
    Exists,
}

/// What joins conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Junction {
    And,
    Or,
    Not,
}

/// Every name that an operator or a junction has.
pub(super) const NAMES: [&str; 15] = [
    "$eq", "$ne", "$neq", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$regex", "$size",
    "$exists", "$and", "$or", "$not",
];

impl Operator {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "$eq" => Self::Eq,
            "$ne" | "$neq" => Self::Ne,
            "$lt" => Self::Lt,
            "$lte" => Self::Lte,
            "$gt" => Self::Gt,
            "$gte" => Self::Gte,
            "$in" => Self::In,
            "$nin" => Self::Nin,
            "$regex" => Self::Regex,
            "$size" => Self::Size,
            "$exists" => Self::Exists,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eq => "$eq",
            Self::Ne => "$ne",
            Self::Lt => "$lt",
            Self::Lte => "$lte",
            Self::Gt => "$gt",
            Self::Gte => "$gte",
            Self::In => "$in",
            Self::Nin => "$nin",
            Self::Regex => "$regex",
            Self::Size => "$size",
            Self::Exists => "$exists",
        }
    }
}

impl Junction {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "$and" => Self::And,
            "$or" => Self::Or,
            "$not" => Self::Not,
            _ => return None,
        })
    }
}

/// Words for names of other query languages, and for how operators are said aloud.
const OTHERWISE: [(&str, &str); 14] = [
    ("equal", "$eq"),
    ("is", "$eq"),
    ("match", "$regex"),
    ("like", "$regex"),
    ("contains", "$regex"),
    ("less", "$lt"),
    ("le", "$lte"),
    ("ge", "$gte"),
    ("greater", "$gt"),
    ("notin", "$nin"),
    ("len", "$size"),
    ("length", "$size"),
    ("all", "$and"),
    ("any", "$or"),
];

/// The operator that a wrong name most likely means; `None` where none is near.
///
/// ```
/// use tidegate_doc::query::nearest_operator;
///
/// assert_eq!(nearest_operator("$exits"), Some("$exists"));
/// assert_eq!(nearest_operator("gt"), Some("$gt"));
/// assert_eq!(nearest_operator("$like"), Some("$regex"));
/// assert_eq!(nearest_operator("$geoWithin"), None);
/// ```
#[must_use]
pub fn nearest_operator(name: &str) -> Option<&'static str> {
    let plain = name.trim_start_matches('$').to_lowercase();
    let said = OTHERWISE.iter().find(|(word, _)| *word == plain);
    said.map(|(_, meant)| *meant).or_else(|| {
        nearest(&plain, NAMES.iter().map(|name| &name[1..]))
            .and_then(|found| NAMES.into_iter().find(|name| &name[1..] == found))
    })
}

/// The one of some names that is a slip of the pen away from what was written.
pub(super) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bound = written.chars().count().div_ceil(3).min(2);
    names
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters have to be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().take(64).enumerate() {
        let mut corner = i;
        let mut last = i + 1;
        for (place, right) in row.iter_mut().skip(1).zip(b.chars()) {
            let here = (corner + usize::from(left != right))
                .min(last + 1)
                .min(*place + 1);
            corner = std::mem::replace(place, here);
            last = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
