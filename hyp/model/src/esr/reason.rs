//! Names under which exits are counted.

/// Defines the reasons with their stable names.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A reason for which a guest left, for statistics.
        ///
        /// Names are stable: users and tests compare them between versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of [`index`](Self::index).
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number of reasons: the size of a table of counters.
            pub const COUNT: usize = Self::ALL.len();

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The index in a table of counters, below [`COUNT`](Self::COUNT).
            /// Indices are not stable; names are.
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

reasons! {
    /// WFI or WFIT.
    Wfi = "wfi",
    /// WFE or WFET.
    Wfe = "wfe",
    /// HVC.
    Hvc = "hvc",
    /// SMC.
    Smc = "smc",
    /// A read of an identification register.
    SysregId = "sysreg-id",
    /// A write that generates software interrupts (`ICC_SGI1R_EL1`, ...).
    SysregSgi = "sysreg-sgi",
    /// Another register of the GIC CPU interface.
    SysregGic = "sysreg-gic",
    /// A register of the physical timer.
    SysregTimer = "sysreg-timer",
    /// A write of a virtual memory control register.
    SysregVm = "sysreg-vm",
    /// Another system register.
    SysregOther = "sysreg-other",
    /// Cache maintenance by set and way.
    SetWay = "set-way",
    /// The GIC distributor.
    MmioGicd = "mmio-gicd",
    /// A GIC redistributor.
    MmioGicr = "mmio-gicr",
    /// The GIC CPU interface.
    MmioGicc = "mmio-gicc",
    /// The serial port.
    MmioUart = "mmio-uart",
    /// The real-time clock.
    MmioRtc = "mmio-rtc",
    /// A virtio device.
    MmioVirtio = "mmio-virtio",
    /// Another emulated device.
    MmioOther = "mmio-other",
    /// A device access that had to be decoded from the instruction. Counted
    /// instead of the device's own reason.
    MmioEmulatedInsn = "mmio-emulated-insn",
    /// A data access to an address where nothing is.
    AbortDataUnmapped = "abort-data-unmapped",
    /// An instruction fetch from an address where nothing is.
    AbortPrefetchUnmapped = "abort-prefetch-unmapped",
    /// A table walk of the guest through an address where nothing is.
    AbortWalkUnmapped = "abort-walk-unmapped",
    /// An access that its region does not allow.
    AbortPermission = "abort-permission",
    /// An external abort that the machine reported.
    AbortExternal = "abort-external",
    /// The guest's virtual timer.
    IrqTimerVirtual = "irq-timer-virtual",
    /// The guest's physical timer.
    IrqTimerPhysical = "irq-timer-physical",
    /// The hypervisor's own timer.
    IrqTimerHypervisor = "irq-timer-hypervisor",
    /// The performance monitors.
    IrqPmu = "irq-pmu",
    /// A kick from another core.
    IrqKick = "irq-kick",
    /// The GIC's maintenance interrupt.
    IrqMaintenance = "irq-maintenance",
    /// A device of the machine.
    IrqDevice = "irq-device",
    /// Another interrupt, or a spurious one.
    IrqOther = "irq-other",
    /// An SError.
    Serror = "serror",
    /// An undefined instruction, or one of a feature that is not offered.
    Undefined = "undefined",
    /// Use of SIMD and floating point.
    Fp = "fp",
    /// Use of SVE.
    Sve = "sve",
    /// Use of pointer authentication.
    PointerAuth = "pointer-auth",
    /// A debug event.
    Debug = "debug",
    /// A coprocessor access of an AArch32 program.
    Coprocessor = "aarch32-coprocessor",
    /// Anything else.
    Other = "other",
}

impl super::Exit {
    /// The reason as far as the syndrome alone tells it.
    ///
    /// For an abort at an emulated device the caller knows better: here it
    /// counts as unmapped.
    #[must_use]
    pub fn reason(&self) -> Reason {
        use super::{Exit, WaitKind};
        match self {
            Exit::Wait {
                kind: WaitKind::Wfi | WaitKind::Wfit(_),
                ..
            } => Reason::Wfi,
            Exit::Wait { .. } => Reason::Wfe,
            Exit::Hvc { .. } => Reason::Hvc,
            Exit::Smc { .. } => Reason::Smc,
            Exit::SysReg(access) => crate::sysreg::classify(access.reg, access.write).reason(),
            Exit::DataAbort(abort) => {
                abort_reason(abort.fault, abort.s1ptw, Reason::AbortDataUnmapped)
            }
            Exit::InstructionAbort(abort) => {
                abort_reason(abort.fault, abort.s1ptw, Reason::AbortPrefetchUnmapped)
            }
            Exit::SError { .. } => Reason::Serror,
            Exit::Fp => Reason::Fp,
            Exit::Sve => Reason::Sve,
            Exit::PointerAuth => Reason::PointerAuth,
            Exit::Coprocessor { .. } => Reason::Coprocessor,
            Exit::Breakpoint
            | Exit::Step
            | Exit::Watchpoint { .. }
            | Exit::Brk { .. }
            | Exit::VectorCatch => Reason::Debug,
            Exit::Unknown | Exit::SysRegPair(_) | Exit::Sme | Exit::OtherInstruction { .. } => {
                Reason::Undefined
            }
            _ => Reason::Other,
        }
    }
}

/// The reason for an abort; `unmapped` for a stage 2 fault of the access
/// itself.
fn abort_reason(fault: super::FaultKind, s1ptw: bool, unmapped: Reason) -> Reason {
    use super::FaultKind;
    match fault {
        FaultKind::Permission(_) => Reason::AbortPermission,
        FaultKind::AddressSize(_) | FaultKind::Translation(_) | FaultKind::AccessFlag(_)
            if s1ptw =>
        {
            Reason::AbortWalkUnmapped
        }
        FaultKind::AddressSize(_) | FaultKind::Translation(_) | FaultKind::AccessFlag(_) => {
            unmapped
        }
        _ => Reason::AbortExternal,
    }
}
