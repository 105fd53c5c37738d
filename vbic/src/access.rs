//! Register accesses: finding the face that answers.

use crate::{AccessSize, Frame, Gic, Host, VcpuId, Version};

/// `GICD_CTLR`, at the same offset in both versions.
const DISTRIBUTOR_CTLR: u64 = 0;
/// `GICD_TYPER`, likewise.
const DISTRIBUTOR_TYPER: u64 = 4;

impl Gic {
    /// Reads a guest's interrupt-controller register. `offset` counts from the
    /// start of the frame. Whatever is not there, or not accessible with that
    /// size or alignment, reads as zero.
    #[inline]
    pub fn read(
        &self,
        host: &impl Host,
        vcpu: VcpuId,
        frame: Frame,
        offset: u64,
        size: AccessSize,
    ) -> u64 {
        match (frame, offset, size) {
            (Frame::Distributor, DISTRIBUTOR_CTLR, AccessSize::Word) => self.ctlr().into(),
            (Frame::Distributor, DISTRIBUTOR_TYPER, AccessSize::Word) => self.typer().into(),
            _ => self.read_face(host, vcpu, frame, offset, size),
        }
    }

    /// Reads a register that takes more than a moment. Kept out of line, so
    /// that the registers that drivers poll do not pay for its stack frame.
    #[inline(never)]
    fn read_face(
        &self,
        host: &impl Host,
        vcpu: VcpuId,
        frame: Frame,
        offset: u64,
        size: AccessSize,
    ) -> u64 {
        let Some(me) = self.index(vcpu) else { return 0 };
        match (frame, self.version()) {
            (Frame::Distributor, Version::V2) => self.read_v2(host, me, offset, size).into(),
            (Frame::Distributor, Version::V3) => self.read_v3(host, me, offset, size),
            (Frame::Redistributors, Version::V3) => self.read_redist(host, me, offset, size),
            (Frame::CpuInterface, Version::V2) => self.read_gicc(host, me, offset, size).into(),
            _ => 0,
        }
    }

    /// Writes a guest's interrupt-controller register; see [`Gic::read`].
    /// Writes to what is not there are ignored.
    #[inline]
    pub fn write(
        &self,
        host: &impl Host,
        vcpu: VcpuId,
        frame: Frame,
        offset: u64,
        size: AccessSize,
        value: u64,
    ) {
        let Some(me) = self.index(vcpu) else { return };
        match (frame, self.version()) {
            (Frame::Distributor, Version::V2) => {
                if offset == crate::face_v2::SGIR && size == AccessSize::Word {
                    self.write_sgir(host, me, value as u32);
                } else {
                    self.write_v2(host, me, offset, size, value);
                }
            }
            (Frame::Distributor, Version::V3) => self.write_v3(host, me, offset, size, value),
            (Frame::Redistributors, Version::V3) => {
                self.write_redist(host, me, offset, size, value);
            }
            (Frame::CpuInterface, Version::V2) => self.write_gicc(host, me, offset, size, value),
            _ => {}
        }
    }

    fn ctlr(&self) -> u32 {
        match self.version() {
            Version::V2 => self.groups().0,
            Version::V3 => self.ctlr_v3(),
        }
    }

    fn typer(&self) -> u32 {
        match self.version() {
            Version::V2 => self.typer_v2(),
            Version::V3 => crate::face_v3::TYPER_VALUE,
        }
    }
}
