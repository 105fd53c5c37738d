//! The physical interrupts of a core, while a guest runs and while none does.

use core::sync::atomic::AtomicU64;

use model::{esr::Reason, layout};
use platform::{
    gic::{CpuInterface, Gic, Iar, MAX_LIST_REGISTERS, Target, VirtualInterface},
    machine::{GicInfo, Interrupt, Trigger},
};
use spin::Once;
use tock_registers::interfaces::Readable;

use super::{
    exit::{Guest, Next, serve_interrupt},
    monitor, this_core,
    vgic::GicHost,
};
use crate::{console, cores::Core};

platform::system_register! {
    ro ISR_EL1 = "ISR_EL1";
}

/// The SGI with which cores ask each other for attention.
const KICK: u32 = 0;
/// INTIDs from here on are shared by all cores.
const FIRST_SPI: u32 = 32;
/// Interrupts private to a core.
const PRIVATE: usize = FIRST_SPI as usize;

/// What a physical interrupt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A line of the guest's own: a timer, the performance monitors. It
    /// becomes the virtual interrupt of the same number.
    Linked(Reason),
    /// Another core wants something.
    Kick,
    /// The virtual interface wants service.
    Maintenance,
    /// A device of the hypervisor.
    Device,
    /// The hypervisor's own timer.
    Timer,
    /// No interrupt after all.
    None,
    /// Nobody knows.
    Unknown,
}

/// The board's interrupts and what they are for.
pub(crate) struct Interrupts {
    gic: Gic,
    info: GicInfo,
    roles: [Role; PRIVATE],
    linked: u32,
    uart: Option<Interrupt>,
}

static INTERRUPTS: Once<Interrupts> = Once::new();

/// A core's own part of the interrupt controller.
#[derive(Debug)]
pub(crate) struct CoreGic {
    cpu: CpuInterface,
    target: Target,
    /// List registers, where the board has them.
    pub(super) virt: Option<VirtualInterface>,
    /// What was last written to each of them.
    pub(super) written: [AtomicU64; MAX_LIST_REGISTERS],
}

/// What the hypervisor needs to know of the board's interrupts.
pub(crate) struct Lines {
    /// The hypervisor's own timer.
    pub(crate) timer: Interrupt,
    /// The virtual interface's maintenance interrupt.
    pub(crate) maintenance: Option<Interrupt>,
    /// The console's UART.
    pub(crate) uart: Option<Interrupt>,
    /// The performance monitors interrupt where guests expect it.
    pub(crate) pmu: bool,
}

/// Sets up the distributor and what the interrupts are for.
pub(crate) fn init(info: &GicInfo, gic: Gic, lines: &Lines) {
    let mut roles = [Role::Unknown; PRIVATE];
    let mut assign = |intid: u32, role| {
        if let Some(slot) = roles.get_mut(intid as usize) {
            *slot = role;
        }
    };
    assign(KICK, Role::Kick);
    assign(lines.timer.intid, Role::Timer);
    if let Some(maintenance) = lines.maintenance {
        assign(maintenance.intid, Role::Maintenance);
    }
    let mut linked = 0;
    for (ppi, reason) in LINKED {
        if ppi != layout::PMU_PPI || lines.pmu {
            assign(layout::ppi(ppi), Role::Linked(reason));
            linked |= 1 << layout::ppi(ppi);
        }
    }
    monitor::open_distributor(info);
    gic.init_distributor();
    INTERRUPTS.call_once(|| Interrupts {
        gic,
        info: info.clone(),
        roles,
        linked,
        uart: lines.uart,
    });
}

/// PPIs that belong to the guest on whatever core it runs, by their number
/// (the numbers of the Base System Architecture, which both supported
/// machines, the real and the virtual one, use).
const LINKED: [(u32, Reason); 3] = [
    (layout::VIRTUAL_TIMER_PPI, Reason::IrqTimerVirtual),
    (layout::PHYSICAL_TIMER_PPI, Reason::IrqTimerPhysical),
    (layout::PMU_PPI, Reason::IrqPmu),
];

/// The linked PPIs as a bit mask of INTIDs.
pub(crate) fn linked_mask() -> u32 {
    INTERRUPTS.get().map_or(0, |interrupts| interrupts.linked)
}

/// The linked PPIs' INTIDs.
pub(super) fn linked() -> impl Iterator<Item = u32> {
    let mask = linked_mask();
    (0..u32::BITS).filter(move |intid| mask & 1 << intid != 0)
}

/// How the ends of linked PPIs get to the board's interrupt controller.
pub(crate) fn link() -> vbic::Link {
    match INTERRUPTS.get() {
        Some(interrupts) if interrupts.gic.ends_linked_silently() => vbic::Link::Maintenance,
        _ => vbic::Link::Hardware,
    }
}

/// Turns on the calling core's interrupts.
pub(crate) fn init_core(core: &Core) -> Result<(), platform::gic::Error> {
    let Some(interrupts) = INTERRUPTS.get() else {
        return Ok(());
    };
    // Unknown after a reset of the core.
    platform::timer::disarm();
    monitor::open_core(&interrupts.info);
    let cpu = interrupts.gic.init_cpu()?;
    for (intid, role) in (0..).zip(interrupts.roles) {
        match role {
            Role::Unknown | Role::None => continue,
            Role::Kick => {}
            // Enabled while a vCPU is loaded whose line it is.
            Role::Linked(_) => {
                cpu.set_trigger(intid, Trigger::Level);
                continue;
            }
            _ => cpu.set_trigger(intid, Trigger::Level),
        }
        cpu.enable(intid);
    }
    let virt = cpu.virtual_interface();
    core.gic.call_once(|| CoreGic {
        cpu,
        target: cpu.target(),
        virt,
        written: [const { AtomicU64::new(0) }; MAX_LIST_REGISTERS],
    });
    Ok(())
}

