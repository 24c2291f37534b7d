//! The shape of a day and of a second: daily curve and smooth noise, functions of seed and instant.

use std::f64::consts::TAU;

use jiff::Timestamp;

/// A stable 64-bit hash of a seed and some words.
///
/// FNV-1a with the finaliser of `splitmix64`, which spreads neighbouring inputs.
pub(super) fn hash(seed: u64, words: &[&str]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in words.iter().flat_map(|word| word.bytes().chain([0xff])) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    mix(state)
}

/// How many users there are at `now` against the mean of the day: fewest at 03:00 UTC, most at 15:00.
pub(super) fn daily(now: Timestamp) -> f64 {
    let hours = seconds(now) / 3600.0;
    1.0 + 0.3 * (TAU * (hours - 9.0) / 24.0).sin() + 0.06 * (TAU * (hours - 2.0) / 6.0).sin()
}

/// Smooth noise between -1 and 1 that belongs to `key` and takes a new direction every `period` seconds.
pub(super) fn noise(key: u64, now: Timestamp, period: f64) -> f64 {
    let at = seconds(now) / period;
    let cell = at.floor();
    let inside = at - cell;
    let eased = inside * inside * (3.0 - 2.0 * inside);
    let (from, to) = (corner(key, cell), corner(key, cell + 1.0));
    from + (to - from) * eased
}

/// A number between 0 and 1 that belongs to `key`.
pub(super) fn fraction(key: u64) -> f64 {
    f64::from((mix(key) >> 32) as u32) / f64::from(u32::MAX)
}

/// Value of the noise at the edge of a cell.
fn corner(key: u64, cell: f64) -> f64 {
    2.0 * fraction(key ^ cell.to_bits()) - 1.0
}

/// Finaliser of `splitmix64` (Steele, Lea, Flood 2014).
fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Seconds since 1970, with their fraction.
fn seconds(now: Timestamp) -> f64 {
    now.as_duration().as_secs_f64()
}
