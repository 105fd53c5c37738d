//! Invalidation of translations (Arm ARM DDI 0487, D8.14).

use core::arch::asm;

/// Forgets all translations of EL2 on this core.
pub(crate) fn invalidate_el2() {
    // SAFETY: what is forgotten is walked again; tables are only ever extended
    // or replaced as a whole before this is called.
    unsafe {
        asm!(
            "dsb ish",
            "tlbi alle2",
            "dsb ish",
            "isb",
            options(nostack, preserves_flags)
        );
    }
}

/// Forgets all translations, of both stages, of the VM whose VMID is loaded, on
/// this core, and with them its instructions.
pub(crate) fn invalidate_loaded_vm() {
    // SAFETY: as above.
    unsafe {
        asm!(
            "dsb ishst",
            "tlbi vmalls12e1",
            "ic iallu",
            "dsb ish",
            "isb",
            options(nostack, preserves_flags)
        );
    }
}
