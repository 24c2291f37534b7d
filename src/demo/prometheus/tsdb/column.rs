//! A column of samples, compressed in chunks.
//!
//! Values are compressed as in Facebook's Gorilla (Pelkonen et al., VLDB 2015): each is combined with the one
//! before by exclusive or, and only the bits that differ are kept; a value that stays the same costs a bit.
//! Times are kept as the change of the distance to the sample before, in milliseconds.

use super::{Sample, is_stale};

/// Samples in a chunk; reading starts at a chunk's beginning.
const CHUNK: usize = 120;

/// The samples of one series, oldest first.
#[derive(Debug, Default)]
pub(super) struct Column {
    chunks: Vec<Chunk>,
    /// State of the writer at the end of the last chunk.
    tail: Cursor,
}

/// Up to [`CHUNK`] samples.
#[derive(Debug)]
struct Chunk {
    first: i64,
    last: i64,
    count: usize,
    bits: Bits,
}

/// Bits in the order of their writing.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Bits used of the last byte, 1 to 8; 0 only while there is no byte.
    used: u32,
}

/// What the coding of the next sample builds on.
#[derive(Debug, Default, Clone, Copy)]
struct Cursor {
    at: i64,
    distance: i64,
    value: u64,
    leading: u32,
    meaningful: u32,
}

