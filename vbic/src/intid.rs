//! Interrupt identifiers: how the number space is divided.

use crate::INTIDS;

/// Number of software-generated interrupts (INTID 0 to 15).
pub(crate) const SGIS: u32 = 16;
/// First shared peripheral interrupt; everything below is private to a vCPU.
pub(crate) const FIRST_SPI: u32 = 32;
/// Number of shared peripheral interrupts.
pub(crate) const SPIS: usize = 256;
/// Number of 32-interrupt banks of shared interrupts.
pub(crate) const SPI_BANKS: usize = SPIS / 32;
/// The private interrupts that are SGIs.
pub(crate) const SGI_MASK: u32 = 0x0000_ffff;
/// The private interrupts that are PPIs.
pub(crate) const PPI_MASK: u32 = 0xffff_0000;

/// "No pending interrupt" (Arm IHI 0048B §3.2.5).
pub(crate) const SPURIOUS: u32 = 1023;
/// "The highest-priority pending interrupt is in Group 1 and needs the aliased
/// register" (Arm IHI 0048B §3.2.5).
pub(crate) const SPURIOUS_GROUP1: u32 = 1022;

/// The bank and bit of a shared interrupt, if `intid` is one.
pub(crate) fn spi(intid: u32) -> Option<(usize, u32)> {
    (FIRST_SPI..INTIDS)
        .contains(&intid)
        .then(|| ((intid / 32 - 1) as usize, 1 << (intid % 32)))
}

/// The bit of a private interrupt, if `intid` is one.
pub(crate) fn private(intid: u32) -> Option<u32> {
    (intid < FIRST_SPI).then(|| 1 << intid)
}

/// The INTID of bit `bit` in shared bank `bank`.
pub(crate) fn of_spi(bank: usize, bit: u32) -> u32 {
    FIRST_SPI + bank as u32 * 32 + bit
}
