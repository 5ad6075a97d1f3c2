/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view of one event that consumers get: the block in place, its parameters found, and what the state engine knows of it.
 * Filled by a source and the state engine; valid until the next event is asked for.
 */
#ifndef PORTHOLE_COLLECTOR_EVENT_H
#define PORTHOLE_COLLECTOR_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "porthole/tables.h"

struct ph_thread;
struct ph_fd;

struct ph_param {
	const uint8_t *data;
	uint32_t len; /* 0: empty or NULL */
};

#define PH_FD_NONE INT64_MIN

/* How an event came; for who writes it on. */
enum ph_event_block {
	PH_EB_HIDDEN = 1 << 0, /* kept in the file for its state alone: not to be shown */
	PH_EB_LARGE = 1 << 1, /* its block has length words of 32 bits */
	PH_EB_FILLED = 1 << 2, /* type or parameters are not those of hdr alone (collector/trace/fold.h) */
	PH_EB_RAW = 1 << 3, /* handed out as the file has it, enter and exit apart */
	PH_EB_PAIRS = 1 << 4, /* the same, and to be shown as sysdig 0.29.3 shows it */
};

struct ph_event {
	const struct ph_evt_hdr *hdr; /* in place; not aligned */
	const struct ph_evt_hdr *enter; /* files: the block of the enter event; NULL: there is none */
	const struct ph_event_info *info; /* never NULL */
	uint64_t num; /* from 1, counts every event of the source, hidden ones too */
	uint64_t ts; /* ns since the epoch */
	uint64_t enter_ts; /* 0: not known */
	uint64_t latency; /* ns; 0 when not known */
	int64_t tid; /* -1: none */
	uint16_t type; /* enum ph_event_code */
	uint16_t cpu;
	uint16_t syscall; /* enum ph_syscall_row; PH_SC_COUNT: none */
	uint16_t nparams; /* present in the block; at most info->nparams are looked at */
	uint8_t block; /* enum ph_event_block */
	struct ph_param params[PH_EVENT_MAX_PARAMS];

	/* set by the state engine before any consumer sees the event */
	struct ph_thread *thread; /* NULL: the event has no thread or it is not known */
	int64_t fdnum; /* the descriptor that the event works on; PH_FD_NONE: none */
	struct ph_fd *fd; /* its entry; NULL: unknown */
	int64_t res; /* result of an exit event that has one */
	bool has_res;
};

/*
 * Finds the parameters of a block that lies in [hdr, hdr + hdr->len). 0, or -EBADMSG when lengths do not fit: the block comes
 * from outside and is checked here, once. Sets hdr, info, ts, tid, type, nparams, params, res, has_res.
 * -ENOENT: the table has no such event.
 */
int ph_event_decode(struct ph_event *ev, const struct ph_evt_hdr *hdr);
/* The same for a block whose code and width of length words are told; blocks of files may have either width. */
int ph_event_decode_as(struct ph_event *ev, const struct ph_evt_hdr *hdr, const struct ph_event_info *info, bool large);
/* Sets has_res and res anew, after type or parameters have been changed. */
void ph_event_find_res(struct ph_event *ev);

/*
 * Whether events of this kind belong to the capture and not to the machine: processes' times, container and user records, gaps. They
 * are shown on request only.
 */
static inline bool ph_event_is_internal(const struct ph_event_info *info)
{
	unsigned about = info->category & PH_C_MASK;

	return about == PH_C_INTERNAL || (info->category & PH_C_ITER) ||
	       ((info->category & PH_C_METAEVENT) && (about == PH_C_PROCESS || info->code == PH_EV_ASYNCEVENT_E));
}

static inline bool ph_event_has(const struct ph_event *ev, int i)
{
	return i >= 0 && i < ev->nparams;
}

/* Parameter i as a number of its own width and sign; 0 when it is absent or too short. */
int64_t ph_event_int(const struct ph_event *ev, int i);
uint64_t ph_event_uint(const struct ph_event *ev, int i);
/* Parameter i as a string: the bytes up to its NUL; "" when absent. *len without the NUL. Never reads past the parameter. */
const char *ph_event_str(const struct ph_event *ev, int i, uint32_t *len);

#endif
