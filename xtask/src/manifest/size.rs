//! Sizes such as `"512M"`.

use super::fields::{Fields, Placed};
use super::tree::{Item, Value};

/// What to write for a size.
const HOW: &str = "give bytes or a whole number with K, M or G, such as \"512M\"";

/// Reads `"64K"`, `"512M"`, `"2G"` or plain bytes.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) if text.ends_with('K') => (digits, 10),
        Some(digits) if text.ends_with('M') => (digits, 20),
        Some(digits) => (digits, 30),
        None => (text, 0),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// The shortest exact way to write a size.
#[must_use]
pub fn format(bytes: u64) -> String {
    [(30, "G"), (20, "M"), (10, "K")]
        .into_iter()
        .find(|(shift, _)| bytes != 0 && bytes.trailing_zeros() >= *shift)
        .map_or_else(
            || bytes.to_string(),
            |(shift, unit)| format!("{}{unit}", bytes >> shift),
        )
}

impl Fields<'_> {
    /// A size in bytes: within the limits, and a multiple of `granule`.
    pub(super) fn size(
        &mut self,
        key: &'static str,
        limits: std::ops::RangeInclusive<u64>,
        granule: u64,
    ) -> Option<Placed<u64>> {
        let item = self.take(key)?;
        let Some(bytes) = read(&item) else {
            let shown = item.raw.clone().unwrap_or_else(|| match &item.value {
                Value::String(text) => format!("{text:?}"),
                Value::Integer(number) => number.to_string(),
                other => other.kind().to_owned(),
            });
            self.problem(&item.place, key, format!("{shown} is not a size"), HOW);
            return None;
        };
        let shown = format(bytes);
        if !limits.contains(&bytes) {
            let (low, high) = (format(*limits.start()), format(*limits.end()));
            let remedy = format!("give a size from {low} to {high}");
            self.problem(&item.place, key, format!("{shown} is out of range"), remedy);
        } else if !bytes.is_multiple_of(granule) {
            let unit = format(granule);
            let remedy = format!("round it to {}", format(bytes.next_multiple_of(granule)));
            self.problem(
                &item.place,
                key,
                format!("{shown} is not a multiple of {unit}"),
                remedy,
            );
        } else {
            return Some(Placed {
                value: bytes,
                place: item.place,
            });
        }
        None
    }
}

fn read(item: &Item) -> Option<u64> {
    match &item.value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::String(text) => parse(text),
        _ => None,
    }
}
