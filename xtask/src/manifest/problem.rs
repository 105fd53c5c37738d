//! What is wrong with a manifest, where, and what to do.

use std::fmt;

/// How the place of an override starts.
const OVERRIDE: &str = "--set ";

/// Where a value was given: `file:line`, or the `--set` argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(pub(super) String);

impl Place {
    /// The place of a `--set` argument.
    pub(super) fn argument(set: &str) -> Self {
        Self(format!("{OVERRIDE}{set}"))
    }

    /// Whether the value was given by `--set`.
    #[must_use]
    pub fn is_override(&self) -> bool {
        self.0.starts_with(OVERRIDE)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The full name of the key, such as `vm.linux0.memory`; may be empty.
    pub key: String,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to do, starting with a verb.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}\n  -> {}", self.what, self.remedy)
    }
}

/// Everything that is wrong with a manifest, in the order it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(super) fn add(
        &mut self,
        place: &Place,
        key: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Problem {
            place: place.clone(),
            key: key.into(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The one of `known` that `word` was probably meant to be.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    /// Similarity (0 to 1) from which a word counts as a slip of the pen.
    const SIMILAR: f64 = 0.75;
    let word = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|k| {
            (
                strsim::normalized_damerau_levenshtein(&word, k).max(strsim::jaro(&word, k) - 0.05),
                k,
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// `a`, `b` or `c`, each quoted.
pub(super) fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|w| format!("{w:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
