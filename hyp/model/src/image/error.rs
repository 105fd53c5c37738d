//! What to tell the user when a kernel cannot be started.

use core::fmt;
use vtlb::GuestPhys;

/// Why a file is no kernel that can run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has no bytes.
    Empty,
    /// It is compressed with this program's format.
    Compressed(&'static str),
    /// An EFI application that unpacks a kernel.
    ZBoot,
    /// An EFI application or another PE file.
    Pe,
    /// A big-endian arm64 Image.
    BigEndian,
    /// A U-Boot image.
    UImage,
    /// A 32-bit Arm kernel.
    ZImage,
    /// A flattened device tree, or U-Boot's FIT image, which is one.
    DeviceTree,
    /// An archive of this kind.
    Archive(&'static str),
    /// A text file or a script.
    Text,
    /// Something else that is known.
    Other(&'static str),
    /// An ELF file for another machine: its `e_machine`.
    ElfMachine(u16),
    /// A 32-bit ELF file.
    ElfClass,
    /// A big-endian ELF file.
    ElfBigEndian,
    /// An ELF file that is not an executable: its `e_type`.
    ElfType(u16),
    /// An ELF file whose headers contradict themselves or the file's length.
    ElfDamaged,
    /// An ELF file without a segment to load.
    ElfEmpty,
    /// An ELF file whose entry point is in no executable segment.
    ElfEntry(u64),
    /// An ELF file two of whose segments overlap, the second at this address.
    ElfOverlap(GuestPhys),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the kernel file is empty"),
            Self::Compressed(format) => {
                write!(
                    f,
                    "the kernel file is compressed ({format}): decompress it first"
                )
            }
            Self::ZBoot => f.write_str(
                "the kernel file is an EFI zboot image, which unpacks itself only under EFI: \
                 take the uncompressed Image that it was made from",
            ),
            Self::Pe => f.write_str(
                "the kernel file is an EFI application, and a guest has no EFI: \
                 give it an arm64 Image, an AArch64 ELF file or a flat binary",
            ),
            Self::BigEndian => f.write_str(
                "the kernel is big-endian, which is not supported: build it little-endian",
            ),
            Self::UImage => f.write_str(
                "the kernel file is a U-Boot image (uImage): take the Image that it was made from",
            ),
            Self::ZImage => f.write_str(
                "the kernel file is a 32-bit Arm zImage: guests are AArch64, take an arm64 Image",
            ),
            Self::DeviceTree => f.write_str(
                "the kernel file is a device tree or a FIT image: \
                 name a device tree as `dtb`, and take the Image out of a FIT image",
            ),
            Self::Archive(format) => write!(
                f,
                "the kernel file is an archive ({format}): \
                 name an initial RAM disk as `initrd`, and take the kernel out of a package"
            ),
            Self::Text => f.write_str("the kernel file is text, not a program"),
            Self::Other(what) => write!(f, "the kernel file is {what}, not a kernel"),
            elf => elf.fmt_elf(f),
        }
    }
}

impl Refusal {
    /// The messages about ELF files.
    fn fmt_elf(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the kernel is an ELF file ")?;
        match self {
            Self::ElfMachine(machine) => match machine_name(*machine) {
                Some(name) => write!(f, "for {name}: build it for AArch64"),
                None => write!(f, "for machine {machine}: build it for AArch64"),
            },
            Self::ElfClass => f.write_str("of 32 bits: build it for AArch64"),
            Self::ElfBigEndian => f.write_str("in big-endian order: build it little-endian"),
            Self::ElfType(::elf::abi::ET_REL) => {
                f.write_str("that has not been linked: link it to an executable")
            }
            Self::ElfType(kind) => write!(f, "of type {kind}, not an executable"),
            Self::ElfEmpty => f.write_str("without anything to load"),
            Self::ElfEntry(entry) => write!(
                f,
                "whose entry point {entry:#x} is in none of its executable segments"
            ),
            Self::ElfOverlap(at) => write!(f, "two of whose segments overlap at {at:#x}"),
            _ => f.write_str("that is damaged or incomplete"),
        }
    }
}

