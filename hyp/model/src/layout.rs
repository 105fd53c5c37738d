//! The guest machine: where everything is.
//!
//! The addresses and interrupt numbers are those of QEMU's `virt` board, so
//! that what was built for that board runs here unmodified, on every host.
//! All of it is also in the device tree that the guest gets ([`crate::tree`]);
//! these constants are the one place that both the tree and the emulation use.

use vtlb::GuestPhys;

/// A range of guest-physical addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First address.
    pub base: GuestPhys,
    /// Length in bytes.
    pub size: u64,
}

impl Window {
    /// The window of `size` bytes from `base`.
    #[must_use]
    pub const fn new(base: u64, size: u64) -> Self {
        Self {
            base: GuestPhys::new(base),
            size,
        }
    }

    /// The first address past the window, or `None` when it ends at 2^64 or
    /// further up.
    #[must_use]
    pub const fn end(&self) -> Option<GuestPhys> {
        self.base.checked_add(self.size)
    }

    /// Whether `address` lies in the window.
    #[must_use]
    pub fn contains(&self, address: GuestPhys) -> bool {
        address
            .checked_sub(self.base)
            .is_some_and(|offset| offset < self.size)
    }

    /// Whether all `size` bytes from `address` lie in the window.
    #[must_use]
    pub fn contains_range(&self, address: GuestPhys, size: u64) -> bool {
        address
            .checked_sub(self.base)
            .and_then(|offset| offset.checked_add(size))
            .is_some_and(|end| end <= self.size)
    }
}

/// The most virtual CPUs that one VM can have.
///
/// GICv2 addresses CPU interfaces with eight bits (Arm IHI 0048B §4.3.12).
pub const MAX_VCPUS: usize = 8;

/// First address of guest RAM.
pub const RAM_BASE: GuestPhys = GuestPhys::new(0x4000_0000);

/// Where a flat binary is put, in bytes from the start of RAM.
pub const FLAT_KERNEL_OFFSET: u64 = 0x8_0000;

/// GIC distributor (GICD), for both GIC versions.
pub const GIC_DISTRIBUTOR: Window = Window::new(0x0800_0000, 0x1_0000);

/// GICv2 CPU interface (GICC): two 4 KiB pages, the second with `GICC_DIR`.
pub const GIC_CPU_INTERFACE: Window = Window::new(0x0801_0000, 0x2000);

/// First GICv3 redistributor frame.
pub const GIC_REDISTRIBUTORS_BASE: GuestPhys = GuestPhys::new(0x080a_0000);

/// Bytes from one vCPU's redistributor to the next: an RD and an SGI frame of
/// 64 KiB each (Arm IHI 0069 §12.10).
pub const GIC_REDISTRIBUTOR_STRIDE: u64 = 0x2_0000;

/// The redistributors of a VM with `vcpus` virtual CPUs, one after another.
#[must_use]
pub const fn gic_redistributors(vcpus: usize) -> Window {
    Window {
        base: GIC_REDISTRIBUTORS_BASE,
        size: GIC_REDISTRIBUTOR_STRIDE.saturating_mul(vcpus as u64),
    }
}

/// PL011 UART: the guest's console.
pub const UART: Window = Window::new(0x0900_0000, 0x1000);

/// PL031 real-time clock.
pub const RTC: Window = Window::new(0x0901_0000, 0x1000);

/// The virtio-mmio transports, [`VIRTIO_SLOTS`] of [`VIRTIO_STRIDE`] bytes.
pub const VIRTIO: Window = Window::new(0x0a00_0000, VIRTIO_SLOTS * VIRTIO_STRIDE);

/// Number of virtio-mmio transports that the window has room for.
pub const VIRTIO_SLOTS: u64 = 32;

/// Bytes from one virtio-mmio transport to the next.
pub const VIRTIO_STRIDE: u64 = 0x200;

/// The window for devices that QEMU's `virt` has no fixed place for.
pub const PLATFORM: Window = Window::new(0x0c00_0000, 0x0200_0000);

/// The INTID of the private peripheral interrupt (PPI) with this number.
#[must_use]
pub const fn ppi(number: u32) -> u32 {
    const FIRST_PPI: u32 = 16;
    FIRST_PPI.wrapping_add(number)
}

