//! What may be done with a piece of memory.

use bitflags::bitflags;
use core::fmt;

bitflags! {
    /// Access rights. An access is allowed only when every stage of
    /// translation grants it, so rights combine by intersection (`&`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Rights: u8 {
        /// Loads.
        const READ = 1 << 0;
        /// Stores.
        const WRITE = 1 << 1;
        /// Instruction fetches.
        const EXECUTE = 1 << 2;
        /// Loads and stores: what a device window needs.
        const READ_WRITE = Self::READ.bits() | Self::WRITE.bits();
    }
}

impl fmt::Display for Rights {
    /// Writes `rwx`, with a dash for each right that is missing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [(Self::READ, "r"), (Self::WRITE, "w"), (Self::EXECUTE, "x")];
        letters.into_iter().try_for_each(|(right, letter)| {
            f.write_str(if self.contains(right) { letter } else { "-" })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn shown_like_a_file_mode() {
        assert_eq!(format!("{}", Rights::all()), "rwx");
        assert_eq!(format!("{}", Rights::READ_WRITE), "rw-");
        assert_eq!(format!("{}", Rights::READ | Rights::EXECUTE), "r-x");
        assert_eq!(format!("{}", Rights::empty()), "---");
    }
}
