//! ELF kernels.

use super::{Error, Kernel, Kind, Refusal, Segment};
use crate::layout::Window;
use ::elf::ElfBytes;
use ::elf::abi::{EM_AARCH64, ET_DYN, ET_EXEC, PF_X, PT_LOAD};
use ::elf::endian::AnyEndian;
use ::elf::file::Class;
use ::elf::segment::ProgramHeader;
use alloc::vec::Vec;
use core::ops::Range;
use vtlb::GuestPhys;

/// Alignment of an A64 instruction.
const INSTRUCTION_BYTES: u64 = 4;

/// An ELF file at its physical addresses.
pub(super) fn kernel(file: &[u8], ram: Window) -> Result<Kernel, Error> {
    let elf = ElfBytes::<AnyEndian>::minimal_parse(file).map_err(|_| Refusal::ElfDamaged)?;
    check_header(&elf)?;
    let headers = elf.segments().ok_or(Refusal::ElfEmpty)?;
    let load: Vec<ProgramHeader> = headers
        .iter()
        .filter(|header| header.p_type == PT_LOAD && header.p_memsz > 0)
        .collect();
    let mut segments = load
        .iter()
        .map(|header| segment(header, file, ram))
        .collect::<Result<Vec<_>, _>>()?;
    segments.sort_unstable_by_key(|segment| segment.guest);
    check_disjoint(&segments)?;
    Ok(Kernel {
        kind: Kind::Elf,
        entry: entry(elf.ehdr.e_entry, &load)?,
        segments,
    })
}

/// Refuses files for other machines and files that are not executables.
fn check_header(elf: &ElfBytes<'_, AnyEndian>) -> Result<(), Refusal> {
    let header = &elf.ehdr;
    if header.endianness != AnyEndian::Little {
        return Err(Refusal::ElfBigEndian);
    }
    if header.e_machine != EM_AARCH64 {
        return Err(Refusal::ElfMachine(header.e_machine));
    }
    if header.class != Class::ELF64 {
        return Err(Refusal::ElfClass);
    }
    if header.e_type != ET_EXEC && header.e_type != ET_DYN {
        return Err(Refusal::ElfType(header.e_type));
    }
    Ok(())
}

/// One segment to load.
fn segment(header: &ProgramHeader, file: &[u8], ram: Window) -> Result<Segment, Error> {
    let source = file_range(header, file).ok_or(Refusal::ElfDamaged)?;
    let zero_fill = header
        .p_memsz
        .checked_sub(header.p_filesz)
        .ok_or(Refusal::ElfDamaged)?;
    let guest = GuestPhys::new(header.p_paddr);
    if !ram.contains_range(guest, header.p_memsz) {
        return Err(Error::SegmentOutsideRam {
            start: guest,
            size: header.p_memsz,
            base: ram.base,
            ram: ram.size,
        });
    }
    Ok(Segment {
        guest,
        source,
        zero_fill,
    })
}

/// The bytes of the file that a segment has; `None` when the file is shorter.
fn file_range(header: &ProgramHeader, file: &[u8]) -> Option<Range<usize>> {
    let start = usize::try_from(header.p_offset).ok()?;
    let size = usize::try_from(header.p_filesz).ok()?;
    let range = start..start.checked_add(size)?;
    file.get(range.clone()).map(|_| range)
}

/// Refuses a file without segments and one whose segments, ascending by
/// address, overlap.
fn check_disjoint(segments: &[Segment]) -> Result<(), Refusal> {
    if segments.is_empty() {
        return Err(Refusal::ElfEmpty);
    }
    for (lower, upper) in segments.iter().zip(segments.iter().skip(1)) {
        let distance = upper.guest.checked_sub(lower.guest).unwrap_or(0);
        if distance < lower.size() {
            return Err(Refusal::ElfOverlap(upper.guest));
        }
    }
    Ok(())
}

/// The physical address of the entry point: the file gives it as a virtual
/// address, and some linker scripts as a physical one already.
fn entry(entry: u64, load: &[ProgramHeader]) -> Result<GuestPhys, Refusal> {
    let offset_in = |start: u64, size: u64| entry.checked_sub(start).filter(|&o| o < size);
    let code = || load.iter().filter(|header| header.p_flags & PF_X != 0);
    let virtually = code().find_map(|header| {
        let offset = offset_in(header.p_vaddr, header.p_memsz)?;
        GuestPhys::new(header.p_paddr).checked_add(offset)
    });
    let physically = || {
        code()
            .find_map(|header| offset_in(header.p_paddr, header.p_memsz))
            .map(|_| GuestPhys::new(entry))
    };
    virtually
        .or_else(physically)
        .filter(|entry| entry.is_aligned(INSTRUCTION_BYTES))
        .ok_or(Refusal::ElfEntry(entry))
}