/// Where in a chunk's bits a reader is.
struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Column {
    /// Adds a sample; false where it is not later than the last one.
    pub fn push(&mut self, at: i64, value: f64) -> bool {
        if self.chunks.last().is_some_and(|chunk| at <= chunk.last) {
            return false;
        }
        match self.chunks.last_mut() {
            Some(chunk) if chunk.count < CHUNK => {
                self.tail.write(&mut chunk.bits, at, value.to_bits());
                chunk.last = at;
                chunk.count += 1;
            }
            last => {
                if let Some(full) = last {
                    full.bits.bytes.shrink_to_fit();
                }
                let mut chunk = Chunk { first: at, last: at, count: 1, bits: Bits::default() };
                self.tail = Cursor { at, ..Cursor::default() };
                self.tail.write_value(&mut chunk.bits, value.to_bits());
                self.chunks.push(chunk);
            }
        }
        true
    }

    /// Appends the samples from `from` to `to`, both included.
    pub fn read(&self, from: i64, to: i64, into: &mut Vec<Sample>) {
        let start = self.chunks.partition_point(|chunk| chunk.last < from);
        for chunk in self.chunks[start..].iter().take_while(|chunk| chunk.first <= to) {
            into.extend(chunk.samples().filter(|(at, _)| (from..=to).contains(at)));
        }
    }

    /// Whether any sample lies between `from` and `to`, staleness markers aside.
    pub fn overlaps(&self, from: i64, to: i64) -> bool {
        let start = self.chunks.partition_point(|chunk| chunk.last < from);
        let chunks = self.chunks[start..].iter().take_while(|chunk| chunk.first <= to);
        let mut samples = chunks.flat_map(Chunk::samples);
        samples.any(|(at, value)| (from..=to).contains(&at) && !is_stale(value))
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        let chunks = self.chunks.iter().map(|chunk| chunk.bits.bytes.capacity());
        chunks.sum::<usize>() + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Drops samples older than `retention` seconds; of those older than a band's first number of
    /// seconds, keeps one in each of its second number of seconds. Bands go from old to young.
    pub fn thin(&mut self, now: i64, retention: i64, bands: &[(i64, i64)]) {
        let spacing = |at: i64| {
            let age = (now - at) / 1000;
            let band = bands.iter().find(|(old, _)| age > *old);
            band.map_or(0, |(_, seconds)| seconds * 1000)
        };
        let mut kept = Column::default();
        let mut slot = None;
        for (at, value) in self.chunks.iter().flat_map(Chunk::samples) {
            let spacing = spacing(at);
            let own = if spacing == 0 { None } else { Some((spacing, at.div_euclid(spacing))) };
            let repeated = own.is_some() && own == slot && !is_stale(value);
            slot = own;
            if at >= now - retention * 1000 && !repeated {
                kept.push(at, value);
            }
        }
        *self = kept;
    }
}

impl Chunk {
    /// Decodes the chunk's samples.
    fn samples(&self) -> impl Iterator<Item = Sample> {
        let mut reader = Reader { bytes: &self.bits.bytes, position: 0 };
        let mut cursor = Cursor { at: self.first, ..Cursor::default() };
        (0..self.count).map(move |index| {
            if index > 0 {
                cursor.read_time(&mut reader);
            }
            cursor.read_value(&mut reader);
            (cursor.at, f64::from_bits(cursor.value))
        })
    }
}

/// Widths in bits of a change of distance, by the number of ones that announce it.
const WIDTHS: [u32; 4] = [0, 16, 27, 64];

impl Cursor {
    /// Writes the sample after this one and moves there.
    fn write(&mut self, bits: &mut Bits, at: i64, value: u64) {
        let distance = at - self.at;
        let change = distance - self.distance;
        // Zigzag: small changes of either sign are small numbers.
        let folded = ((change << 1) ^ (change >> 63)).cast_unsigned();
        let class = match folded {
            0 => 0,
            small if small < 1 << WIDTHS[1] => 1,
            medium if medium < 1 << WIDTHS[2] => 2,
            _ => 3,
        };
        bits.push(0b0111 >> (3 - class) << 1, class + 1);
        bits.push(folded, WIDTHS[class as usize]);
        (self.at, self.distance) = (at, distance);
        self.write_value(bits, value);
    }

    /// Writes the value after this one's.
    fn write_value(&mut self, bits: &mut Bits, value: u64) {
        let changed = value ^ self.value;
        self.value = value;
        if changed == 0 {
            bits.push(0, 1);
            return;
        }
        let leading = changed.leading_zeros().min(31);
        let trailing = changed.trailing_zeros();
        let before = 64 - self.leading - self.meaningful;
        if self.meaningful > 0 && leading >= self.leading && trailing >= before {
            bits.push(0b10, 2);
            bits.push(changed >> before, self.meaningful);
            return;
        }
        self.leading = leading;
        self.meaningful = 64 - leading - trailing;
        bits.push(0b11, 2);
        bits.push(u64::from(leading), 5);
        bits.push(u64::from(self.meaningful - 1), 6);
        bits.push(changed >> trailing, self.meaningful);
    }

    /// Moves to the time after this one's.
    fn read_time(&mut self, reader: &mut Reader<'_>) {
        let mut class = 0;
        while class < 3 && reader.take(1) == 1 {
            class += 1;
        }
        if class == 3 {
            reader.take(1);
        }
        let folded = reader.take(WIDTHS[class]);
        let change = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        self.distance += change;
        self.at += self.distance;
    }

    /// Moves to the value after this one's.
    #[expect(clippy::cast_possible_truncation, reason = "numbers of bits, up to 64")]
    fn read_value(&mut self, reader: &mut Reader<'_>) {
        if reader.take(1) == 0 {
            return;
        }
        if reader.take(1) == 1 {
            self.leading = reader.take(5) as u32;
            self.meaningful = reader.take(6) as u32 + 1;
        }
        let changed = reader.take(self.meaningful);
        self.value ^= changed << (64 - self.leading - self.meaningful);
    }
}

impl Bits {
    /// Appends the lowest `width` bits of `value`, the highest of them first.
    #[expect(clippy::cast_possible_truncation, reason = "the bits are cut to a byte on purpose")]
    fn push(&mut self, value: u64, width: u32) {
        let mut left = width;
        while left > 0 {
            if self.used == 8 || self.bytes.is_empty() {
                self.bytes.push(0);
                self.used = 0;
            }
            let room = (8 - self.used).min(left);
            let part = (value >> (left - room)) & ((1 << room) - 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= (part << (8 - self.used - room)) as u8;
            }
            self.used += room;
            left -= room;
        }
    }
}

impl Reader<'_> {
    /// Takes the next `width` bits as a number; zeros past the end.
    fn take(&mut self, width: u32) -> u64 {
        let mut value = 0;
        let mut left = width as usize;
        while left > 0 {
            let byte = self.bytes.get(self.position / 8).copied().unwrap_or(0);
            let inside = self.position % 8;
            let part = (8 - inside).min(left);
            let bits = (u64::from(byte) >> (8 - inside - part)) & ((1 << part) - 1);
            value = value << part | bits;
            self.position += part;
            left -= part;
        }
        value
    }
}
