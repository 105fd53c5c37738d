//! Looking for expressions in consoles while they grow.

use anyhow::{Context, Result};
use regex::bytes::{Regex, RegexBuilder};

use super::consoles::Transcript;

/// A match may start at most so many bytes before what arrived last (and at
/// the start of that line).
const WINDOW: usize = 4096;

/// Compiles an expression: `^` and `$` match at lines, whichever line ends
/// the guest uses.
///
/// # Errors
/// What is wrong with the expression.
pub fn compile(expression: &str) -> Result<Regex> {
    RegexBuilder::new(expression)
        .multi_line(true)
        .crlf(true)
        .build()
        .with_context(|| format!("{expression:?} is not a regular expression"))
}

/// Where an expression was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The console's name.
    pub console: String,
    /// The text that matched.
    pub text: String,
    /// The captured groups; 0 is the whole match.
    pub groups: Vec<String>,
    pub(super) number: usize,
    pub(super) end: usize,
}

/// A search that goes on where it stopped.
#[derive(Debug)]
pub(super) struct Search {
    expression: Regex,
    /// Where to go on, for each console.
    from: Vec<usize>,
    /// How far each console was looked at.
    seen: Vec<Option<usize>>,
    only: Option<usize>,
}

impl Search {
    /// Searches from the given positions, in console `only` if given.
    pub(super) fn new(expression: Regex, from: Vec<usize>, only: Option<usize>) -> Self {
        let seen = vec![None; from.len()];
        Self {
            expression,
            from,
            seen,
            only,
        }
    }

    pub(super) fn expression(&self) -> &str {
        self.expression.as_str()
    }

    /// Looks at what is new.
    pub(super) fn poll(&mut self, consoles: &[Transcript]) -> Option<Hit> {
        let wanted = |number: &usize| self.only.is_none_or(|only| only == *number);
        let numbers: Vec<_> = (0..consoles.len()).filter(wanted).collect();
        numbers
            .into_iter()
            .find_map(|number| self.poll_console(consoles.get(number)?, number))
    }

    fn poll_console(&mut self, console: &Transcript, number: usize) -> Option<Hit> {
        let (from, seen) = (self.from.get_mut(number)?, self.seen.get_mut(number)?);
        let end = console.end();
        if seen.replace(end) == Some(end) {
            return None;
        }
        let (text, index) = console.at(*from);
        if let Some(found) = self.expression.captures_at(text, index) {
            let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let whole = found.get_match();
            let groups = found
                .iter()
                .map(|g| g.map_or_else(String::new, |g| string(g.as_bytes())));
            return Some(Hit {
                console: console.name().to_owned(),
                text: string(whole.as_bytes()),
                groups: groups.collect(),
                number,
                end: console.position(whole.end()),
            });
        }
        let window = text.len().saturating_sub(WINDOW);
        let before = text.get(..window).unwrap_or_default();
        let line = before
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |newline| newline + 1);
        *from = console.position(line.max(index));
        None
    }
}
