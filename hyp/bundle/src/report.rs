//! The node's last word: how it ended, with exit counts for every virtual
//! processor. The hypervisor sends it once, just before the power goes off.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The node as a whole.
    pub status: NodeStatus,
    /// Its virtual machines, in the order of the manifest.
    pub vms: Vec<VmReport>,
}

/// How the node as a whole ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeStatus {
    /// Every virtual machine shut itself down.
    AllOff,
    /// The node stopped, but not every virtual machine ended well.
    Failed {
        /// One plain line.
        reason: String,
    },
    /// The hypervisor itself gave up.
    Panic {
        /// Its message with the place, one line.
        message: String,
    },
}

/// One virtual machine at the node's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmReport {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: VmState,
    /// How often it was reset since the node started.
    pub resets: u32,
    /// Its virtual processors in order.
    pub vcpus: Vec<VcpuReport>,
}

/// The state of a virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VmState {
    /// It shut itself down.
    Off,
    /// It could not be started, or was stopped for the reason given.
    Failed(String),
    /// It was still running when the node ended.
    Running,
}

/// Statistics of one virtual processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VcpuReport {
    /// Exits to the hypervisor by reason (stable names), counted over all
    /// resets.
    pub exits: Vec<(String, u64)>,
}

impl VcpuReport {
    /// All exits together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.exits
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
