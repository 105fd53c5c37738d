//! The hypervisor as an ELF file with the bundle as one more segment.

use anyhow::{Context, Result};

use super::flat::{Program, Segment};

/// Sizes of the ELF64 file header and of one program header.
const FILE_HEADER: u16 = 64;
const PROGRAM_HEADER: u16 = 56;
/// Segments start on pages in the file, as they do in memory.
const PAGE: usize = 4096;
/// `e_ident`: ELF, 64 bits, little-endian, version 1.
const IDENT: [u8; 16] = [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// `e_type` of an executable, `e_machine` of AArch64, `e_version`.
const ET_EXEC: u16 = 2;
const EM_AARCH64: u16 = 183;
const EV_CURRENT: u32 = 1;
/// `p_type` of a loadable segment and `p_flags` of a readable one.
const PT_LOAD: u32 = 1;
const PF_R: u32 = 4;

/// Writes the loadable segments of `elf` and `bundle` as a new ELF file. The
/// bundle's segment starts at the hypervisor's end symbol.
///
/// # Errors
/// `elf` is not the hypervisor: no end symbol, or segments that make no sense.
pub fn with_bundle(elf: &[u8], bundle: &[u8]) -> Result<Vec<u8>> {
    let program = Program::read(elf)?;
    let first = program.segments.first().context("it has nothing to load")?;
    let virt = program
        .end
        .wrapping_sub(first.phys)
        .wrapping_add(first.virt);
    let size = bundle.len() as u64;
    let blob = Segment {
        flags: PF_R,
        virt,
        phys: program.end,
        memory: size,
        data: bundle,
    };
    let segments: Vec<_> = program.segments.iter().copied().chain([blob]).collect();
    write(program.entry, &segments)
}

fn write(entry: u64, segments: &[Segment<'_>]) -> Result<Vec<u8>> {
    let count = u16::try_from(segments.len())?;
    let mut head = file_header(entry, count);
    let mut body = Vec::new();
    let body_start = (usize::from(FILE_HEADER) + usize::from(PROGRAM_HEADER) * segments.len())
        .next_multiple_of(PAGE);
    for segment in segments {
        // The offset in the file and the address agree within a page.
        let skew = usize::try_from(segment.phys % PAGE as u64)?;
        body.resize(body.len().next_multiple_of(PAGE) + skew, 0);
        head.extend(program_header(segment, (body_start + body.len()) as u64));
        body.extend_from_slice(segment.data);
    }
    head.resize(body_start, 0);
    head.append(&mut body);
    Ok(head)
}

fn file_header(entry: u64, segments: u16) -> Vec<u8> {
    let mut head = IDENT.to_vec();
    head.extend(ET_EXEC.to_le_bytes());
    head.extend(EM_AARCH64.to_le_bytes());
    head.extend(EV_CURRENT.to_le_bytes());
    head.extend(entry.to_le_bytes());
    head.extend(u64::from(FILE_HEADER).to_le_bytes()); // e_phoff: right behind
    head.extend([0; 8 + 4]); // e_shoff, e_flags: no sections
    for half in [FILE_HEADER, PROGRAM_HEADER, segments, 0, 0, 0] {
        head.extend(half.to_le_bytes());
    }
    head
}

fn program_header(segment: &Segment<'_>, offset: u64) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(PT_LOAD.to_le_bytes());
    header.extend(segment.flags.to_le_bytes());
    let size = segment.data.len() as u64;
    for field in [
        offset,
        segment.virt,
        segment.phys,
        size,
        segment.memory,
        PAGE as u64,
    ] {
        header.extend(field.to_le_bytes());
    }
    header
}
