//! The description of a node: its virtual machines and what they start from.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Most virtual machines on one node.
pub const MAX_VMS: usize = 64;
/// Most virtual processors of one virtual machine.
pub const MAX_VCPUS: u8 = 8;
/// Longest name of a virtual machine in bytes.
pub const MAX_NAME: usize = 31;
/// Guest memory comes in multiples of this many bytes (the 4 KiB granule).
pub const PAGE: u64 = 4096;

/// Everything that the hypervisor is told about its node. What firmware
/// describes (memory, cores, devices) is not repeated here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The virtual machines, in the order of the manifest.
    pub vms: Vec<Vm>,
    /// How much the hypervisor says on its console.
    pub log_level: LogLevel,
    /// The emulator has semihosting enabled: the hypervisor may use it to
    /// hand over its exit status.
    pub semihosting: bool,
    /// The serial line's reader understands [`crate::wire`]. If not, the
    /// hypervisor writes plain lines for people.
    pub frames: bool,
}

/// One virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vm {
    /// Unique name: letters, digits, `-` and `_`, at most [`MAX_NAME`] bytes.
    pub name: String,
    /// Virtual processors, 1 to [`MAX_VCPUS`].
    pub vcpus: u8,
    /// The core of each virtual processor; empty = the hypervisor chooses.
    pub pin: Vec<u8>,
    /// Guest memory in bytes, a multiple of [`PAGE`].
    pub memory: u64,
    /// How guest translations and the hypervisor's are combined.
    pub paging: Paging,
    /// The interrupt controller that the guest sees.
    pub gic: GicVersion,
    /// An arm64 Image, an ELF file or a flat binary.
    pub kernel: Blob,
    /// The initial RAM disk.
    pub initrd: Option<Blob>,
    /// The user's own device tree, instead of the generated one.
    pub dtb: Option<Blob>,
    /// A device tree overlay for the generated (or the user's) tree.
    pub dtb_overlay: Option<Blob>,
    /// The kernel's command line.
    pub cmdline: String,
    /// The devices that the guest sees beside the machine's fixed ones.
    pub devices: Vec<Device>,
    /// The guest may use the performance monitors.
    pub pmu: bool,
    /// Longest SVE vector in bits; `None` = as the core has, 0 = no SVE.
    pub sve: Option<u16>,
}

/// A file inside the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Where it starts, in bytes from the bundle's start; a multiple of
    /// [`crate::BLOB_ALIGN`].
    pub offset: u64,
    /// Its size in bytes, never 0.
    pub size: u64,
    /// Where the tool got it from, for messages.
    pub source: String,
}

/// How guest translations and the hypervisor's are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paging {
    /// Two stages in hardware.
    Nested,
    /// The hypervisor merges both into one table.
    Shadow,
    /// Changes between the two as the guest's behaviour suggests.
    Adaptive,
}

/// Versions of the Arm generic interrupt controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GicVersion {
    /// GICv2: memory-mapped CPU interface.
    V2,
    /// GICv3: redistributors and system registers.
    V3,
}

/// Devices that a manifest can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// The PL011 console.
    Console,
    /// A network card.
    Net,
    /// The torus DMA engine.
    Torus,
    /// The collective network.
    Collective,
}

/// How much the hypervisor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// Also what looks wrong.
    Warn,
    /// Also one line a step.
    Info,
    /// Also decisions.
    Debug,
    /// Also every rare exit.
    Trace,
}

impl Node {
    /// Checks what the description alone can tell.
    ///
    /// # Errors
    /// [`Error::Node`] or [`Error::Vm`] with the first problem.
    pub fn check(&self) -> Result<(), Error> {
        if self.vms.is_empty() {
            return Err(Error::Node {
                problem: "it has no virtual machine",
            });
        }
        if self.vms.len() > MAX_VMS {
            return Err(Error::Node {
                problem: "it has too many virtual machines",
            });
        }
        for (index, vm) in self.vms.iter().enumerate() {
            let problem = vm.problem().or_else(|| {
                let twin = self
                    .vms
                    .iter()
                    .take(index)
                    .any(|other| other.name == vm.name);
                twin.then_some("another one has the same name")
            });
            if let Some(problem) = problem {
                return Err(Error::Vm {
                    vm: vm.label(index),
                    problem,
                });
            }
        }
        Ok(())
    }
}

impl Vm {
    /// Every file of this machine, with its role for messages.
    pub fn blobs(&self) -> impl Iterator<Item = (&'static str, &Blob)> {
        let optional = [
            ("initrd", &self.initrd),
            ("dtb", &self.dtb),
            ("dtb_overlay", &self.dtb_overlay),
        ];
        core::iter::once(("kernel", &self.kernel)).chain(
            optional
                .into_iter()
                .filter_map(|(role, blob)| Some((role, blob.as_ref()?))),
        )
    }

    /// Whether `name` can name a virtual machine (and its log file).
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(letter)
    }

    fn problem(&self) -> Option<&'static str> {
        let pins = self.pin.len();
        let twice = self
            .pin
            .iter()
            .enumerate()
            .any(|(i, p)| self.pin.iter().take(i).any(|q| q == p));
        if !Self::is_name(&self.name) {
            Some("its name is empty, too long or has odd characters")
        } else if self.vcpus == 0 || self.vcpus > MAX_VCPUS {
            Some("it needs 1 to 8 virtual processors")
        } else if pins != 0 && pins != usize::from(self.vcpus) {
            Some("pin needs one core for each virtual processor")
        } else if twice {
            Some("pin names a core twice")
        } else if self.memory == 0 || !self.memory.is_multiple_of(PAGE) {
            Some("its memory is not a positive multiple of 4 KiB")
        } else {
            None
        }
    }

    /// The name if it is usable, else the number.
    pub(crate) fn label(&self, index: usize) -> String {
        if Self::is_name(&self.name) {
            self.name.clone()
        } else {
            alloc::format!("{index}")
        }
    }
}
