/* SPDX-License-Identifier: Apache-2.0 */
/* Builds trace files for tests, block by block, in every version that there has been. Lengths are right unless a test breaks them. */
#ifndef TESTS_SUPPORT_SCAPBUILD_H
#define TESTS_SUPPORT_SCAPBUILD_H

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "collector/state/state.h"
#include "collector/trace/trace.h"
#include "porthole/event.h"

struct scapb {
	uint8_t *data;
	size_t len, cap;
	size_t block, entry; /* where those begin that are open */
};

static inline void scapb_bytes(struct scapb *b, const void *data, size_t n)
{
	if (b->len + n > b->cap) {
		b->cap = 2 * (b->len + n) + 64;
		b->data = realloc(b->data, b->cap);
		assert(b->data);
	}
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
}

static inline void scapb_fini(struct scapb *b)
{
	free(b->data);
	*b = (struct scapb){ 0 };
}

/* The low size bytes of v. */
static inline void scapb_num(struct scapb *b, size_t size, uint64_t v)
{
	scapb_bytes(b, &v, size);
}

static inline void scapb_text(struct scapb *b, const char *s, size_t len)
{
	scapb_num(b, 2, len);
	scapb_bytes(b, s, len);
}

static inline void scapb_str(struct scapb *b, const char *s)
{
	scapb_text(b, s, strlen(s));
}

static inline void scapb_set32(struct scapb *b, size_t at, uint64_t v)
{
	uint32_t v32 = (uint32_t)v;

	memcpy(b->data + at, &v32, 4);
}

static inline void scapb_begin(struct scapb *b, uint32_t type)
{
	b->block = b->len;
	scapb_num(b, 4, type);
	scapb_num(b, 4, 0);
}

static inline void scapb_end(struct scapb *b)
{
	size_t len;

	while ((b->len - b->block) % 4)
		scapb_num(b, 1, 0);
	len = b->len - b->block + 4;
	scapb_num(b, 4, len);
	scapb_set32(b, b->block + 4, len);
}

/* An entry with its length in front. own: bytes of the length word that the length counts. */
static inline void scapb_entry(struct scapb *b)
{
	b->entry = b->len;
	scapb_num(b, 4, 0);
}

static inline void scapb_entry_end(struct scapb *b, size_t own)
{
	scapb_set32(b, b->entry, b->len - b->entry - 4 + own);
}

static inline void scapb_section(struct scapb *b, unsigned major, unsigned minor)
{
	scapb_begin(b, PH_BLOCK_SECTION);
	scapb_num(b, 4, PH_SECTION_MAGIC);
	scapb_num(b, 2, major);
	scapb_num(b, 2, minor);
	scapb_num(b, 8, UINT64_MAX);
	scapb_end(b);
}

static inline void scapb_machine(struct scapb *b, const struct ph_trace_machine *m)
{
	scapb_begin(b, PH_BC_MACHINE);
	scapb_num(b, 4, m->ncpus);
	scapb_num(b, 8, m->memory_bytes);
	scapb_num(b, 8, m->max_pid);
	scapb_bytes(b, m->hostname, sizeof m->hostname);
	scapb_num(b, 8, m->boot_ns);
	scapb_num(b, 8, m->flags);
	scapb_num(b, 8, 0);
	scapb_num(b, 8, 0);
	scapb_end(b);
}

/* How much stands behind the root in an entry of version 9. */
enum scapb_tail { SCAPB_NO_TAIL, SCAPB_OLD_TAIL, SCAPB_OLD_TAIL_CAPS, SCAPB_TAIL };

static inline void scapb_span(struct scapb *b, struct ph_span s)
{
	scapb_text(b, s.s, s.len);
}

static inline void scapb_caps(struct scapb *b, const struct ph_task *t)
{
	scapb_num(b, 8, t->cap_inheritable);
	scapb_num(b, 8, t->cap_permitted);
	scapb_num(b, 8, t->cap_effective);
}

