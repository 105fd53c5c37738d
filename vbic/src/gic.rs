//! The virtual interrupt controller of one virtual machine: its public
//! operations.

use crate::bank::GroupEnables;
use crate::bits::Ones;
use crate::intid;
use crate::pass::Pass;
use crate::private::Private;
use crate::shared::{ALL_BANKS, Shared, Waiting};
use crate::soft::CpuInterface;
use crate::{Config, Host, Interface, MAX_VCPUS, Signal, VcpuId, Version};
use core::sync::atomic::{AtomicU32, Ordering};
use spin::Mutex;

/// One vCPU's state, in cache lines of its own.
#[repr(align(64))]
struct Core {
    private: Mutex<Private>,
    /// Software interface: the exceptions to raise ([`SIGNAL_IRQ`],
    /// [`SIGNAL_FIQ`]).
    signal: AtomicU32,
}

const SIGNAL_IRQ: u32 = 1 << 0;
const SIGNAL_FIQ: u32 = 1 << 1;

/// A virtual interrupt controller.
///
/// All vCPUs of a virtual machine share one; every method may be called from
/// any core at any time. After a call on behalf of a vCPU, the list registers
/// of the calling core (or [`Gic::signal`]) are up to date for it.
///
/// A vCPU number outside the configured range makes a call do nothing.
pub struct Gic {
    config: Config,
    /// Group enables of `GICD_CTLR`.
    groups: AtomicU32,
    waiting: Waiting,
    cores: [Core; MAX_VCPUS],
    shared: Mutex<Shared>,
}

