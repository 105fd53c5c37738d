//! What arrives on the line: keys for the attached VM and commands behind the
//! escape key.

use core::sync::atomic::{AtomicUsize, Ordering};

use bundle::wire::{Input, InputDecoder};
use spin::Mutex;

use super::{line, queues};
use crate::vm;

struct Keyboard {
    decoder: InputDecoder,
    attached: usize,
}

static KEYBOARD: Mutex<Keyboard> = Mutex::new(Keyboard {
    decoder: InputDecoder::new(),
    attached: 0,
});

/// The VM, counted from 1, for which bytes wait in the UART because its own
/// UART is full; 0 for none.
static STALLED: AtomicUsize = AtomicUsize::new(0);

/// The UART interrupted: takes what arrived, sends what waits.
///
/// Bytes that the attached VM has no room for stay in the UART, with its
/// receive interrupt off, until the VM has read some ([`resume`]).
pub(crate) fn interrupt() {
    receive();
    line::pump();
    for (index, queue) in queues().iter().enumerate() {
        if queue.relieved()
            && let Some(vm) = vm::get(index)
        {
            vm.console_writable();
        }
    }
}

/// Starts listening to the line.
pub(crate) fn listen() {
    receive();
}

/// A VM has read from its console: it may have room again.
pub(crate) fn resume(vm: usize) {
    if STALLED.load(Ordering::SeqCst) == vm + 1 {
        receive();
    }
}

fn receive() {
    let mut keyboard = KEYBOARD.lock();
    loop {
        let attached = vm::get(keyboard.attached);
        let room = attached.is_none_or(|vm| vm.console_accepts());
        let stalled = if room { 0 } else { keyboard.attached + 1 };
        if STALLED.swap(stalled, Ordering::SeqCst) != stalled && stalled != 0 {
            // The VM may have read just before it could know.
            continue;
        }
        let byte = line::with_uart(|uart| {
            uart.set_receive_interrupt(room);
            if room { uart.try_get() } else { None }
        });
        let Some(byte) = byte.flatten() else { return };
        match keyboard.decoder.push(byte) {
            Some(Input::Byte(byte)) => {
                if let Some(vm) = attached {
                    vm.console_input(byte);
                }
            }
            Some(Input::Attach(digit)) => attach(&mut keyboard, usize::from(digit)),
            Some(Input::Help) => help(&keyboard),
            None => {}
        }
    }
}

fn attach(keyboard: &mut Keyboard, index: usize) {
    match vm::get(index) {
        Some(vm) => {
            keyboard.attached = index;
            log::info!("keys go to {}", vm.name);
        }
        None => log::warn!("there is no VM {index}; Ctrl-] ? lists them"),
    }
}

fn help(keyboard: &Keyboard) {
    for vm in vm::all() {
        let mark = if vm.index == keyboard.attached {
            " <- keys"
        } else {
            ""
        };
        log::info!("Ctrl-] {}  {}: {}{mark}", vm.index, vm.name, vm.state());
    }
}
