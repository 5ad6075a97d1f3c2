/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inspector: source, state engine and containers together, as consumers use them. One event after the other, each
 * with its state applied. Programs and the chisel engine use this and what it hands out.
 */
#ifndef PORTHOLE_INSPECTOR_H
#define PORTHOLE_INSPECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "collector/container/container.h"
#include "collector/event.h"
#include "collector/needs.h"
#include "collector/state/state.h"
#include "collector/trace/reader.h"

struct ph_inspector;

struct ph_inspector_opts {
	size_t size;
	uint32_t needs; /* enum ph_needs */
	uint32_t snaplen; /* 0: PH_SNAPLEN_DEFAULT */
	size_t ring_bytes; /* 0: default */
	bool own_events; /* -D */
	bool no_users; /* -E */
	const char *const *suppress; /* comms of -U, NULL-terminated; NULL: none */
	void (*warn)(void *arg, const char *line);
	void *warn_arg;
	const char *host_root; /* prefix of the host's paths; NULL: "" */
	const char *docker_root, *docker_socket; /* as in container.h; NULL: the usual places */
	bool no_containers; /* no container is looked for */
	/* Nobody looks at threads and descriptors: events that change no state are handed out without. Not together with suppress. */
	bool lean;
	/* files */
	/* Hand out enter and exit events as the file has them, not folded; with PH_NEED_ENTER_EVENTS in needs, as 0.29.3 shows them. */
	bool enter_events;
	bool hidden_events; /* hand out those too that are in the file for their state alone (PH_EB_HIDDEN) */
	/*
	 * Whether anybody wants to see events of this kind; asked when the source is opened, for each kind. NULL: all are wanted. What
	 * nobody wants and no state depends on is counted and passed over.
	 */
	bool (*wanted)(void *arg, const struct ph_event_info *info);
	void *wanted_arg;
	/*
	 * Whether nobody wants this event: asked before it is decoded, with its kind, number, time, thread and descriptor alone, of kinds
	 * that no state depends on. The answer is remembered for the same thread, kind and descriptor until a state event comes. NULL: never.
	 */
	bool (*rejects)(void *arg, const struct ph_event *ev);
	void *rejects_arg;
	/* An event block whose code is not in our table, for who copies the file; in between events. NULL: nobody. */
	void (*unknown)(void *arg, const struct ph_trace_event *block);
	void (*container_changed)(void *arg, const struct ph_container *c); /* in between events */
	void (*section)(
		void *arg); /* a file's second or later section has begun; before its first event is handed out */
	void *change_arg; /* of the three above */
};

struct ph_inspector_stats {
	uint64_t events; /* handed out */
	uint64_t suppressed; /* by -U */
	uint64_t lost, lost_state;
	uint64_t lost_by_category[PH_C_MAX];
	uint64_t lost_by_cpu[PH_MAX_CPUS];
};

/* Starts a live capture. On failure a negative errno, *out NULL and one line for a person in err. */
int ph_inspector_open_live(struct ph_inspector **out, const struct ph_inspector_opts *opts, char *err, size_t errlen);
/* Reads a trace file, "-" is standard input. Otherwise the same. */
int ph_inspector_open_file(struct ph_inspector **out, const char *path, const struct ph_inspector_opts *opts, char *err,
			   size_t errlen);
void ph_inspector_close(struct ph_inspector *ins);

/*
 * 1: *ev is set, valid until the next call; 0: nothing within timeout_ms; -EINTR: a signal came; -ENODATA: the source has
 * ended. Events that -U suppresses are not handed out.
 */
int ph_inspector_next(struct ph_inspector *ins, struct ph_event **ev, int timeout_ms);
/* Ends a live capture; what has been captured by now is still handed out, then -ENODATA. */
void ph_inspector_stop(struct ph_inspector *ins);

bool ph_inspector_is_live(const struct ph_inspector *ins);
struct ph_state *ph_inspector_state(struct ph_inspector *ins);
struct ph_containers *ph_inspector_containers(struct ph_inspector *ins);
int ph_inspector_stats(struct ph_inspector *ins, struct ph_inspector_stats *stats);
/* The machine that the events are from; of a file, what its head says. */
const struct ph_trace_host *ph_inspector_host(struct ph_inspector *ins);
/* Time of the first event of the source, handed out or not; 0: none yet. */
uint64_t ph_inspector_first_ns(const struct ph_inspector *ins);
/* Files only: how it ended, and how far it has been read. */
void ph_inspector_file_end(const struct ph_inspector *ins, struct ph_trace_end *end);
/* Calls that have begun and not returned, as the file has their enters. */
void ph_inspector_waiting(struct ph_inspector *ins,
			  void (*each)(void *arg, const struct ph_evt_hdr *enter, uint16_t cpu), void *arg);
void ph_inspector_file_progress(const struct ph_inspector *ins, uint64_t *done, uint64_t *size);

#endif
