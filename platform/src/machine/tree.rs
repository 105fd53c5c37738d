//! Walking the tree with what the format leaves to the reader: cell counts,
//! address translation through buses, status, inheritance from ancestors.

use fdt::{Fdt, node::FdtNode};

use super::{Error, NodeName, Range};

/// Bytes of a cell.
pub(super) const CELL: usize = 4;
/// Default of `#address-cells` (Devicetree Specification, 2.3.5).
const DEFAULT_ADDRESS_CELLS: usize = 2;
/// Default of `#size-cells`.
const DEFAULT_SIZE_CELLS: usize = 1;
/// Most cells of a number that is read here: 64 bits.
const MAX_CELLS: usize = 2;

/// A node together with the way to it from the root.
#[derive(Clone, Copy)]
pub(super) struct Place<'p, 'b, 'a> {
    /// The node.
    pub(super) node: FdtNode<'b, 'a>,
    /// Its parent, unless it is the root.
    pub(super) parent: Option<&'p Place<'p, 'b, 'a>>,
}

/// Cell counts of addresses and sizes below a bus.
#[derive(Clone, Copy)]
struct Cells {
    address: usize,
    size: usize,
}

/// Calls `visit` for every node whose ancestors are all enabled, parents first.
/// A disabled node is visited itself, because the status of a core means
/// something else (Devicetree Specification, 3.8.1).
pub(super) fn walk<'b, 'a: 'b>(
    tree: &'b Fdt<'a>,
    visit: &mut dyn FnMut(&Place<'_, 'b, 'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    match tree.find_node("/") {
        Some(node) => descend(&Place { node, parent: None }, visit),
        None => Ok(()),
    }
}

/// Visits one node and what is below it. The depth of the tree was limited when
/// it was checked.
fn descend<'b, 'a: 'b>(
    place: &Place<'_, 'b, 'a>,
    visit: &mut dyn FnMut(&Place<'_, 'b, 'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    visit(place)?;
    if !place.enabled() {
        return Ok(());
    }
    for node in place.node.children() {
        descend(
            &Place {
                node,
                parent: Some(place),
            },
            visit,
        )?;
    }
    Ok(())
}

/// A number of one or two cells from the start of `bytes`.
pub(super) fn number(bytes: &[u8], cells: usize) -> Option<u64> {
    if cells > MAX_CELLS {
        return None;
    }
    let bytes = bytes.get(..cells * CELL)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, &byte| (number << 8) | u64::from(byte)),
    )
}

/// The text of a string property: what comes before its first NUL.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    let text = bytes.split(|&byte| byte == 0).next()?;
    core::str::from_utf8(text).ok()
}

/// The strings of a string list property.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes
        .split(|&byte| byte == 0)
        .filter(|text| !text.is_empty())
        .filter_map(|text| core::str::from_utf8(text).ok())
}

impl<'b, 'a: 'b> Place<'_, 'b, 'a> {
    /// An error about a property of this node.
    pub(super) fn error(&self, property: &'static str, reason: &'static str) -> Error {
        Error::Property {
            node: NodeName::new(self.node.name),
            property,
            reason,
        }
    }

