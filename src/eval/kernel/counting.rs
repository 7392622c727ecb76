//! Work whose rows are counted: by the instruction that counts the bits of a whole lane, where the processor has it beside the widest of
//! those that combine lanes.

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::lane::WORDS;

#[cfg(target_arch = "x86_64")]
pulp::simd_type! {
    /// What [`pulp::x86::V4`] has, and `vpopcntq`.
    struct Counting {
        sse: "sse",
        sse2: "sse2",
        fxsr: "fxsr",
        sse3: "sse3",
        ssse3: "ssse3",
        sse4_1: "sse4.1",
        sse4_2: "sse4.2",
        popcnt: "popcnt",
        avx: "avx",
        avx2: "avx2",
        bmi1: "bmi1",
        bmi2: "bmi2",
        fma: "fma",
        lzcnt: "lzcnt",
        avx512f: "avx512f",
        avx512bw: "avx512bw",
        avx512cd: "avx512cd",
        avx512dq: "avx512dq",
        avx512vl: "avx512vl",
        avx512vpopcntdq: "avx512vpopcntdq",
    }
}

/// Does it in a function of its own, compiled for these instructions, and for that one where it may be used.
#[inline(always)]
pub(super) fn vectorize<S: Simd, Work: WithSimd<Output = ()>>(simd: S, work: Work) {
    #[cfg(target_arch = "x86_64")]
    if S::U64_LANES == WORDS
        && let Some(counting) = Counting::try_new()
    {
        return counting.vectorize(By(simd, work));
    }
    simd.vectorize(work);
}

/// Work and what it is done by.
struct By<S, Work>(S, Work);

impl<S: Simd, Work: WithSimd<Output = ()>> NullaryFnOnce for By<S, Work> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.1.with_simd(self.0);
    }
}
