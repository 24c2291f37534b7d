//! How fast a pod's life goes, and how long its kubelet waits between two tries.

use jiff::SignedDuration;

/// First wait after a crash or a failed pull, and the longest, in seconds at speed 1.
const BACKOFF: (f64, f64) = (10.0, 300.0);

/// How fast the life of one pod goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// By how much durations that no spec names are divided.
    pub speed: f64,
    /// How much faster than others this pod pulls, starts and ends; 1 for neither.
    pub haste: f64,
}

impl Pace {
    /// Returns by how much what the pod itself does is faster than at speed 1.
    pub fn own(self) -> f64 {
        self.speed * self.haste
    }
}

/// What the life of a container depends on outside of itself.
pub struct Surroundings<'a> {
    /// How fast it goes.
    pub pace: Pace,
    /// The pod's address.
    pub ip: &'a str,
    /// The pod as the back-off message names it: `name_namespace(uid)`.
    pub pod: &'a str,
}

impl Surroundings<'_> {
    /// Returns how long something takes that the pod does in its own time.
    pub fn scaled(&self, seconds: f64) -> SignedDuration {
        duration(seconds / self.pace.own())
    }

    /// Returns how long the kubelet waits after so many doublings: the same for every pod, as its messages say it.
    pub fn backoff(&self, doublings: u32) -> SignedDuration {
        duration((BACKOFF.0 * f64::from(1_u32 << doublings.min(10))).min(BACKOFF.1) / self.pace.speed)
    }
}

fn duration(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::from_secs(1))
}

/// Spells a duration as Go does: `10s`, `2m40s`, `1.5s`.
pub(super) fn spelled(duration: SignedDuration) -> String {
    let millis = duration.as_millis();
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let mut seconds = format!("{}.{:03}", rest / 1000, rest % 1000);
    while seconds.ends_with('0') {
        seconds.pop();
    }
    let seconds = seconds.trim_end_matches('.');
    if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") }
}