static inline void scapb_tail(struct scapb *b, const struct ph_task *t, enum scapb_tail tail)
{
	if (tail == SCAPB_TAIL) {
		scapb_num(b, 8, t->pidns_init_start_ns);
		scapb_num(b, 4, t->tty);
	}
	if (tail != SCAPB_NO_TAIL) {
		scapb_num(b, 4, t->loginuid);
		scapb_num(b, 1, !!(t->exe_flags & PH_execve_flags_EXE_WRITABLE));
	}
	if (tail == SCAPB_OLD_TAIL_CAPS || tail == SCAPB_TAIL)
		scapb_caps(b, t);
	if (tail != SCAPB_TAIL)
		return;
	scapb_num(b, 1, !!(t->exe_flags & PH_execve_flags_EXE_UPPER_LAYER));
	scapb_num(b, 8, t->exe_ino);
	scapb_num(b, 8, t->exe_ino_ctime);
	scapb_num(b, 8, t->exe_ino_mtime);
	scapb_num(b, 1, !!(t->exe_flags & PH_execve_flags_EXE_FROM_MEMFD));
	scapb_num(b, 1, !!(t->exe_flags & PH_execve_flags_EXE_LOWER_LAYER));
	scapb_num(b, 8, (uint64_t)t->pgid);
}

/* Inside of a process list of that version. Spans may not be NULL. */
static inline void scapb_task(struct scapb *b, unsigned version, const struct ph_task *t, enum scapb_tail tail)
{
	if (version >= 9)
		scapb_entry(b);
	scapb_num(b, 8, (uint64_t)t->tid);
	scapb_num(b, 8, (uint64_t)t->pid);
	scapb_num(b, 8, (uint64_t)t->ptid);
	if (version >= 6)
		scapb_num(b, 8, (uint64_t)t->sid);
	if (version >= 8)
		scapb_num(b, 8, (uint64_t)t->vpgid);
	scapb_span(b, t->comm);
	scapb_span(b, t->exe);
	if (version >= 7)
		scapb_span(b, t->exepath);
	scapb_span(b, t->args);
	scapb_span(b, t->cwd);
	scapb_num(b, 8, t->fdlimit);
	scapb_num(b, 4, t->clone_flags);
	scapb_num(b, 4, t->uid);
	scapb_num(b, 4, t->gid);
	if (version >= 2) {
		scapb_num(b, 4, t->vm_size_kb);
		scapb_num(b, 4, t->vm_rss_kb);
		scapb_num(b, 4, t->vm_swap_kb);
		scapb_num(b, 8, t->pfmajor);
		scapb_num(b, 8, t->pfminor);
	}
	if (version >= 3)
		scapb_span(b, t->env);
	if (version >= 4) {
		scapb_num(b, 8, (uint64_t)t->vtid);
		scapb_num(b, 8, (uint64_t)t->vpid);
		scapb_span(b, t->cgroups);
	}
	if (version >= 5)
		scapb_span(b, t->root);
	if (version < 9)
		return;
	scapb_tail(b, t, tail);
	scapb_entry_end(b, 4);
}

/* An event in a block of format 1.2 (PH_BC_EVENT..); flags count where the block has them. */
static inline void scapb_event(struct scapb *b, uint32_t code, unsigned cpu, uint32_t flags,
			       const struct ph_evt_hdr *ev)
{
	scapb_begin(b, code);
	scapb_num(b, 2, cpu);
	if (code == PH_BC_EVENT_FLAGS || code == PH_BC_EVENT_FLAGS_LARGE)
		scapb_num(b, 4, flags);
	scapb_bytes(b, ev, ev->len);
	scapb_end(b);
}

/* The same as it was before, without nparams: codes 0x204, 0x208, 0x8010abcd. */
static inline void scapb_event_v1(struct scapb *b, uint32_t code, unsigned cpu, uint32_t flags,
				  const struct ph_evt_hdr *ev)
{
	const size_t old = offsetof(struct ph_evt_hdr, nparams);
	size_t at;

	scapb_begin(b, code);
	scapb_num(b, 2, cpu);
	if (code == 0x208)
		scapb_num(b, 4, flags);
	at = b->len;
	scapb_bytes(b, ev, old);
	scapb_bytes(b, (const uint8_t *)ev + sizeof *ev, ev->len - sizeof *ev);
	scapb_set32(b, at + offsetof(struct ph_evt_hdr, len), ev->len - 4);
	scapb_end(b);
}

/* Appends data as a gzip member. */
static inline void scapb_gzip(struct scapb *b, const void *data, size_t len)
{
	z_stream z = { 0 };
	uint8_t *out = malloc(len + len / 10 + 256);

	if (!out || deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)(len + len / 10 + 256);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	scapb_bytes(b, out, z.total_out);
	deflateEnd(&z);
	free(out);
}

#endif
