//! What arrives on the line: keys for the attached VM and commands behind the
//! escape key.
//!
//! Whatever arrives is taken and decoded at once, so that commands work whether
//! the attached VM reads or not.

use bundle::wire::{Input, InputDecoder};
use spin::Mutex;

use super::{console, line};
use crate::vm;

struct Keyboard {
    decoder: InputDecoder,
    attached: usize,
}

static KEYBOARD: Mutex<Keyboard> = Mutex::new(Keyboard {
    decoder: InputDecoder::new(),
    attached: 0,
});

/// Most bytes that one interrupt takes; with more, the UART interrupts again.
const BATCH: usize = 256;

/// The UART interrupted: takes what arrived, sends what waits.
pub(crate) fn interrupt() {
    let mut keyboard = KEYBOARD.lock();
    for _ in 0..BATCH {
        let Some(byte) = line::get() else { break };
        keyboard.take(byte);
    }
    drop(keyboard);
    super::pump();
}

/// A VM has used its console's UART: that may have room again.
pub(crate) fn resume(vm: &vm::Vm) {
    if let Some(console) = console(vm.index) {
        console.input.feed(vm);
    }
}

impl Keyboard {
    fn take(&mut self, byte: u8) {
        match self.decoder.push(byte) {
            Some(Input::Byte(byte)) => self.key(byte),
            Some(Input::Attach(digit)) => self.attach(usize::from(digit)),
            Some(Input::Help) => self.help(),
            None => {}
        }
    }

    /// A key for the attached VM; one that has ended takes none.
    fn key(&self, byte: u8) {
        if let (Some(vm), Some(console)) = (vm::get(self.attached), console(self.attached))
            && !vm.has_ended()
        {
            console.input.offer(vm, byte);
        }
    }

    fn attach(&mut self, index: usize) {
        match vm::get(index) {
            Some(vm) => {
                self.attached = index;
                log::info!("keys go to {}", vm.name);
            }
            None => log::warn!("there is no VM {index}; Ctrl-] ? lists them"),
        }
    }

    fn help(&self) {
        for vm in vm::all() {
            let mark = if vm.index == self.attached {
                " <- keys"
            } else {
                ""
            };
            log::info!("Ctrl-] {}  {}: {}{mark}", vm.index, vm.name, vm.state());
        }
    }
}
