//! The hypervisor's ELF file as it lies in memory, and the raw arm64 Image.

use anyhow::{Context, Result, bail, ensure};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol, elf::PT_LOAD};

/// The symbol at the end of the hypervisor in memory, where the bundle goes.
const END_SYMBOL: &str = "__image_end";
/// Alignment of that end.
const PAGE: u64 = bundle::BLOB_ALIGN;
/// arm64 Image header (Linux Documentation/arch/arm64/booting.rst):
/// `image_size`, 8 bytes, and the magic number `ARM\x64`.
const IMAGE_SIZE: std::ops::Range<usize> = 16..24;
const IMAGE_MAGIC: std::ops::Range<usize> = 56..60;
const MAGIC: &[u8] = b"ARM\x64";
/// A hypervisor larger than this is a linker script gone wrong.
const LARGEST: u64 = 64 << 20;

/// One loadable segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) flags: u32,
    pub(super) virt: u64,
    pub(super) phys: u64,
    pub(super) memory: u64,
    pub(super) data: &'a [u8],
}

impl Segment<'_> {
    const fn end(&self) -> u64 {
        self.phys.saturating_add(self.memory)
    }
}

/// The loadable parts of an ELF file.
#[derive(Debug)]
pub(super) struct Program<'a> {
    pub(super) entry: u64,
    /// In order of physical addresses.
    pub(super) segments: Vec<Segment<'a>>,
    /// Physical address of [`END_SYMBOL`].
    pub(super) end: u64,
}

impl<'a> Program<'a> {
    pub(super) fn read(elf: &'a [u8]) -> Result<Self> {
        let file = ElfFile64::<Endianness>::parse(elf).context("this is no 64-bit ELF file")?;
        let endian = file.endian();
        let mut segments = Vec::new();
        for header in file.elf_program_headers() {
            if header.p_type(endian) == PT_LOAD && header.p_memsz(endian) > 0 {
                let data = header
                    .data(endian, elf)
                    .ok()
                    .context("a segment lies outside the file")?;
                segments.push(Segment {
                    flags: header.p_flags(endian).0,
                    virt: header.p_vaddr(endian),
                    phys: header.p_paddr(endian),
                    memory: header.p_memsz(endian),
                    data,
                });
            }
        }
        segments.sort_by_key(|segment| segment.phys);
        let symbol = file
            .symbols()
            .find(|symbol| symbol.name() == Ok(END_SYMBOL));
        let end = symbol
            .with_context(|| format!("it has no symbol {END_SYMBOL}"))?
            .address();
        let first = *segments.first().context("it has nothing to load")?;
        let end = end.wrapping_sub(first.virt).wrapping_add(first.phys);
        let program = Self {
            entry: file.entry(),
            segments,
            end,
        };
        program.check()?;
        Ok(program)
    }

    /// Where the program starts in memory.
    pub(super) fn base(&self) -> u64 {
        self.segments.first().map_or(0, |segment| segment.phys)
    }

    fn check(&self) -> Result<()> {
        let large = self.segments.iter().any(|s| s.data.len() as u64 > s.memory);
        ensure!(!large, "a segment is larger in the file than in memory");
        let overlap = self
            .segments
            .windows(2)
            .any(|pair| pair[0].end() > pair[1].phys);
        ensure!(!overlap, "its segments overlap");
        ensure!(
            self.end.is_multiple_of(PAGE),
            "{END_SYMBOL} ({:#x}) is not page-aligned",
            self.end
        );
        let last = self.segments.last().map_or(0, Segment::end);
        ensure!(
            last <= self.end,
            "a segment ends at {last:#x}, behind {END_SYMBOL} ({:#x})",
            self.end
        );
        let size = self.end - self.base();
        ensure!(
            size <= LARGEST,
            "it spans {size:#x} bytes; its segments lie too far apart"
        );
        Ok(())
    }

    /// The memory from the base to [`END_SYMBOL`], unfilled parts zero.
    fn flatten(&self) -> Result<Vec<u8>> {
        let mut memory = vec![0; usize::try_from(self.end - self.base())?];
        for segment in &self.segments {
            let start = usize::try_from(segment.phys - self.base())?;
            let place = memory
                .get_mut(start..)
                .and_then(|rest| rest.get_mut(..segment.data.len()));
            place
                .context("a segment lies outside the program")?
                .copy_from_slice(segment.data);
        }
        Ok(memory)
    }
}

/// The hypervisor as a raw arm64 Image with `bundle` behind it; the header's
/// size covers both, so that a loader puts nothing there.
///
/// # Errors
/// `elf` is not the hypervisor: no arm64 Image header at its start, no end
/// symbol, or segments that make no sense.
pub fn with_bundle(elf: &[u8], bundle: &[u8]) -> Result<Vec<u8>> {
    let mut image = Program::read(elf)?.flatten()?;
    if image.get(IMAGE_MAGIC) != Some(MAGIC) {
        bail!("it does not start with an arm64 Image header");
    }
    image.extend_from_slice(bundle);
    let size = (image.len() as u64).next_multiple_of(PAGE);
    image.resize(usize::try_from(size)?, 0);
    image
        .get_mut(IMAGE_SIZE)
        .context("it is too short")?
        .copy_from_slice(&size.to_le_bytes());
    Ok(image)
}
