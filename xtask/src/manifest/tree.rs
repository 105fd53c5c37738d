//! A manifest as a tree of values, each with the place where it was given.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problems};

/// A value of TOML.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    String(String),
    Integer(i64),
    Boolean(bool),
    Array(Vec<Item>),
    Table(Table),
    /// Floating point and dates, which no key takes.
    Other(&'static str),
}

impl Value {
    /// What the user would call it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Boolean(_) => "true or false",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) place: Place,
    /// The text of a `--set` value, for keys that take a string.
    pub(super) raw: Option<String>,
}

/// A table: keys in the order they were given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) place: Place,
    pub(super) entries: Vec<(String, Item)>,
}

impl Table {
    pub(super) const fn new(place: Place) -> Self {
        Self {
            place,
            entries: Vec::new(),
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Item> {
        self.entries
            .iter_mut()
            .find(|(k, _)| k == key)
            .map(|(_, item)| item)
    }

    /// Takes an entry out.
    pub(super) fn take(&mut self, key: &str) -> Option<Item> {
        let at = self.entries.iter().position(|(k, _)| k == key)?;
        Some(self.entries.remove(at).1)
    }

    pub(super) fn insert(&mut self, key: &str, item: Item) {
        match self.get_mut(key) {
            Some(old) => *old = item,
            None => self.entries.push((key.to_owned(), item)),
        }
    }
}

/// A manifest's text and the name that messages give it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// The place of the byte at `offset`.
    pub(super) fn place(&self, offset: usize) -> Place {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
        Place(format!("{}:{line}", self.path.display()))
    }

    /// Parses the text.
    ///
    /// # Errors
    /// The first violation of TOML's syntax.
    pub(super) fn parse(&self) -> Result<Table, Problems> {
        match DeTable::parse(self.text) {
            Ok(table) => Ok(self.table(table.span(), table.get_ref())),
            Err(error) => {
                let mut problems = Problems::default();
                let place = self.place(error.span().map_or(0, |span| span.start));
                let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
                problems.add(
                    &place,
                    "",
                    what,
                    "correct the line; docs/manifest.md has examples",
                );
                Err(problems)
            }
        }
    }

    fn table(&self, span: Range<usize>, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| {
                (
                    key.span().start,
                    key.get_ref().to_string(),
                    self.item(key, value),
                )
            })
            .collect();
        entries.sort_by_key(|(start, ..)| *start);
        let entries = entries
            .into_iter()
            .map(|(_, key, item)| (key, item))
            .collect();
        Table {
            place: self.place(span.start),
            entries,
        }
    }

    /// The place of an entry is that of its key; lists of tables keep each
    /// table's own.
    fn item(&self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> Item {
        let mut item = self.value(value);
        if !matches!(item.value, Value::Array(_)) {
            item.place = self.place(key.span().start);
        }
        item
    }

    pub(super) fn value(&self, value: &Spanned<DeValue<'_>>) -> Item {
        let span = value.span();
        let place = self.place(span.start);
        let value = match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                parsed.map_or(Value::Other("a number beyond 64 bits"), Value::Integer)
            }
            DeValue::Float(_) => Value::Other("a floating-point number"),
            DeValue::Boolean(flag) => Value::Boolean(*flag),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => Value::Array(items.iter().map(|i| self.value(i)).collect()),
            DeValue::Table(table) => Value::Table(self.table(span, table)),
        };
        Item {
            value,
            place,
            raw: None,
        }
    }
}
