/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the capture functions share: the arguments, the translation of flags and the caller's memory. */
#ifndef PORTHOLE_USER_BPF_H
#define PORTHOLE_USER_BPF_H

#include "maps.bpf.h"
#include "table.bpf.h"

/* Argument n of the call. Pointers and lengths of 32-bit callers are zero-extended already. */
#define ARG(s, n) ((s)->args[(n) & 7])

/* Translates a native flag word by a table of flags.def. */
__noinline u32 xlat(u32 table, u32 native)
{
	u32 first, end, kind, out = 0;

	if (table >= XT_COUNT)
		return native;
	first = xlat_tables[table].first;
	end = xlat_tables[table].end;
	kind = xlat_tables[table].kind;
	if (kind == 0)
		return native;
	for (u32 i = 0; i < XLAT_ROWS; i++) {
		u32 at = first + i, n, v;

		if (at >= end)
			break;
		at = BOUND(at, XLAT_MASK);
		n = xlats[at].native;
		v = xlats[at].value;
		if (n == ~0u)
			continue;
		if (kind == 2) {
			if (n == native)
				return v;
		} else if ((native & n) == n && n != 0) {
			out |= v;
		}
	}
	return out;
}

static __always_inline u64 user_u32(u64 at)
{
	u32 v = 0;

	bpf_probe_read_user(&v, sizeof v, (void *)at);
	return v;
}

static __always_inline u64 user_u64(u64 at)
{
	u64 v = 0;

	bpf_probe_read_user(&v, sizeof v, (void *)at);
	return v;
}

/* A word of the caller's size: unsigned long, size_t, a pointer. */
static __always_inline u64 user_word(const struct scratch *s, u64 at, u32 index)
{
	return s->compat ? user_u32(at + 4 * index) : user_u64(at + 8 * index);
}

/* len bytes of user memory, cut to the snap length. Unreadable at its end: what can be read up to the page border. */
__noinline int capture_bytes(u64 ptr, u64 len)
{
	struct scratch *s = scratch_get();
	u32 want = len > PH_SNAPLEN_MAX ? PH_SNAPLEN_MAX : (u32)len;

	if (!s || ptr == 0)
		return 0;
	if (want > config.snaplen)
		want = config.snaplen;
	if (put_user(s, ptr, want, PH_SNAPLEN_MAX) == 0 && want > 0) {
		u32 to_page = 4096 - (u32)(ptr & 4095);

		if (to_page < want)
			put_user(s, ptr, to_page, 4096);
	}
	return 0;
}

/* The buffers of an iovec array, back to back: at most `len` bytes, cut to the snap length. */
__noinline int capture_iov(u64 iov, u64 count, u64 len)
{
	struct scratch *s = scratch_get();

	if (!s)
		return 0;
	/* What is left stands in memory: in a register the verifier would follow its every value. */
	s->mark = len > config.snaplen ? config.snaplen : (u32)len;
	for (u32 i = 0; i < 32; i++) {
		u64 base, n;

		if (i >= count || s->mark == 0)
			break;
		base = user_word(s, iov, 2 * i);
		n = user_word(s, iov, 2 * i + 1);
		if (n > s->mark)
			n = s->mark;
		if (n == 0)
			continue;
		if (put_user(s, base, (u32)n, PH_SNAPLEN_MAX) != n)
			break;
		s->mark -= (u32)n;
	}
	return 0;
}

/* How many bytes an iovec array holds; the kernel takes at most 1024 elements, we look at 256. */
__noinline u64 iov_total(u64 iov, u64 count)
{
	struct scratch *s = scratch_get();
	u64 sum = 0;

	if (!s)
		return 0;
	for (u32 i = 0; i < 256; i++) {
		if (i >= count)
			break;
		sum += user_word(s, iov, 2 * i + 1);
	}
	return sum;
}

/* The length of data that a call wrote: what it did, or what it was asked to when it failed. */
static __always_inline u64 out_len(const struct scratch *s, u64 asked)
{
	return s->ret > 0 ? (u64)s->ret : asked;
}

#endif
