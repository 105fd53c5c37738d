//! Power State Coordination Interface 1.1 (Arm DEN 0022E) of one VM.
//!
//! A pure state machine: it decides, the hypervisor acts. Power states are
//! atomics, so that calls of all vCPUs may run at once; of two vCPUs that turn
//! the same third one on, exactly one is told to start it.
//!
//! Offered: everything that the specification makes mandatory, and
//! `SYSTEM_RESET2` with the architectural warm reset. Power states of
//! `CPU_SUSPEND` have the original format; there is only the core level, and
//! the platform-specific state number is ignored.

mod function;
#[cfg(test)]
mod tests;

use crate::layout::{self, MAX_VCPUS, Window};
use ::smccc::psci::error::{
    ALREADY_ON, DENIED, INVALID_ADDRESS, INVALID_PARAMETERS, NOT_SUPPORTED, ON_PENDING, SUCCESS,
};
use core::sync::atomic::{AtomicU8, Ordering};
pub use function::Function;
use vtlb::GuestPhys;

/// Version 1.1: major in bits 31:16, minor in 15:0.
const VERSION: u64 = 0x0001_0001;

/// Answer of `MIGRATE_INFO_TYPE`: no Trusted OS that would have to migrate.
const NO_TRUSTED_OS: u64 = 2;

/// Answers of `AFFINITY_INFO`.
const AFFINITY_ON: u64 = 0;
/// All cores of the affinity instance are off.
const AFFINITY_OFF: u64 = 1;
/// A core of the affinity instance is being turned on.
const AFFINITY_ON_PENDING: u64 = 2;

/// Alignment of an A64 instruction.
const INSTRUCTION_BYTES: u64 = 4;

/// What a vCPU's power is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs no instructions until another vCPU turns it on.
    Off,
    /// It was turned on and has not begun to run.
    OnPending,
    /// It runs, or is suspended.
    On,
}

impl Power {
    const fn encode(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::OnPending => 1,
            Self::On => 2,
        }
    }

    const fn decode(raw: u8) -> Self {
        match raw {
            1 => Self::OnPending,
            2 => Self::On,
            _ => Self::Off,
        }
    }
}

/// Where a vCPU begins to run after power-on or a power-down suspend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first instruction.
    pub address: GuestPhys,
    /// What the guest finds in x0.
    pub context: u64,
}

/// What a suspended vCPU does when it wakes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspend {
    /// Goes on after the call, with `SUCCESS` in x0.
    Standby,
    /// Begins at this entry in the state after reset.
    PowerDown(Entry),
}

/// What the hypervisor has to do for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Put the value in x0 and go on.
    Return(u64),
    /// Put the values in x0 to x3 and go on.
    ReturnMany([u64; 4]),
    /// Start the vCPU `target`, which is off, at `entry` in the state after
    /// reset (it calls [`Psci::started`] as it begins); put 0 in the caller's
    /// x0 and go on.
    CpuOn {
        /// Index of the vCPU to start.
        target: usize,
        /// Where it begins.
        entry: Entry,
    },
    /// Stop the calling vCPU. It is off already as other vCPUs see it, so a
    /// request to start it again may come before it has stopped.
    CpuOff,
    /// Let the calling vCPU wait for a wake-up event (an interrupt that would
    /// end WFI), then do as told.
    Suspend(Suspend),
    /// Stop the VM for good.
    SystemOff,
    /// Start the VM anew.
    SystemReset {
        /// `SYSTEM_RESET2` asked for a warm reset: RAM keeps its contents.
        warm: bool,
    },
    /// Apply the processor's mitigation for the vulnerability, then go on with
    /// all registers unchanged.
    Mitigate(crate::smccc::Vulnerability),
}

/// The result code `code`, sign-extended as callers of either width expect.
pub(crate) const fn code(code: i32) -> Action {
    Action::Return(code as i64 as u64)
}

/// Power state of one VM's vCPUs.
#[derive(Debug)]
pub struct Psci {
    power: [AtomicU8; MAX_VCPUS],
    vcpus: usize,
    ram: Window,
}

impl Psci {
    /// A VM with `vcpus` vCPUs (at most [`MAX_VCPUS`]) and this RAM; vCPU 0 is
    /// on, the others are off.
    #[must_use]
    pub fn new(vcpus: usize, ram: Window) -> Self {
        let psci = Self {
            power: Default::default(),
            vcpus: vcpus.min(MAX_VCPUS),
            ram,
        };
        psci.reset();
        psci
    }

    /// Back to the state after [`Psci::new`]. All vCPUs must have stopped.
    pub fn reset(&self) {
        for (vcpu, power) in self.power.iter().enumerate() {
            let state = if vcpu == 0 { Power::On } else { Power::Off };
            power.store(state.encode(), Ordering::Release);
        }
    }

    /// The power state of a vCPU; off when there is no such vCPU.
    #[must_use]
    pub fn power(&self, vcpu: usize) -> Power {
        self.power
            .get(vcpu)
            .filter(|_| vcpu < self.vcpus)
            .map_or(Power::Off, |power| {
                Power::decode(power.load(Ordering::Acquire))
            })
    }

    /// A vCPU that was turned on begins to run.
    pub fn started(&self, vcpu: usize) {
        let _ = self.change(vcpu, Power::OnPending, Power::On);
    }

