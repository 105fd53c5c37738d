//! SMC Calling Convention 1.1 (Arm DEN 0028): every call that a guest makes
//! with HVC or SMC.
//!
//! Both instructions reach the same services, and no call ever goes on to
//! firmware. What is not offered returns `NOT_SUPPORTED`:
//!
//! * Arm architecture calls: version, features, and the workarounds that the
//!   [`Mitigations`] say.
//! * Standard secure services: PSCI ([`crate::psci`]).
//! * Vendor-specific hypervisor services: identification ([`HYPERVISOR_UID`])
//!   and the list of functions.
//!
//! Result registers: x0, and x1 to x3 only where a function returns several
//! values; x4 to x17 are never changed. An error code is sign-extended to the
//! whole of x0 for the 32-bit convention too, where the specification leaves
//! the upper half open: guests that compare x0 with -1 exist.
//!
//! An HVC or SMC with an immediate other than zero is not a call of this
//! convention. It returns `NOT_SUPPORTED` and has no effect.

#[cfg(test)]
mod tests;

use crate::layout::Window;
use crate::psci::{Action, Psci, code};
use ::smccc::arch::{
    SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3,
    SMCCC_VERSION,
};
use ::smccc::psci::error::NOT_SUPPORTED;

/// SMCCC version 1.1: major in bits 31:16, minor in 15:0.
const VERSION: u64 = 0x0001_0001;

/// `CALL_COUNT` of the vendor-specific hypervisor services.
pub const HYPERVISOR_CALL_COUNT: u32 = 0x8600_ff00;
/// `CALL_UID` of the vendor-specific hypervisor services.
pub const HYPERVISOR_CALL_UID: u32 = 0x8600_ff01;
/// `REVISION` of the vendor-specific hypervisor services.
pub const HYPERVISOR_REVISION: u32 = 0x8600_ff03;
/// Our first function: a bitmap in w0 to w3 of the functions that exist, bit n
/// of register r for function `0x86000000 + 32 r + n`.
pub const HYPERVISOR_FEATURES: u32 = 0x8600_0000;

/// ebc5a1f3-a77d-4980-b60f-b66bd216a9e6: what `CALL_UID` returns, in the
/// UUID's own byte order.
pub const HYPERVISOR_UID: [u8; 16] = [
    0xeb, 0xc5, 0xa1, 0xf3, 0xa7, 0x7d, 0x49, 0x80, 0xb6, 0x0f, 0xb6, 0x6b, 0xd2, 0x16, 0xa9, 0xe6,
];

/// Major and minor revision of the vendor-specific hypervisor services.
const HYPERVISOR_VERSION: (u64, u64) = (1, 0);

/// The functions that exist: [`HYPERVISOR_FEATURES`].
const HYPERVISOR_FUNCTIONS: [u64; 4] = [1, 0, 0, 0];

/// A vulnerability with an architected workaround call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vulnerability {
    /// Branch target injection, CVE-2017-5715: `SMCCC_ARCH_WORKAROUND_1`.
    BranchTarget,
    /// Speculative store bypass, CVE-2018-3639: `SMCCC_ARCH_WORKAROUND_2`.
    StoreBypass,
    /// Branch history injection, CVE-2022-23960: `SMCCC_ARCH_WORKAROUND_3`.
    BranchHistory,
}

/// What can be said of a vulnerability of the cores that a VM runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mitigation {
    /// Nothing is known: the guest has to find out for itself.
    #[default]
    Unknown,
    /// The cores need no call.
    NotNeeded,
    /// The call mitigates it ([`Action::Mitigate`]).
    Call,
}

/// What the workaround calls do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mitigations {
    /// `SMCCC_ARCH_WORKAROUND_1`.
    pub branch_target: Mitigation,
    /// `SMCCC_ARCH_WORKAROUND_2`.
    pub store_bypass: Mitigation,
    /// `SMCCC_ARCH_WORKAROUND_3`.
    pub branch_history: Mitigation,
}

impl Mitigations {
    /// The vulnerability that the function `id` is for, and what is known.
    fn of(&self, id: u32) -> Option<(Vulnerability, Mitigation)> {
        Some(match id {
            SMCCC_ARCH_WORKAROUND_1 => (Vulnerability::BranchTarget, self.branch_target),
            SMCCC_ARCH_WORKAROUND_2 => (Vulnerability::StoreBypass, self.store_bypass),
            SMCCC_ARCH_WORKAROUND_3 => (Vulnerability::BranchHistory, self.branch_history),
            _ => return None,
        })
    }
}

