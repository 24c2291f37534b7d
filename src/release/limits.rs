//! Consumption against requests and limits, as percent; a missing request stays missing.

use crate::{
    domain::{Bytes, Cores},
    world::Usage,
};

/// Shares of what was asked for, in percent; `None` where nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// CPU of its request.
    pub cpu_of_request: Option<u32>,
    /// CPU of its limit.
    pub cpu_of_limit: Option<u32>,
    /// Memory of its request.
    pub memory_of_request: Option<u32>,
    /// Memory of its limit.
    pub memory_of_limit: Option<u32>,
}

/// Returns what a workload's usage is of its requests and limits.
pub fn shares(usage: &Usage) -> Shares {
    Shares {
        cpu_of_request: cpu_percent(usage.cpu, usage.requests.cpu),
        cpu_of_limit: cpu_percent(usage.cpu, usage.limits.cpu),
        memory_of_request: memory_percent(usage.memory, usage.requests.memory),
        memory_of_limit: memory_percent(usage.memory, usage.limits.memory),
    }
}

/// Returns CPU as a percentage, rounded.
pub fn cpu_percent(used: Cores, of: Option<Cores>) -> Option<u32> {
    percent(used.0, of?.0)
}

/// Returns memory as a percentage, rounded.
pub fn memory_percent(used: Bytes, of: Option<Bytes>) -> Option<u32> {
    percent(used.0, of?.0)
}

fn percent(used: u64, of: u64) -> Option<u32> {
    let rounded = (u128::from(used) * 200 + u128::from(of)).checked_div(u128::from(of) * 2)?;
    Some(u32::try_from(rounded).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_never_made_up() {
        assert_eq!(cpu_percent(Cores(125), Some(Cores(250))), Some(50));
        assert_eq!(cpu_percent(Cores(2), Some(Cores(3))), Some(67));
        assert_eq!(cpu_percent(Cores(0), Some(Cores(3))), Some(0));
        assert_eq!(cpu_percent(Cores(5), None), None);
        assert_eq!(cpu_percent(Cores(5), Some(Cores(0))), None);
        assert_eq!(memory_percent(Bytes(u64::MAX), Some(Bytes(1))), Some(u32::MAX));
    }
}
