//! What Arm PrimeCell peripherals have in common: 32-bit registers and
//! identification registers at the end of their 4 KiB.

use crate::access::AccessSize;

/// Bytes of a register.
const REGISTER_BYTES: u64 = 4;
/// Bits of a byte.
const BYTE_BITS: u64 = 8;
/// Offset of `PeriphID0`, the first of the eight identification registers.
const ID_FIRST: u64 = 0xfe0;

/// A read of `size` at `offset`, out of whole registers.
///
/// `register` gets a register's offset and whether the read includes its lowest
/// byte, which is what has side effects.
pub(crate) fn read(
    offset: u64,
    size: AccessSize,
    mut register: impl FnMut(u64, bool) -> u32,
) -> u64 {
    let byte = offset % REGISTER_BYTES;
    let first = offset - byte;
    let mut value = u64::from(register(first, byte == 0)) >> (byte * BYTE_BITS);
    if size == AccessSize::Double {
        let second = register(first.wrapping_add(REGISTER_BYTES), true);
        value |= u64::from(second) << u32::BITS;
    }
    value & size.mask()
}

/// A write of the low `size` of `value` at `offset`, as writes of whole
/// registers: a narrow one is extended with zeros, a 64-bit one is two. A
/// write that leaves out the register's lowest byte has no effect.
pub(crate) fn write(offset: u64, size: AccessSize, value: u64, mut register: impl FnMut(u64, u32)) {
    if !offset.is_multiple_of(REGISTER_BYTES) {
        return;
    }
    let value = value & size.mask();
    register(offset, low_half(value));
    if size == AccessSize::Double {
        register(
            offset.wrapping_add(REGISTER_BYTES),
            low_half(value >> u32::BITS),
        );
    }
}

/// The identification register at the offset `register`: `PeriphID0..3`, then
/// `PCellID0..3`, out of `bytes`; zero where there is none.
pub(crate) fn identification(bytes: &[u8; 8], register: u64) -> u32 {
    register
        .checked_sub(ID_FIRST)
        .and_then(|offset| usize::try_from(offset / REGISTER_BYTES).ok())
        .and_then(|index| bytes.get(index))
        .map_or(0, |&byte| u32::from(byte))
}

/// The low 32 bits.
pub(crate) const fn low_half(value: u64) -> u32 {
    (value & 0xffff_ffff) as u32
}
