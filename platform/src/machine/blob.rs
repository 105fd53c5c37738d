//! The bytes of a flattened device tree (Devicetree Specification 0.4, chapter
//! 5): everything is checked here before the `fdt` crate, which trusts its
//! input, sees the tree.
//!
//! Beyond what the format requires, the tree has to suit that crate: it loses
//! its way at NOP tokens, with which firmware blots out nodes and properties,
//! and so they are squeezed out of the structure block first.

use super::Error;

/// Largest tree that is accepted, in bytes (the arm64 boot protocol's limit).
pub const MAX_BLOB_SIZE: usize = 2 << 20;
/// Deepest nesting of nodes that is accepted.
const MAX_DEPTH: usize = 32;

/// First word of a tree.
const MAGIC: u32 = 0xd00d_feed;
/// Bytes of the header of version 17.
const HEADER_SIZE: usize = 40;
/// The version of the format that is read.
const VERSION: u32 = 17;
/// Bytes of an entry of the memory reservation block.
const RESERVATION_SIZE: usize = 16;
/// Bytes of a token and unit of alignment in the structure block.
const TOKEN_SIZE: usize = 4;

/// Offsets of the header's fields.
mod header {
    pub(super) const MAGIC: usize = 0;
    pub(super) const TOTAL_SIZE: usize = 4;
    pub(super) const OFF_DT_STRUCT: usize = 8;
    pub(super) const OFF_DT_STRINGS: usize = 12;
    pub(super) const OFF_MEM_RSVMAP: usize = 16;
    pub(super) const VERSION: usize = 20;
    pub(super) const LAST_COMP_VERSION: usize = 24;
    pub(super) const SIZE_DT_STRINGS: usize = 32;
    pub(super) const SIZE_DT_STRUCT: usize = 36;
}

/// Tokens of the structure block.
mod token {
    pub(super) const BEGIN_NODE: u32 = 1;
    pub(super) const END_NODE: u32 = 2;
    pub(super) const PROP: u32 = 3;
    pub(super) const NOP: u32 = 4;
    pub(super) const END: u32 = 9;
}

/// A step of the structure block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    Prop,
    EndNode,
    Nop,
    End,
}

/// Says what is wrong at `offset`.
fn malformed<T>(offset: usize, reason: &'static str) -> Result<T, Error> {
    Err(Error::Malformed { offset, reason })
}

/// The big-endian word at `offset`.
fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let end = offset.checked_add(TOKEN_SIZE)?;
    let word = bytes.get(offset..end)?.try_into().ok()?;
    Some(u32::from_be_bytes(word))
}

/// Total size in bytes that the header at the start of `bytes` claims, so that
/// boot code that has only an address can tell how much to map.
///
/// # Errors
///
/// [`Error::Malformed`] if this is no device tree or one of an absurd size.
pub fn claimed_size(bytes: &[u8]) -> Result<usize, Error> {
    match word(bytes, header::MAGIC) {
        Some(MAGIC) => {}
        _ => return malformed(header::MAGIC, "not a flattened device tree"),
    }
    match word(bytes, header::TOTAL_SIZE) {
        Some(size) if (HEADER_SIZE..=MAX_BLOB_SIZE).contains(&(size as usize)) => Ok(size as usize),
        _ => malformed(header::TOTAL_SIZE, "impossible total size"),
    }
}

/// A tree whose header has been checked: each block lies inside.
struct Layout {
    /// Start and end of the structure block.
    structure: (usize, usize),
    /// Start and end of the strings block.
    strings: (usize, usize),
}

impl Layout {
    /// Checks the header and the memory reservation block.
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        if word(bytes, header::VERSION).is_none_or(|version| version < VERSION)
            || word(bytes, header::LAST_COMP_VERSION).is_none_or(|version| version > VERSION)
        {
            return malformed(header::VERSION, "format version 17 is required");
        }
        let layout = Self {
            structure: block(bytes, header::OFF_DT_STRUCT, header::SIZE_DT_STRUCT)?,
            strings: block(bytes, header::OFF_DT_STRINGS, header::SIZE_DT_STRINGS)?,
        };
        if !layout.structure.0.is_multiple_of(TOKEN_SIZE) {
            return malformed(header::OFF_DT_STRUCT, "structure block is not aligned");
        }
        check_reservations(bytes)?;
        Ok(layout)
    }

    /// The step at `offset` and the offset after it. Names are checked.
    fn step(&self, bytes: &[u8], offset: usize) -> Result<(Step, usize), Error> {
        let block = bytes.get(..self.structure.1).unwrap_or_default();
        let Some(token) = word(block, offset) else {
            return malformed(offset, "structure block ends without an end token");
        };
        let next = offset + TOKEN_SIZE;
        match token {
            token::BEGIN_NODE => Ok((Step::Begin, self.after_name(block, next)?)),
            token::PROP => Ok((Step::Prop, self.after_property(bytes, block, next)?)),
            token::END_NODE => Ok((Step::EndNode, next)),
            token::NOP => Ok((Step::Nop, next)),
            token::END => Ok((Step::End, next)),
            _ => malformed(offset, "unknown token"),
        }
    }

    /// The offset after the node name at `offset`.
    fn after_name(&self, block: &[u8], offset: usize) -> Result<usize, Error> {
        let name = terminated(block.get(offset..).unwrap_or_default());
        let Some(name) = name.and_then(|name| core::str::from_utf8(name).ok()) else {
            return malformed(offset, "node name is not text");
        };
        Ok((offset + name.len() + 1).next_multiple_of(TOKEN_SIZE))
    }

    /// The offset after the property whose length word is at `offset`.
    fn after_property(&self, bytes: &[u8], block: &[u8], offset: usize) -> Result<usize, Error> {
        let (Some(len), Some(name)) = (word(block, offset), word(block, offset + TOKEN_SIZE))
        else {
            return malformed(offset, "property header is cut off");
        };
        let strings = bytes
            .get(self.strings.0..self.strings.1)
            .unwrap_or_default();
        let name = strings.get(name as usize..).and_then(terminated);
        if name.is_none_or(|name| core::str::from_utf8(name).is_err()) {
            return malformed(offset, "property name is not in the strings block");
        }
        let value = offset + 2 * TOKEN_SIZE;
        let end = value.saturating_add(len as usize);
        if end > block.len() {
            return malformed(offset, "property value is cut off");
        }
        Ok(end.next_multiple_of(TOKEN_SIZE))
    }
}

