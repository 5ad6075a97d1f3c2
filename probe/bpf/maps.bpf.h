/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and the configuration that all programs share, the scratch buffer that a record is made in, and how a finished
 * record gets into a ring (or is counted as lost, with a gap record in its place).
 *
 * A record is made in the CPU's scratch buffer and copied into the ring when its length is known. Programs on tracepoints
 * run with preemption disabled on the kernels so far; where one day they do not, in_flight_ns turns a second taker away and it
 * is counted. The same mark tells user space how far back a record may still come.
 */
#ifndef PORTHOLE_MAPS_BPF_H
#define PORTHOLE_MAPS_BPF_H

#include "kernel.bpf.h"

/* An event is at most 64 KiB, so a position in the buffer fits 16 bits and a write of up to 64 KiB there stays inside. */
#define REC_MAX 0xffffu
#define REC_MASK 0xffffu

/* Arrays over the rows of syscalls.def have a power of two of places, so that a mask is their bound. */
#define ROW_MASK 511u
_Static_assert(PH_SC_COUNT <= ROW_MASK, "more syscalls than ROW_MASK has places");

struct scratch {
	u64 args[8]; /* of the syscall; 6 are real */
	s64 ret;
	u32 off; /* where the next byte of the record goes */
	u16 row; /* enum ph_syscall_row */
	u16 nr; /* the kernel's number */
	u8 compat; /* a 32-bit call */
	u8 to_state; /* this record carries state */
	u8 category; /* enum ph_category without its source bits */
	u32 cpu;
	u32 mark; /* free for the capture functions */
	u64 mark64[2];
	struct ph_rec rec;
	u8 body[2 * (REC_MAX + 1)];
};

/* Offsets are from the start of the record; body begins right behind it. */
#define REC_HEAD ((u32)sizeof(struct ph_rec))
#define LENS_AT(i) (REC_HEAD + 2 * (i))

const volatile struct ph_config config = {};

/* enum ph_plan_bits of each row; user space may change them at any time. */
ph_u8 plan[ROW_MASK + 1] = {};
/* 0 stops everything. */
ph_u8 running = 0;
/* The process whose events are left out, in the initial PID namespace; 0: nobody's. */
ph_u32 self_tgid = 0;

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps"), state_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ph_cpu_stats);
} cpu_stats SEC(".maps");

/* When a thread entered its syscall, ns since the epoch. The hash serves kernels before 5.11. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} enter_storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u64);
} enter_hash SEC(".maps");

#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))

static __always_inline u64 now_ns(void)
{
	return bpf_ktime_get_boot_ns() + config.boot_epoch_ns;
}

static __always_inline struct scratch *scratch_get(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

/* The byte at an offset of the record; 64 KiB behind it are still inside. */
static __always_inline u8 *rec_at(struct scratch *s, u32 off)
{
	barrier_var(
		off); /* keeps the mask in the code: verifiers before 6.5 lose what a comparison said of a spilled value */
	return (u8 *)&s->rec + (off & REC_MASK);
}

/* What still fits into the record. */
static __always_inline u32 rec_room(const struct scratch *s)
{
	u32 off = s->off;

	return off < REC_MAX ? REC_MAX - off : 0;
}

/*
 * Takes the CPU's scratch buffer and begins a record. NULL: stopped, or the buffer is taken. finish() gives it back.
 * tid as the initial PID namespace has it.
 */
static __always_inline struct scratch *begin(u32 type, u32 nparams, u32 category, s64 tid)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	struct ph_cpu_stats *st = bpf_map_lookup_elem(&cpu_stats, &cpu);

	if (!s || !st || !running)
		return 0;
	if (st->in_flight_ns) {
		u64 now = now_ns();

		/* Whether it carried state nobody knows, so it counts as if it had: what it told must be looked up. */
		st->lost_busy++;
		st->gap_lost_state++;
		if (st->gap_lost++ == 0)
			st->gap_from_ns = now;
		st->gap_to_ns = now;
		return 0;
	}
	WRITE_ONCE(st->in_flight_ns, 1);
	s->cpu = cpu;
	s->off = LENS_AT(nparams);
	s->to_state = 0;
	s->category = category & PH_C_MASK;
	s->compat = 0;
	s->row = PH_SC_COUNT;
	s->rec.enter_ns = 0;
	s->rec.cpu = (u16)s->cpu;
	s->rec.syscall = PH_SC_COUNT;
	s->rec.evt.ts_ns = now_ns();
	WRITE_ONCE(st->in_flight_ns, s->rec.evt.ts_ns);
	s->rec.evt.tid = tid;
	s->rec.evt.type = (u16)type;
	s->rec.evt.nparams = nparams;
	return s;
}

/* The same for a record that carries state. */
static __always_inline struct scratch *begin_state(u32 type, u32 nparams, u32 category, s64 tid)
{
	struct scratch *s = begin(type, nparams, category, tid);

	if (s)
		s->to_state = 1;
	return s;
}