    /// Changes the state if it is `from`, else says what it is.
    fn change(&self, vcpu: usize, from: Power, to: Power) -> Result<(), Power> {
        let power = self.power.get(vcpu).ok_or(Power::Off)?;
        power
            .compare_exchange(
                from.encode(),
                to.encode(),
                Ordering::AcqRel,
                Ordering::Acquire,
            )
            .map(|_| ())
            .map_err(Power::decode)
    }

    /// A call by vCPU `caller` with the register values `x` (x0 to x3; x0 is
    /// the function).
    pub fn call(&self, caller: usize, x: [u64; 4]) -> Action {
        let [id, args @ ..] = x;
        let id = id as u32;
        let Some(function) = Function::decode(id) else {
            return code(NOT_SUPPORTED);
        };
        let [a, b, c] = Function::arguments(id, args);
        match function {
            Function::Version => Action::Return(VERSION),
            Function::CpuSuspend => self.cpu_suspend(a, b, c),
            Function::CpuOff => self.cpu_off(caller),
            Function::CpuOn => self.cpu_on(a, b, c),
            Function::AffinityInfo => self.affinity_info(a, b),
            Function::MigrateInfoType => Action::Return(NO_TRUSTED_OS),
            Function::SystemOff => Action::SystemOff,
            Function::SystemReset => Action::SystemReset { warm: false },
            Function::SystemReset2 => system_reset2(a),
            Function::Features => features(a),
        }
    }

    /// `CPU_SUSPEND` (§5.1.2, power state in §5.4).
    fn cpu_suspend(&self, state: u64, address: u64, context: u64) -> Action {
        /// StateType: power-down rather than standby or retention.
        const POWER_DOWN: u64 = 1 << 16;
        /// The platform's own number for the state.
        const STATE_ID: u64 = 0xffff;
        if state & !(POWER_DOWN | STATE_ID) != 0 {
            return code(INVALID_PARAMETERS);
        }
        if state & POWER_DOWN == 0 {
            return Action::Suspend(Suspend::Standby);
        }
        match self.entry(address, context) {
            Some(entry) => Action::Suspend(Suspend::PowerDown(entry)),
            None => code(INVALID_ADDRESS),
        }
    }

    /// `CPU_OFF` (§5.1.3).
    fn cpu_off(&self, caller: usize) -> Action {
        match self.change(caller, Power::On, Power::Off) {
            Ok(()) => Action::CpuOff,
            Err(_) => code(DENIED),
        }
    }

    /// `CPU_ON` (§5.1.4): the vCPU must be one of this VM's.
    fn cpu_on(&self, affinity: u64, address: u64, context: u64) -> Action {
        let Some(target) = layout::vcpu_with_affinity(affinity, self.vcpus) else {
            return code(INVALID_PARAMETERS);
        };
        let Some(entry) = self.entry(address, context) else {
            return code(INVALID_ADDRESS);
        };
        match self.change(target, Power::Off, Power::OnPending) {
            Ok(()) => Action::CpuOn { target, entry },
            Err(Power::On) => code(ALREADY_ON),
            Err(Power::OnPending | Power::Off) => code(ON_PENDING),
        }
    }

    /// `AFFINITY_INFO` (§5.1.5) at any of the architecture's four levels.
    fn affinity_info(&self, affinity: u64, level: u64) -> Action {
        /// Fields above Aff0, Aff1, Aff2 and Aff3 are what is compared.
        const FIELDS: [u64; 4] = [
            0xffff_ffff_ffff_ffff,
            0xffff_ffff_ffff_ff00,
            0xffff_ffff_ffff_0000,
            0xffff_ffff_ff00_0000,
        ];
        let fields = usize::try_from(level).ok().and_then(|l| FIELDS.get(l));
        let Some(fields) = fields else {
            return code(INVALID_PARAMETERS);
        };
        let mut answer = None;
        for vcpu in 0..self.vcpus {
            if (layout::affinity(vcpu) ^ affinity) & fields != 0 {
                continue;
            }
            match (self.power(vcpu), answer) {
                (Power::On, _) => return Action::Return(AFFINITY_ON),
                (Power::OnPending, _) => answer = Some(AFFINITY_ON_PENDING),
                (Power::Off, None) => answer = Some(AFFINITY_OFF),
                (Power::Off, Some(_)) => {}
            }
        }
        answer.map_or(code(INVALID_PARAMETERS), Action::Return)
    }

    /// An entry in RAM where an A64 instruction can be.
    fn entry(&self, address: u64, context: u64) -> Option<Entry> {
        let address = GuestPhys::new(address);
        (address.is_aligned(INSTRUCTION_BYTES)
            && self.ram.contains_range(address, INSTRUCTION_BYTES))
        .then_some(Entry { address, context })
    }
}

/// `PSCI_FEATURES` (§5.1.14): also says that SMCCC has discovery of its own.
fn features(id: u64) -> Action {
    let id = id as u32;
    if Function::decode(id).is_some() || id == ::smccc::arch::SMCCC_VERSION {
        code(SUCCESS)
    } else {
        code(NOT_SUPPORTED)
    }
}

/// `SYSTEM_RESET2` (§5.1.11): only the architectural warm reset.
fn system_reset2(kind: u64) -> Action {
    /// `SYSTEM_WARM_RESET`.
    const WARM: u64 = 0;
    /// The kinds in this half are the vendor's own; there are none.
    const VENDOR: u64 = 1 << 31;
    match kind & u64::from(u32::MAX) {
        WARM => Action::SystemReset { warm: true },
        kind if kind & VENDOR != 0 => code(NOT_SUPPORTED),
        _ => code(INVALID_PARAMETERS),
    }
}
