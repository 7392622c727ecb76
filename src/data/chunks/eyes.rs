//! 64 bytes looked at together, by the widest instructions that the processor has.

use wide::u8x16;

/// What is done with eyes.
pub(super) trait Look {
    /// What comes of it.
    type Found;

    /// Does it; compiled for each kind of eyes.
    fn by<E: Eyes>(self, eyes: E) -> Self::Found;
}

/// Looks by the widest there are.
pub(super) fn look<L: Look>(what: L) -> L::Found {
    #[cfg(target_arch = "x86_64")]
    if let Some(widest) = pulp::x86::V4::try_new() {
        return widest.vectorize(
            #[inline(always)]
            || what.by(Widest(widest)),
        );
    } else if let Some(wide) = pulp::x86::V3::try_new() {
        return wide.vectorize(
            #[inline(always)]
            || what.by(Wide(wide)),
        );
    }
    what.by(Portable)
}

/// Holds what narrower eyes find against what the widest found.
#[cfg(test)]
pub(super) fn all_ways<L: Look<Found: PartialEq + std::fmt::Debug>>(what: impl Fn() -> L, found: &L::Found) {
    assert_eq!(&what().by(Portable), found);
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = pulp::x86::V3::try_new() {
        assert_eq!(&what().by(Wide(wide)), found);
    }
}

/// How 64 bytes are looked at.
pub(super) trait Eyes: Copy {
    /// A bit for each byte that is this one.
    fn is(self, block: &[u8; 64], byte: u8) -> u64;

    /// Writes the places of bits, from `base` on, and perhaps something behind them.
    #[inline(always)]
    fn write(self, bits: u64, base: u32, places: &mut [u32; 80]) {
        let mut left = bits;
        // Most often there are no more than sixteen: how many there are is not asked before.
        for place in places.iter_mut().take(16) {
            *place = base.wrapping_add(left.trailing_zeros());
            left &= left.wrapping_sub(1);
        }
        for place in places.iter_mut().skip(16) {
            if left == 0 {
                return;
            }
            *place = base.wrapping_add(left.trailing_zeros());
            left &= left.wrapping_sub(1);
        }
    }
}

/// Any processor.
#[derive(Clone, Copy)]
struct Portable;

impl Eyes for Portable {
    #[inline(always)]
    fn is(self, block: &[u8; 64], byte: u8) -> u64 {
        let wanted = u8x16::splat(byte);
        let (parts, _) = block.as_chunks::<16>();
        let bits = |bits: u64, (at, part): (usize, &[u8; 16])| {
            bits | u64::from(u8x16::from(*part).simd_eq(wanted).to_bitmask()) << (16 * at)
        };
        parts.iter().enumerate().fold(0, bits)
    }
}

/// AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Wide(pulp::x86::V3);

#[cfg(target_arch = "x86_64")]
impl Eyes for Wide {
    #[inline(always)]
    fn is(self, block: &[u8; 64], byte: u8) -> u64 {
        let wanted = self.0.avx._mm256_set1_epi8(byte as i8);
        let [low, high]: [[u8; 32]; 2] = pulp::cast(*block);
        let bits = |half: [u8; 32]| {
            let same = self.0.avx2._mm256_cmpeq_epi8(pulp::cast(half), wanted);
            u64::from(self.0.avx2._mm256_movemask_epi8(same) as u32)
        };
        bits(low) | bits(high) << 32
    }
}

/// AVX-512.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Widest(pulp::x86::V4);

#[cfg(target_arch = "x86_64")]
impl Eyes for Widest {
    #[inline(always)]
    fn is(self, block: &[u8; 64], byte: u8) -> u64 {
        let wanted = self.0.avx512f._mm512_set1_epi8(byte as i8);
        self.0.avx512bw._mm512_cmpeq_epi8_mask(pulp::cast(*block), wanted)
    }

    #[inline(always)]
    fn write(self, bits: u64, base: u32, places: &mut [u32; 80]) {
        let mut iota = [0; 16];
        iota.iter_mut().zip(base..).for_each(|(place, at)| *place = at);
        let mut at: core::arch::x86_64::__m512i = pulp::cast(iota);
        let (mut left, mut written) = (bits, 0);
        for _ in 0..4 {
            let own = left as u16;
            let packed = self.0.avx512f._mm512_maskz_compress_epi32(own, at);
            if let Some(places) = places.get_mut(written..written + 16) {
                places.copy_from_slice(&pulp::cast::<_, [u32; 16]>(packed));
            }
            written += own.count_ones() as usize;
            at = self.0.avx512f._mm512_add_epi32(at, self.0.avx512f._mm512_set1_epi32(16));
            left >>= 16;
        }
    }
}

/// From each odd bit up to the next one: ones; the second not among them.
#[inline(always)]
pub(super) fn until_the_next(bits: u64) -> u64 {
    let mut all = bits;
    for step in [1, 2, 4, 8, 16, 32] {
        all ^= all << step;
    }
    all
}