/* Writes the length word of parameter i: what was added since `from`. */
static __always_inline void end_param(struct scratch *s, u32 i, u32 from)
{
	*(u16 *)rec_at(s, LENS_AT(i)) = (u16)(s->off - from);
}

/* Appends a value of 1, 2, 4 or 8 bytes. */
static __always_inline void put(struct scratch *s, u64 value, u32 width)
{
	u32 off = s->off;

	if (off > REC_MAX - 8)
		return;
	*(u64 *)rec_at(s, off) = value;
	s->off = off + width;
}

static __always_inline void put_param(struct scratch *s, u32 i, u64 value, u32 width)
{
	u32 from = s->off;

	put(s, value, width);
	end_param(s, i, from);
}

/* Appends len bytes of kernel memory, cut to max (< 64 KiB, a constant). Returns what was appended. */
static __always_inline u32 put_kernel(struct scratch *s, const void *from, u32 len, u32 max)
{
	u32 room = rec_room(s);

	if (len > max)
		len = max;
	if (len > room)
		len = room;
	if (len == 0 || len > REC_MAX)
		return 0;
	barrier_var(len); /* as in rec_at() */
	if (bpf_probe_read_kernel(rec_at(s, s->off), len & REC_MASK, from) != 0)
		return 0;
	s->off += len;
	return len;
}

/* Appends a NUL-terminated string of kernel memory, at most max bytes with its NUL (max a constant). */
static __always_inline u32 put_kernel_str(struct scratch *s, const void *from, u32 max)
{
	long n;

	if (rec_room(s) < max)
		return 0;
	n = bpf_probe_read_kernel_str(rec_at(s, s->off), max, from);
	if (n <= 0 || n > max)
		return 0;
	s->off += (u32)n;
	return (u32)n;
}

/* Appends len bytes of user memory; all or nothing. */
static __always_inline u32 put_user(struct scratch *s, u64 from, u32 len, u32 max)
{
	u32 room = rec_room(s);

	if (len > max)
		len = max;
	if (len > room)
		len = room;
	if (len == 0 || len > REC_MAX)
		return 0;
	barrier_var(len); /* as in rec_at() */
	if (bpf_probe_read_user(rec_at(s, s->off), len & REC_MASK, (void *)from) != 0)
		return 0;
	s->off += len;
	return len;
}

/* A gap record says, at its place in the CPU's stream, what was lost since the last one. Not inline: the stacks of a chain of
 * calls share 512 bytes, and the chain that ends in path_anonymous() needs them. */
static __noinline void report_gap(struct ph_cpu_stats *st, void *ring, u32 cpu)
{
	struct ph_gap_rec gap;

	ph_gap_fill(&gap, st, cpu);
	if (bpf_ringbuf_output(ring, &gap, sizeof gap, BPF_RB_NO_WAKEUP) == 0)
		st->gap_lost = st->gap_lost_state = 0;
}

/* Ends the record, hands it to its ring and gives the scratch buffer back. */
static __always_inline void finish(struct scratch *s)
{
	u32 cpu = s->cpu;
	struct ph_cpu_stats *st = bpf_map_lookup_elem(&cpu_stats, &cpu);
	void *ring = s->to_state ? bpf_map_lookup_elem(&state_rings, &cpu) : bpf_map_lookup_elem(&rings, &cpu);
	u32 size = s->off;

	if (size > REC_MAX)
		size = REC_MAX;
	s->rec.size = size;
	s->rec.evt.len = size - PH_REC_HEAD;
	if (st) {
		if (ring && st->gap_lost)
			report_gap(st, ring, cpu);
		barrier_var(size); /* as in rec_at() */
		if (ring && size >= REC_HEAD &&
		    bpf_ringbuf_output(ring, &s->rec, size & REC_MASK, BPF_RB_NO_WAKEUP) == 0) {
			st->events++;
			st->bytes += size;
		} else {
			u32 cat = s->category;

			if (cat < PH_C_MAX)
				st->lost[cat]++;
			if (s->to_state) {
				st->lost_state++;
				st->gap_lost_state++;
			}
			if (st->gap_lost++ == 0)
				st->gap_from_ns = s->rec.evt.ts_ns;
			st->gap_to_ns = s->rec.evt.ts_ns;
		}
		WRITE_ONCE(st->in_flight_ns, 0);
	}
}

/* Drops the record that begin() began. */
static __always_inline void abandon(struct scratch *s)
{
	u32 cpu = s->cpu;
	struct ph_cpu_stats *st = bpf_map_lookup_elem(&cpu_stats, &cpu);

	if (st)
		WRITE_ONCE(st->in_flight_ns, 0);
}

/* True in the middle of a record of this CPU. */
static __always_inline bool in_record(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct ph_cpu_stats *st = bpf_map_lookup_elem(&cpu_stats, &cpu);

	return st && st->in_flight_ns;
}

/* True for the process that porthole itself is, unless it asked to see itself. */
static __always_inline bool is_self(void)
{
	return self_tgid && (u32)(bpf_get_current_pid_tgid() >> 32) == self_tgid;
}

#endif
