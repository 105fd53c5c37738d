//! The emulated devices of a VM and where the guest finds them.

use model::{access::AccessSize, layout};
use platform::timer;
use vbic::Frame;
use vtlb::DeviceId;

use super::{Vcpu, Vm};
use crate::{arch::aarch64 as arch, console, node};

/// An emulated window of the guest-physical map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Window {
    /// The interrupt controller's distributor.
    Distributor,
    /// The redistributors of a GICv3.
    Redistributors,
    /// The CPU interface of a GICv2 without hardware virtualisation.
    CpuInterface,
    /// The second half of a GICv2's CPU interface, of which the first is the
    /// hardware's.
    Deactivate,
    /// The console's UART.
    Uart,
    /// The clock.
    Clock,
}

impl Window {
    /// All windows, in the order of their numbers.
    const ALL: [Self; 6] = [
        Self::Distributor,
        Self::Redistributors,
        Self::CpuInterface,
        Self::Deactivate,
        Self::Uart,
        Self::Clock,
    ];

    /// The window with this number in the guest-physical map.
    #[inline]
    pub(crate) fn from_id(id: DeviceId) -> Option<Self> {
        Self::ALL.get(usize::from(id.0)).copied()
    }

    /// The window's number in the guest-physical map.
    pub(crate) fn id(self) -> DeviceId {
        DeviceId(self as u16)
    }
}

/// The interrupt controller's word for a size.
#[inline(always)]
fn width(size: AccessSize) -> vbic::AccessSize {
    match size {
        AccessSize::Byte => vbic::AccessSize::Byte,
        AccessSize::Half => vbic::AccessSize::Half,
        AccessSize::Word => vbic::AccessSize::Word,
        AccessSize::Double => vbic::AccessSize::Double,
    }
}

impl Vm {
    /// A guest's read of `size` bytes at `offset` in an emulated window.
    pub(crate) fn device_read(
        &self,
        vcpu: &Vcpu,
        window: Window,
        offset: u64,
        size: AccessSize,
    ) -> u64 {
        match window {
            Window::Distributor => self.gic_read(vcpu, Frame::Distributor, offset, size),
            Window::Redistributors => self.gic_read(vcpu, Frame::Redistributors, offset, size),
            Window::CpuInterface => self.gic_read(vcpu, Frame::CpuInterface, offset, size),
            Window::Deactivate => {
                self.gic_read(vcpu, Frame::CpuInterface, vbic::GICC_DIR + offset, size)
            }
            Window::Uart => self.uart_read(vcpu, offset, size),
            Window::Clock => {
                let now = node::wall_clock();
                let value = self.rtc.lock().read(offset, size, now);
                self.update_clock(Some(vcpu));
                value
            }
        }
    }

    /// A guest's write, likewise.
    pub(crate) fn device_write(
        &self,
        vcpu: &Vcpu,
        window: Window,
        offset: u64,
        size: AccessSize,
        value: u64,
    ) {
        match window {
            Window::Distributor => self.gic_write(vcpu, Frame::Distributor, offset, size, value),
            Window::Redistributors => {
                self.gic_write(vcpu, Frame::Redistributors, offset, size, value);
            }
            Window::CpuInterface => self.gic_write(vcpu, Frame::CpuInterface, offset, size, value),
            Window::Deactivate => {
                let offset = vbic::GICC_DIR + offset;
                self.gic_write(vcpu, Frame::CpuInterface, offset, size, value);
            }
            Window::Uart => self.uart_write(vcpu, offset, size, value),
            Window::Clock => {
                self.rtc
                    .lock()
                    .write(offset, size, value, node::wall_clock());
                self.update_clock(Some(vcpu));
            }
        }
    }

    #[inline]
    fn gic_read(&self, vcpu: &Vcpu, frame: Frame, offset: u64, size: AccessSize) -> u64 {
        self.gic.read(
            &arch::GicHost::new(self, Some(vcpu)),
            vcpu.id(),
            frame,
            offset,
            width(size),
        )
    }

    #[inline]
    fn gic_write(&self, vcpu: &Vcpu, frame: Frame, offset: u64, size: AccessSize, value: u64) {
        self.gic.write(
            &arch::GicHost::new(self, Some(vcpu)),
            vcpu.id(),
            frame,
            offset,
            width(size),
            value,
        );
    }

    fn uart_read(&self, vcpu: &Vcpu, offset: u64, size: AccessSize) -> u64 {
        let mut uart = self.uart.lock();
        let before = uart.interrupt_line();
        let value = uart.read(offset, size);
        let after = uart.interrupt_line();
        drop(uart);
        if before != after {
            self.set_spi(Some(vcpu), layout::UART_SPI, after);
        }
        console::resume(self.index);
        value
    }

    fn uart_write(&self, vcpu: &Vcpu, offset: u64, size: AccessSize, value: u64) {
        let mut port = console::Port::of(self.index);
        let mut uart = self.uart.lock();
        let before = uart.interrupt_line();
        uart.write(offset, size, value, &mut port);
        let after = uart.interrupt_line();
        drop(uart);
        port.pump();
        if before != after {
            self.set_spi(Some(vcpu), layout::UART_SPI, after);
        }
    }

    /// Whether the console's UART takes a byte now.
    pub(crate) fn console_accepts(&self) -> bool {
        self.uart.lock().can_receive()
    }

    /// A byte for the guest has arrived on the line.
    pub(crate) fn console_input(&self, byte: u8) {
        let mut uart = self.uart.lock();
        // Refused only if the guest has just made its FIFO smaller: an overrun.
        let _accepted = uart.receive(byte);
        let line = uart.interrupt_line();
        drop(uart);
        self.set_spi(None, layout::UART_SPI, line);
    }

    /// The line takes output again.
    pub(crate) fn console_writable(&self) {
        let mut port = console::Port::of(self.index);
        let mut uart = self.uart.lock();
        uart.drained(&mut port);
        let line = uart.interrupt_line();
        drop(uart);
        port.pump();
        self.set_spi(None, layout::UART_SPI, line);
    }

    /// Sets the clock's interrupt line, and this core's timer for its alarm.
    pub(crate) fn update_clock(&self, caller: Option<&Vcpu>) {
        let now = node::wall_clock();
        let mut clock = self.rtc.lock();
        let line = clock.interrupt_line(now);
        let alarm = clock.next_alarm(now);
        drop(clock);
        self.set_spi(caller, layout::RTC_SPI, line);
        match alarm {
            Some(at) => timer::arm(node::counter_at(at)),
            None => timer::disarm(),
        }
    }

    /// The clock after a reset of the VM.
    pub(super) fn reset_clock(&self) {
        self.rtc.lock().reset(node::wall_clock());
    }

    /// Sets the level of shared peripheral interrupt `number`; `caller` is the
    /// vCPU whose exit this is, if it is one of this VM's.
    fn set_spi(&self, caller: Option<&Vcpu>, number: u32, level: bool) {
        let host = arch::GicHost::new(self, caller);
        self.gic
            .set_spi(&host, caller.map(Vcpu::id), layout::spi(number), level);
    }
}
