//! What pods and nodes consume, as metrics-server says.

use jiff::Timestamp;

use super::{Bytes, Cores, Text};

/// What a pod consumed over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct PodUsage {
    /// Namespace.
    pub namespace: Text,
    /// Pod.
    pub name: Text,
    /// End of the window.
    pub at: Timestamp,
    /// Length of the window in seconds.
    pub window: f64,
    /// Container, CPU, memory.
    pub containers: Vec<(Text, Cores, Bytes)>,
}

impl PodUsage {
    /// Returns the CPU of all containers.
    pub fn cpu(&self) -> Cores {
        self.containers.iter().fold(Cores(0), |sum, (_, cpu, _)| sum + *cpu)
    }

    /// Returns the memory of all containers.
    pub fn memory(&self) -> Bytes {
        self.containers.iter().fold(Bytes(0), |sum, (_, _, memory)| sum + *memory)
    }
}

/// What a node consumed over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeUsage {
    /// Node.
    pub name: Text,
    /// End of the window.
    pub at: Timestamp,
    /// CPU.
    pub cpu: Cores,
    /// Memory.
    pub memory: Bytes,
}
