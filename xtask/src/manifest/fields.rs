//! Reading a table's keys: types, unknown keys, suggestions.

use super::problem::{Place, Problems, nearest, one_of};
use super::tree::{Item, Table, Value};

/// A value with the place where it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// Words that mean something, but not to this version.
pub(super) type Later = &'static [(&'static str, &'static str)];

/// A table while it is read. Each key is taken once; what is left over at the
/// end is unknown.
pub(super) struct Fields<'p> {
    name: String,
    table: Table,
    known: Vec<&'static str>,
    pub(super) problems: &'p mut Problems,
}

impl<'p> Fields<'p> {
    pub(super) const fn new(name: String, table: Table, problems: &'p mut Problems) -> Self {
        Self {
            name,
            table,
            known: Vec::new(),
            problems,
        }
    }

    /// Where the table starts.
    pub(super) fn place(&self) -> Place {
        self.table.place.clone()
    }

    /// The name for messages, once it is known.
    pub(super) fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// The full name of a key.
    pub(super) fn key(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    /// Reports a problem with a key's value.
    pub(super) fn problem(
        &mut self,
        place: &Place,
        key: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let key = self.key(key);
        self.problems.add(place, key, what, remedy);
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Item> {
        self.known.push(key);
        self.table.take(key)
    }

    fn wrong_type(&mut self, key: &str, item: &Item, wanted: &str, example: &str) {
        let what = format!("{wanted} is needed, this is {}", item.value.kind());
        self.problem(
            &item.place,
            key,
            what,
            format!("write it like {key} = {example}"),
        );
    }

    pub(super) fn string(&mut self, key: &'static str, example: &str) -> Option<Placed<String>> {
        let item = self.take(key)?;
        match (item.value, item.raw) {
            // What `--set` was given may look like a number: take the text.
            (Value::String(value), _)
            | (Value::Integer(_) | Value::Boolean(_) | Value::Other(_), Some(value)) => {
                Some(Placed {
                    value,
                    place: item.place,
                })
            }
            (value, raw) => {
                self.wrong_type(
                    key,
                    &Item {
                        value,
                        place: item.place,
                        raw,
                    },
                    "a string",
                    &format!("{example:?}"),
                );
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let item = self.take(key)?;
        if let Value::Boolean(value) = item.value {
            return Some(value);
        }
        self.wrong_type(key, &item, "true or false", "true");
        None
    }

    /// An integer in a range.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Placed<i64>> {
        let item = self.take(key)?;
        self.integer_item(key, &item, range)
    }

    fn integer_item(
        &mut self,
        key: &str,
        item: &Item,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Placed<i64>> {
        let Value::Integer(value) = item.value else {
            self.wrong_type(key, item, "an integer", &range.start().to_string());
            return None;
        };
        if !range.contains(&value) {
            let remedy = format!("give a number from {} to {}", range.start(), range.end());
            self.problem(&item.place, key, format!("{value} is out of range"), remedy);
            return None;
        }
        Some(Placed {
            value,
            place: item.place.clone(),
        })
    }

    /// A list of integers in a range; `None` if the key is missing or any of
    /// them is wrong.
    pub(super) fn integers(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Placed<Vec<i64>>> {
        let item = self.take(key)?;
        let Value::Array(items) = &item.value else {
            self.wrong_type(key, &item, "a list of integers", "[0, 1]");
            return None;
        };
        let read = items
            .iter()
            .map(|i| self.integer_item(key, i, range.clone()).map(|p| p.value));
        let values = read.collect::<Option<Vec<_>>>()?;
        Some(Placed {
            value: values,
            place: item.place,
        })
    }

    /// One of a set of words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        later: Later,
    ) -> Option<T> {
        let example = words.first().map_or("", |w| w.0);
        let text = self.string(key, example)?;
        self.choose(key, &text, words, later)
    }

    /// A list of words.
    pub(super) fn words<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        later: Later,
    ) -> Option<Vec<T>> {
        let item = self.take(key)?;
        let Value::Array(items) = &item.value else {
            let example = words.first().map_or("", |w| w.0);
            self.wrong_type(key, &item, "a list of strings", &format!("[{example:?}]"));
            return None;
        };
        let mut chosen = Vec::new();
        for inner in items {
            if let Value::String(value) = &inner.value {
                let text = Placed {
                    value: value.clone(),
                    place: inner.place.clone(),
                };
                chosen.extend(self.choose(key, &text, words, later));
            } else {
                self.wrong_type(key, inner, "a string", "[\"console\"]");
            }
        }
        Some(chosen)
    }

    fn choose<T: Copy>(
        &mut self,
        key: &str,
        text: &Placed<String>,
        words: &[(&'static str, T)],
        later: Later,
    ) -> Option<T> {
        if let Some((_, chosen)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*chosen);
        }
        let available = one_of(words.iter().map(|w| w.0));
        if let Some((word, what)) = later.iter().find(|(word, _)| *word == text.value) {
            let what = format!("{word:?} ({what}) is not available in this version");
            self.problem(&text.place, key, what, format!("use {available}"));
        } else {
            let guess = nearest(&text.value, words.iter().map(|w| w.0));
            let remedy = guess.map_or_else(
                || format!("use {available}"),
                |g| format!("did you mean {g:?}? There is {available}"),
            );
            self.problem(
                &text.place,
                key,
                format!("{:?} is unknown", text.value),
                remedy,
            );
        }
        None
    }

    /// Every key that was not taken is unknown.
    pub(super) fn finish(self) {
        for (key, item) in &self.table.entries {
            let full = self.key(key);
            let guess = nearest(key, self.known.iter().copied());
            let remedy = guess.map_or_else(
                || format!("remove it; there is {}", self.known.join(", ")),
                |guess| format!("did you mean `{guess}`? (docs/manifest.md has every key)"),
            );
            self.problems.add(&item.place, full, "unknown key", remedy);
        }
    }
}
