//! What the device tree says.

use core::sync::atomic::{AtomicUsize, Ordering};

use fdt::Fdt;

use crate::gic;

/// Everything a guest wants to know about its machine.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// PL011.
    pub uart: usize,
    /// PL031.
    pub rtc: Option<usize>,
    /// Interrupt controller.
    pub gic: gic::Gic,
    /// How to make a PSCI call.
    pub conduit: Conduit,
    /// CPUs.
    pub cpus: usize,
    /// Kernel command line.
    pub bootargs: &'static str,
    /// First byte of RAM and its size.
    pub ram: (usize, usize),
}

/// The instruction that reaches firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// `hvc #0`
    Hvc,
    /// `smc #0`
    Smc,
}

/// The tree's address.
static TREE: AtomicUsize = AtomicUsize::new(0);
/// UART, GIC and the rest, found once.
static FOUND: Found = Found(core::cell::UnsafeCell::new(None));

struct Found(core::cell::UnsafeCell<Option<Machine>>);

// SAFETY: written once by the boot CPU before any other CPU starts.
unsafe impl Sync for Found {}

/// Reads the tree; only for the boot code.
pub(crate) fn discover(tree: usize) {
    TREE.store(tree, Ordering::Relaxed);
    let machine = read(self::tree());
    // SAFETY: the only writer, before anything reads.
    unsafe { *FOUND.0.get() = Some(machine) };
}

/// The machine.
#[must_use]
pub fn get() -> &'static Machine {
    // SAFETY: written once, before any reader.
    match unsafe { &*FOUND.0.get() } {
        Some(machine) => machine,
        None => loop {
            crate::sysreg::wfi();
        },
    }
}

/// The device tree itself.
#[must_use]
pub fn tree() -> Fdt<'static> {
    // SAFETY: the boot protocol: x0 is the address of a device tree, which
    // nothing overwrites.
    match unsafe { Fdt::from_ptr(TREE.load(Ordering::Relaxed) as *const u8) } {
        Ok(tree) => tree,
        Err(_) => loop {
            crate::sysreg::wfi();
        },
    }
}

/// Whether a word is on the command line.
#[must_use]
pub fn flag(word: &str) -> bool {
    get().bootargs.split_ascii_whitespace().any(|w| w == word)
}

/// The number behind `key` (such as `rounds=`) on the command line.
#[must_use]
pub fn number(key: &str) -> Option<u32> {
    let mut words = get().bootargs.split_ascii_whitespace();
    words.find_map(|word| word.strip_prefix(key)?.parse().ok())
}

/// Whether the machine claims to follow the architecture to the letter, which
/// QEMU does not everywhere: `hyp` on the command line, given under a hypervisor.
#[must_use]
pub fn strict() -> bool {
    flag("hyp")
}

/// Start of the `index`-th register window of a node.
fn window(tree: &Fdt<'static>, names: &[&str], index: usize) -> Option<usize> {
    let region = tree.find_compatible(names)?.reg()?.nth(index)?;
    Some(region.starting_address as usize)
}

fn read(tree: Fdt<'static>) -> Machine {
    let v2 = ["arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic"];
    let v3 = ["arm,gic-v3"];
    let gic = match window(&tree, &v3, 0) {
        Some(dist) => gic::Gic::new(gic::Version::V3, dist, window(&tree, &v3, 1).unwrap_or(0)),
        None => gic::Gic::new(
            gic::Version::V2,
            window(&tree, &v2, 0).unwrap_or(0),
            window(&tree, &v2, 1).unwrap_or(0),
        ),
    };
    let method = tree.find_node("/psci").and_then(|n| n.property("method"));
    let conduit = match method.and_then(fdt::node::NodeProperty::as_str) {
        Some("smc") => Conduit::Smc,
        _ => Conduit::Hvc,
    };
    let ram = tree.memory().regions().next();
    Machine {
        uart: window(&tree, &["arm,pl011"], 0).unwrap_or(0x0900_0000),
        rtc: window(&tree, &["arm,pl031"], 0),
        gic,
        conduit,
        cpus: tree.cpus().count(),
        bootargs: tree.chosen().bootargs().unwrap_or(""),
        ram: ram.map_or((0, 0), |r| {
            (r.starting_address as usize, r.size.unwrap_or(0))
        }),
    }
}
