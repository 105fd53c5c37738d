//! What each console of a node said.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bundle::wire::Stream;

/// Name of the hypervisor's console.
pub const HYPERVISOR: &str = "hyp";
/// Name of QEMU's own messages, which semihosting output is part of.
pub const QEMU: &str = "qemu";
/// How many last lines of a console a failure shows.
pub const TAIL_LINES: usize = 40;

/// How much of a console is kept in memory; the log file has everything.
const KEPT: usize = 64 << 20;

/// A console that stopped in the middle of a line waits for input after this.
const PROMPT_QUIET: Duration = Duration::from_millis(400);
/// One that stopped elsewhere may just be busy for so long.
const LONG_QUIET: Duration = Duration::from_secs(10);

/// What one console said so far.
#[derive(Debug, Default)]
pub struct Transcript {
    name: String,
    text: Vec<u8>,
    /// Bytes that were forgotten before `text`.
    forgotten: usize,
    log: Option<File>,
    /// When it last said something.
    spoke: Option<Instant>,
}

impl Transcript {
    /// The console's name: a virtual machine's, [`HYPERVISOR`] or [`QEMU`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything that is kept.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The last `lines` lines.
    #[must_use]
    pub fn tail(&self, lines: usize) -> String {
        let text = String::from_utf8_lossy(&self.text);
        let mut last = VecDeque::with_capacity(lines);
        for line in text.lines() {
            if last.len() == lines {
                last.pop_front();
            }
            last.push_back(line.trim_end());
        }
        last.into_iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The last lines under a heading; empty if nothing was said.
    #[must_use]
    pub fn show_tail(&self) -> String {
        if self.text.is_empty() {
            return String::new();
        }
        format!(
            "--- last lines of {} ---\n{}",
            self.name,
            self.tail(TAIL_LINES)
        )
    }

    /// Whether it seems to wait for input: it stopped in the middle of a line,
    /// as behind a prompt, or has been silent for long.
    pub(super) fn seems_to_wait(&self) -> bool {
        let quiet = self.spoke.map(|spoke| spoke.elapsed());
        let prompt = !matches!(self.text.last(), None | Some(b'\n'));
        quiet.is_some_and(|quiet| quiet >= if prompt { PROMPT_QUIET } else { LONG_QUIET })
    }

    /// Bytes said so far: the position of the next one.
    pub(super) const fn end(&self) -> usize {
        self.forgotten + self.text.len()
    }

    /// The kept text, and `position` as an index into it.
    pub(super) fn at(&self, position: usize) -> (&[u8], usize) {
        (
            &self.text,
            position.saturating_sub(self.forgotten).min(self.text.len()),
        )
    }

    /// The position of the byte at `index` of the kept text.
    pub(super) const fn position(&self, index: usize) -> usize {
        self.forgotten + index
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.text.len() > KEPT {
            let half = KEPT / 2;
            self.text.drain(..half);
            self.forgotten += half;
        }
        self.text.extend_from_slice(bytes);
        self.spoke = Some(Instant::now());
        // A full disk must not stop the node; the transcript has it all.
        let _ = self.log.as_mut().map(|log| log.write_all(bytes));
    }
}

/// All consoles of a node: the hypervisor's, the machines', QEMU's.
#[derive(Debug, Default)]
pub(super) struct Consoles {
    pub(super) list: Vec<Transcript>,
}

impl Consoles {
    pub(super) fn new(vms: &[String], log: Option<&Path>) -> Result<Self> {
        let names = [HYPERVISOR]
            .into_iter()
            .chain(vms.iter().map(String::as_str))
            .chain([QEMU]);
        let open = |name: &str| {
            let log = log.map(|directory| create(directory, name)).transpose()?;
            anyhow::Ok(Transcript {
                name: name.to_owned(),
                log,
                ..Transcript::default()
            })
        };
        Ok(Self {
            list: names.map(open).collect::<Result<_>>()?,
        })
    }

    /// The number of a stream's console. What belongs to no machine of the
    /// manifest is the hypervisor's.
    pub(super) fn of_stream(&self, stream: Stream) -> usize {
        let vms = self.list.len().saturating_sub(2);
        stream
            .vm_index()
            .map(usize::from)
            .filter(|&vm| vm < vms)
            .map_or(0, |vm| vm + 1)
    }

    /// The number of QEMU's console.
    pub(super) fn qemu(&self) -> usize {
        self.list.len().saturating_sub(1)
    }

    pub(super) fn push(&mut self, console: usize, bytes: &[u8]) {
        if let Some(transcript) = self.list.get_mut(console) {
            transcript.push(bytes);
        }
    }
}

/// The log file of a console.
fn create(directory: &Path, name: &str) -> Result<File> {
    let place = || format!("cannot write logs into {}", directory.display());
    let node = directory.join("node-0");
    std::fs::create_dir_all(&node).with_context(place)?;
    File::create(node.join(format!("{name}.log"))).with_context(place)
}
