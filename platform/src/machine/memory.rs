//! RAM and what is taken of it.

use fdt::Fdt;
use heapless::Vec;

use super::{Error, MAX_MEMORY, MAX_RESERVED, Range, tree::Place};

/// Adds a range to a list of ranges.
fn push<const N: usize>(
    list: &mut Vec<Range, N>,
    range: Range,
    what: &'static str,
) -> Result<(), Error> {
    if range.size == 0 {
        return Ok(());
    }
    list.push(range)
        .map_err(|_| Error::TooMany { what, limit: N })
}

/// Adds what a node contributes to RAM, if it is a memory node.
pub(super) fn read_memory(
    place: &Place<'_, '_, '_>,
    memory: &mut Vec<Range, MAX_MEMORY>,
) -> Result<(), Error> {
    if place.text("device_type") != Some("memory") {
        return Ok(());
    }
    place.reg(|range| match range {
        Some(range) => push(memory, range, "memory ranges"),
        None => Ok(()),
    })
}

/// Sorts RAM by address, refuses overlaps and an empty list.
pub(super) fn finish_memory(memory: &mut Vec<Range, MAX_MEMORY>) -> Result<(), Error> {
    memory.sort_unstable_by_key(|range| range.base);
    if memory.is_empty() {
        return Err(Error::Missing { what: "memory" });
    }
    let mut end = 0;
    for range in memory.iter() {
        if range.base < end {
            return Err(Error::Property {
                node: super::NodeName::new("memory"),
                property: "reg",
                reason: "memory ranges overlap",
            });
        }
        end = range.end();
    }
    Ok(())
}

/// Adds the ranges of a child of `/reserved-memory`. A child without `reg` asks
/// for memory to be chosen by the operating system and reserves nothing.
pub(super) fn read_reserved(
    place: &Place<'_, '_, '_>,
    reserved: &mut Vec<Range, MAX_RESERVED>,
) -> Result<(), Error> {
    let below = place
        .parent
        .is_some_and(|parent| parent.is_at("/reserved-memory"));
    if !below {
        return Ok(());
    }
    place.reg(|range| match range {
        Some(range) => push(reserved, range, "reserved memory ranges"),
        None => Ok(()),
    })
}

/// Adds the entries of the memory reservation block.
pub(super) fn read_reservation_block(
    tree: &Fdt<'_>,
    reserved: &mut Vec<Range, MAX_RESERVED>,
) -> Result<(), Error> {
    for entry in tree.memory_reservations() {
        let range = Range {
            base: entry.address() as u64,
            size: entry.size() as u64,
        };
        if range.base.checked_add(range.size).is_none() {
            return Err(Error::Malformed {
                offset: 0,
                reason: "memory reservation reaches past the end of the address space",
            });
        }
        push(reserved, range, "reserved memory ranges")?;
    }
    Ok(())
}