/// The machines that people most often have kernels for.
fn machine_name(machine: u16) -> Option<&'static str> {
    Some(match machine {
        ::elf::abi::EM_386 => "x86",
        ::elf::abi::EM_X86_64 => "x86-64",
        ::elf::abi::EM_ARM => "32-bit Arm",
        ::elf::abi::EM_RISCV => "RISC-V",
        ::elf::abi::EM_PPC => "PowerPC",
        ::elf::abi::EM_PPC64 => "64-bit PowerPC",
        ::elf::abi::EM_MIPS => "MIPS",
        ::elf::abi::EM_S390 => "s390",
        _ => return None,
    })
}

/// Why a guest cannot be laid out in its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The kernel file cannot run.
    Refused(Refusal),
    /// RAM ends beyond the address space.
    Ram {
        /// Bytes of RAM.
        size: u64,
    },
    /// The kernel and what lies below it need more than all of RAM.
    KernelDoesNotFit {
        /// Bytes from the start of RAM that the kernel needs.
        size: u64,
        /// Bytes of RAM.
        ram: u64,
    },
    /// A segment of an ELF file is not, or not all, in RAM.
    SegmentOutsideRam {
        /// Where the segment begins.
        start: GuestPhys,
        /// Its length in bytes.
        size: u64,
        /// Where RAM begins.
        base: GuestPhys,
        /// Bytes of RAM.
        ram: u64,
    },
    /// No room for the initial RAM disk beside the kernel.
    InitrdDoesNotFit {
        /// Its bytes.
        size: u64,
        /// Bytes of RAM.
        ram: u64,
    },
    /// No room for the device tree beside the kernel and the initial RAM disk.
    TreeDoesNotFit {
        /// Its bytes.
        size: u64,
        /// Bytes of RAM.
        ram: u64,
    },
    /// The device tree is larger than the boot protocol allows.
    TreeTooLarge {
        /// Its bytes.
        size: u64,
    },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl core::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Ram { size } => {
                write!(f, "{} of memory end beyond the address space", Bytes(size))
            }
            Self::KernelDoesNotFit { size, ram } => write!(
                f,
                "the kernel does not fit: it needs {} from the start of memory and the guest \
                 has {}: give it more `memory`",
                Bytes(size),
                Bytes(ram)
            ),
            Self::SegmentOutsideRam {
                start,
                size,
                base,
                ram,
            } => write!(
                f,
                "the kernel does not fit: {} at {start:#x} are outside the guest's memory \
                 ({} at {base:#x}): link it to addresses there, or give the guest more `memory`",
                Bytes(size),
                Bytes(ram)
            ),
            Self::InitrdDoesNotFit { size, ram } => write!(
                f,
                "the initial RAM disk does not fit: {} beside the kernel in {} of memory: \
                 give the guest more `memory`",
                Bytes(size),
                Bytes(ram)
            ),
            Self::TreeDoesNotFit { size, ram } => write!(
                f,
                "the device tree does not fit: {} beside the kernel and the initial RAM disk in \
                 {} of memory: give the guest more `memory`",
                Bytes(size),
                Bytes(ram)
            ),
            Self::TreeTooLarge { size } => write!(
                f,
                "the device tree has {}, and a kernel takes {} at most",
                Bytes(size),
                Bytes(super::DTB_MAX)
            ),
        }
    }
}

/// A number of bytes, shown rounded up in the unit that people would use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(
    /// The number.
    pub u64,
);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: u64 = 1 << 10;
        const MIB: u64 = 1 << 20;
        /// From here on fractions of the unit do not matter.
        const MANY: u64 = 10;
        match self.0 {
            size if size >= MANY * MIB || (size >= MIB && size.is_multiple_of(MIB)) => {
                write!(f, "{} MiB", size.div_ceil(MIB))
            }
            size if size >= MANY * KIB || (size >= KIB && size.is_multiple_of(KIB)) => {
                write!(f, "{} KiB", size.div_ceil(KIB))
            }
            size => write!(f, "{size} bytes"),
        }
    }
}