impl Gic {
    /// A controller in its reset state.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let config = config.clamped();
        Self {
            config,
            groups: AtomicU32::new(0),
            waiting: Waiting::new(),
            cores: core::array::from_fn(|_| Core {
                private: Mutex::new(Private::new(&config)),
                signal: AtomicU32::new(0),
            }),
            shared: Mutex::new(Self::fresh_shared(&config)),
        }
    }

    /// Resets everything that a hardware reset does, except the levels of
    /// interrupt lines. No vCPU may be on a core: call [`Gic::unload`] first.
    pub fn reset(&self) {
        self.groups.store(0, Ordering::Release);
        for (vcpu, core) in self.cores.iter().enumerate() {
            let mut private = core.private.lock();
            let line = private.bank.line;
            *private = Private::new(&self.config);
            private.bank.line = line;
            core.signal.store(0, Ordering::Release);
            self.waiting.set(vcpu, 0);
        }
        let mut shared = self.shared.lock();
        let fresh = Self::fresh_shared(&self.config);
        let old = core::mem::replace(&mut *shared, fresh);
        for (new, old) in shared.banks.iter_mut().zip(&old.banks) {
            new.line = old.line;
        }
    }

    /// Shared interrupts after reset. A GICv2 uniprocessor has one fixed
    /// target, a multiprocessor none; GICv3 routes reset to affinity 0. All
    /// vCPUs of a GICv2 with hardware interfaces count as awake.
    fn fresh_shared(config: &Config) -> Shared {
        let uniprocessor = config.vcpus == 1;
        let targets = u8::from(uniprocessor || config.version == Version::V3);
        let sleeps = config.version == Version::V3 || config.interface == Interface::Software;
        Shared::new(targets, if sleeps { 0 } else { u8::MAX })
    }

    /// Moves the line of shared interrupt `intid`. `vcpu` is the calling vCPU,
    /// if the caller runs on behalf of one.
    pub fn set_spi(&self, host: &impl Host, vcpu: Option<VcpuId>, intid: u32, level: bool) {
        let Some((bank, bit)) = intid::spi(intid) else {
            return;
        };
        let me = vcpu.and_then(|v| self.index(v));
        self.edit_shared(host, me, bank, |shared, loaded| {
            shared.banks[bank].set_line(bit, level, loaded)
        });
    }

    /// Moves the line of private interrupt `intid` (16 to 31) of the calling
    /// vCPU. Linked interrupts have a physical line instead: ignored for them.
    pub fn set_ppi(&self, host: &impl Host, vcpu: VcpuId, intid: u32, level: bool) {
        let Some(me) = self.index(vcpu) else { return };
        let Some(bit) = intid::private(intid) else {
            return;
        };
        if bit & intid::PPI_MASK & !self.config.linked == 0 {
            return;
        }
        self.edit_private(host, me, me, |own, resident| {
            own.bank.set_line(bit, level, resident)
        });
    }

    /// The physical interrupt behind linked interrupt `intid` was acknowledged
    /// on the core of the calling vCPU and stays active until the guest (or
    /// [`Host::deactivate`]) ends it.
    #[inline]
    pub fn linked_fired(&self, host: &impl Host, vcpu: VcpuId, intid: u32) {
        let Some(me) = self.index(vcpu) else { return };
        let bit = intid::private(intid).unwrap_or(0) & self.config.linked;
        if bit == 0 {
            return;
        }
        let own = self.private(me).lock();
        if own.lists.quick & bit != 0 {
            // It fired again, so the guest has ended it: its list register is
            // free, and what was loaded last time is what is needed now.
            let index = own.lists.slot_of(intid);
            host.lr_repeat(index, &own.lists.lr(index));
            return;
        }
        let mut pass = Pass::resume(self, host, me, own);
        pass.linked_fired(intid, bit);
        pass.finish();
    }

    /// Takes what the guest did to the list registers into the model, and
    /// refills them: after a maintenance interrupt, a kick, and before a vCPU
    /// runs on a core anew.
    pub fn sync(&self, host: &impl Host, vcpu: VcpuId) {
        let Some(me) = self.index(vcpu) else { return };
        let mut pass = Pass::begin(self, host, me);
        pass.fold();
        pass.sample_lines();
        pass.finish();
    }

    /// Takes everything out of the list registers: the vCPU leaves the calling
    /// core or is about to be reset. Physical interrupts behind its linked ones
    /// are deactivated; those whose line stays high fire again.
    pub fn unload(&self, host: &impl Host, vcpu: VcpuId) {
        let Some(me) = self.index(vcpu) else { return };
        Pass::begin(self, host, me).finish_unloaded();
    }

    /// Puts the CPU interface of a vCPU that is about to start into its reset
    /// state, as turning a core on does. With [`Interface::Hardware`] the host
    /// resets the hardware's.
    pub fn reset_interface(&self, vcpu: VcpuId) {
        if let Some(me) = self.index(vcpu) {
            self.cores[me].private.lock().cpu = CpuInterface::RESET;
        }
    }

    /// Whether an interrupt waits to be signalled to this vCPU, so that it
    /// should not sleep in WFI. The guest's own masks (`PSTATE`, and with
    /// [`Interface::Hardware`] its priority mask) are not looked at.
    pub fn pending(&self, host: &impl Host, vcpu: VcpuId) -> bool {
        let Some(me) = self.index(vcpu) else {
            return false;
        };
        let mut pass = Pass::begin(self, host, me);
        pass.fold();
        pass.settle();
        let pending = pass.own.lists.offers() || self.signal(vcpu) != Signal::default();
        pass.finish();
        pending
    }

    /// The exceptions to raise for a vCPU with [`Interface::Software`]; none
    /// with [`Interface::Hardware`].
    #[must_use]
    pub fn signal(&self, vcpu: VcpuId) -> Signal {
        let bits = match self.index(vcpu) {
            Some(me) => self.cores[me].signal.load(Ordering::Acquire),
            None => 0,
        };
        Signal {
            irq: bits & SIGNAL_IRQ != 0,
            fiq: bits & SIGNAL_FIQ != 0,
        }
    }

    pub(crate) fn set_signal(&self, vcpu: usize, signal: Signal) {
        let irq = if signal.irq { SIGNAL_IRQ } else { 0 };
        let fiq = if signal.fiq { SIGNAL_FIQ } else { 0 };
        self.cores[vcpu % MAX_VCPUS]
            .signal
            .store(irq | fiq, Ordering::Release);
    }

    /// The index of a vCPU that exists.
    pub(crate) fn index(&self, vcpu: VcpuId) -> Option<usize> {
        (vcpu.index() < self.config.vcpus).then(|| vcpu.index())
    }

    pub(crate) fn version(&self) -> Version {
        self.config.version
    }

    pub(crate) fn interface(&self) -> Interface {
        self.config.interface
    }

    pub(crate) fn vcpus(&self) -> usize {
        self.config.vcpus
    }

    /// All vCPUs as a mask.
    pub(crate) fn everyone(&self) -> u32 {
        (1 << self.config.vcpus) - 1
    }

    pub(crate) fn private(&self, vcpu: usize) -> &Mutex<Private> {
        &self.cores[vcpu % MAX_VCPUS].private
    }

    pub(crate) fn shared(&self) -> &Mutex<Shared> {
        &self.shared
    }

    pub(crate) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    pub(crate) fn groups(&self) -> GroupEnables {
        GroupEnables(self.groups.load(Ordering::Acquire))
    }

    /// Writes the group enables; every vCPU has to look again.
    pub(crate) fn set_groups(&self, host: &impl Host, me: usize, value: u32) {
        if self.groups.swap(value, Ordering::AcqRel) != value {
            self.revisit_all(host, me, |_| ());
        }
    }

    /// Notes whether `vcpu` takes part in 1-of-N distribution.
    pub(crate) fn set_awake(&self, host: &impl Host, me: usize, vcpu: usize, awake: bool) {
        let bit = 1u8 << (vcpu % MAX_VCPUS);
        if (self.shared.lock().awake & bit != 0) == awake {
            return;
        }
        self.revisit_all(host, me, |shared| {
            shared.awake = if awake {
                shared.awake | bit
            } else {
                shared.awake & !bit
            };
            shared.choose_targets();
        });
    }

    /// Changes the shared interrupts as a whole and makes every vCPU look at
    /// all of them.
    fn revisit_all(&self, host: &impl Host, me: usize, change: impl FnOnce(&mut Shared)) {
        {
            let mut shared = self.shared.lock();
            change(&mut shared);
            (0..self.config.vcpus).for_each(|v| self.waiting.set(v, ALL_BANKS));
        }
        self.revisit(host, Some(me), self.everyone());
    }

    /// Finds the vCPUs that have to look again after a change of the shared
    /// interrupts in `bits` of `bank`.
    pub(crate) fn touch(&self, shared: &Shared, bank: usize, bits: u32) -> u32 {
        if bits == 0 {
            return 0;
        }
        let concerned = shared.touch(bank, bits, self.groups(), &self.waiting);
        let signalled = Ones(self.everyone()).filter(|v| self.signals(*v as usize));
        match self.config.interface {
            Interface::Hardware => concerned,
            Interface::Software => signalled.fold(concerned, |all, v| all | 1 << v),
        }
    }

    /// Whether a change of the private interrupts in `bits` may change what
    /// `vcpu` is offered.
    pub(crate) fn concerned(&self, vcpu: usize, own: &Private, bits: u32) -> bool {
        let affected = own.lists.resident | own.ready(self.groups()) | own.bank.active | own.fired;
        affected & bits != 0 || (bits != 0 && self.signals(vcpu))
    }

    /// Software interface: whether an exception is raised for `vcpu`, so that
    /// any change may have to take it back.
    fn signals(&self, vcpu: usize) -> bool {
        self.cores[vcpu % MAX_VCPUS].signal.load(Ordering::Acquire) != 0
    }

    /// Changes shared interrupts of `bank` and lets it take effect. `change` is
    /// told which ones are in list registers, whose pending and active state it
    /// has to queue, and returns which ones it changed. `me` is the calling
    /// vCPU, if there is one.
    #[inline]
    pub(crate) fn edit_shared<H: Host>(
        &self,
        host: &H,
        me: Option<usize>,
        bank: usize,
        change: impl FnOnce(&mut Shared, u32) -> u32,
    ) {
        let mut shared = self.shared.lock();
        let loaded = shared.held(bank);
        let bits = change(&mut shared, loaded);
        let concerned = self.touch(&shared, bank, bits);
        drop(shared);
        if concerned != 0 {
            self.revisit(host, me, concerned);
        }
    }

    /// The same for private interrupts of `vcpu`.
    #[inline]
    pub(crate) fn edit_private<H: Host>(
        &self,
        host: &H,
        me: usize,
        vcpu: usize,
        change: impl FnOnce(&mut Private, u32) -> u32,
    ) {
        let mut own = self.private(vcpu).lock();
        let resident = own.lists.resident;
        let bits = change(&mut own, resident);
        let concerned = self.concerned(vcpu, &own, bits);
        drop(own);
        if concerned {
            self.revisit(host, Some(me), 1 << vcpu);
        }
    }

    /// Makes the vCPUs of a mask look again: the calling one at once, others by
    /// a kick.
    #[inline(never)]
    fn revisit(&self, host: &impl Host, me: Option<usize>, vcpus: u32) {
        let own = me.map_or(0, |me| 1 << me) & vcpus;
        if own != 0 {
            let mut pass = Pass::begin(self, host, own.trailing_zeros() as usize);
            pass.fold();
            pass.finish();
        }
        self.kick(host, vcpus & !own);
    }
}

impl<H: Host> Pass<'_, H> {
    fn linked_fired(&mut self, intid: u32, bit: u32) {
        if self.own.lists.resident & bit != 0 {
            self.fold();
        }
        self.own.fired |= bit;
        self.own.bank.line |= bit;
        let loadable = self.own.ready(self.groups) & !self.own.bank.active & bit != 0;
        if self.is_folded() || (loadable && !self.insert(intid)) {
            self.fold();
        }
    }
}
