//! Elements of SIMD registers.

use crate::access::AccessSize;

/// What a load makes of the bits of a SIMD register beside the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They keep their value.
    Keep,
    /// They become zero.
    Zero,
    /// The register becomes a vector of copies of the element, then zeroes.
    Copies {
        /// The size of the vector, 8 or 16.
        bytes: u8,
    },
}

/// One element of a 128-bit SIMD register. Its size is that of the access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Its number, counted in elements from the least significant one.
    pub number: u8,
    /// What a load makes of the rest.
    pub rest: Rest,
}

/// `element` at the place of element `number`.
const fn place(element: u64, number: u8, size: AccessSize) -> u128 {
    (element as u128).wrapping_shl(size.bits() * number as u32)
}

impl Lane {
    /// The element of `size` in `register`.
    #[must_use]
    pub const fn get(self, register: u128, size: AccessSize) -> u64 {
        let shifted = register.wrapping_shr(size.bits() * self.number as u32);
        shifted as u64 & size.mask()
    }

    /// What a load of `data` makes of `register`; bits of `data` beyond `size`
    /// are ignored.
    #[must_use]
    pub fn set(self, register: u128, size: AccessSize, data: u64) -> u128 {
        let data = data & size.mask();
        let element = place(data, self.number, size);
        match self.rest {
            Rest::Keep => register & !place(size.mask(), self.number, size) | element,
            Rest::Zero => element,
            Rest::Copies { bytes } => {
                (0..bytes >> size.log2()).fold(0, |vector, n| vector | place(data, n, size))
            }
        }
    }
}