/// The bytes before the first NUL, if there is one.
fn terminated(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    bytes.get(..end)
}

/// Start and end of the block whose offset and size are at these places in the
/// header.
fn block(bytes: &[u8], offset_field: usize, size_field: usize) -> Result<(usize, usize), Error> {
    let (Some(start), Some(size)) = (word(bytes, offset_field), word(bytes, size_field)) else {
        return malformed(offset_field, "header is cut off");
    };
    let start = start as usize;
    let end = start.saturating_add(size as usize);
    if start < HEADER_SIZE || end > bytes.len() {
        return malformed(offset_field, "block lies outside the tree");
    }
    Ok((start, end))
}

/// Checks that the memory reservation block ends, with an entry of zeros.
fn check_reservations(bytes: &[u8]) -> Result<(), Error> {
    let start = word(bytes, header::OFF_MEM_RSVMAP).unwrap_or_default() as usize;
    if start < HEADER_SIZE {
        return malformed(header::OFF_MEM_RSVMAP, "block lies outside the tree");
    }
    let entries = bytes.get(start..).unwrap_or_default();
    let mut entries = entries.chunks_exact(RESERVATION_SIZE);
    if entries.any(|entry| entry.iter().all(|&byte| byte == 0)) {
        Ok(())
    } else {
        malformed(start, "memory reservation block does not end")
    }
}

/// Checks the whole structure block; true if it has NOP tokens.
fn check_structure(bytes: &[u8], layout: &Layout) -> Result<bool, Error> {
    let mut offset = layout.structure.0;
    let mut depth = 0usize;
    let mut nops = false;
    // Properties may come only before the children of a node.
    let mut properties_allowed = false;
    let mut root_seen = false;
    loop {
        let (step, next) = layout.step(bytes, offset)?;
        match step {
            Step::Begin if depth == 0 && root_seen => return malformed(offset, "second root"),
            Step::Begin if depth == MAX_DEPTH => return malformed(offset, "nested too deeply"),
            Step::Begin => {
                let unnamed =
                    next - offset == 2 * TOKEN_SIZE && bytes.get(offset + TOKEN_SIZE) == Some(&0);
                if unnamed != (depth == 0) {
                    return malformed(offset, "only the root node has no name");
                }
                depth += 1;
                root_seen = true;
                properties_allowed = true;
            }
            Step::Prop if !properties_allowed => return malformed(offset, "misplaced property"),
            Step::Prop => {}
            Step::EndNode if depth == 0 => return malformed(offset, "node ends twice"),
            Step::EndNode => {
                depth -= 1;
                properties_allowed = false;
            }
            Step::Nop => nops = true,
            Step::End if depth > 0 || !root_seen => return malformed(offset, "tree ends early"),
            Step::End => return Ok(nops),
        }
        offset = next;
    }
}

/// Moves the steps of a checked structure block together over its NOP tokens
/// and corrects the header.
fn squeeze(bytes: &mut [u8], layout: &Layout) -> Result<(), Error> {
    let (start, _) = layout.structure;
    let (mut from, mut to) = (start, start);
    loop {
        let (step, next) = layout.step(bytes, from)?;
        if step != Step::Nop {
            bytes.copy_within(from..next, to);
            to += next - from;
        }
        from = next;
        if step == Step::End {
            break;
        }
    }
    let field = header::SIZE_DT_STRUCT..header::SIZE_DT_STRUCT + TOKEN_SIZE;
    if let (Some(field), Ok(size)) = (bytes.get_mut(field), u32::try_from(to - start)) {
        field.copy_from_slice(&size.to_be_bytes());
    }
    Ok(())
}

/// Checks every byte that the parser will rely on and hands the tree to it.
///
/// # Errors
///
/// [`Error::Malformed`] with the first place that is wrong.
pub(super) fn parse(bytes: &mut [u8]) -> Result<fdt::Fdt<'_>, Error> {
    let size = claimed_size(bytes)?;
    let Some(bytes) = bytes.get_mut(..size) else {
        return malformed(header::TOTAL_SIZE, "tree is cut off");
    };
    let layout = Layout::read(bytes)?;
    if check_structure(bytes, &layout)? {
        squeeze(bytes, &layout)?;
        // In a hostile tree blocks overlap, and this has changed another one.
        let layout = Layout::read(bytes)?;
        check_structure(bytes, &layout)?;
    }
    match fdt::Fdt::new(bytes) {
        Ok(tree) => Ok(tree),
        Err(_) => malformed(0, "header is not valid"),
    }
}
