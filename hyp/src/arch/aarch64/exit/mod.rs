//! The exit path: from the vectors, through what happened, back to the guest.
//!
//! ```text
//! vectors.S → exit_sync → Exit (plain enum) → hypercall | sysreg | abort → resume
//!           → exit_irq  → physical interrupt → virtual interrupt         → resume
//! ```
//!
//! A handler changes the state of the VM it was called for and says what is
//! next. Nothing calls upwards, nothing is allocated, and no lock is taken that
//! another VM could hold, but for printing a complaint.

mod abort;
mod fetch;
mod hypercall;
mod irq;
mod mmio;
mod sysreg;

use aarch64_cpu::registers::{ELR_EL2, ESR_EL2, FAR_EL2, HPFAR_EL2, SPSR_EL2};
use model::esr::{Exit, Reason, Syndrome, decode, pstate, step_over};
use tock_registers::interfaces::{Readable, Writeable};

use super::{context::Context, inject};
use crate::vm::{Vcpu, Vm};

pub(super) use irq::serve_interrupt;

/// A vCPU that has left the guest, as its exit handlers see it.
pub(super) struct Guest<'a> {
    /// Its general registers.
    pub(super) context: &'a mut Context,
    /// Its VM.
    pub(super) vm: &'a Vm,
    /// Itself.
    pub(super) vcpu: &'a Vcpu,
}

/// What a core does after an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Back into the guest.
    Resume,
    /// The vCPU stops: find something else to do.
    Leave,
}

/// Bytes of an A64 instruction.
const INSTRUCTION: u64 = 4;

impl Guest<'_> {
    /// Register `n` as an instruction names it; 31 reads as zero.
    #[inline(always)]
    fn register(&self, n: u8) -> u64 {
        self.context.register(n)
    }

    /// Steps past the instruction that was emulated.
    #[inline(always)]
    fn skip(&self) {
        /// PSTATE.BTYPE, SS, and AArch32: states in which there is more to do.
        const SPECIAL: u64 = 0b11 << 10 | 1 << 21 | pstate::AARCH32;
        let state = SPSR_EL2.get();
        if state & SPECIAL == 0 {
            ELR_EL2.set(ELR_EL2.get().wrapping_add(INSTRUCTION));
        } else {
            let after = step_over(ESR_EL2.get(), state, ELR_EL2.get());
            SPSR_EL2.set(after.pstate);
            ELR_EL2.set(after.pc);
        }
    }

    /// Gives the guest an UNDEFINED exception for what it tried.
    fn undefined(&self) -> Next {
        inject::synchronous(self.vm, Syndrome::undefined(), None);
        Next::Resume
    }

    /// Complains about the guest, if it has not given too much cause already.
    fn complain(&self, what: core::fmt::Arguments<'_>) {
        let (vm, vcpu, pc) = (&self.vm.name, self.vcpu.index, ELR_EL2.get());
        self.vm
            .complaints
            .warn(format_args!("{vm}: vCPU {vcpu} at {pc:#x}: {what}"));
    }
}

/// Calls a handler for the vCPU of `context`, and says what to resume.
#[inline(always)]
fn handle(context: *mut Context, handler: impl FnOnce(&mut Guest<'_>) -> Next) -> *mut Context {
    // SAFETY: the vectors pass the context of the vCPU that ran on this core
    // until now; nobody else uses it while the vCPU is loaded.
    let context_ref = unsafe { &mut *context };
    // SAFETY: it is loaded here.
    let (vm, vcpu) = unsafe { context_ref.owner() };
    let mut guest = Guest {
        context: context_ref,
        vm,
        vcpu,
    };
    match handler(&mut guest) {
        Next::Resume => {
            if vm.cpu.software_gic {
                super::vgic::signal(vm, vcpu);
            }
            context
        }
        Next::Leave => {
            vm.leave(vcpu);
            core::ptr::null_mut()
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn exit_sync(context: *mut Context) -> *mut Context {
    handle(context, synchronous)
}

#[unsafe(no_mangle)]
extern "C" fn exit_irq(context: *mut Context) -> *mut Context {
    handle(context, irq::serve_interrupt)
}

/// Physical FIQs are Group 0 or Secure interrupts; none is ever enabled.
#[unsafe(no_mangle)]
extern "C" fn exit_fiq(context: *mut Context) -> *mut Context {
    handle(context, |guest| {
        guest.vcpu.count(Reason::IrqOther);
        guest.complain(format_args!("physical FIQ, which nothing should raise"));
        Next::Resume
    })
}

/// An asynchronous external abort that was pending or arrived while the guest
/// ran: the guest's access caused it, so the guest gets it.
#[unsafe(no_mangle)]
extern "C" fn exit_serror(context: *mut Context) -> *mut Context {
    handle(context, |guest| {
        guest.vcpu.count(Reason::Serror);
        guest.complain(format_args!(
            "SError, syndrome {:#x}: passed on",
            ESR_EL2.get()
        ));
        inject::serror();
        Next::Resume
    })
}

fn synchronous(guest: &mut Guest<'_>) -> Next {
    let exit = decode(ESR_EL2.get(), FAR_EL2.get(), HPFAR_EL2.get());
    match exit {
        Exit::Hvc { imm } => hypercall::hvc(guest, imm),
        Exit::SysReg(access) => sysreg::access(guest, access),
        Exit::DataAbort(fault) => abort::data(guest, &fault),
        Exit::InstructionAbort(fault) => abort::instruction(guest, &fault),
        Exit::Smc { imm } => hypercall::smc(guest, imm),
        _ => rare(guest, exit),
    }
}

/// Exits that no performance depends on.
fn rare(guest: &mut Guest<'_>, exit: Exit) -> Next {
    guest.vcpu.count(exit.reason());
    if let Exit::Wait { condition, .. } | Exit::Coprocessor { condition, .. } = exit
        && !condition.holds(SPSR_EL2.get())
    {
        // An AArch32 instruction whose condition fails does nothing.
        guest.skip();
        return Next::Resume;
    }
    match exit {
        Exit::Wait { .. } => {
            guest.skip();
            super::interrupts::wait_for_guest(guest)
        }
        // What the guest was not offered is undefined to it.
        Exit::Unknown
        | Exit::Fp
        | Exit::Sme
        | Exit::PointerAuth
        | Exit::OtherInstruction { .. }
        | Exit::Coprocessor { .. }
        | Exit::SysRegPair(_)
        | Exit::Eret
        | Exit::TransactionStart => guest.undefined(),
        // The guest has a field to enable SVE in, but no SVE behind it.
        Exit::Sve => guest.undefined(),
        Exit::IllegalState => {
            inject::synchronous(guest.vm, Syndrome::illegal_state(), None);
            Next::Resume
        }
        // The remaining classes are routed to EL1 by how EL2 is set up.
        _ => pass_on(guest, exit),
    }
}

/// An exception that should have gone to EL1 without us: it does so now, with
/// the syndrome that the hardware gave.
fn pass_on(guest: &Guest<'_>, exit: Exit) -> Next {
    let esr = ESR_EL2.get();
    guest.complain(format_args!(
        "unexpected exit {exit:?}, syndrome {esr:#x}: passed on"
    ));
    inject::raw(guest.vm, esr, Some(FAR_EL2.get()));
    Next::Resume
}
