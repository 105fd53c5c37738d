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

    // A device's lock is held until its line is set: two cores that change the
    // level one after the other must not tell of it in the other order.

    fn uart_read(&self, vcpu: &Vcpu, offset: u64, size: AccessSize) -> u64 {
        let mut uart = self.uart.lock();
        let before = uart.interrupt_line();
        let value = uart.read(offset, size);
        let after = uart.interrupt_line();
        if before != after {
            self.set_spi(Some(vcpu), layout::UART_SPI, after);
        }
        let sending = uart.transmitting();
        drop(uart);
        if sending {
            // The guest may be polling for room in its transmit FIFO.
            console::pump();
        }
        console::resume(self);
        value
    }

    fn uart_write(&self, vcpu: &Vcpu, offset: u64, size: AccessSize, value: u64) {
        let mut port = console::Port::of(self.index);
        let mut uart = self.uart.lock();
        let before = uart.interrupt_line();
        uart.write(offset, size, value, &mut port);
        let after = uart.interrupt_line();
        if before != after {
            self.set_spi(Some(vcpu), layout::UART_SPI, after);
        }
        drop(uart);
        console::pump();
        // Turning the FIFOs on makes room, too.
        console::resume(self);
    }

    /// A byte for the guest has arrived on the line. False when its UART has no
    /// room; the guest makes some when it next uses the UART.
    #[must_use]
    pub(crate) fn console_input(&self, byte: u8) -> bool {
        let mut uart = self.uart.lock();
        let accepted = uart.receive(byte);
        if accepted {
            self.set_spi(None, layout::UART_SPI, uart.interrupt_line());
        }
        accepted
    }

    /// The console's queue takes output again. The caller pumps it.
    pub(crate) fn console_writable(&self) {
        let mut port = console::Port::of(self.index);
        let mut uart = self.uart.lock();
        uart.drained(&mut port);
        self.set_spi(None, layout::UART_SPI, uart.interrupt_line());
    }

    /// Sets the clock's interrupt line, and this core's timer for its alarm.
    pub(crate) fn update_clock(&self, caller: Option<&Vcpu>) {
        let now = node::wall_clock();
        let mut clock = self.rtc.lock();
        self.set_spi(caller, layout::RTC_SPI, clock.interrupt_line(now));
        let alarm = clock.next_alarm(now);
        drop(clock);
        match alarm {
            Some(at) => timer::arm(node::counter_at(at)),
            None => timer::disarm(),
        }
    }

    /// UART and clock after a reset of the VM, and of its interrupt controller,
    /// which keeps the level of lines that it is not told of: none is high now.
    pub(super) fn reset_devices(&self) {
        let mut uart = self.uart.lock();
        uart.reset();
        self.set_spi(None, layout::UART_SPI, false);
        drop(uart);
        let mut clock = self.rtc.lock();
        clock.reset(node::wall_clock());
        self.set_spi(None, layout::RTC_SPI, false);
    }

    /// Sets the level of shared peripheral interrupt `number`; `caller` is the
    /// vCPU whose exit this is, if it is one of this VM's.
    fn set_spi(&self, caller: Option<&Vcpu>, number: u32, level: bool) {
        let host = arch::GicHost::new(self, caller);
        self.gic
            .set_spi(&host, caller.map(Vcpu::id), layout::spi(number), level);
    }
}
