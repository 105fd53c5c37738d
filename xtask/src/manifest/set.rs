//! `--set KEY=VALUE`: values given on the command line.

use toml::de::DeValue;

use super::problem::{Place, Problems};
use super::tree::{Item, Source, Table, Value};

/// What the user typed behind one `--set`.
#[derive(Debug)]
struct Override<'a> {
    place: Place,
    path: Vec<&'a str>,
    text: &'a str,
}

/// Applies every `--set` to the manifest's tree.
pub(super) fn apply(root: &mut Table, sets: &[String], problems: &mut Problems) {
    for set in sets {
        let place = Place::argument(set);
        let split = set.split_once('=').map(|(key, text)| (key.trim(), text));
        match split {
            Some((key, text)) if !key.is_empty() && key.split('.').all(|p| !p.is_empty()) => {
                let path = key.split('.').collect();
                Override { place, path, text }.apply(root, problems);
            }
            _ => problems.add(
                &place,
                "",
                "this is not KEY=VALUE",
                "write it like --set vm.0.memory=512M or --set node.cpus=2",
            ),
        }
    }
}

impl Override<'_> {
    fn apply(&self, root: &mut Table, problems: &mut Problems) {
        match self.path.as_slice() {
            ["vm", which, key] => {
                if let Some(vm) = self.vm(root, which, problems) {
                    vm.insert(key, self.item());
                }
            }
            ["vm", ..] => problems.add(
                &self.place,
                self.path.join("."),
                "a machine's key is needed",
                "write vm.NUMBER.KEY or vm.NAME.KEY, such as vm.0.kernel",
            ),
            [table @ .., key] => {
                if let Some(table) = self.table(root, table, problems) {
                    table.insert(key, self.item());
                }
            }
            [] => {}
        }
    }

    /// The machine with that number or name; the number behind the last one
    /// makes a new machine.
    fn vm<'t>(
        &self,
        root: &'t mut Table,
        which: &str,
        problems: &mut Problems,
    ) -> Option<&'t mut Table> {
        if root.get_mut("vm").is_none() {
            let list = Item {
                value: Value::Array(Vec::new()),
                place: self.place.clone(),
                raw: None,
            };
            root.insert("vm", list);
        }
        let Some(Item {
            value: Value::Array(list),
            ..
        }) = root.get_mut("vm")
        else {
            return None; // The manifest's `vm` is no list: reported when it is read.
        };
        let named = |item: &Item| match &item.value {
            Value::Table(t) => t
                .entries
                .iter()
                .any(|(k, v)| k == "name" && v.value == Value::String(which.to_owned())),
            _ => false,
        };
        let index = list
            .iter()
            .position(named)
            .or_else(|| which.parse::<usize>().ok());
        if index == Some(list.len()) {
            let table = Value::Table(Table::new(self.place.clone()));
            list.push(Item {
                value: table,
                place: self.place.clone(),
                raw: None,
            });
        }
        let count = list.len();
        match index.and_then(|index| list.get_mut(index)) {
            Some(Item {
                value: Value::Table(table),
                ..
            }) => Some(table),
            Some(_) => None,
            None => {
                let key = format!("vm.{which}");
                let what = format!("there is no such machine; the manifest has {count}");
                problems.add(
                    &self.place,
                    key,
                    what,
                    "use a machine's name or its number, counted from 0",
                );
                None
            }
        }
    }

    fn table<'t>(
        &self,
        root: &'t mut Table,
        path: &[&str],
        problems: &mut Problems,
    ) -> Option<&'t mut Table> {
        let mut table = root;
        for (depth, key) in path.iter().enumerate() {
            if table.get_mut(key).is_none() {
                let fresh = Value::Table(Table::new(self.place.clone()));
                table.insert(
                    key,
                    Item {
                        value: fresh,
                        place: self.place.clone(),
                        raw: None,
                    },
                );
            }
            match table.get_mut(key) {
                Some(Item {
                    value: Value::Table(inner),
                    ..
                }) => table = inner,
                _ => {
                    let prefix = path.get(..=depth).unwrap_or(path).join(".");
                    problems.add(
                        &self.place,
                        self.path.join("."),
                        format!("{prefix} has no keys of its own"),
                        "see docs/manifest.md for the keys there are",
                    );
                    return None;
                }
            }
        }
        Some(table)
    }

    /// The value: TOML if it is, else the text itself.
    fn item(&self) -> Item {
        let source = Source {
            path: std::path::Path::new(""),
            text: self.text,
        };
        let parsed = DeValue::parse(self.text)
            .ok()
            .map(|value| source.value(&value));
        let value = parsed.map_or_else(|| Value::String(self.text.to_owned()), |item| item.value);
        let mut item = Item {
            value,
            place: self.place.clone(),
            raw: Some(self.text.to_owned()),
        };
        if let Value::Array(items) = &mut item.value {
            items
                .iter_mut()
                .for_each(|inner| inner.place = self.place.clone());
        }
        item
    }
}