    /// The bytes of a property.
    pub(super) fn bytes(&self, property: &str) -> Option<&'a [u8]> {
        self.node.property(property).map(|found| found.value)
    }

    /// The text of a string property.
    pub(super) fn text(&self, property: &str) -> Option<&'a str> {
        text(self.bytes(property)?)
    }

    /// A property of one cell.
    pub(super) fn cell(&self, property: &'static str) -> Result<Option<u32>, Error> {
        match self.bytes(property) {
            None => Ok(None),
            Some(bytes) => match <[u8; CELL]>::try_from(bytes) {
                Ok(cell) => Ok(Some(u32::from_be_bytes(cell))),
                Err(_) => Err(self.error(property, "must be one cell")),
            },
        }
    }

    /// A property of one or two cells.
    pub(super) fn address(&self, property: &'static str) -> Result<Option<u64>, Error> {
        match self.bytes(property) {
            None => Ok(None),
            Some(bytes) if matches!(bytes.len(), 4 | 8) => Ok(number(bytes, bytes.len() / CELL)),
            Some(_) => Err(self.error(property, "must be one or two cells")),
        }
    }

    /// Whether the `compatible` list has a string for which `accept` holds.
    pub(super) fn compatible(&self, accept: impl FnMut(&str) -> bool) -> bool {
        self.bytes("compatible")
            .is_some_and(|list| strings(list).any(accept))
    }

    /// Whether the node's status lets it be used.
    pub(super) fn enabled(&self) -> bool {
        match self.text("status") {
            None => true,
            Some(status) => status == "okay" || status == "ok",
        }
    }

    /// Whether this is the node to which `path` (absolute, without alias)
    /// leads. Unit addresses may be left out of it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let mut here = Some(self);
        for component in path.rsplit('/').filter(|component| !component.is_empty()) {
            let Some(place) = here else {
                return false;
            };
            let name = place.node.name;
            let bare = name.split('@').next().unwrap_or(name);
            if component != name && component != bare {
                return false;
            }
            here = place.parent;
        }
        here.is_some_and(|place| place.parent.is_none())
    }

    /// Number of cells that this node prescribes to its children.
    fn cell_count(&self, property: &'static str, default: usize) -> Result<usize, Error> {
        let count = self.cell(property)?.map_or(default, |count| count as usize);
        if count > MAX_CELLS {
            return Err(self.error(property, "more than two cells are not supported here"));
        }
        Ok(count)
    }

    /// Cell counts of this node's children.
    fn cells(&self) -> Result<Cells, Error> {
        Ok(Cells {
            address: self.cell_count("#address-cells", DEFAULT_ADDRESS_CELLS)?,
            size: self.cell_count("#size-cells", DEFAULT_SIZE_CELLS)?,
        })
    }

    /// The entries of `reg` as the processors see them. `keep` gets them in
    /// order, `None` for one that the processors cannot reach.
    pub(super) fn reg(
        &self,
        mut keep: impl FnMut(Option<Range>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (Some(bytes), Some(bus)) = (self.bytes("reg"), self.parent) else {
            return Ok(());
        };
        let cells = bus.cells()?;
        let entry = (cells.address + cells.size) * CELL;
        if entry == 0 || cells.size == 0 || !bytes.len().is_multiple_of(entry) {
            return Err(self.error("reg", "does not suit the cell counts of its parent"));
        }
        for entry in bytes.chunks_exact(entry) {
            let (address, size) = entry.split_at(cells.address * CELL);
            let base = number(address, cells.address).unwrap_or_default();
            let size = number(size, cells.size).unwrap_or_default();
            if base.checked_add(size).is_none() {
                return Err(self.error("reg", "reaches past the end of the address space"));
            }
            keep(bus.translate(Range { base, size })?)?;
        }
        Ok(())
    }

    /// The entry of `reg` with this index, if it is there, is reachable, and is
    /// not empty.
    pub(super) fn reg_at(&self, wanted: usize) -> Result<Option<Range>, Error> {
        let mut index = 0;
        let mut found = None;
        self.reg(|range| {
            if index == wanted {
                found = range.filter(|range| range.size != 0);
            }
            index += 1;
            Ok(())
        })?;
        Ok(found)
    }

    /// As [`reg_at`](Self::reg_at), for registers of at least `size` bytes.
    pub(super) fn registers_at(&self, wanted: usize, size: u64) -> Result<Option<Range>, Error> {
        match self.reg_at(wanted)? {
            Some(range) if range.size < size => {
                Err(self.error("reg", "a register block is smaller than its registers"))
            }
            found => Ok(found),
        }
    }

    /// As [`registers_at`](Self::registers_at), for an entry that has to be
    /// there.
    pub(super) fn registers_required(&self, wanted: usize, size: u64) -> Result<Range, Error> {
        self.registers_at(wanted, size)?
            .ok_or_else(|| self.error("reg", "lacks a register block that the binding prescribes"))
    }

    /// Where the processors see a range on this bus.
    fn translate(&self, range: Range) -> Result<Option<Range>, Error> {
        let Some(parent) = self.parent else {
            return Ok(Some(range));
        };
        let Some(windows) = self.bytes("ranges") else {
            return Ok(None);
        };
        if windows.is_empty() {
            return parent.translate(range);
        }
        let (below, above) = (self.cells()?, parent.cells()?);
        let entry = (below.address + above.address + below.size) * CELL;
        if entry == 0 || !windows.len().is_multiple_of(entry) {
            return Err(self.error("ranges", "does not suit the cell counts"));
        }
        for window in windows.chunks_exact(entry) {
            let (from, rest) = window.split_at(below.address * CELL);
            let (to, size) = rest.split_at(above.address * CELL);
            let from = number(from, below.address).unwrap_or_default();
            let to = number(to, above.address).unwrap_or_default();
            let size = number(size, below.size).unwrap_or_default();
            let Some(offset) = range.base.checked_sub(from) else {
                continue;
            };
            if offset > size || range.size > size - offset {
                continue;
            }
            return match to.checked_add(offset) {
                Some(base) if base.checked_add(range.size).is_some() => parent.translate(Range {
                    base,
                    size: range.size,
                }),
                _ => Err(self.error("ranges", "reaches past the end of the address space")),
            };
        }
        Ok(None)
    }
}
