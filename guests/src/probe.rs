//! Instructions made at run time: any system register, any encoding.

use core::{arch::asm, cell::UnsafeCell};

use crate::{
    sysreg::{MAX_CPUS, cpu},
    trap::{Syndrome, catch},
};

/// Longest sequence.
pub const LONGEST: usize = 15;
/// `ret`
const RET: u32 = 0xd65f_03c0;

#[repr(C, align(64))]
struct Code(UnsafeCell<[[u32; LONGEST + 1]; MAX_CPUS]>);

// SAFETY: each CPU uses its own row.
unsafe impl Sync for Code {}

static CODE: Code = Code(UnsafeCell::new([[0; LONGEST + 1]; MAX_CPUS]));

/// Where this CPU's sequences are run.
#[must_use]
pub fn address() -> u64 {
    CODE.0.get() as u64 + (cpu() * size_of::<[u32; LONGEST + 1]>()) as u64
}

/// Makes an instruction sequence (at most [`LONGEST`]) ready to be called and
/// returns its address. It ends with `ret`.
pub fn prepare(code: &[u32]) -> u64 {
    let start = address();
    for (i, word) in code.iter().chain([&RET]).enumerate().take(LONGEST + 1) {
        // SAFETY: within this CPU's row.
        unsafe { (start as *mut u32).add(i).write_volatile(*word) };
    }
    publish(start, (LONGEST + 1) * size_of::<u32>());
    start
}

/// Makes instructions that were just written visible to instruction fetch.
pub fn publish(start: u64, size: usize) {
    for line in (start & !15..start + size as u64).step_by(16) {
        // SAFETY: cache maintenance of memory that this guest owns.
        unsafe { asm!("dc cvau, {0}", in(reg) line, options(nostack)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack)) };
    for line in (start & !15..start + size as u64).step_by(16) {
        // SAFETY: as above.
        unsafe { asm!("ic ivau, {0}", in(reg) line, options(nostack)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack)) };
}

/// Runs a sequence with x0 to x3 set and returns them, or the first exception.
/// It may change x0 to x17 and memory that the arguments name, nothing else.
pub fn run(code: &[u32], args: [u64; 4]) -> Result<[u64; 4], Syndrome> {
    let start = prepare(code);
    catch(|| call(start, args))
}

/// Calls code at `address` with x0 to x3.
pub fn call(address: u64, args: [u64; 4]) -> [u64; 4] {
    let [mut a, mut b, mut c, mut d] = args;
    // SAFETY: the callers' sequences keep to the procedure call standard.
    unsafe {
        asm!("blr {0}", in(reg) address, inout("x0") a, inout("x1") b, inout("x2") c,
            inout("x3") d, clobber_abi("C"));
    }
    [a, b, c, d]
}

/// A system register by its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reg(pub u8, pub u8, pub u8, pub u8, pub u8);

impl Reg {
    /// The bits of `op0` to `op2` in an `MRS` or `MSR`.
    fn bits(self) -> u32 {
        let Self(op0, op1, crn, crm, op2) = self;
        u32::from(op0) << 19
            | u32::from(op1) << 16
            | u32::from(crn) << 12
            | u32::from(crm) << 8
            | u32::from(op2) << 5
    }

    /// `mrs x0, reg`
    #[must_use]
    pub fn mrs(self) -> u32 {
        0xd520_0000 | self.bits()
    }

    /// `msr reg, x0`; with `op0` = 1 the `sys` instruction.
    #[must_use]
    pub fn msr(self) -> u32 {
        0xd500_0000 | self.bits()
    }

    /// Reads the register.
    ///
    /// # Errors
    /// The exception.
    pub fn read(self) -> Result<u64, Syndrome> {
        run(&[self.mrs()], [0xdead; 4]).map(|[x0, ..]| x0)
    }

    /// Writes the register and synchronises.
    ///
    /// # Errors
    /// The exception.
    pub fn write(self, value: u64) -> Result<(), Syndrome> {
        const ISB: u32 = 0xd503_3fdf;
        run(&[self.msr(), ISB], [value, 0, 0, 0]).map(|_| ())
    }
}