/// The INTID of the shared peripheral interrupt (SPI) with this number.
#[must_use]
pub const fn spi(number: u32) -> u32 {
    const FIRST_SPI: u32 = 32;
    FIRST_SPI.wrapping_add(number)
}

/// PPI number of the performance monitors: INTID 23.
pub const PMU_PPI: u32 = 7;

/// PPI number of the non-secure EL2 physical timer: INTID 26.
pub const HYP_TIMER_PPI: u32 = 10;

/// PPI number of the virtual timer: INTID 27.
pub const VIRTUAL_TIMER_PPI: u32 = 11;

/// PPI number of the secure physical timer: INTID 29.
pub const SECURE_TIMER_PPI: u32 = 13;

/// PPI number of the non-secure EL1 physical timer: INTID 30.
pub const PHYSICAL_TIMER_PPI: u32 = 14;

/// SPI number of the UART: INTID 33.
pub const UART_SPI: u32 = 1;

/// SPI number of the real-time clock: INTID 34.
pub const RTC_SPI: u32 = 2;

/// SPI number of the first virtio-mmio transport: INTID 48; the others follow.
pub const VIRTIO_SPI: u32 = 16;

/// Frequency in hertz of the clock that feeds the UART and the RTC's bus.
pub const PERIPHERAL_CLOCK_HZ: u32 = 24_000_000;

/// The affinity of a vCPU as in `MPIDR_EL1` and PSCI calls
/// (Aff3 in bits 39:32, Aff2..Aff0 in bits 23:0).
///
/// At most [`MAX_VCPUS`] exist, so all of them are in one cluster, as on
/// QEMU's `virt`.
#[must_use]
pub const fn affinity(vcpu: usize) -> u64 {
    vcpu as u64
}

/// The vCPU with this affinity among `vcpus` ones.
#[must_use]
pub fn vcpu_with_affinity(affinity_bits: u64, vcpus: usize) -> Option<usize> {
    usize::try_from(affinity_bits)
        .ok()
        .filter(|&vcpu| vcpu < vcpus && affinity(vcpu) == affinity_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every fixed window below RAM.
    fn windows() -> [Window; 7] {
        [
            GIC_DISTRIBUTOR,
            GIC_CPU_INTERFACE,
            gic_redistributors(MAX_VCPUS),
            UART,
            RTC,
            VIRTIO,
            PLATFORM,
        ]
    }

    #[test]
    fn windows_do_not_overlap_and_lie_below_ram() {
        for pair in windows().windows(2) {
            assert!(pair[0].end().unwrap() <= pair[1].base, "{pair:?}");
        }
        assert!(PLATFORM.end().unwrap() <= RAM_BASE);
    }

    #[test]
    fn interrupt_numbers_are_those_of_the_virt_board() {
        assert_eq!(ppi(VIRTUAL_TIMER_PPI), 27);
        assert_eq!(ppi(PHYSICAL_TIMER_PPI), 30);
        assert_eq!(ppi(PMU_PPI), 23);
        assert_eq!(spi(UART_SPI), 33);
        assert_eq!(spi(RTC_SPI), 34);
        assert_eq!(spi(VIRTIO_SPI), 48);
    }

    #[test]
    fn a_window_contains_its_first_and_last_byte_only() {
        assert!(UART.contains(UART.base) && UART.contains(UART.base.offset(0xfff)));
        assert!(!UART.contains(UART.base.offset(0x1000)));
        assert!(!UART.contains(GuestPhys::new(0)));
        assert!(UART.contains_range(UART.base, 0x1000));
        assert!(!UART.contains_range(UART.base.offset(1), 0x1000));
        assert!(!UART.contains_range(UART.base.offset(1), u64::MAX));
    }

    #[test]
    fn affinities_name_existing_vcpus_only() {
        for vcpu in 0..MAX_VCPUS {
            assert_eq!(vcpu_with_affinity(affinity(vcpu), MAX_VCPUS), Some(vcpu));
        }
        assert_eq!(vcpu_with_affinity(2, 2), None);
        assert_eq!(vcpu_with_affinity(0x100, 8), None);
        assert_eq!(vcpu_with_affinity(u64::MAX, 8), None);
    }
}