/// Lets the console's UART interrupt the calling core.
pub(crate) fn route_uart_here() {
    let Some(interrupts) = INTERRUPTS.get() else {
        return;
    };
    if let (Some(uart), Some(mine)) = (interrupts.uart, this_core().gic.get()) {
        interrupts.gic.set_trigger(uart.intid, uart.trigger);
        interrupts.gic.route_spi(uart.intid, mine.target);
        interrupts.gic.enable(uart.intid);
    }
}

/// The calling core's interface.
#[inline(always)]
pub(super) fn interface() -> &'static CpuInterface {
    match this_core().gic.get() {
        Some(gic) => &gic.cpu,
        None => unreachable!("interrupts are masked until the core has its interface"),
    }
}

/// What an acknowledged interrupt is for.
#[inline]
pub(super) fn role(iar: Iar) -> Role {
    let Some(interrupts) = INTERRUPTS.get() else {
        return Role::Unknown;
    };
    let intid = iar.intid();
    match interrupts.roles.get(intid as usize) {
        Some(&role) => role,
        None if iar.is_special() => Role::None,
        None if interrupts.uart.is_some_and(|uart| uart.intid == intid) => Role::Device,
        None => Role::Unknown,
    }
}

/// Ends an interrupt that is the hypervisor's own.
#[inline]
pub(super) fn finish(iar: Iar) {
    let cpu = interface();
    cpu.drop_priority(iar);
    cpu.deactivate(iar);
}

/// Ends an interrupt that nobody wants, and turns its source off.
pub(super) fn silence(iar: Iar) {
    let cpu = interface();
    if iar.intid() < FIRST_SPI {
        cpu.disable(iar.intid());
    } else if let Some(interrupts) = INTERRUPTS.get() {
        interrupts.gic.disable(iar.intid());
    }
    finish(iar);
}

/// Orders the acknowledgement of a [`kick`] before reading what it is about,
/// which the sender wrote before.
#[inline(always)]
pub(super) fn after_acknowledge() {
    platform::cpu::dsb_sy();
    platform::cpu::isb();
}

/// Makes `core` look at its vCPUs.
pub(crate) fn kick(core: &Core) {
    if let (Some(mine), Some(theirs)) = (this_core().gic.get(), core.gic.get()) {
        mine.cpu.send_sgi(theirs.target, KICK);
    }
}

/// Waits on a core without a guest until something happens, and serves the
/// hypervisor's own interrupts.
pub(crate) fn wait(core: &Core) {
    platform::cpu::wait_for_interrupt();
    serve_own(core);
}

/// Whether a physical interrupt waits for the calling core.
#[inline]
pub(super) fn is_pending() -> bool {
    /// ISR_EL1.I.
    const IRQ: u64 = 1 << 7;
    ISR_EL1.get() & IRQ != 0
}

/// Serves the hypervisor's own interrupts that are pending, on a core without
/// a guest that has long work to do.
pub(crate) fn serve_between() {
    while is_pending() {
        serve_own(this_core());
    }
}

/// Serves one interrupt on a core without a guest.
fn serve_own(core: &Core) {
    let Some(gic) = core.gic.get() else { return };
    let iar = gic.cpu.acknowledge();
    after_acknowledge();
    match role(iar) {
        Role::None => {}
        Role::Device => {
            console::interrupt();
            finish(iar);
        }
        Role::Timer => {
            platform::timer::disarm();
            // The alarm of a guest whose vCPU here is off.
            core.for_each_vm(|vm| vm.update_clock(None));
            finish(iar);
        }
        // A kick has been served by waking this core. A line of a guest that
        // has gone: `unload` made it quiet.
        Role::Kick | Role::Linked(_) | Role::Maintenance => finish(iar),
        Role::Unknown => silence(iar),
    }
}

/// Waits inside an exit until the vCPU has a virtual interrupt to take, or has
/// to leave.
pub(super) fn wait_for_guest(guest: &mut Guest<'_>) -> Next {
    loop {
        let host = GicHost::new(guest.vm, Some(guest.vcpu));
        if guest.vm.gic.pending(&host, guest.vcpu.id()) {
            return Next::Resume;
        }
        platform::cpu::wait_for_interrupt();
        if serve_interrupt(guest) == Next::Leave {
            return Next::Leave;
        }
    }
}

/// Whether the board's performance monitors interrupt where guests expect it.
pub(crate) fn pmu_as_expected(interrupts: &[Interrupt]) -> bool {
    const EXPECTED: u32 = layout::ppi(layout::PMU_PPI);
    interrupts
        .iter()
        .any(|interrupt| interrupt.intid == EXPECTED)
}

/// Checks that the board's timers interrupt where guests expect theirs.
pub(crate) fn check_timers(
    timers: &platform::machine::TimerInterrupts,
) -> Result<(), alloc::string::String> {
    let expected = [
        ("virtual", timers.virtual_, layout::VIRTUAL_TIMER_PPI),
        ("physical", timers.physical, layout::PHYSICAL_TIMER_PPI),
    ];
    for (name, timer, ppi) in expected {
        let wanted = layout::ppi(ppi);
        if timer.intid != wanted {
            let is = timer.intid;
            return Err(alloc::format!(
                "the {name} timer interrupts as {is}; only boards where it is {wanted} are supported"
            ));
        }
    }
    Ok(())
}