/// The services of one VM.
#[derive(Debug)]
pub struct Services {
    /// Power control.
    pub psci: Psci,
    mitigations: Mitigations,
}

impl Services {
    /// Services of a VM with `vcpus` vCPUs and this RAM.
    #[must_use]
    pub fn new(vcpus: usize, ram: Window, mitigations: Mitigations) -> Self {
        Self {
            psci: Psci::new(vcpus, ram),
            mitigations,
        }
    }

    /// An HVC or SMC instruction with `immediate` by vCPU `caller`, whose x0 to
    /// x3 are `x`.
    pub fn call(&self, caller: usize, immediate: u16, x: [u64; 4]) -> Action {
        if immediate != 0 {
            return code(NOT_SUPPORTED);
        }
        let [function, first, x2, x3] = x;
        let id = function as u32; // The identifier is w0.
        match Owner::of(id) {
            Owner::Architecture => self.architecture(id, first as u32),
            Owner::StandardSecure => self.psci.call(caller, x),
            Owner::Hypervisor => hypervisor(id, [x2, x3]),
            Owner::Other => code(NOT_SUPPORTED),
        }
    }

    /// Arm architecture calls (§7).
    fn architecture(&self, id: u32, argument: u32) -> Action {
        match (id, self.mitigations.of(id)) {
            (SMCCC_VERSION, _) => Action::Return(VERSION),
            (SMCCC_ARCH_FEATURES, _) => self.features(argument),
            (_, Some((vulnerability, Mitigation::Call))) => Action::Mitigate(vulnerability),
            (_, Some((_, Mitigation::NotNeeded))) => code(::smccc::error::SUCCESS),
            _ => code(NOT_SUPPORTED),
        }
    }

    /// `SMCCC_ARCH_FEATURES` (§7.3) of the function `id`.
    fn features(&self, id: u32) -> Action {
        /// The workaround exists, and this core does not need it.
        const NOT_NEEDED: i32 = 1;
        match (id, self.mitigations.of(id)) {
            (SMCCC_VERSION | SMCCC_ARCH_FEATURES, _) | (_, Some((_, Mitigation::Call))) => {
                code(::smccc::error::SUCCESS)
            }
            (_, Some((_, Mitigation::NotNeeded))) => code(NOT_NEEDED),
            _ => code(NOT_SUPPORTED),
        }
    }
}

/// Who answers a range of function identifiers (§6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Architecture,
    StandardSecure,
    Hypervisor,
    Other,
}

impl Owner {
    /// The owner of a function. Only fast calls (bit 31) with the reserved bits
    /// (23:16) clear exist.
    fn of(id: u32) -> Self {
        const FAST: u32 = 1 << 31;
        const RESERVED: u32 = 0xff << 16;
        const OWNER_SHIFT: u32 = 24;
        const OWNER: u32 = 0x3f;
        if id & FAST == 0 || id & RESERVED != 0 {
            return Self::Other;
        }
        match (id >> OWNER_SHIFT) & OWNER {
            0 => Self::Architecture,
            4 => Self::StandardSecure,
            6 => Self::Hypervisor,
            _ => Self::Other,
        }
    }
}

/// Vendor-specific hypervisor services (§6.2). `kept` are x2 and x3 for
/// functions that return two values.
fn hypervisor(id: u32, kept: [u64; 2]) -> Action {
    match id {
        HYPERVISOR_CALL_COUNT => Action::Return(
            HYPERVISOR_FUNCTIONS
                .iter()
                .map(|w| u64::from(w.count_ones()))
                .sum(),
        ),
        HYPERVISOR_CALL_UID => Action::ReturnMany(uid_words()),
        HYPERVISOR_REVISION => {
            let ((major, minor), [x2, x3]) = (HYPERVISOR_VERSION, kept);
            Action::ReturnMany([major, minor, x2, x3])
        }
        HYPERVISOR_FEATURES => Action::ReturnMany(HYPERVISOR_FUNCTIONS),
        _ => code(NOT_SUPPORTED),
    }
}

/// The UUID as `CALL_UID` returns it: four bytes a register, the first in the
/// lowest bits (§5.3).
fn uid_words() -> [u64; 4] {
    let mut words = [0; 4];
    let (chunks, _) = HYPERVISOR_UID.as_chunks::<4>();
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from(u32::from_le_bytes(*chunk));
    }
    words
}
