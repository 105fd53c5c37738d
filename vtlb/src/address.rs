//! One type for each address space.

use core::fmt;

/// Defines a 64-bit address type with the arithmetic that cannot go wrong.
macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The address with this numeric value.
            #[must_use]
            pub const fn new(raw: u64) -> Self {
                Self(raw)
            }

            /// The numeric value.
            #[must_use]
            pub const fn raw(self) -> u64 {
                self.0
            }

            /// The address `bytes` further up, or `None` past the end of the
            /// 64-bit space.
            #[must_use]
            pub const fn checked_add(self, bytes: u64) -> Option<Self> {
                match self.0.checked_add(bytes) {
                    Some(raw) => Some(Self(raw)),
                    None => None,
                }
            }

            /// The address `bytes` further up, modulo 2^64 as address
            /// arithmetic in a processor is.
            #[must_use]
            pub const fn offset(self, bytes: u64) -> Self {
                Self(self.0.wrapping_add(bytes))
            }

            /// The distance in bytes from `base` up to this address, or `None`
            /// when `base` lies above it.
            #[must_use]
            pub const fn checked_sub(self, base: Self) -> Option<u64> {
                self.0.checked_sub(base.0)
            }

            /// The address rounded down to a multiple of `align` bytes.
            ///
            /// `align` must be a power of two; any other value gives the
            /// multiple of the largest power of two that divides it.
            #[must_use]
            pub const fn align_down(self, align: u64) -> Self {
                Self(self.0 & !lowest_bits(align))
            }

            /// The address rounded up to a multiple of `align` bytes (a power
            /// of two, as for `align_down`), or `None` past the end.
            #[must_use]
            pub const fn align_up(self, align: u64) -> Option<Self> {
                match self.0.checked_add(lowest_bits(align)) {
                    Some(raw) => Some(Self(raw).align_down(align)),
                    None => None,
                }
            }

            /// Whether the address is a multiple of `align` bytes (a power of
            /// two, as for `align_down`).
            #[must_use]
            pub const fn is_aligned(self, align: u64) -> bool {
                self.0 & lowest_bits(align) == 0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }

        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }

        impl From<$name> for u64 {
            fn from(address: $name) -> Self {
                address.0
            }
        }
    };
}

/// The mask of the bits below the lowest set bit of `align`; none for zero.
const fn lowest_bits(align: u64) -> u64 {
    match align {
        0 => 0,
        align => (1u64 << align.trailing_zeros()) - 1,
    }
}

address! {
    /// An address that guest software uses before its own translation.
    GuestVirt
}

address! {
    /// An address after the guest's own translation: what the architecture
    /// calls an intermediate physical address (IPA), and what the guest takes
    /// for physical memory.
    GuestPhys
}

address! {
    /// A real physical address of the machine.
    HostPhys
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;

    #[test]
    fn shows_hexadecimal() {
        let a = GuestPhys::new(0x4000_0000);
        assert_eq!(format!("{a:?}"), "GuestPhys(0x40000000)");
        assert_eq!(format!("{a}"), "40000000");
        assert_eq!(format!("{a:#x} {a:#012x}"), "0x40000000 0x0040000000");
    }

    #[test]
    fn the_end_of_the_space_is_not_passed() {
        let top = HostPhys::new(u64::MAX);
        assert_eq!(top.checked_add(1), None);
        assert_eq!(top.align_up(0x1000), None);
        assert_eq!(top.offset(1), HostPhys::new(0));
    }

    proptest! {
        #[test]
        fn alignment_brackets_the_address(raw: u64, shift in 0u32..63) {
            let (a, align) = (GuestVirt::new(raw), 1u64 << shift);
            let down = a.align_down(align);
            prop_assert!(down <= a && down.is_aligned(align));
            prop_assert!(a.checked_sub(down).unwrap() < align);
            if let Some(up) = a.align_up(align) {
                prop_assert!(up >= a && up.is_aligned(align));
                prop_assert!(up.checked_sub(a).unwrap() < align);
            }
            prop_assert_eq!(a.is_aligned(align), down == a);
        }

        #[test]
        fn any_alignment_value_is_harmless(raw: u64, align: u64) {
            let a = GuestVirt::new(raw);
            let _ = (a.align_down(align), a.align_up(align), a.is_aligned(align));
        }
    }
}
