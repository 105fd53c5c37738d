//! Bit-level helpers.

/// Numbers of the bits that are set, lowest first.
#[derive(Clone, Copy)]
pub(crate) struct Ones(pub(crate) u32);

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

/// Moves bit `i` of a 16-bit value to bit `2 * i`.
pub(crate) fn spread(half: u32) -> u32 {
    let mut x = half & 0xffff;
    x = (x | (x << 8)) & 0x00ff_00ff;
    x = (x | (x << 4)) & 0x0f0f_0f0f;
    x = (x | (x << 2)) & 0x3333_3333;
    (x | (x << 1)) & 0x5555_5555
}

/// Moves bit `2 * i` to bit `i`, dropping the odd bits: undoes [`spread`].
pub(crate) fn gather(word: u32) -> u32 {
    let mut x = word & 0x5555_5555;
    x = (x | (x >> 1)) & 0x3333_3333;
    x = (x | (x >> 2)) & 0x0f0f_0f0f;
    x = (x | (x >> 4)) & 0x00ff_00ff;
    (x | (x >> 8)) & 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_lists_set_bits_in_order() {
        assert!(Ones(0x8000_0011).eq([0, 4, 31]));
        assert!(Ones(0).next().is_none());
    }

    #[test]
    fn spread_and_gather_are_inverse() {
        for half in 0..=0xffff {
            assert_eq!(gather(spread(half)), half);
        }
        assert_eq!(spread(0x8001), 0x4000_0001);
    }
}
