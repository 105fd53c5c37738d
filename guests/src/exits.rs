//! Instructions that make a hypervisor step in, for tests of what survives.

use crate::{
    gic,
    irq::gic,
    machine, psci,
    sysreg::{irq_off, irq_on},
    timer::{self, Timer},
};

/// One such instruction: registers x0 and x1 are its operands and results.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// What it is.
    pub name: &'static str,
    /// The instruction.
    pub code: u32,
    /// x0 before.
    pub x0: u64,
    /// x1 before.
    pub x1: u64,
    /// Registers x0 up to this number may change.
    pub changes: usize,
    /// What has to be prepared.
    pub kind: Kind,
}

/// How the surroundings are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As it is.
    Plain,
    /// An interrupt is pending, masked by `PSTATE.I`.
    Pending,
    /// An interrupt comes and is taken.
    Taken,
}

/// An SPI without a device.
const SPI: u32 = 240;

/// All exits of this machine.
pub fn all() -> impl Iterator<Item = Exit> {
    let m = machine::get();
    let plain = |name, code, x0, x1, changes| Exit {
        name,
        code,
        x0,
        x1,
        changes,
        kind: Kind::Plain,
    };
    let waiting = |name, kind| Exit {
        name,
        code: 0xd503_207f,
        x0: 0,
        x1: 0,
        changes: 0,
        kind,
    };
    let uart = m.uart as u64;
    let sgi = if m.gic.is_v2() {
        // str w0, [x1]: an SGI to nobody.
        plain("SGI", 0xb900_0020, 1, (m.gic.dist.0 + gic::SGIR) as u64, 0)
    } else {
        // msr icc_sgi1r_el1, x0
        plain("SGI", 0xd518_cba0, 1 << 24, 0, 0)
    };
    [
        plain("hvc", 0xd400_0002, psci::VERSION.into(), 0, 4),
        plain("mrs id_aa64mmfr0_el1", 0xd538_0700, 0, 0, 1),
        plain("ldr of the UART", 0xb940_0020, 0, uart + 0x18, 1),
        plain("str to the UART", 0xb900_0020, 0, uart + 0x38, 0),
        plain("ldp of the UART", 0x2940_0420, 0, uart + 0xfe0, 2),
        plain(
            "ldr of the distributor",
            0xb940_0020,
            0,
            m.gic.dist.0 as u64 + 4,
            1,
        ),
        plain(
            "strb to the distributor",
            0x3900_0020,
            0xa0,
            (m.gic.dist.0 + 0x4f0) as u64,
            0,
        ),
        plain("mrs cntvct_el0", 0xd53b_e040, 0, 0, 1),
        plain("mrs cntpct_el0", 0xd53b_e020, 0, 0, 1),
        plain("dc csw", 0xd508_7a40, 0, 0, 0),
        plain("tlbi vmalle1is", 0xd508_831f, 0, 0, 0),
        plain("msr actlr_el1", 0xd518_1020, 0, 0, 0),
        sgi,
        waiting("wfi with something pending", Kind::Pending),
        waiting("wfi until the timer's interrupt", Kind::Taken),
    ]
    .into_iter()
}

impl Exit {
    /// Prepares the surroundings; the interrupt handlers of [`crate::irq`] must
    /// be installed.
    pub fn prepare(&self) {
        crate::irq::LOG.clear();
        match self.kind {
            Kind::Plain => {}
            Kind::Pending => {
                gic().set_edge(SPI, true);
                gic().enable(SPI);
                gic().poke(gic::ISPENDR, SPI);
            }
            Kind::Taken => {
                // Again and again: the first may come before the instruction.
                crate::irq::HOOK.set(|_| Timer::Virtual.arm(300));
                gic().enable(Timer::Virtual.intid());
                Timer::Virtual.arm(300);
                irq_on();
            }
        }
    }

    /// Clears up.
    pub fn finish(&self) {
        match self.kind {
            Kind::Plain => {}
            Kind::Pending => {
                gic().poke(gic::ICPENDR, SPI);
                gic().disable(SPI);
            }
            Kind::Taken => {
                timer::wait(|| !crate::irq::LOG.is_empty());
                irq_off();
                Timer::Virtual.stop();
            }
        }
    }
}
